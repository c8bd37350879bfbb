package operations_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/broker"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// A harness is a broker with its engine running, on a real store and the fake
// cloud, in a bubble where time passes by itself.
type harness struct {
	t     *testing.T
	cloud *fakeCloud
	store store.Store
	logic *broker.BusinessLogic
	runs  *engine.Engine
	dir   string
	plans string // plans.yaml
	opts  broker.Options
	shows *prometheus.Registry // of the process that runs
	stop  func()

	provider providers.Provider // nil: the cloud itself
	inner    *instrumentedStore // between the broker and the store
	config   func(*settings)    // may change them
	twins    []*harness         // all replicas of one broker, this one too; nil: it is alone
}

// settings of a broker and of its engine.
type settings struct {
	broker.Config
	Engine engine.Config
	Store  store.Store
}

// everywhere sets members that both have.
func (s *settings) everywhere(brokerID string, r prometheus.Registerer, ps map[string]providers.Provider) {
	s.BrokerID, s.Engine.BrokerID = brokerID, brokerID
	s.Metrics, s.Engine.Metrics = r, r
	s.Providers, s.Engine.Providers = ps, ps
}

// build makes both on one store.
func (s *settings) build() (*broker.BusinessLogic, *engine.Engine, error) {
	s.Now, s.Config.Store = s.Engine.Now, lifecycle.Checked(s.Store)
	s.Engine.Store = s.Config.Store
	engine := engine.New(s.Engine)
	s.Config.Engine = engine
	logic, err := broker.New(s.Config)
	return logic, engine, err
}

// inBubble runs a test in a bubble with a fresh world.
func inBubble(t *testing.T, test func(w *harness)) {
	t.Helper()
	dir := environment.Folder(t)
	synctest.Test(t, func(t *testing.T) {
		w := &harness{t: t, cloud: newFakeCloud(t), dir: dir, plans: plansYAML}
		w.start()
		defer func() { w.stop() }()
		test(w)
	})
}

