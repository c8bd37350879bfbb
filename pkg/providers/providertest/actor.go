package providertest

import (
	"context"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Ids of platforms are any string up to 63 characters.
const (
	instanceID = "1 Instance/ü%:\"{}?#"
	bindingID  = "2 Binding/ü%:\"{}?#"
)

// maxAttempts ends an endless loop.
const maxAttempts = 300

// An actor is an instance or binding of a process.
type actor struct {
	*process

	key    store.Key
	of     *actor
	record store.Record // as last read
	before store.Record // as the last pass of an operation found it
	creds  map[string]string
}

// instance begins the provision of an instance, in a process of its own.
func (w *scenario) instance() *actor {
	w.t.Helper()
	return w.process(broker).instance()
}

// instance begins the provision of an instance.
func (p *process) instance() *actor {
	p.t.Helper()
	return p.begin(nil, providers.Task{
		Kind: providers.Instance, InstanceID: instanceID,
		Labels:     providers.Labels{Offering: "offering", Plan: "plan", Platform: "kubernetes", Namespace: "namespace"},
		Parameters: p.Instance.Parameters,
	})
}

// binding begins the bind of a binding.
func (w *scenario) binding(of *actor) *actor {
	w.t.Helper()
	instance := of.task()
	return of.begin(of, providers.Task{
		Kind: providers.Binding, InstanceID: instanceID, BindingID: bindingID, Of: &instance,
		Labels: instance.Labels, Parameters: w.Binding.Parameters,
	})
}

// begin prepares a fresh life and stores the intent.
func (p *process) begin(of *actor, task providers.Task) *actor {
	p.t.Helper()
	task.Goal, task.Life, task.Region = providers.Present, p.life(), "cn-hangzhou"
	task.Settings, task.Deletion = p.Instance.Settings, p.Instance.Deletion
	Prepare(p.t, p.Provider, &task)
	a := &actor{process: p, of: of, key: keyOf(task)}
	bodies := p.store(task)
	a.record = p.edit(a.key, func(r *store.Record) error { return p.describe(r, task, bodies) })
	return a
}

// elsewhere returns the ready instance as another process knows it, which holds a
// copy of its record. The ids there are free, and the process learns of no change
// here.
func (a *actor) elsewhere() *actor {
	a.t.Helper()
	return a.scenario.process(broker).ready(a.task())
}

// ready adds the record of a task that is done.
func (p *process) ready(task providers.Task) *actor {
	p.t.Helper()
	a := &actor{process: p, key: keyOf(task)}
	task.Goal, task.Was = providers.Present, nil
	bodies := p.store(task)
	a.record = p.force(a.key, func(r *store.Record) error {
		if err := p.describe(r, task, bodies); err != nil {
			return err
		}
		lifecycle.Succeed(r, store.Sealed{}, p.Cloud.Now())
		return nil
	})
	return a
}

// keyOf returns the key of the record of a task.
func keyOf(task providers.Task) store.Key {
	if task.Kind == providers.Instance {
		return store.Key{InstanceID: task.InstanceID}
	}
	return store.Key{InstanceID: task.InstanceID, BindingID: task.BindingID}
}

// task returns the task as the engine reads it from the record.
func (a *actor) task() providers.Task {
	a.t.Helper()
	var instance *store.Record
	if a.of != nil {
		instance = &a.of.record
	}
	task, err := lifecycle.TaskOf(a.id, &a.record, instance)
	if err != nil {
		a.t.Fatal(err)
	}
	return copyOf(task)
}

// readable is task with large values, as Observe and Do get the task.
func (a *actor) readable() providers.Task {
	a.t.Helper()
	task := a.task()
	task.Body = a.body
	if task.Of != nil {
		task.Of.Body = a.of.body
	}
	return task
}

// body reads a large value of the plan.
func (a *actor) body(ctx context.Context, name string) ([]byte, error) {
	digest := a.record.Want.Bodies[name]
	return a.records.Body(ctx, digest, a.record.Bodies[digest])
}

// remove begins the deletion and drives it to its end.
func (a *actor) remove() {
	a.t.Helper()
	a.beginRemoval()
	a.reach()
}

func (a *actor) beginRemoval() {
	a.t.Helper()
	kind := store.Deprovision
	if a.key.IsBinding() {
		kind = store.Unbind
	}
	a.record = a.edit(a.key, func(r *store.Record) error {
		lifecycle.Begin(r, kind, a.Cloud.Now(), 0)
		return nil
	})
}

// cleanUp fails the provision or bind, and drives the clean-up to its end.
func (a *actor) cleanUp() {
	a.t.Helper()
	a.record = a.edit(a.key, func(r *store.Record) error {
		lifecycle.Fail(r, "The suite fails it.", a.Cloud.Now())
		return nil
	})
	if !a.drive(isSettled) {
		a.t.Fatalf("%s: the process crashed before the end of its clean-up", a.key)
	}
}

// update begins an update to a spec.
func (a *actor) update(to Spec) {
	a.t.Helper()
	task := a.task()
	task.Goal, task.Was = providers.Present, &providers.Was{Settings: task.Settings, Parameters: task.Parameters}
	task.Settings, task.Parameters = to.Settings, to.Parameters
	Prepare(a.t, a.Provider, &task)
	bodies := a.store(task)
	a.record = a.edit(a.key, func(r *store.Record) (err error) {
		r.Want, err = specOf(task, bodies)
		lifecycle.NameBodies(r, bodies.keys)
		lifecycle.Begin(r, store.Update, a.Cloud.Now(), 0)
		return err
	})
}

// makeAgain makes a reached instance or binding once more, as if it were new.
func (a *actor) makeAgain() {
	a.t.Helper()
	kind := store.Provision
	if a.key.IsBinding() {
		kind = store.Bind
	}
	a.record = a.force(a.key, func(r *store.Record) error {
		r.Have = nil
		lifecycle.Begin(r, kind, a.Cloud.Now(), 0)
		return nil
	})
	a.reach()
}

// endAgain ends the last operation once more: the process crashed, and the write of
// the end was lost.
func (a *actor) endAgain() {
	a.t.Helper()
	a.record = a.force(a.key, func(r *store.Record) error {
		*r = a.before
		return nil
	})
	a.start()
	a.reach()
}

// reach drives the operation to its success.
func (a *actor) reach() {
	a.t.Helper()
	if !a.drive(hasEnded) {
		a.t.Fatalf("%s: the process crashed before its end", a.key)
	}
	op := a.record.Operation
	if op.State != store.Succeeded {
		a.t.Fatalf("the %s of %s failed: %s: %s", op.Kind, a.key, op.CauseKind, op.Description)
	}
	if a.record.Credentials.IsZero() {
		return
	}
	var err error
	if a.creds, err = lifecycle.OpenStrings(a.record.Credentials); err != nil {
		a.t.Fatal(err)
	}
}

// hasEnded reports whether the operation of r has ended.
func hasEnded(r *store.Record) bool { return r.Operation.State.Finished() }

// isSettled reports whether the engine is done with r.
func isSettled(r *store.Record) bool { return r.Settled }

// drive makes passes of the engine until the record has come to its end (true), or
// the process has crashed (false).
func (a *actor) drive(end func(*store.Record) bool) bool {
	a.t.Helper()
	for range maxAttempts {
		next, err := a.passes.Run(a.t.Context(), a.Cloud.Now(), a.key)
		if a.records.Faulty.Dead() {
			return false
		}
		if err != nil {
			a.t.Fatalf("pass of %s: %v", a.key, err)
		}
		if a.unseen != nil {
			a.t.FailNow()
		}
		before := a.record
		a.read()
		op := a.record.Operation
		a.said = append(a.said, op.Description)
		if end(&a.record) {
			a.before = before
			return true
		}
		if next.IsZero() {
			a.t.Fatalf("%s is quarantined at the step %q: %s", a.key, op.Step, op.Cause)
		}
		if wait := next.Sub(a.Cloud.Now()); wait > 0 {
			a.Cloud.Advance(wait)
		}
	}
	op := a.record.Operation
	a.t.Fatalf("%s of %s: not done after %d passes: step %q: %s: %s", op.Kind, a.key, maxAttempts, op.Step, op.Description, op.Cause)
	return false
}

// read reads the record.
func (a *actor) read() {
	a.t.Helper()
	var err error
	if a.record, err = a.records.Get(a.t.Context(), a.key); err != nil {
		a.t.Fatal(err)
	}
}
