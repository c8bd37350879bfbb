package rds

import (
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// describeSSL is DescribeDBInstanceSSL of the RDS API. Engines have other words for the
// same, and PostgreSQL has members of its own. A certificate comes back with its key,
// and on PostgreSQL with the address of the authority's; MySQL tells custom ones alone.
func (s *Service) describeSSL(r *rpc.Request) (any, *rpc.Error) {
	// Members that PostgreSQL lacks are left out, which clients tell from empty ones.
	type common struct {
		SSLEnabled, RequireUpdate, ConnectionString, SSLExpireTime, CAType, ServerCert, ServerKey string
		ForceEncryption, TlsVersion                                                               string `json:",omitempty"`
	}
	type ofPostgreSQL struct {
		common

		ACL, ReplicationACL, ClientCACert, ClientCertRevocationList, ClientCACertExpireTime string
		LastModifyStatus, ModifyStatusReason, RequireUpdateItem, RequireUpdateReason        string
		SSLCreateTime, ServerCAUrl                                                          string
	}
	var body common
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail != nil {
		return nil, fail
	}
	if fail := in.sslRefusal(); fail != nil {
		return nil, fail
	}
	var l sslSettings
	if in.settings.SSL != nil {
		l = *in.settings.SSL
	}
	expires := l.Created.Add(certificateLife)
	outdated := l.Enabled && l.CAType == "aliyun" && !r.Now.Before(expires)
	enabled, due := [2]string{"Yes", "No"}, [2]string{"Yes", "No"}
	if in.engine == postgreSQL {
		enabled, due = [2]string{"on", "off"}, [2]string{"1", "0"}
	}
	body.SSLEnabled, body.RequireUpdate = choose(l.Enabled, enabled), choose(outdated, due)
	body.ConnectionString, body.CAType, body.ServerCert, body.ServerKey = l.ConnectionString, l.CAType, l.ServerCert, l.ServerKey
	if l.Enabled && l.CAType == "aliyun" {
		body.SSLExpireTime = timestamp(expires)
	}
	if in.takesForce() {
		body.ForceEncryption = choose(l.Force, [2]string{"1", "0"})
	}
	if in.engine == "SQLServer" {
		body.TlsVersion = l.TLSVersion
	}
	if in.engine != postgreSQL {
		return body, nil
	}
	whole := ofPostgreSQL{
		common: body, ACL: l.ACL, ReplicationACL: l.ReplicationACL, ClientCACert: l.ClientCA, ClientCertRevocationList: l.ClientCRL,
		LastModifyStatus: choose(in.status(r.Now) == sslModifying, [2]string{"setting", "success"}),
	}
	if whole.SSLExpireTime != "" {
		whole.SSLCreateTime = timestamp(l.Created)
		whole.ServerCert, whole.ServerKey = l.IssuedCert, l.IssuedKey
		whole.ServerCAUrl = strings.ToLower(r.Protocol) + "://" + r.Host + authorityPath
	}
	return whole, nil
}
