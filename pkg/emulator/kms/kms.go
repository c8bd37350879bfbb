// Package kms emulates Key Management Service (2016-01-20) as far as OSS and its
// clients look at keys: DescribeKey. The keys are a switch, since nothing here makes
// any.
package kms

import (
	_ "embed"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/product"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A Service answers the KMS API for one account. It is safe for concurrent use.
type Service struct {
	accountID string
	created   time.Time // of every key

	mu        sync.Mutex
	behaviour Behaviour
}

// New returns the service of an account.
func New(accountID string, now time.Time) *Service {
	return &Service{accountID: accountID, created: now}
}

//go:embed actions.yaml
var contracts []byte

// API registers the service with the gateway. DescribeKey is authorised on the key
// (KMS documentation, "Use RAM for KMS resource authorization").
func (s *Service) API() rpc.API {
	return rpc.API{Name: "Kms", Version: "2016-01-20", Denied: "Forbidden.NoPermission", Actions: rpc.MustReadContracts(contracts).Actions(map[string]rpc.Action{
		"DescribeKey": {Do: s.describeKey, Resource: s.resource, ReadOnly: true},
	}, nil)}
}

// Product describes the service to the emulator.
func (s *Service) Product() product.Product {
	return product.Product{Name: "kms", Namespace: "Kms", Service: s, RPC: s.API(), Behave: product.Behave(s.Behave)}
}

func (s *Service) resource(r *rpc.Request) string { return s.arn(r.Region, idOf(r.Get("KeyId"))) }

func (s *Service) arn(region, id string) string {
	return "acs:kms:" + region + ":" + s.accountID + ":key/" + id
}

// idOf returns the id of a key that is named by its id or its ARN.
func idOf(name string) string {
	if _, id, isARN := strings.Cut(name, ":key/"); isARN && strings.HasPrefix(name, "acs:kms:") {
		return id
	}
	return name
}

// metadata is the member KeyMetadata (KMS API, DescribeKey).
type metadata struct {
	KeyId, Arn, Creator, CreationDate, Description string
	KeyState, KeyUsage, KeySpec, Origin            string
	PrimaryKeyVersion, ProtectionLevel             string
	DeletionProtection, AutomaticRotation          string
	DeleteDate, MaterialExpireTime                 string // empty where there is none
	DKMSInstanceId                                 string `json:",omitempty"`
}

// describeKey is DescribeKey. A key that is not in use is described, too (A489).
func (s *Service) describeKey(r *rpc.Request) (any, *rpc.Error) {
	name, fail := r.Require("KeyId")
	if fail != nil {
		return nil, fail
	}
	if strings.HasPrefix(name, "alias/") {
		return nil, rpc.Errorf(http.StatusNotFound, "Forbidden.AliasNotFound", "The specified Alias is not found.")
	}
	key, exists := s.key(r.Region, idOf(name))
	if !exists {
		return nil, rpc.Errorf(http.StatusNotFound, "Forbidden.KeyNotFound", "The specified Key is not found.")
	}
	m := metadata{
		KeyId: key.ID, Arn: s.arn(r.Region, key.ID), Creator: s.accountID, CreationDate: stamp(s.created),
		KeyState: key.State, KeyUsage: key.Usage, KeySpec: key.Spec, Origin: "Aliyun_KMS", ProtectionLevel: "SOFTWARE",
		PrimaryKeyVersion: key.ID + "-1", DeletionProtection: "Disabled", AutomaticRotation: "Disabled", DKMSInstanceId: key.Instance,
	}
	if key.State == PendingDeletion {
		m.DeleteDate = stamp(r.Now.Add(7 * 24 * time.Hour))
	}
	return struct{ KeyMetadata metadata }{m}, nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
