package broker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

const plansYAML = `
offerings:
  - name: things
    id: things-id
    provider: fake
    description: Things
    bindable: true
    plans:
      - name: small
        id: small-id
        description: Small things
        free: false
        deletion: delete
        deadline: 1h
        updateable: true
        slow: [provision, update, bind]
        rotatable: true
      - name: large
        id: large-id
        description: Large things
        free: false
        deletion: delete
        deadline: 1h
        updateable: true
        slow: [provision, update, bind]
`

// An engine leaves every operation where it is.
type engine struct{ woken []store.Key }

func (e *engine) Wake(k store.Key, _ string) { e.woken = append(e.woken, k) }

func (e *engine) Await(context.Context, store.Key, string) (store.Operation, store.Record, error) {
	return store.Operation{}, store.Record{}, errors.New("the operation goes on")
}

// A preparing provider runs a hook, once, while it prepares.
type preparing struct {
	providers.Provider

	hook  func()
	calls int
	last  providers.Task // of the last call
}

func (p *preparing) Prepare(t providers.Task) (providers.Plan, error) {
	p.calls++
	p.last = t
	if hook := p.hook; hook != nil {
		p.hook = nil
		hook()
	}
	return providers.Plan(`{"name":"n"}`), nil
}

// A fixture is the business logic on a store of its own, without an engine.
type fixture struct {
	t         *testing.T
	logic     *broker.BusinessLogic
	store     *lifecycle.CheckedStore // sealed
	faulty    *storetest.Faulty       // below the sealing
	provider  *preparing
	providers map[string]providers.Provider // of the broker
	engine    *engine
	catalog   *catalog.Current
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	records := environment.MustOpen(t, environment.Folder(t))
	f := &fixture{
		t: t, store: lifecycle.Checked(records), faulty: records.Faulty, provider: &preparing{}, engine: &engine{},
		catalog: catalog.NewCurrent(snapshotOf(t, plansYAML)),
	}
	f.providers = map[string]providers.Provider{"fake": f.provider}
	var err error
	f.logic, err = broker.New(broker.Config{
		BrokerID: "test", Catalog: f.catalog, Store: f.store, Engine: f.engine, RegionOf: f.regionOf,
		Providers: f.providers,
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func snapshotOf(t *testing.T, plans string) *catalog.Snapshot {
	t.Helper()
	c, err := catalog.Load(catalog.Embedded("plans.yaml", []byte(plans)))
	if err != nil {
		t.Fatal(err)
	}
	s, err := catalog.NewSnapshot(c, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func provisionOf(space string) osb.ProvisionRequest {
	return osb.ProvisionRequest{
		Caller: osb.Caller{Minor: 17}, InstanceID: "i", AcceptsIncomplete: true,
		ServiceID: "things-id", PlanID: "small-id", OrganizationGUID: "o", SpaceGUID: space,
	}
}

// ready stores a ready instance "i".
func (f *fixture) ready() {
	f.t.Helper()
	if _, err := f.logic.Provision(f.t.Context(), provisionOf("s")); err != nil {
		f.t.Fatal(err)
	}
	if _, err := f.store.Update(f.t.Context(), store.Key{InstanceID: "i"}, func(r *store.Record) error {
		lifecycle.Succeed(r, store.Sealed{}, time.Now())
		return nil
	}); err != nil {
		f.t.Fatal(err)
	}
	f.provider.calls = 0
}

func wantStatus(t *testing.T, err error, status int) {
	t.Helper()
	if e, ok := errors.AsType[*osb.Error](err); !ok || e.Status != status {
		t.Errorf("answered %v, want %d", err, status)
	}
}

// The provider prepares outside the compare-and-swap: here the other request is
// decided and stored meanwhile.
func TestProvision_SameRequestWins_JoinsItsOperation(t *testing.T) {
	f := newFixture(t)
	var winner osb.ProvisionResponse
	f.provider.hook = func() {
		var err error
		if winner, err = f.logic.Provision(t.Context(), provisionOf("s")); err != nil {
			t.Error(err)
		}
	}
	loser, err := f.logic.Provision(t.Context(), provisionOf("s"))
	if err != nil {
		t.Fatal(err)
	}
	if !winner.Async || winner.Exists || winner.Operation == "" {
		t.Errorf("the winner got %+v", winner)
	}
	if !loser.Async || !loser.Exists || loser.Operation != winner.Operation {
		t.Errorf("the loser got %+v, want the operation %s", loser, winner.Operation)
	}
	if f.provider.calls != 2 {
		t.Errorf("Prepare was called %d times, want once for each request", f.provider.calls)
	}
}

func TestProvision_OtherRequestWins_IsAConflict(t *testing.T) {
	f := newFixture(t)
	f.provider.hook = func() {
		if _, err := f.logic.Provision(t.Context(), provisionOf("other")); err != nil {
			t.Error(err)
		}
	}
	_, err := f.logic.Provision(t.Context(), provisionOf("s"))
	wantStatus(t, err, 409)
	r, err := f.store.Get(t.Context(), store.Key{InstanceID: "i"})
	if err != nil || r.Space != "other" {
		t.Errorf("the record is of space %q (%v)", r.Space, err)
	}
}

// The stored plan was prepared for the stored incarnation, whichever decision won.
func TestProvision_DecidedAgain_KeepsPlanAndIncarnationTogether(t *testing.T) {
	f := newFixture(t)
	f.provider.hook = func() { // a life that ends before the outer request is stored
		if _, err := f.logic.Provision(t.Context(), provisionOf("s")); err != nil {
			t.Error(err)
		}
		if _, err := f.store.Update(t.Context(), store.Key{InstanceID: "i"}, func(r *store.Record) error {
			lifecycle.Begin(r, store.Deprovision, time.Now(), 0)
			return nil
		}); err != nil {
			t.Error(err)
		}
		if _, err := f.store.Update(t.Context(), store.Key{InstanceID: "i"}, func(r *store.Record) error {
			lifecycle.EndLife(r, time.Now())
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	got, err := f.logic.Provision(t.Context(), provisionOf("s"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.store.Get(t.Context(), store.Key{InstanceID: "i"})
	if err != nil || len(r.Earlier) != 1 || r.Operation == nil || r.Operation.ID != got.Operation || got.Exists {
		t.Errorf("answered %+v, record %+v (%v)", got, r, err)
	}
	if f.provider.calls != 3 { // the inner request, and the outer one twice
		t.Errorf("Prepare was called %d times, want 3", f.provider.calls)
	}
}

func TestUpdate_OtherRequestWins_IsConcurrent(t *testing.T) {
	f := newFixture(t)
	f.ready()
	update := osb.UpdateRequest{Caller: osb.Caller{Minor: 17}, InstanceID: "i", AcceptsIncomplete: true, ServiceID: "things-id", PlanID: "large-id"}
	var winner osb.UpdateResponse
	f.provider.hook = func() {
		var err error
		if winner, err = f.logic.Update(t.Context(), update); err != nil {
			t.Error(err)
		}
	}
	loser, err := f.logic.Update(t.Context(), update)
	if err != nil || !loser.Async || loser.Operation != winner.Operation {
		t.Errorf("the loser got %+v (%v), want the operation %s", loser, err, winner.Operation)
	}
	_, err = f.logic.Update(t.Context(), osb.UpdateRequest{
		InstanceID: "i", AcceptsIncomplete: true, ServiceID: "things-id", PlanID: "small-id",
	})
	wantStatus(t, err, 422)
}

func TestBind_SameRequestWins_JoinsItsOperation(t *testing.T) {
	f := newFixture(t)
	f.ready()
	bind := osb.BindRequest{Caller: osb.Caller{Minor: 17}, InstanceID: "i", BindingID: "b", AcceptsIncomplete: true, ServiceID: "things-id", PlanID: "small-id"}
	var winner osb.BindResponse
	f.provider.hook = func() {
		var err error
		if winner, err = f.logic.Bind(t.Context(), bind); err != nil {
			t.Error(err)
		}
	}
	loser, err := f.logic.Bind(t.Context(), bind)
	if err != nil || !loser.Async || !loser.Exists || loser.Operation != winner.Operation {
		t.Errorf("the loser got %+v (%v), want the operation %s", loser, err, winner.Operation)
	}
	bind.AppGUID = "other"
	_, err = f.logic.Bind(t.Context(), bind)
	wantStatus(t, err, 409)
}

func TestProvision_CatalogReplaced_FinishesWithItsSnapshot(t *testing.T) {
	f := newFixture(t)
	without := strings.ReplaceAll(plansYAML, "small-id", "tiny-id")
	f.provider.hook = func() { f.catalog.Replace(snapshotOf(t, without)) }
	if _, err := f.logic.Provision(t.Context(), provisionOf("s")); err != nil {
		t.Errorf("the request that began before: %v", err)
	}
	again := provisionOf("s")
	again.InstanceID = "j"
	_, err := f.logic.Provision(t.Context(), again)
	wantStatus(t, err, 400)
}

func TestGetCatalog_CatalogReplaced_SwapsBodyAndETag(t *testing.T) {
	f := newFixture(t)
	first := f.logic.GetCatalog(t.Context(), osb.CatalogRequest{Caller: osb.Caller{Minor: 17}})
	f.catalog.Replace(snapshotOf(t, strings.ReplaceAll(plansYAML, "small-id", "tiny-id")))
	second := f.logic.GetCatalog(t.Context(), osb.CatalogRequest{Caller: osb.Caller{Minor: 17}})
	if first.ETag == second.ETag || !strings.Contains(string(first.Body), "small-id") || !strings.Contains(string(second.Body), "tiny-id") {
		t.Errorf("first %s %s, then %s %s", first.ETag, first.Body, second.ETag, second.Body)
	}
	old := f.logic.GetCatalog(t.Context(), osb.CatalogRequest{Caller: osb.Caller{Minor: 16}})
	if strings.Contains(string(old.Body), "binding_rotatable") || old.ETag == second.ETag {
		t.Errorf("a platform of 2.16 reads %s %s", old.ETag, old.Body)
	}
}

func TestRequests_IntentStored_WakesTheEngine(t *testing.T) {
	f := newFixture(t)
	f.ready()
	if len(f.engine.woken) != 1 || f.engine.woken[0] != (store.Key{InstanceID: "i"}) {
		t.Errorf("woken %v", f.engine.woken)
	}
}
