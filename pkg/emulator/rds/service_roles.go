package rds

import (
	"slices"
	"strconv"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The service-linked roles of RDS (RDS, "Service-linked roles").
const (
	roleOfMySQL      = "AliyunServiceRoleForRds"
	roleOfPostgreSQL = "AliyunServiceRoleForRdsPgsqlOnEcs"
	roleOfProxy      = "AliyunServiceRoleForRDSProxyOnEcs"
)

// readServiceRole reads ServiceLinkedRole.
func readServiceRole(r *rpc.Request) (string, *rpc.Error) {
	name, fail := r.Require("ServiceLinkedRole")
	if fail != nil {
		return "", fail
	}
	role, known := own([]string{roleOfMySQL, roleOfPostgreSQL, roleOfProxy}, name)
	if !known {
		return "", bad("InvalidParameter", "RDS has no service-linked role of this name.")
	}
	return role, nil
}

// hasServiceRole reports whether the account has a service-linked role: all of them, unless the
// switch FirstInstance is set. The caller holds mu.
func (s *Service) hasServiceRole(role string) bool {
	return !s.behaviour.FirstInstance || slices.Contains(s.serviceRoles, role)
}

// needServiceRole refuses the first instance of an account without the role of its
// engine (A541). The caller holds mu.
func (s *Service) needServiceRole(in *instance) *rpc.Error {
	role := roleOfMySQL
	if in.engine == postgreSQL {
		role = roleOfPostgreSQL
	}
	if s.hasServiceRole(role) {
		return nil
	}
	return bad("ServiceLinkedRole.NotExist", "The service-linked role %s does not exist.", role)
}

// createServiceLinkedRole is CreateServiceLinkedRole of the RDS API. It takes a role that exists.
func (s *Service) createServiceLinkedRole(r *rpc.Request) (any, *rpc.Error) {
	role, fail := readServiceRole(r)
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.serviceRoles, role) {
		s.serviceRoles = append(s.serviceRoles, strings.Clone(role))
	}
	return nil, nil
}

// checkServiceLinkedRole is CheckServiceLinkedRole of the RDS API.
func (s *Service) checkServiceLinkedRole(r *rpc.Request) (any, *rpc.Error) {
	role, fail := readServiceRole(r)
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return struct{ HasServiceLinkedRole, RequireServiceLinkedRole string }{strconv.FormatBool(s.hasServiceRole(role)), "true"}, nil
}

// ServiceRoles lists the service-linked roles that were made by the API.
func (s *Service) ServiceRoles() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.serviceRoles...)
}
