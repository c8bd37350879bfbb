package rds

import (
	"net/http"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// modifyDBInstanceSpec is ModifyDBInstanceSpec of the RDS API: another class,
// more storage, or both.
func (s *Service) modifyDBInstanceSpec(r *rpc.Request) (any, *rpc.Error) {
	switch r.Get("Direction") {
	case "", "Up", "Down":
	case "TempUpgrade", "Serverless":
		return nil, rpc.Unsupported("ModifyDBInstanceSpec.Direction")
	default:
		return nil, bad("InvalidParameter", "Direction is Up, Down, TempUpgrade or Serverless.")
	}
	payType, fail := r.Require("PayType")
	if fail != nil {
		return nil, fail
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.findIdle(r, unknownName(), "OperationDenied.DBInstanceStatus")
	if fail == nil {
		fail = s.refuseLocked(in, r.Now, lockByDiskQuota)
	}
	if fail != nil {
		return nil, fail
	}
	if payType != in.payType {
		return nil, bad("OperationDenied.PayType", "PayType is not that of the instance.")
	}
	next, fail := s.newSpec(r, in)
	if fail != nil {
		return nil, fail
	}
	in.change = next
	in.begin(changing, r.Now.Add(s.profile.Change))
	s.serial++
	return struct {
		DBInstanceId string
		OrderId      uint64
	}{in.id, firstID + s.serial}, nil
}

// newSpec checks the new specification of an instance.
func (s *Service) newSpec(r *rpc.Request, in *instance) (*change, *rpc.Error) {
	next := &change{class: in.class, storage: in.storage, storageType: in.storageType, choices: in.choices}
	className, size, kind := r.Get("DBInstanceClass"), r.Get("DBInstanceStorage"), r.Get("DBInstanceStorageType")
	if className == "" && size == "" && kind == "" && !hasChoice(r) {
		return nil, bad("InvalidParameter", "One of DBInstanceClass, DBInstanceStorage and DBInstanceStorageType must be given.")
	}
	var fail *rpc.Error
	if className != "" {
		if next.class, fail = s.classFor(className, in.engine, in.version); fail != nil {
			return nil, fail
		}
		if kind == "" && !slices.Contains(next.class.storageTypes(), next.storageType) {
			next.storageType = next.class.defaultStorage()
		}
	}
	if category := r.Get("Category"); category != "" && !strings.EqualFold(category, next.class.Category) {
		return nil, missingClass()
	}
	if kind != "" {
		next.storageType, _ = own(next.class.storageTypes(), kind)
	}
	if !slices.Contains(next.class.storageTypes(), next.storageType) {
		return nil, bad("InvalidInstanceLevel.DiskType", "The class does not support the storage type.")
	}
	if size != "" {
		if next.storage, fail = storageFor(size, next.class, next.storageType); fail != nil {
			return nil, fail
		}
		if next.storage < in.storage {
			return nil, bad("InvalidStorageSize.Direction", "The storage cannot shrink.")
		}
	}
	if b := next.class.storage(next.storageType); next.storage < b.Min || next.storage > b.Max {
		return nil, bad("InvalidStorage.Format", "The storage type takes %d to %d GB.", b.Min, b.Max)
	}
	if className != "" && slices.Contains(s.behaviour.Withdrawn, className) {
		return nil, missingClass()
	}
	if next.class != in.class || next.storageType != in.storageType {
		if fail := s.stock(in, next.class, next.storageType); fail != nil {
			return nil, fail
		}
	}
	return next, checkDisk(r, in.engine, next.storageType, &next.choices)
}

// hasChoice reports whether a change of ModifyDBInstanceSpec is one of choices.
func hasChoice(r *rpc.Request) bool {
	return slices.ContainsFunc([]string{"BurstingEnabled", "ColdDataEnabled", "IoAccelerationEnabled", "OptimizedWrites"}, func(name string) bool { return r.Get(name) != "" })
}

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
