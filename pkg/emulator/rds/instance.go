package rds

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The states of an instance that the emulator plays (RDS, "Instance states").
const (
	creating = "Creating"
	running  = "Running"
	changing = "DBInstanceClassChanging"
	deleting = "Deleting"
)

// An instance is the record of a DB instance. Its fields are guarded by the
// service's mutex but for work, which serialises the calls that change what is
// inside an instance, so that an engine sees them in order.
type instance struct {
	work sync.Mutex

	id, region, zone, vpcID, vswitchID string
	engine, version                    string
	class                              class
	storage                            int // GB
	storageType, payType, category     string
	description, ip, port              string
	protected                          bool
	serial                             uint64
	created, readyAt                   time.Time
	tags                               map[string]string
	ipArrays                           []ipArray
	accounts                           []*account
	databases                          []*database

	change    *change // a change of class or storage under way
	leaving   bool    // being deleted
	leavingAt time.Time

	server   engine.Server // the engine's server, once it runs
	starting bool          // the engine is starting
	stopping bool          // the engine is stopping
}

// A change is what ModifyDBInstanceSpec has ordered.
type change struct {
	class       class
	storage     int
	storageType string
	at          time.Time // when it is done
}

// settle lets time do its work on an instance: changes that are due are done.
func (in *instance) settle(now time.Time) {
	if in.change != nil && !now.Before(in.change.at) {
		in.class, in.storage, in.storageType = in.change.class, in.change.storage, in.change.storageType
		in.category = in.class.category
		in.change = nil
	}
	in.accounts = slices.DeleteFunc(in.accounts, func(a *account) bool { return a.leaving && !now.Before(a.until) })
	in.databases = slices.DeleteFunc(in.databases, func(d *database) bool { return d.leaving && !now.Before(d.until) })
}

func (in *instance) status(now time.Time) string {
	switch {
	case in.leaving:
		return deleting
	case in.starting || now.Before(in.readyAt):
		return creating
	case in.change != nil && now.Before(in.change.at):
		return changing
	default:
		return running
	}
}

func (in *instance) gone(now time.Time) bool {
	return in.leaving && !in.stopping && !now.Before(in.leavingAt)
}

// endpoint is where the instance is reached.
func (in *instance) endpoint() (host, port string) {
	if in.server != nil {
		addr := in.server.Addr()
		return addr.Addr().String(), strconv.Itoa(int(addr.Port()))
	}
	return hostOf(in.id, in.engine), in.port
}

// sweep forgets the instances whose deletion is done. The caller holds mu.
func (s *Service) sweep(now time.Time) {
	s.leaving = slices.DeleteFunc(s.leaving, func(in *instance) bool {
		if !in.gone(now) {
			return false
		}
		delete(s.instances, in.id)
		if i, ok := slices.BinarySearchFunc(s.order, in.serial, func(in *instance, serial uint64) int {
			return cmp.Compare(in.serial, serial)
		}); ok {
			s.order = slices.Delete(s.order, i, i+1)
		}
		return true
	})
}

// find returns the settled instance that the request names, or the error of
// the RDS API for an id that is unknown. The caller holds mu.
func (s *Service) find(r *rpc.Request, unknown *rpc.Error) (*instance, *rpc.Error) {
	id, fail := r.Require("DBInstanceId")
	if fail != nil {
		return nil, fail
	}
	s.sweep(r.Now)
	in, ok := s.instances[id]
	if !ok || !s.visible(in, r.Now) {
		return nil, unknown
	}
	in.settle(r.Now)
	return in, nil
}

// visible tells whether reads see the instance already.
func (s *Service) visible(in *instance, now time.Time) bool {
	return !now.Before(in.created.Add(s.behaviour.Lag))
}

// findRunning is find for calls that need a running instance.
func (s *Service) findRunning(r *rpc.Request, unknown *rpc.Error) (*instance, *rpc.Error) {
	in, fail := s.find(r, unknown)
	if fail != nil {
		return nil, fail
	}
	if in.status(r.Now) != running {
		return nil, rpc.Errorf(http.StatusForbidden, "OperationDenied.DBInstanceStatus", "The operation is not permitted while the instance is %s.", in.status(r.Now))
	}
	return in, nil
}

// The same absence has two codes, by the age of an action's page.
func unknownID() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidDBInstanceId.NotFound", "The DBInstanceId provided does not exist.")
}

func unknownName() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidDBInstanceName.NotFound", "The database instance does not exist.")
}
