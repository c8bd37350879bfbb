package rds

import (
	"net/http"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// Keys are the keys of KMS, for disks that are encrypted with one.
type Keys interface {
	// State reports whether a region has a key, and whether it is enabled.
	State(region, id string) (exists, enabled bool)
}

// serviceKey in EncryptionKey means the key that RDS itself has in KMS.
const serviceKey = "ServiceKey"

// A diskKey is the key that encrypts the disks of an instance; an empty ID is that of RDS.
type diskKey struct {
	ID   string `json:"id,omitempty"`
	Role string `json:"role"`
}

// checkEncryption reads the key of encrypted disks and the role by which RDS uses it (RDS API,
// CreateDBInstance, EncryptionKey and RoleARN; RDS, "Cloud disk encryption"). The codes are
// guesses (A542).
func (s *Service) checkEncryption(r *rpc.Request, in *instance) *rpc.Error {
	id, role := r.Get("EncryptionKey"), r.Get("RoleARN")
	switch {
	case id == "" && role == "":
		return nil
	case role == "":
		return rpc.Missing("RoleARN")
	case !strings.HasPrefix(role, "acs:ram::"+s.accountID+":role/"):
		return bad("InvalidParameter", "RoleARN is that of a role of the account.")
	case in.engine == "MariaDB":
		return unfitEngine()
	case in.storageType == localSSD, in.engine == postgreSQL && in.serverless != nil:
		return bad("InvalidInstanceLevel.DiskType", "Disks of the instance cannot be encrypted.")
	}
	if id == serviceKey {
		id = ""
	}
	if id != "" && in.engine == postgreSQL && in.class.Kind != "d" {
		return bad("InvalidParameter", "Classes of PostgreSQL other than dedicated ones take the key of the service alone.")
	}
	key := &diskKey{ID: strings.Clone(id), Role: strings.Clone(role)}
	if exists, enabled := s.keyState(in.region, key); !exists {
		return rpc.Errorf(http.StatusNotFound, "Forbidden.KeyNotFound", "The specified Key is not found.")
	} else if !enabled {
		return rpc.Errorf(http.StatusConflict, "Rejected.Disabled", "The key is not enabled.")
	}
	in.settings.Key = key
	return nil
}

// keyState is the state of the key of a disk. The key of RDS is always enabled.
func (s *Service) keyState(region string, key *diskKey) (exists, enabled bool) {
	if key == nil || key.ID == "" || s.keys == nil {
		return true, true
	}
	return s.keys.State(region, key.ID)
}

// keyWords are the values of DescribeDBInstanceEncryptionKey, empty without encryption.
func (s *Service) keyWords(in *instance) map[string]string {
	words := map[string]string{"EncryptionKey": "", "EncryptionKeyStatus": "", "KeyUsage": "", "Origin": ""}
	key := in.settings.Key
	if key == nil {
		return words
	}
	words["EncryptionKey"], words["EncryptionKeyStatus"], words["KeyUsage"], words["Origin"] = key.ID, "Enabled", "ENCRYPT/DECRYPT", "Aliyun_KMS"
	if key.ID == "" {
		words["EncryptionKey"] = "alias/acs/rds"
	}
	if _, enabled := s.keyState(in.region, key); !enabled {
		words["EncryptionKeyStatus"] = "Disabled"
	}
	return words
}
