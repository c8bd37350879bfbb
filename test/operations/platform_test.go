package operations_test

import (
	"fmt"
	"net/http"

	"github.com/google/go-cmp/cmp"

	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// The ids that the platform of a rig uses.
const (
	theInstance  = "an instance/of any id"
	theBinding   = "a binding"
	theSuccessor = "its successor"
	theHeir      = "the heir of its account"
)

// theUsername is the name of the account that the binding chooses, and its heir
// after it.
const theUsername = "Shop_app"

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
	locked   []string // accounts that have outlived their bindings
}

// walk of one service: provision, update, bind, rotate, unbind, a bind that takes
// the account of the ended binding if the service has such, deprovision with
// bindings that go with it.
func (s service) walk() []requested {
	if s.steps != nil {
		return s.steps(s)
	}
	made := expected{instance: true}
	updated := expected{instance: true, updated: true}
	bound, rotated, unbound := updated, updated, updated
	bound.bindings, rotated.bindings, unbound.bindings = []string{theBinding}, []string{theBinding, theSuccessor}, []string{theSuccessor}
	if s.account == "" {
		return []requested{
			s.provision(made), s.update(updated), s.bind(bound), s.rotate(rotated), s.unbind(unbound), s.deprovision(),
		}
	}
	inherited := unbound
	unbound.locked, inherited.bindings = []string{s.account}, []string{theSuccessor, theHeir}
	return []requested{
		s.provision(made), s.update(updated), s.bind(bound), s.rotate(rotated), s.unbind(unbound), s.inherit(inherited), s.deprovision(),
	}
}

// crowdedWalk is the walk of a server with room for one account alone: the one that
// is locked makes room.
func crowdedWalk(s service) []requested {
	made := expected{instance: true}
	bound, unbound, again := made, made, made
	bound.bindings, unbound.locked, again.bindings = []string{theBinding}, []string{s.account}, []string{theSuccessor}
	crowd := s.binding("crowd", theSuccessor, `{`+s.ids()+`}`, again)
	send := crowd.send
	crowd.send = func(r *rig) reply {
		room := 1
		for _, a := range r.cloud.RDS().Instances()[0].Accounts {
			if a.Type == "Super" {
				room++
			}
		}
		r.cloud.RDS().Behave(func(b *emulatedrds.Behaviour) { b.Quotas.Accounts = room })
		return send(r)
	}
	return []requested{s.provision(made), s.bind(bound), s.unbind(unbound), crowd, s.deprovision()}
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
	if s.account == "" {
		return s.binding("bind", theBinding, `{`+s.ids()+`}`, leaves)
	}
	return s.binding("bind", theBinding, s.naming(), leaves)
}

// naming is the body of a bind that chooses the name of its account.
func (s service) naming() string {
	return `{` + s.ids() + `,"parameters":{"Username":"` + s.account + `"}}`
}

// inherit binds to the account of the binding that was unbound.
func (s service) inherit(leaves expected) requested {
	return s.binding("inherit", theHeir, s.naming(), leaves)
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