// start opens the store and starts the broker.
func (w *harness) start() {
	w.t.Helper()
	records, err := environment.Open(w.t.Context(), w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	w.serve(records, func(context.Context) {})
}

// serve starts the broker on a store that is open. listen runs beside it.
func (w *harness) serve(st store.Store, listen func(context.Context)) {
	w.t.Helper()
	w.store = st
	if w.inner == nil {
		w.inner = &instrumentedStore{}
	}
	w.inner.Store = st
	c, err := catalog.Load(catalog.Embedded("plans.yaml", []byte(w.plans)))
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w.shows = prometheus.NewPedanticRegistry()
	if w.provider == nil {
		w.provider = w.cloud
	}
	config := settings{
		Config: broker.Config{Catalog: inForce(w.t, c), Region: "cn-hangzhou", Options: w.opts},
		Engine: engine.Config{Owner: func(context.Context, string, providers.Task) (string, error) { return "1234567890123456", nil }},
		Store:  w.inner,
	}
	config.everywhere("test", w.shows, map[string]providers.Provider{"fake": w.provider})
	if w.config != nil {
		w.config(&config)
	}
	logic, engine, err := config.build()
	if err != nil {
		w.t.Fatal(err)
	}
	w.logic, w.runs = logic, engine
	ended := make(chan error, 1)
	go func() { ended <- engine.Run(ctx) }()
	var listening sync.WaitGroup
	listening.Go(func() { listen(ctx) })
	w.stop = func() {
		cancel()
		listening.Wait()
		if err := <-ended; err != nil {
			w.t.Errorf("the engine ended with %v", err)
		}
		if err := w.store.Close(); err != nil {
			w.t.Errorf("closing the store: %v", err)
		}
		w.stop = func() {}
	}
}

// inForce puts a catalog in force.
func inForce(t testing.TB, c *catalog.Catalog) *catalog.Current {
	t.Helper()
	snapshot, err := catalog.NewSnapshot(c, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return catalog.NewCurrent(snapshot)
}

// restart is a new process on the same store.
func (w *harness) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// platform is one that accepts asynchronous answers.
func (w *harness) platform() platform { return platform{t: w.t, logic: w.logic} }

// syncPlatform returns a platform without accepts_incomplete.
func (w *harness) syncPlatform() platform { return platform{t: w.t, logic: w.logic, sync: true} }

func (w *harness) provision(id, body string) reply {
	w.t.Helper()
	return w.platform().provision(id, body)
}

func (w *harness) update(id, body string) reply {
	w.t.Helper()
	return w.platform().update(id, body)
}

func (w *harness) deprovision(id, service string) reply {
	w.t.Helper()
	return w.platform().deprovision(id, service+"-id", service+"-plan")
}

func (w *harness) bind(id, binding, body string) reply {
	w.t.Helper()
	return w.platform().bind(id, binding, body)
}

func (w *harness) unbind(id, binding, service string) reply {
	w.t.Helper()
	return w.platform().unbind(id, binding, service+"-id", service+"-plan")
}

// poll asks for the last operation; binding and operation may be empty.
func (w *harness) poll(id, binding, operation string) reply {
	w.t.Helper()
	return w.platform().poll(id, binding, operation)
}

func (w *harness) fetch(id string) reply {
	w.t.Helper()
	return w.platform().fetch(id)
}

func (w *harness) fetchBinding(id, binding string) reply {
	w.t.Helper()
	return w.platform().fetchBinding(id, binding)
}

// body of a provision or bind of the service's small plan.
func body(service, parameters string) string {
	if parameters == "" {
		parameters = "null"
	}
	return `{"service_id":"` + service + `-id","plan_id":"` + service + `-plan","organization_guid":"o","space_guid":"s","parameters":` + parameters + `}`
}

// finally polls an accepted request and returns its end.
func (w *harness) finally(id, binding string, accepted reply) osb.LastOperation {
	w.t.Helper()
	if accepted.status == 200 || accepted.status == 201 { // it was done within the request
		return osb.LastOperation{State: osb.Succeeded}
	}
	operation := w.operation(accepted)
	for range 10_000 {
		got := w.poll(id, binding, operation)
		if got.status == 410 {
			return osb.LastOperation{State: osb.Succeeded}
		}
		op, ok := got.body.(osb.LastOperation)
		if !ok {
			w.t.Fatalf("poll of %s answered %d %v", operation, got.status, got.err)
		}
		if op.State != osb.InProgress {
			return op
		}
		w.pass(time.Second) // of the bubble
	}
	w.t.Fatalf("operation %s did not end", operation)
	return osb.LastOperation{}
}

// operation of a 202.
func (w *harness) operation(r reply) string {
	w.t.Helper()
	if r.status != 202 {
		w.t.Fatalf("answered %d %v %v, want 202 with an operation", r.status, r.body, r.err)
	}
	return r.operation
}

func (w *harness) want(what string, got reply, status int) {
	w.t.Helper()
	if got.status != status {
		w.t.Fatalf("%s answered %d (%v %v), want %d", what, got.status, got.body, got.err, status)
	}
}

// made provisions an instance that must succeed.
func (w *harness) made(id, service string) {
	w.t.Helper()
	got := w.provision(id, body(service, ""))
	if got.status == 201 {
		return
	}
	if op := w.finally(id, "", got); op.State != osb.Succeeded {
		w.t.Fatalf("provision %s: %s %s", id, op.State, op.Description)
	}
}

// pass lets time pass in the bubble.
func (w *harness) pass(d time.Duration) { <-time.After(d) }

// nothingLeft checks that the cloud is empty.
func (w *harness) nothingLeft() {
	w.t.Helper()
	if names := w.cloud.names(); len(names) != 0 {
		w.t.Errorf("left in the cloud: %v", names)
	}
}

func storeKey(id string) store.Key { return store.Key{InstanceID: id} }

// bound makes a binding of a fast instance and returns its credentials.
func (w *harness) bound(id, binding string) map[string]string {
	w.t.Helper()
	got := w.bind(id, binding, body("fast", ""))
	w.want("bind "+binding, got, 201)
	return w.credentials(got)
}

// credentials of a bind or fetch.
func (w *harness) credentials(r reply) map[string]string {
	w.t.Helper()
	b, ok := r.body.(osb.Binding)
	if !ok || len(b.Credentials) == 0 {
		w.t.Fatalf("answered %d %v (%v), want credentials", r.status, r.body, r.err)
	}
	return b.Credentials
}

// state of an operation that was polled.
func (w *harness) state(r reply) osb.LastOperation {
	w.t.Helper()
	op, ok := r.body.(osb.LastOperation)
	if !ok {
		w.t.Fatalf("the poll answered %d %v (%v)", r.status, r.body, r.err)
	}
	return op
}
