package emulator

import (
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

// URL is where the cloud is reached: "http://127.0.0.1:PORT".
func (s *Server) URL() string { return "http://" + s.Addr() }

// Addr is host and port of the cloud, as a Domain for the SDKs.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// TLSURL is where the cloud is reached over HTTPS, empty if it is not. Its
// certificates are signed by CA.
func (s *Server) TLSURL() string {
	if s.tlsListener == nil {
		return ""
	}
	return "https://" + s.tlsListener.Addr().String()
}

// CA is the certificate, in PEM, of the authority that signs the emulator's
// certificates, made anew at each start; nil without HTTPS.
func (s *Server) CA() []byte {
	if s.ca == nil {
		return nil
	}
	return s.ca.pem
}

// MetadataURL is where the metadata service is reached on its own, empty if it
// has no port of its own. It is always reached at URL too.
func (s *Server) MetadataURL() string {
	if s.metadataListener == nil {
		return ""
	}
	return "http://" + s.metadataListener.Addr().String()
}

// ControlURL is where the control API is reached, empty without one.
func (s *Server) ControlURL() string {
	if s.control == nil {
		return ""
	}
	return "http://" + s.control.Addr().String()
}

// AccountID is the account's number.
func (s *Server) AccountID() string { return s.config.AccountID }

// AccessKey is the account's own key, which may do everything.
func (s *Server) AccessKey() AccessKey { return s.config.AccessKey }

// Region is the region of the metadata service.
func (s *Server) Region() string { return s.config.Region }

// Clock is the time of the cloud.
func (s *Server) Clock() *cloud.Clock { return s.config.Clock }

// Faults holds the faults to be played.
func (s *Server) Faults() *cloud.Faults { return &s.faults }

// Fail answers the error code to the next calls of an action, before they do
// anything. It is short for the commonest fault.
func (s *Server) Fail(action, code string, times int) {
	s.faults.Add(cloud.Fault{Action: action, Effect: cloud.FailBefore, Code: code, Times: times})
}

// Limit throttles by rate: so many calls of an action ("CreateDBInstance"), of
// a product ("rds:*") or of all ("*") per second of the emulator's time. An
// empty code means Throttling.User.
func (s *Server) Limit(action string, perSecond float64, code string) {
	s.faults.Limit(s.config.Clock, cloud.Limit{Action: action, PerSecond: perSecond, Code: code})
}

// Calls returns the calls of an action that arrived, or all for "".
func (s *Server) Calls(action string) []cloud.Call { return s.journal.Calls(action) }

// Unknown returns what was asked for and answered 501.
func (s *Server) Unknown() []string { return slices.Concat(s.gateway.Unknown(), s.oss.Unknown()) }

// RDS is the database service.
func (s *Server) RDS() *rds.Service { return s.rds }

// Network is the VPC service.
func (s *Server) Network() *vpc.Service { return s.network }

// STS is the token service.
func (s *Server) STS() *sts.Service { return s.sts }

// RAM is the access management.
func (s *Server) RAM() *ram.RAM { return s.ram }

// OSS is the object storage.
func (s *Server) OSS() *oss.Service { return s.oss }

// A State lists what exists in the account, besides what is there from the
// start: the account's own key, networks, system policies.
type State struct {
	Instances []rds.InstanceState `json:"instances"`
	Buckets   []oss.BucketState   `json:"buckets"`
	Users     []ram.UserState     `json:"users"`
	Keys      []ram.KeyState      `json:"keys"`
	Policies  []ram.PolicyState   `json:"policies"`
	Groups    []string            `json:"groups"`
	Roles     []ram.RoleState     `json:"roles"`
}

// Dump returns what exists.
func (s *Server) Dump() State {
	return State{
		Instances: s.rds.Instances(), Buckets: s.oss.Buckets(),
		Users: s.ram.Users(), Keys: s.ram.Keys(), Policies: s.ram.Policies(), Groups: notNil(s.ram.Groups()),
		Roles: s.ram.Roles(),
	}
}

// Empty tells whether nothing exists.
func (s *Server) Empty() bool {
	d := s.Dump()
	return len(d.Instances)+len(d.Buckets)+len(d.Users)+len(d.Keys)+len(d.Policies)+len(d.Groups)+len(d.Roles) == 0
}
