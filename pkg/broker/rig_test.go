package broker_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	lib "github.com/pmorie/osb-broker-lib/pkg/broker"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

// A rig is a broker with the real providers on the emulated cloud, driven turn
// by turn on a clock of its own, whose process can die at any store write.
type rig struct {
	t       *testing.T
	cloud   *emulator.Server
	clock   *cloud.Clock
	dir     string
	catalog *catalog.Catalog

	faulty *storetest.Faulty
	store  store.Store
	logic  *broker.BusinessLogic
	engine *broker.Engine
	term   *broker.Term
}

// newRig starts a cloud in which things take minutes.
func newRig(t *testing.T) *rig {
	t.Helper()
	clock := cloud.NewFrozenClock(time.Now())
	r := &rig{
		t: t, clock: clock, dir: inMemory(t),
		cloud: emulatortest.New(t, emulatortest.WithClock(clock), emulatortest.WithProfile(emulatedrds.Realistic())),
	}
	var err error
	if r.catalog, err = catalog.Load(rds.Plans, oss.Plans); err != nil {
		t.Fatal(err)
	}
	return r
}

// inMemory is a directory that costs no disk syncs, where there is one: it is
// the process that dies here, not the machine.
func inMemory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "rig") //nolint:usetesting // t.TempDir chooses the disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// open is the start of a process. It fails where the store dies under it.
func (r *rig) open(failAt int, after bool) error {
	file, err := bolt.Open(filepath.Join(r.dir, "store.db"), &bolt.Options{})
	if err != nil {
		return err
	}
	r.t.Cleanup(func() { _ = file.Close() })
	keys, err := sealed.Ensure(r.t.Context(), sealed.File(filepath.Join(r.dir, "keyset.json")), file, nil)
	if err != nil {
		return err
	}
	r.faulty = storetest.NewFaulty(file)
	if failAt > 0 {
		r.faulty.FailWrite(failAt, after)
	}
	r.store = sealed.New(r.faulty, keys)
	at, err := url.Parse(r.cloud.URL())
	if err != nil {
		return err
	}
	endpoints := map[string]*url.URL{}
	for _, product := range []string{"rds", "ram", "vpc", "sts", "oss"} {
		endpoints[product] = at
	}
	key := r.cloud.AccessKey()
	clients, err := alicloud.New(alicloud.Config{
		Region: "cn-hangzhou", Endpoints: endpoints, CallsPerSecond: 10_000,
		Credentials: alicloud.Static(alicloud.Key{ID: key.ID, Secret: key.Secret}),
	})
	if err != nil {
		return err
	}
	r.logic, r.engine, err = broker.New(broker.Config{
		Catalog: r.catalog, Store: r.store, Region: "cn-hangzhou",
		Providers: map[string]providers.Provider{
			"rds": rds.New(rds.Config{Clients: clients, Metadata: alicloud.NewMetadata(at)}),
			"oss": oss.New(oss.Config{Clients: clients}),
		},
		Engine:   broker.EngineConfig{BrokerID: "rig", Account: clients.Caller, Now: r.clock.Now},
		Patience: time.Nanosecond, Limit: time.Nanosecond, // the rig turns the engine itself
	})
	if err != nil {
		return err
	}
	return r.store.Lead(r.t.Context(), func(_ context.Context, l store.Lease) error {
		l.Held = func() bool { return true } // nobody else is about
		r.term = r.engine.Begin(r.t.Context(), l)
		return nil
	})
}

// restart is a new process after a crash; it does not die.
func (r *rig) restart() {
	r.t.Helper()
	if err := r.store.Close(); err != nil {
		r.t.Fatal(err)
	}
	if err := r.open(0, false); err != nil {
		r.t.Fatalf("restart: %v", err)
	}
}

// settle turns the engine until nothing is unfinished, letting time pass where
// there is nothing to do now. It returns false if the process died.
func (r *rig) settle() bool {
	r.t.Helper()
	for range 1000 {
		keys, err := r.store.Unfinished(r.t.Context())
		if err != nil {
			r.t.Fatal(err)
		}
		if len(keys) == 0 {
			return !r.faulty.Dead()
		}
		var ids []string
		for _, k := range keys {
			r.engine.Wake(k)
			ids = append(ids, k.InstanceID)
		}
		var due time.Time
		for _, id := range slices.Compact(ids) {
			next, err := r.term.Turn(r.t.Context(), id)
			if r.faulty.Dead() {
				return false
			}
			if err != nil {
				r.t.Fatalf("turn of %s: %v", id, err)
			}
			if due.IsZero() || next.Before(due) {
				due = next
			}
		}
		if wait := due.Sub(r.clock.Now()); wait > 0 {
			r.clock.Advance(wait)
		}
	}
	r.t.Fatalf("does not settle; the cloud has %+v", r.cloud.Dump())
	return false
}

// send makes one request, as a platform that takes asynchronous answers.
func (r *rig) send(method func(*lib.RequestContext) error, c osb.Call) reply {
	r.t.Helper()
	c.AcceptsIncomplete = true
	req := httptest.NewRequest(http.MethodPut, "/", nil)
	_ = method(&lib.RequestContext{Writer: httptest.NewRecorder(), Request: req.WithContext(osb.WithCall(context.Background(), &c))})
	if c.Answer.Err == nil {
		return reply{status: c.Answer.Status, body: c.Answer.Body}
	}
	e, ok := errors.AsType[*osb.Error](c.Answer.Err)
	if !ok {
		r.t.Fatalf("the answer's error is no *osb.Error: %v", c.Answer.Err)
	}
	return reply{status: e.Status, err: e}
}

// A request of the walk, by what it does.
type requested struct {
	name string
	send func(*rig) reply
	done int // the answer once it is done
}

// walk of one service: provision, bind, unbind, deprovision.
func walk(service, plan string) []requested {
	ids := fmt.Sprintf(`"service_id":%q,"plan_id":%q`, service, plan)
	const instance, binding = "an instance/of any id", "a binding"
	deleting := osb.Call{InstanceID: instance, ServiceID: service, PlanID: plan}
	unbinding := deleting
	unbinding.BindingID = binding
	return []requested{
		{"provision", func(r *rig) reply {
			return r.send(func(c *lib.RequestContext) error { _, err := r.logic.Provision(nil, c); return err },
				osb.Call{InstanceID: instance, Body: []byte(`{` + ids + `,"organization_guid":"o","space_guid":"s"}`)})
		}, 200},
		{"bind", func(r *rig) reply {
			return r.send(func(c *lib.RequestContext) error { _, err := r.logic.Bind(nil, c); return err },
				osb.Call{InstanceID: instance, BindingID: binding, Body: []byte(`{` + ids + `}`)})
		}, 200},
		{"unbind", func(r *rig) reply {
			return r.send(func(c *lib.RequestContext) error { _, err := r.logic.Unbind(nil, c); return err }, unbinding)
		}, 410},
		{"deprovision", func(r *rig) reply {
			return r.send(func(c *lib.RequestContext) error { _, err := r.logic.Deprovision(nil, c); return err }, deleting)
		}, 410},
	}
}
