package providertest

import (
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
)

// broker is the id of the suite's broker, and service the name of its provider.
const (
	broker  = "providertest"
	service = "tested"
)

// A process is a broker with a store and the real engine, on the clock of the
// cloud. It can crash at any write of its store. Several processes of one scenario
// are brokers of the same id, each with records of its own.
type process struct {
	*scenario

	id      string // of the broker
	dir     string
	records *environment.Store
	checked *lifecycle.CheckedStore
	passes  *environment.Passes
}

func (w *scenario) process(brokerID string) *process {
	w.t.Helper()
	// The engine logs each failed attempt.
	if f := flag.Lookup("logtostderr"); f != nil && f.Value.String() != "true" {
		if err := f.Value.Set("true"); err != nil {
			w.t.Fatal(err)
		}
	}
	p := &process{scenario: w, id: brokerID, dir: environment.Folder(w.t)}
	p.start()
	return p
}

// start starts the process, in place of the one before.
func (p *process) start() {
	p.t.Helper()
	if p.records != nil {
		if err := p.records.Close(); err != nil {
			p.t.Fatal(err)
		}
	}
	p.records = environment.MustOpen(p.t, p.dir)
	p.checked = lifecycle.Checked(p.records)
	e := engine.New(engine.Config{
		BrokerID: p.id, Now: p.Cloud.Now, Store: p.checked,
		Providers: map[string]providers.Provider{service: watched{p.Provider, p.scenario}},
		Owner:     func(_ context.Context, _ string, task providers.Task) (string, error) { return p.ownerOf(task), nil },
		PollSlow:  20 * time.Second, PollQuick: 5 * time.Second,
	})
	var err error
	if p.passes, err = environment.Lead(p.t, e, p.records); err != nil {
		p.t.Fatal(err)
	}
}

// edit changes a record as requests do, within the transitions.
func (p *process) edit(k store.Key, change func(r *store.Record) error) store.Record {
	p.t.Helper()
	r, err := p.checked.Update(p.t.Context(), k, change)
	if err != nil {
		p.t.Fatalf("%s: %v", k, err)
	}
	return r
}

// force changes a record in any way.
func (p *process) force(k store.Key, change func(r *store.Record) error) store.Record {
	p.t.Helper()
	r, err := p.records.Update(p.t.Context(), k, change)
	if err != nil {
		p.t.Fatalf("%s: %v", k, err)
	}
	return r
}

// bodies are the large values of a plan, as they are stored.
type bodies struct {
	digests map[string]string       // by name
	keys    map[string]store.Sealed // by digest
}

// store stores the large values of a task's plan.
func (p *process) store(task providers.Task) bodies {
	p.t.Helper()
	b := bodies{digests: map[string]string{}, keys: map[string]store.Sealed{}}
	for name, content := range planBodies(p.t, p.Provider, task, task.Plan) {
		digest, key, err := p.records.PutBody(p.t.Context(), content)
		if err != nil {
			p.t.Fatal(err)
		}
		b.digests[name], b.keys[digest] = digest, key
	}
	return b
}

// describe turns r into the record of a fresh life that works on the task.
func (p *process) describe(r *store.Record, task providers.Task, b bodies) (err error) {
	now := p.Cloud.Now()
	lifecycle.NewLife(r, task.Life.Incarnation, now)
	r.Provider, r.Offering, r.Organization, r.Space = service, task.Labels.Offering, task.Labels.Organization, task.Labels.Space
	if r.Context, err = json.Marshal(map[string]string{"platform": task.Labels.Platform, "namespace": task.Labels.Namespace}); err != nil {
		return err
	}
	r.Region, r.Profile, r.Account = task.Region, task.Profile, p.ownerOf(task)
	r.Usable, r.Facts = task.Usable, task.Facts.Open
	if r.Secrets, err = lifecycle.SealStrings(task.Facts.Secrets); err != nil {
		return err
	}
	if task.Of != nil {
		r.Parent = task.Of.Life.Incarnation
	}
	if r.Want, err = specOf(task, b); err != nil {
		return err
	}
	kind := kindOf(task)
	if kind == store.Update {
		before := task
		before.Settings, before.Parameters = task.Was.Settings, task.Was.Parameters
		if r.Have, err = specOf(before, b); err != nil {
			return err
		}
	}
	lifecycle.NameBodies(r, b.keys)
	lifecycle.Begin(r, kind, now, 0)
	return nil
}

// ownerOf returns the owner of the resources of a task.
func (p *process) ownerOf(task providers.Task) string { return cmp.Or(task.Owner, p.Cloud.Owner()) }

// kindOf returns the operation that works on a task.
func kindOf(task providers.Task) store.Kind {
	switch binding := task.Kind == providers.Binding; {
	case binding && task.Goal == providers.Absent:
		return store.Unbind
	case binding:
		return store.Bind
	case task.Goal == providers.Absent:
		return store.Deprovision
	case task.Was != nil:
		return store.Update
	}
	return store.Provision
}

// specOf returns the state that a task asks for, as records keep it.
func specOf(task providers.Task, b bodies) (*store.Spec, error) {
	plan := catalog.Plan{
		ID: "plan", Name: task.Labels.Plan, Settings: task.Settings, Deletion: string(task.Deletion), Form: catalog.Form{},
	}
	recorded, err := plan.Recorded()
	if err != nil {
		return nil, err
	}
	return &store.Spec{
		PlanID: plan.ID, PlanName: plan.Name, Plan: recorded,
		Parameters: store.Seal(task.Parameters), Prepared: store.Seal(task.Plan), Bodies: b.digests,
	}, nil
}
