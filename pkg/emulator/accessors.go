package emulator

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/metadata"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

// RDS is short for Service[*rds.Service].
func (s *Server) RDS() *rds.Service { return Service[*rds.Service](s) }

// Network is short for Service[*vpc.Service].
func (s *Server) Network() *vpc.Service { return Service[*vpc.Service](s) }

// Metadata is short for Service[*metadata.Service].
func (s *Server) Metadata() *metadata.Service { return Service[*metadata.Service](s) }

// STS is short for Service[*sts.Service].
func (s *Server) STS() *sts.Service { return Service[*sts.Service](s) }

// RAM is short for Service[*ram.RAM].
func (s *Server) RAM() *ram.RAM { return Service[*ram.RAM](s) }

// OSS is short for Service[*oss.Service].
func (s *Server) OSS() *oss.Service { return Service[*oss.Service](s) }

// KMS is short for Service[*kms.Service].
func (s *Server) KMS() *kms.Service { return Service[*kms.Service](s) }

// A State is GET /state with the types of the products that tests look into.
type State struct {
	Instances []rds.InstanceState `json:"instances"`
	Buckets   []oss.BucketState   `json:"buckets"`
	Users     []ram.UserState     `json:"users"`
	Keys      []ram.KeyState      `json:"keys"`
	Policies  []ram.PolicyState   `json:"policies"`
	Groups    []string            `json:"groups"`
	Roles     []ram.RoleState     `json:"roles"`
}

// SkewClock sets the switch gateway.ClockSkew.
func (s *Server) SkewClock(by time.Duration) {
	s.switches.Behave(func(b *rpc.Behaviour) { b.ClockSkew = by })
}

// Dump returns the resources that exist.
func (s *Server) Dump() State {
	access := s.RAM()
	return State{
		Instances: s.RDS().Instances(), Buckets: s.OSS().Buckets(),
		Users: access.Users(), Keys: access.Keys(), Policies: access.Policies(), Groups: notNil(access.Groups()),
		Roles: access.Roles(),
	}
}
