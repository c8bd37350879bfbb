package operations_test

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// A rig is a broker with the real providers on the emulated cloud, run pass by
// pass on a clock of its own. Its process can die at any store write and at any
// call of the cloud.
type rig struct {
	t     *testing.T // that it fails
	life  *testing.T // that it ends with
	cloud *emulator.Server
	clock *cloud.Clock
	dir   string
	plans *catalog.Catalog

	faulty *storetest.Faulty
	store  store.Store
	logic  *broker.BusinessLogic
	engine *engine.Engine
	passes *environment.Passes
	killed atomic.Bool
	limits limits
	// handedOut are the passwords of the bindings so far, by account.
	handedOut map[string][]string
}

// rigTimes are the times of the cloud and of the engine: each wait takes a few
// looks.
func rigTimes() (emulatedrds.Profile, engine.Config) {
	return emulatedrds.Profile{
			Create: 25 * time.Second, Change: 25 * time.Second, Delete: 15 * time.Second,
			Account: 1500 * time.Millisecond, Database: 1500 * time.Millisecond,
		}, engine.Config{
			BrokerID: "rig", PollSlow: 10 * time.Second, PollQuick: time.Second,
			Settle: settleTime, CallTimeout: callTimeout, LookTimeout: callTimeout,
		}
}

const (
	settleTime  = 5 * time.Minute
	callTimeout = 30 * time.Second
)

// newRig starts an empty cloud.
func newRig(t *testing.T, plans *catalog.Catalog) *rig {
	t.Helper()
	clock := cloud.NewFrozenClock(time.Now())
	profile, _ := rigTimes()
	return &rig{
		t: t, life: t, clock: clock, dir: environment.Folder(t), plans: plans, handedOut: map[string][]string{},
		cloud: emulatortest.New(t, emulatortest.WithClock(clock), emulatortest.WithProfile(profile), emulatortest.WithConfig(func(c *emulator.Config) {
			c.AccessKey = emulator.AccessKey{ID: "LTAIrig", Secret: "the secret of the rig"}
		})),
	}
}

// with lets the rig fail a part of its test until the function is called.
func (r *rig) with(t *testing.T) func() {
	t.Helper()
	before := r.t
	r.t = t
	return func() { r.t = before }
}

// A writeFault is a fault of a store write of a process.
type writeFault int

const (
	dieBefore  writeFault = iota // the process dies before the write's effect
	dieAfter                     // and after it
	loseAnswer                   // the write is done, and an error answered
)

// open starts a process in the place of the one before. Its n-th store write
// has the fault; 0 is a healthy store. An error means that the process died at
// once.
func (r *rig) open(n int, fault writeFault) error {
	if r.store != nil {
		if err := r.store.Close(); err != nil {
			return err
		}
	}
	records, err := environment.Open(r.life.Context(), r.dir)
	if err != nil {
		return err
	}
	r.life.Cleanup(func() { _ = records.Unsealed.Close() })
	r.killed.Store(false)
	r.faulty, r.store = records.Faulty, records
	switch {
	case n == 0:
	case fault == loseAnswer:
		r.faulty.LoseAnswer(n)
	default:
		r.faulty.FailWrite(n, fault == dieAfter)
	}
	if err := r.wire(); err != nil {
		return err
	}
	r.passes, err = environment.Lead(r.life, r.engine, r.store)
	return err
}

// start opens a healthy process.
func (r *rig) start() {
	r.t.Helper()
	if err := r.open(0, dieBefore); err != nil {
		r.t.Fatal(err)
	}
}

// wire makes the broker of the process.
func (r *rig) wire() error {
	clients, err := environment.Clients(r.cloud, environment.AccountKey(r.cloud))
	if err != nil {
		return err
	}
	made, err := environment.Providers(r.cloud, clients)
	if err != nil {
		return err
	}
	for name, provider := range made {
		made[name] = limited{provider, &r.limits}
	}
	_, config := rigTimes()
	config.Now = r.clock.Now
	config.Owner = func(ctx context.Context, _ string, _ providers.Task) (string, error) {
		ctx, end := r.limits.limit(ctx)
		defer end()
		return clients.Caller(ctx)
	}
	parts := settings{
		Config: broker.Config{
			Catalog: inForce(r.t, r.plans), Region: r.cloud.Region(),
			AsyncWait: time.Nanosecond, SyncWait: time.Nanosecond, // the rig turns the engine itself
		},
		Engine: config, Store: r.store,
	}
	parts.everywhere(config.BrokerID, nil, made)
	r.logic, r.engine, err = parts.build()
	return err
}

// die ends the process as kill -9 does: its later writes and calls of the cloud
// are dropped.
func (r *rig) die() {
	r.faulty.FailWrite(1, false)
	r.cloud.Faults().Add(cloud.Fault{Action: "*", Effect: cloud.DropBefore})
	r.killed.Store(true)
}

// isDead says whether the process has died, by die or at a store write.
func (r *rig) isDead() bool { return r.killed.Load() || r.faulty.Dead() }

// timeOut ends the call that is on its way as one that took too long.
func (r *rig) timeOut() {
	r.clock.Advance(callTimeout)
	r.limits.end()
}

// restart starts a healthy process after a crash.
func (r *rig) restart() {
	r.t.Helper()
	r.cloud.Faults().Clear()
	r.start()
}

// settle runs the engine until every operation has ended, and moves the clock
// to the next due time. It returns false if the process died.
func (r *rig) settle() bool {
	r.t.Helper()
	for range 300 {
		if r.isDead() {
			return false
		}
		due, unfinished := r.turn()
		if !unfinished {
			return !r.isDead()
		}
		if wait := due.Sub(r.clock.Now()); wait > 0 {
			r.clock.Advance(wait)
		}
	}
	r.t.Fatalf("does not settle; the cloud has %+v", r.cloud.Dump())
	return false
}

// turn turns the engine once for each instance that has something to do, and
// returns when the next is due.
func (r *rig) turn() (due time.Time, unfinished bool) {
	r.t.Helper()
	keys, err := r.store.Unfinished(r.life.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	unfinished = len(keys) > 0
	for len(keys) > 0 {
		rest := slices.IndexFunc(keys, func(k store.Key) bool { return k.InstanceID != keys[0].InstanceID })
		if rest < 0 {
			rest = len(keys)
		}
		id := keys[0].InstanceID
		next, err := r.passes.Run(r.life.Context(), r.clock.Now(), keys[:rest]...)
		keys = keys[rest:]
		if r.isDead() {
			return time.Time{}, true
		}
		if err != nil {
			r.t.Fatalf("turn of %s: %v", id, err)
		}
		if due.IsZero() || next.Before(due) {
			due = next
		}
	}
	return due, unfinished
}
