package rds

import (
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// modifyDeletionProtection is ModifyDBInstanceDeletionProtection of the RDS API.
func (s *Service) modifyDeletionProtection(r *rpc.Request) (any, *rpc.Error) {
	if _, fail := r.Require("DeletionProtection"); fail != nil {
		return nil, fail
	}
	on, fail := r.Bool("DeletionProtection", false)
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	if on && in.payType == prepaid {
		return nil, bad("OperationDenied.PayType", "DeletionProtection is for pay-as-you-go instances.")
	}
	in.protected = on
	return nil, nil
}

// modifyDescription is ModifyDBInstanceDescription of the RDS API.
func (s *Service) modifyDescription(r *rpc.Request) (any, *rpc.Error) {
	description, fail := r.Require("DBInstanceDescription")
	if fail != nil {
		return nil, fail
	}
	if fail := descriptionError(description); fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownName())
	if fail != nil {
		return nil, fail
	}
	in.description = strings.Clone(description)
	return nil, nil
}
