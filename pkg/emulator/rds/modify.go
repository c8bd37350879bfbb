package rds

import (
	"net/http"
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

// deleteDBInstance is DeleteDBInstance of the RDS API. The code for a
// protected instance is a guess (A028): its row is missing in the copies of the
// page. So is that for a prepaid one (A029).
func (s *Service) deleteDBInstance(r *rpc.Request) (any, *rpc.Error) {
	switch r.Get("ReleasedKeepPolicy") {
	case "", "None", "Lastest", "All": // sic
	default:
		return nil, bad("InvalidReleasedKeepPolicy.Format", "ReleasedKeepPolicy is None, Lastest or All.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findIdle(r, unknownID(), "OperationDenied.DBInstanceStatus")
	if fail == nil {
		fail = s.refuseLocked(in, r.Now, lockByDiskQuota)
	}
	if fail != nil {
		return nil, fail
	}
	if in.payType == prepaid {
		return nil, rpc.Errorf(http.StatusForbidden, "OperationDenied.PayType", "Only pay-as-you-go instances can be released.")
	}
	if in.protected {
		return nil, bad("OperationDenied.DeletionProtection", "The instance is protected from deletion.")
	}
	in.leaving, in.leavingAt = true, r.Now.Add(s.profile.Delete)
	s.leaving = append(s.leaving, in)
	if in.server != nil {
		in.stopping = true
		s.background.Go(func() { s.stop(in) })
	}
	return struct{ RegionId string }{in.region}, nil
}
