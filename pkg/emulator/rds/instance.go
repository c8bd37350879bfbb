package rds

import (
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The states of an instance that the emulator plays (RDS, "Instance states").
const (
	creating     = "Creating"
	running      = "Running"
	changing     = "DBInstanceClassChanging"
	rebooting    = "Rebooting"
	netCreating  = "NET_CREATING"
	netModifying = "NET_MODIFYING"
	netDeleting  = "NET_DELETING"
	deleting     = "Deleting"
)

// An instance is the record of a DB instance. Its fields are guarded by the
// service's mutex but for work, which serialises the calls that change what is
// inside an instance, so that an engine sees them in order.
type instance struct {
	work sync.Mutex

	id, region, zone, vpcID, vswitchID string
	engine, version                    string
	class                              *class
	storage                            int // GB
	storageType, payType, category     string
	description                        string
	private                            endpoint
	public                             *endpoint // nil: none
	protected                          bool
	serial                             uint64
	created, readyAt                   time.Time
	expires                            time.Time // zero unless it is prepaid
	tags                               []tag     // by key
	ipArrays                           []ipArray
	accounts                           []*account
	databases                          []*database

	busy      string    // the state of work under way, such as Rebooting; empty: none
	busyUntil time.Time // when that is done
	change    *change   // what is then different; nil: nothing
	leaving   bool      // being deleted
	leavingAt time.Time

	server   engine.Server // the engine's server, once it runs
	starting bool          // the engine is starting
	working  bool          // the engine is at the work that busy names
	stopping bool          // the engine is stopping
}

// A tag is a key with its value.
type tag struct{ key, value string }

// A change is what ModifyDBInstanceSpec has ordered.
type change struct {
	class       *class
	storage     int
	storageType string
}

// settle lets time do its work on an instance: changes that are due are done.
func (in *instance) settle(now time.Time) {
	if in.busy != "" && !in.working && !now.Before(in.busyUntil) {
		if in.change != nil {
			in.class, in.storage, in.storageType = in.change.class, in.change.storage, in.change.storageType
			in.category = in.class.category
		}
		in.busy, in.change = "", nil
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
	case in.busy != "" && (in.working || now.Before(in.busyUntil)):
		return in.busy
	default:
		return running
	}
}

func (in *instance) gone(now time.Time) bool {
	return in.leaving && !in.stopping && !now.Before(in.leavingAt)
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

// findRunning is find for calls that need a running instance.
func (s *Service) findRunning(r *rpc.Request, unknown *rpc.Error) (*instance, *rpc.Error) {
	return s.findFree(r, unknown, "OperationDenied.DBInstanceStatus")
}

// findFree is find for calls that need a running instance and answer code
// where it is not. One that has expired is locked.
func (s *Service) findFree(r *rpc.Request, unknown *rpc.Error, code string) (*instance, *rpc.Error) {
	in, fail := s.find(r, unknown)
	if fail != nil {
		return nil, fail
	}
	if status := in.status(r.Now); status != running {
		return nil, rpc.Errorf(http.StatusForbidden, code, "The operation is not permitted while the instance is %s.", status)
	}
	if in.expired(r.Now) {
		return nil, rpc.Errorf(http.StatusForbidden, "OperationDenied.LockMode", "The instance is locked: it has expired.")
	}
	return in, nil
}

func (in *instance) expired(now time.Time) bool {
	return !in.expires.IsZero() && !now.Before(in.expires)
}

// lockMode says why an instance is locked, or that it is not.
func (in *instance) lockMode(now time.Time) string {
	if in.expired(now) {
		return "LockByExpiration"
	}
	return "Unlock"
}

// begin puts an instance into the state of a piece of work for a while.
func (in *instance) begin(state string, until time.Time) { in.busy, in.busyUntil = state, until }

// The same absence has two codes, by the age of an action's page (A024).
func unknownID() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidDBInstanceId.NotFound", "The DBInstanceId provided does not exist.")
}

func unknownName() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidDBInstanceName.NotFound", "The database instance does not exist.")
}
