package operations_test

import (
	"fmt"
	"net/http"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// The ids that the platform of a rig uses.
const (
	theInstance  = "an instance/of any id"
	theBinding   = "a binding"
	theSuccessor = "its successor"
)

// A requested is a request of the platform, the same each time it is sent.
type requested struct {
	name    string
	binding string // "": it is about the instance
	send    func(*rig) reply
	done    int      // the answer once it is done
	leaves  expected // the state after it
}

// expected is the expected state.
type expected struct {
	instance bool
	updated  bool     // the instance is as the update wanted it
	bindings []string // their ids
}

// walk of one service: provision, update, bind, rotate, unbind, deprovision with
// a binding that goes with it.
func (s service) walk() []requested {
	made := expected{instance: true}
	updated := expected{instance: true, updated: true}
	bound, rotated, unbound := updated, updated, updated
	bound.bindings, rotated.bindings, unbound.bindings = []string{theBinding}, []string{theBinding, theSuccessor}, []string{theSuccessor}
	return []requested{
		s.provision(made), s.update(updated), s.bind(bound), s.rotate(rotated), s.unbind(unbound), s.deprovision(),
	}
}

func (s service) ids() string { return fmt.Sprintf(`"service_id":%q,"plan_id":%q`, s.id, s.plan) }

func (s service) provision(leaves expected) requested {
	body := `{` + s.ids() + `,"organization_guid":"o","space_guid":"s"}`
	return requested{"provision", "", func(r *rig) reply { return r.platform().provision(theInstance, body) }, http.StatusOK, leaves}
}

func (s service) update(leaves expected) requested {
	return requested{"update", "", func(r *rig) reply { return r.platform().update(theInstance, s.change) }, http.StatusOK, leaves}
}

func (s service) bind(leaves expected) requested {
	return s.binding("bind", theBinding, `{`+s.ids()+`}`, leaves)
}

func (s service) rotate(leaves expected) requested {
	return s.binding("rotate", theSuccessor, `{"predecessor_binding_id":"`+theBinding+`"}`, leaves)
}

func (s service) binding(name, id, body string, leaves expected) requested {
	return requested{name, id, func(r *rig) reply { return r.platform().bind(theInstance, id, body) }, http.StatusOK, leaves}
}

func (s service) unbind(leaves expected) requested {
	return requested{"unbind", theBinding, func(r *rig) reply {
		return r.platform().unbind(theInstance, theBinding, s.id, s.plan)
	}, http.StatusGone, leaves}
}

func (s service) deprovision() requested {
	return requested{"deprovision", "", func(r *rig) reply { return r.platform().deprovision(theInstance, s.id, s.plan) }, http.StatusGone, expected{}}
}

// platform is one that accepts asynchronous answers.
func (r *rig) platform() platform { return platform{t: r.t, logic: r.logic} }

func (r *rig) poll(binding, operation string) reply {
	r.t.Helper()
	return r.platform().poll(theInstance, binding, operation)
}

func (r *rig) fetch(binding string) reply {
	r.t.Helper()
	if binding == "" {
		return r.platform().fetch(theInstance)
	}
	return r.platform().fetchBinding(theInstance, binding)
}

// carry takes a request to its end, as a platform does: it sends the request,
// polls an accepted one, repeats it after a crash, and once more when it is
// done. A wrong answer fails the test.
func (r *rig) carry(q requested) {
	r.t.Helper()
	operation := r.ask(q, "")
	if !r.settle() {
		r.restart()
		if operation != "" {
			if got := r.poll(q.binding, operation); !isDone(q, got) && stateIn(got) != osb.InProgress {
				r.t.Fatalf("%s: after the crash the poll answers %d %+v %v", q.name, got.status, got.body, got.err)
			}
		}
		operation = r.ask(q, operation)
		if !r.settle() {
			r.t.Fatalf("%s: the process died again", q.name)
		}
	}
	if operation != "" {
		if got := r.poll(q.binding, operation); !isDone(q, got) {
			r.t.Fatalf("%s: at the end the poll answers %d %+v %v", q.name, got.status, got.body, got.err)
		}
	}
	got := q.send(r)
	if got.status != q.done {
		r.t.Fatalf("%s: at the end it is answered %d (%+v %v), want %d", q.name, got.status, got.body, got.err, q.done)
	}
	if q.binding == "" || q.done != http.StatusOK {
		return
	}
	if bound, fetched := credentialsIn(got), credentialsIn(r.fetch(q.binding)); len(bound) == 0 || !cmp.Equal(bound, fetched) {
		r.t.Errorf("%s hands out %d credentials, and a fetch %d others", q.name, len(bound), len(fetched))
	}
}

// ask sends a request that may have been sent before, and returns its
// operation. The operation is "" if the request was done before, or the process
// died of it. A failure of the store makes ask send the request again.
func (r *rig) ask(q requested, operation string) string {
	r.t.Helper()
	lost := r.faulty.Lost()
	got := q.send(r)
	if r.faulty.Lost() && !lost && got.status == http.StatusServiceUnavailable {
		got = q.send(r)
	}
	switch {
	case got.status == http.StatusAccepted && (operation == "" || got.operation == operation):
		return got.operation
	case got.status == q.done, r.isDead() && got.status == http.StatusServiceUnavailable:
		return operation
	}
	r.t.Fatalf("%s of operation %q is answered %d (%+v %v)", q.name, operation, got.status, got.body, got.err)
	return ""
}

func stateIn(got reply) osb.OperationState {
	op, _ := got.body.(osb.LastOperation)
	return op.State
}

// isDone reports that a poll shows the end of the request. A deleted instance
// is gone.
func isDone(q requested, got reply) bool {
	return stateIn(got) == osb.Succeeded || got.status == http.StatusGone && q.done == http.StatusGone
}

func credentialsIn(got reply) map[string]string {
	b, _ := got.body.(osb.Binding)
	return b.Credentials
}
