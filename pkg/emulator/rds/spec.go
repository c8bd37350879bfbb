package rds

import (
	"net/http"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// modifyDBInstanceSpec is ModifyDBInstanceSpec of the RDS API: another class, storage,
// storage type or category, or other bounds of a serverless instance.
func (s *Service) modifyDBInstanceSpec(r *rpc.Request) (any, *rpc.Error) {
	direction := r.Get("Direction")
	switch direction {
	case "", "Up", "Down", "Serverless":
	case "TempUpgrade":
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
	if in.change != nil { // one order at a time, of which the state may tell nothing yet (A536)
		return nil, bad("InvalidOrderTask.NotSupport", "Another order of the instance is not finished.")
	}
	next, fail := s.newSpec(r, in, direction == "Serverless")
	if fail != nil {
		return nil, fail
	}
	from, fail := in.effective(r)
	if fail != nil {
		return nil, fail
	}
	in.change = next
	in.beginAt(changing, from.Add(s.behaviour.ChangeLag), from.Add(s.behaviour.ChangeLag+s.profile.Change))
	s.serial++
	return struct {
		DBInstanceId string
		OrderId      uint64
	}{in.id, firstID + s.serial}, nil
}

// newSpec checks the new specification of an instance.
func (s *Service) newSpec(r *rpc.Request, in *instance, scales bool) (*change, *rpc.Error) {
	next := &change{class: in.class, storage: in.storage, storageType: in.storageType, choices: in.choices}
	className, size, kind := r.Get("DBInstanceClass"), r.Get("DBInstanceStorage"), r.Get("DBInstanceStorageType")
	if className == "" && size == "" && kind == "" && !scales && !hasChoice(r) {
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
	if category := r.Get("Category"); category != "" && !strings.EqualFold(category, next.class.Category) || className != "" && slices.Contains(s.behaviour.Withdrawn, className) {
		return nil, missingClass()
	}
	for _, check := range []func() *rpc.Error{
		func() *rpc.Error { return next.readStorageType(in, kind) },
		func() *rpc.Error { return s.readStorage(in, next, size) },
		func() *rpc.Error { return s.readCategory(r, in, next) },
		func() *rpc.Error { return next.readBounds(r, in, scales) },
	} {
		if fail := check(); fail != nil {
			return nil, fail
		}
	}
	if next.class != in.class || next.storageType != in.storageType {
		placed := instance{zone: in.zone, version: in.version, standbys: next.standbys}
		if fail := s.stock(&placed, next.class, next.storageType); fail != nil {
			return nil, fail
		}
	}
	return next, checkDisk(r, in.engine, next.storageType, &next.choices)
}

// hasChoice reports whether a change of ModifyDBInstanceSpec is one of choices.
func hasChoice(r *rpc.Request) bool {
	return slices.ContainsFunc([]string{"BurstingEnabled", "ColdDataEnabled", "IoAccelerationEnabled", "OptimizedWrites"}, func(name string) bool { return r.Get(name) != "" })
}

// readStorageType checks the storage type of a change: ESSD of PL1 to PL3 both ways, other types
// of cloud disks only towards ESSD (RDS API, ModifyDBInstanceSpec, DBInstanceStorageType;
// A537).
func (c *change) readStorageType(in *instance, kind string) *rpc.Error {
	if kind != "" {
		c.storageType, _ = own(c.class.storageTypes(), kind)
	}
	if !slices.Contains(c.class.storageTypes(), c.storageType) {
		return bad("InvalidInstanceLevel.DiskType", "The class does not support the storage type.")
	}
	rank := map[string]int{"cloud_ssd": 1, essd: 2, "cloud_essd2": 2, "cloud_essd3": 2, generalESSD: 3}
	if rank[c.storageType] < rank[in.storageType] {
		return bad("InvalidInstanceLevel.DiskType", "Disks of %s do not become %s.", in.storageType, c.storageType)
	}
	return nil
}

// readStorage checks the storage of a change. It shrinks for PostgreSQL on ESSD alone, from
// version 10 on ("Change the specifications" of RDS for PostgreSQL), down to the data.
func (s *Service) readStorage(in *instance, c *change, size string) *rpc.Error {
	var fail *rpc.Error
	if size != "" {
		if c.storage, fail = storageFor(size, c.class, c.storageType); fail != nil {
			return fail
		}
	}
	if b := c.class.storage(c.storageType); c.storage < b.Min || c.storage > b.Max {
		return bad("InvalidStorage.Format", "The storage type takes %d to %d GB.", b.Min, b.Max)
	}
	switch {
	case c.storage >= in.storage:
		return nil
	case in.engine != postgreSQL:
		return bad("InvalidStorageSize.Direction", "The storage cannot shrink.")
	case in.serverless != nil || !strings.HasPrefix(in.storageType, essd):
		return bad("NotSupportReduceDiskSize", "The storage cannot shrink.")
	case s.diskUsed(in) >= int64(c.storage)*gigabyte:
		return rpc.Errorf(http.StatusForbidden, "InvalidReduceDiskSize", "The data needs more storage.")
	}
	return nil
}

// readCategory places the standbys of an instance that gets some: ZoneIdSlave1 names the zone
// (RDS API, ModifyDBInstanceSpec). The refusal of the way back is a guess (A538).
func (s *Service) readCategory(r *rpc.Request, in *instance, c *change) *rpc.Error {
	region, _ := s.network.Region(in.region)
	ids := strings.Split(r.Get("VSwitchId"), ",")
	gains := isSingle(in.category) && !isSingle(c.class.Category)
	switch zone := r.Get("ZoneId"); {
	case isServerless(in.category) != isServerless(c.class.Category), isSingle(c.class.Category) && !isSingle(in.category):
		return rpc.Errorf(http.StatusForbidden, "InvalidSaleComponentFault", "An instance of category %s does not become %s.", in.category, c.class.Category)
	case zone != "" && zone != in.zone:
		return rpc.Unsupported("ModifyDBInstanceSpec.ZoneId")
	case !gains && r.Get("ZoneIdSlave1") != "" && !slices.ContainsFunc(in.standbys, func(n standby) bool { return n.zone == r.Get("ZoneIdSlave1") }):
		return rpc.Unsupported("ModifyDBInstanceSpec.ZoneIdSlave1")
	case ids[0] != "" && ids[0] != in.vswitchID:
		return bad("InvalidVSwitchId.Format", "The first VSwitch is that of the instance.")
	case !gains:
		c.standbys = in.standbys
		return nil
	}
	placed := in.clone()
	placed.class, placed.category, placed.storageType, placed.standbys = c.class, c.class.Category, c.storageType, nil
	fail := s.checkStandbys(r, placed, region, ids[1:], s.behaviour.StandbyOptional)
	c.standbys = placed.standbys
	return fail
}

// readBounds reads the bounds of a serverless instance.
func (c *change) readBounds(r *rpc.Request, in *instance, scales bool) *rpc.Error {
	c.serverless = in.serverless.clone()
	switch {
	case !scales:
		return nil
	case c.serverless == nil:
		return rpc.Errorf(http.StatusForbidden, "InvalidSaleComponentFault", "Direction Serverless is for serverless instances.")
	}
	return c.serverless.read(r, in.engine, "ServerlessConfiguration")
}
