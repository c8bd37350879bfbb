package platforms_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// walk lets users and chaos act so many times and waits until all is quiet. It
// compares the platform's view with the cloud, deletes everything, and looks
// for leftovers.
func (w *scenario) walk(actions int) {
	for range actions {
		w.act()
		if w.chance(20) {
			w.quiet("in the walk")
		}
		w.pass(time.Duration(w.pick(15)) * time.Millisecond)
	}
	w.mu.Lock()
	w.calm = true
	w.notef("--- the walk is over")
	w.mu.Unlock()
	w.Cloud().Faults().Clear()
	if !w.quiet("after the walk") || !w.settled() {
		return
	}
	w.compare()
	w.deleteAll()
	if !w.quiet("after all was deleted") || !w.settled() {
		return
	}
	w.compare()
	if !w.Cloud().Empty() {
		w.violationf("left in the cloud: %+v", w.Cloud().Dump())
	}
}

// act is one action of a user or of chaos.
func (w *scenario) act() {
	n := w.pick(100)
	if n >= 76 {
		w.chaos()
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	in := w.some(func(in *instance) bool { return !in.deleting })
	switch {
	case in == nil, n < 20:
		w.order()
	case n < 34:
		w.change(in)
	case n < 54:
		w.order1(in)
	case n < 64:
		if b := w.someBinding(); b != nil {
			b.deleting = true
			b.wake()
		}
	default:
		w.remove(in)
	}
}

// some returns an instance that fits, or nil; under mu.
func (w *scenario) some(fits func(*instance) bool) *instance {
	var found []*instance
	for _, in := range w.instances {
		if in.state != gone && fits(in) {
			found = append(found, in)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found[w.rng.IntN(len(found))]
}

func (w *scenario) someBinding() *binding {
	in := w.some(func(in *instance) bool { return in.live() })
	if in == nil {
		return nil
	}
	return in.bindings[w.rng.IntN(len(in.bindings))]
}

// order makes a new instance, now and then a wrong one; under mu.
func (w *scenario) order() {
	k := []*kind{databases(), buckets()}[w.rng.IntN(2)]
	in := &instance{
		object: newObject(w), id: fmt.Sprintf("instance-%d", len(w.instances)), kind: k, state: unmade, sure: true,
		want: k.create[w.rng.IntN(len(k.create))],
	}
	if w.rng.IntN(100) < 10 {
		in.want = k.bad[w.rng.IntN(len(k.bad))]
	}
	w.instances = append(w.instances, in)
	w.notef("user: create %v as %v", in, in.want)
	in.run(func() time.Duration { return w.platform.instance(in) })
}

// change wants something else of an instance that is ready, now and then
// something impossible; under mu.
func (w *scenario) change(in *instance) {
	if !w.platform.updates() || in.state != ready {
		return
	}
	to := in.kind.updates(in.have)
	n := w.rng.IntN(2 * (len(to) - 1)) // the wrong one is rarer
	in.want = to[min(n, len(to)-1)]
	if n >= len(to) {
		in.want = to[w.rng.IntN(len(to)-1)]
	}
	w.notef("user: change %v to %v", in, in.want)
	in.wake()
}

// order1 makes a new binding; under mu.
func (w *scenario) order1(in *instance) {
	if len(in.bindings) >= 4 {
		return
	}
	b := w.newBinding(in)
	b.sync = w.rng.IntN(2) == 0
	w.notef("user: bind %v", b)
	b.run(func() time.Duration { return w.platform.binding(b) })
}

// remove deletes an instance with its bindings, as users must; under mu.
func (w *scenario) remove(in *instance) {
	w.notef("user: delete %v", in)
	in.deleting = true
	in.purge = w.rng.IntN(2) == 0
	for _, b := range in.bindings {
		b.deleting = true
		b.wake()
	}
	in.wake()
}

func (w *scenario) deleteAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, in := range w.instances {
		if in.state != gone {
			w.remove(in)
		}
	}
}

// quiet waits until the platform is idle.
func (w *scenario) quiet(when string) bool {
	busy := func() (names []string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, in := range w.instances {
			if !in.idle {
				names = append(names, fmt.Sprintf("%v (%s, operation %q)", in, in.state, in.op.verb))
			}
			for _, b := range in.bindings {
				if !b.idle {
					names = append(names, fmt.Sprintf("%v (%s, operation %q)", b, b.state, b.op.verb))
				}
			}
		}
		return names
	}
	if w.until(func() bool { return len(busy()) == 0 }) {
		return true
	}
	w.violationf("stuck %s: %q\n%s", when, busy(), w.unfinished())
	return false
}

// settled waits until the broker is idle.
func (w *scenario) settled() bool {
	if w.until(func() bool {
		ids, err := w.Store().Unfinished(w.ctx)
		return err == nil && len(ids) == 0
	}) {
		return true
	}
	w.violationf("the broker is stuck:\n%s", w.unfinished())
	return false
}

// unfinished describes the unfinished work of the broker.
func (w *scenario) unfinished() string {
	text := ""
	for r, err := range w.Store().All(w.ctx) {
		if err != nil {
			return err.Error()
		}
		if !r.Settled {
			text += fmt.Sprintf("%s: goal %s, %+v, call %+v, unsettled %v\n", r.Key, r.Goal, r.Operation, r.Call, r.Unsettled)
		}
	}
	return text
}

func instanceKey(in *instance) store.Key { return store.Key{InstanceID: in.id} }

// compare holds the platform's view against the cloud.
func (w *scenario) compare() {
	there := w.Cloud().Dump()
	w.mu.Lock()
	defer w.mu.Unlock()
	known := map[string]bool{}
	for _, in := range w.instances {
		r, err := w.Store().Get(w.ctx, instanceKey(in))
		class, bound := "", []string(nil)
		if err == nil {
			class, bound = find(there, r.Incarnation)
			known[r.Incarnation] = in.state != gone
		}
		switch {
		case in.state == gone && class != "":
			w.violatef("%v is deleted, and the cloud still has it", in)
		case in.state == ready && class == "":
			w.violatef("%v is ready, and the cloud does not have it", in)
		case in.state == ready && in.sure && class != in.kind.class(in.have):
			w.violatef("%v is %v, and in the cloud it is %s", in, in.have, class)
		}
		for _, b := range in.bindings {
			if in.state == ready && b.state == ready && !slices.Contains(bound, b.credentials["username"]) {
				w.violatef("%v is ready, and the cloud has only the users %q", b, bound)
			}
			if b.state == gone && b.credentials != nil && slices.Contains(bound, b.credentials["username"]) && !w.isLocked(&r, b.credentials) {
				w.violatef("%v is deleted, and the cloud still has its user", b)
			}
		}
	}
	for _, incarnation := range incarnations(there) {
		if !known[incarnation] {
			w.violatef("the cloud has something that the platform does not know: %s of %+v", incarnation, there)
		}
	}
}

// isLocked reports whether the account of credentials is listed as locked, and has
// another password by now.
func (w *scenario) isLocked(instance *store.Record, credentials map[string]string) bool {
	listed := slices.ContainsFunc(instance.Locked, func(a store.LockedAccount) bool {
		return a.Name == credentials["username"] && a.Holder == "" && a.Removed.IsZero()
	})
	b, err := w.Cloud().RDS().Snapshot()
	var saved struct {
		Instances []struct {
			Accounts []struct{ Name, Password string }
		}
	}
	if err != nil || json.Unmarshal(b, &saved) != nil || !listed {
		return false
	}
	for _, in := range saved.Instances {
		for _, a := range in.Accounts {
			if a.Name == credentials["username"] {
				return a.Password != "" && a.Password != credentials["password"]
			}
		}
	}
	return false
}

// find returns the resources of an incarnation in the cloud: class or ACL, and
// users.
func find(there emulator.State, incarnation string) (class string, users []string) {
	for i := range there.Instances {
		if in := &there.Instances[i]; in.Tags[providers.TagIncarnation] == incarnation {
			for _, a := range in.Accounts {
				users = append(users, a.Name)
			}
			return in.Class, users
		}
	}
	for _, b := range there.Buckets {
		if b.Tags[providers.TagIncarnation] == incarnation {
			for _, u := range there.Users { // of all buckets: a user's name does not name its bucket
				if len(u.Keys) == 1 && len(u.Policies) == 1 {
					users = append(users, u.Name)
				}
			}
			return b.ACL, users
		}
	}
	return "", nil
}

func incarnations(there emulator.State) (all []string) {
	for i := range there.Instances {
		all = append(all, there.Instances[i].Tags[providers.TagIncarnation])
	}
	for _, b := range there.Buckets {
		all = append(all, b.Tags[providers.TagIncarnation])
	}
	return all
}
