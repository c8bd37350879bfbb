package rds

import (
	"cmp"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// The states of an instance in the emulator (RDS, "Instance states").
const (
	creating     = "Creating"
	running      = "Running"
	changing     = "DBInstanceClassChanging"
	netChanging  = "DBInstanceNetTypeChanging"
	rebooting    = "Rebooting"
	netCreating  = "NET_CREATING"
	netModifying = "NET_MODIFYING"
	netDeleting  = "NET_DELETING"
	deleting     = "Deleting"
	stopping     = "Stopping"
	upgrading    = "EngineVersionUpgrading"
	stopped      = "Stopped"
)

// An instance is the record of a DB instance. The service's mutex guards its
// fields. work serialises the calls that change its accounts and databases, so
// that an engine gets them in order; it guards itself.
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
	standbys                           []standby // the secondary nodes
	choices                            Choices
	tags                               []tag // by key
	ipArrays                           []ipArray
	accounts                           []*account
	databases                          []*database

	busy      string    // the state during work in progress, such as Rebooting; empty: none
	busyUntil time.Time // when that is done
	busyFrom  time.Time // when that shows; zero: at once
	change    *change   // the result of that work; nil: the instance stays as it is
	stopped   bool      // suspended
	leaving   bool      // being deleted
	leavingAt time.Time

	settings   settings
	serverless *serverlessConfig // nil for one of a fixed size

	server   engine.Server // the engine's server, once it runs
	starting bool          // the engine is starting
	working  bool          // the engine is at the work that busy names
	stopping bool          // the engine is stopping
	locking  bool          // the engine makes the server read-only, or writable
	readOnly bool          // the server refuses writes
	barred   bool          // the server admits no client
}

// A tag is a key with its value.
type tag struct{ key, value string }

// A change is an order of ModifyDBInstanceSpec or UpgradeDBInstanceEngineVersion.
type change struct {
	class       *class
	version     string // empty: the same
	storage     int
	storageType string
	choices     Choices
	standbys    []standby
	serverless  *serverlessConfig
}

// applyDue applies the changes of an instance that are due.
func (in *instance) applyDue(now time.Time) {
	if in.busy != "" && !in.working && !now.Before(in.busyUntil) {
		if in.change != nil {
			in.become(in.change)
		}
		in.stopped = in.stopped || in.busy == stopping
		in.busy, in.busyFrom, in.change = "", time.Time{}, nil
	}
	in.settings.Parameters.apply(now)
	in.accounts = slices.DeleteFunc(in.accounts, func(a *account) bool { return a.leaving && !now.Before(a.until) })
	in.databases = slices.DeleteFunc(in.databases, func(d *database) bool { return d.leaving && !now.Before(d.until) })
}

// become applies a change.
func (in *instance) become(c *change) {
	in.class, in.storage, in.storageType, in.category = c.class, c.storage, c.storageType, c.class.Category
	in.choices.setDisk(c.choices)
	in.version = cmp.Or(c.version, in.version)
	if len(c.standbys) > 0 { // changes of before have none
		in.standbys = c.standbys
	}
	if in.serverless != nil && c.serverless != nil {
		c.serverless.Awake = in.serverless.Awake
		in.serverless = c.serverless
	}
	in.placeStandbys()
}

// placeStandbys gives an instance whose category has a standby one beside its primary node, and
// takes those of Basic away.
func (in *instance) placeStandbys() {
	switch {
	case isSingle(in.category):
		in.standbys = nil
	case len(in.standbys) == 0:
		in.standbys = []standby{{in.zone, in.vswitchID}}
	}
}

func (in *instance) status(now time.Time) string {
	switch {
	case in.leaving:
		return deleting
	case in.starting || now.Before(in.readyAt):
		return creating
	case in.busy != "" && !now.Before(in.busyFrom) && (in.working || now.Before(in.busyUntil)):
		return in.busy
	case in.stopped || in.busy == stopping:
		return stopped
	default:
		return running
	}
}

func (in *instance) deleted(now time.Time) bool {
	return in.leaving && !in.stopping && !now.Before(in.leavingAt)
}

// find returns the instance that the request names, with due changes applied, or the error of
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
	in.applyDue(r.Now)
	return in, nil
}

// describable is find for a description of something inside, which changes while
// the instance is busy, too (A346), but for one that is being deleted.
func (s *Service) describable(r *rpc.Request) (*instance, *rpc.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, fail := s.find(r, unknownID())
	if fail == nil && in.leaving {
		fail = rpc.Errorf(http.StatusForbidden, "OperationDenied.DBInstanceStatus", "The instance is being deleted.")
	}
	return in, fail
}

// findRunning is find for calls that need a running instance.
func (s *Service) findRunning(r *rpc.Request, unknown *rpc.Error) (*instance, *rpc.Error) {
	return s.findFree(r, unknown, "OperationDenied.DBInstanceStatus")
}

// findFree finds a running instance that is not locked; code is the answer for one that is
// busy.
func (s *Service) findFree(r *rpc.Request, unknown *rpc.Error, code string) (*instance, *rpc.Error) {
	in, fail := s.findIdle(r, unknown, code)
	if fail == nil {
		fail = s.refuseLocked(in, r.Now)
	}
	return in, fail
}

// findIdle finds a running instance, whether it is locked or not.
func (s *Service) findIdle(r *rpc.Request, unknown *rpc.Error, code string) (*instance, *rpc.Error) {
	in, fail := s.find(r, unknown)
	if fail != nil {
		return nil, fail
	}
	if status := in.status(r.Now); status != running {
		return nil, rpc.Errorf(http.StatusForbidden, code, "The operation is not permitted while the instance is %s.", status)
	}
	return in, nil
}

func (in *instance) expired(now time.Time) bool {
	return !in.expires.IsZero() && !now.Before(in.expires)
}

// begin puts an instance into the state of a piece of work for a while.
func (in *instance) begin(state string, until time.Time) { in.beginAt(state, time.Time{}, until) }

// beginAt is begin for work that shows from a time on.
func (in *instance) beginAt(state string, from, until time.Time) {
	in.busy, in.busyFrom, in.busyUntil = state, from, until
}

// The same absence has two codes, by the age of an action's page (A024).
func unknownID() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidDBInstanceId.NotFound", "The DBInstanceId provided does not exist.")
}

func unknownName() *rpc.Error {
	return rpc.Errorf(http.StatusNotFound, "InvalidDBInstanceName.NotFound", "The database instance does not exist.")
}
