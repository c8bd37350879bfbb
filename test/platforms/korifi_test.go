package platforms_test

import (
	"fmt"
	"net/http"
	"time"
)

// korifi is Korifi: it sets no time-outs, context or identity, never updates,
// and repeats PUT or DELETE before each poll.
type korifi struct{ w *scenario }

const korifiAgain = 4 * time.Millisecond

func (korifi) updates() bool { return false }

func (korifi) headers() http.Header {
	return http.Header{"X-Broker-API-Version": {"2.17"}, "Content-Type": {"application/json"}}
}

func (p korifi) instance(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	s := *in
	w.mu.Unlock()
	switch {
	case s.state == gone:
		return finished
	case s.deleting && s.tries == 0:
		in.set(func() { in.state = gone })
		return finished
	case s.deleting: // with its bindings or before them
		return p.deprovision(in)
	case s.state == unmade:
		return p.provision(in)
	}
	return forget
}

func (p korifi) provision(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	want := in.want
	in.tries++
	w.mu.Unlock()
	parameters := want.parameters
	if parameters == "" {
		parameters = "null"
	}
	a := w.send(request{
		of: in, verb: "provision", method: http.MethodPut, path: in.path(), query: "accepts_incomplete=true", headers: p.headers(), patient: true,
		body: fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"space_guid":"space","organization_guid":"org","parameters":%s}`, in.kind.service, want.plan, parameters),
	})
	switch {
	case a.is(http.StatusOK, http.StatusCreated):
		in.set(func() { in.state, in.have = ready, want })
		return forget
	case a.is(http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity): // for ever
		in.set(func() { in.state = failed })
		if !in.kind.isBad(want) {
			w.violationf("%v: provision answers %d, which is for ever: %s", in, a.status, a.body)
		}
		return forget
	case !a.is(http.StatusAccepted):
		return korifiAgain
	}
	p.sameOperation(in, &in.last, a)
	op := operation{verb: "provision", key: a.text("operation"), texts: in.op.texts, polls: in.op.polls}
	state, _ := p.poll(in, in, &op, in.path())
	in.set(func() {
		in.op.texts, in.op.polls = op.texts, op.polls
		switch state {
		case "succeeded":
			in.state, in.have = ready, want
		case "failed":
			in.state = failed
		}
	})
	if state == "in progress" || state == "" {
		return korifiAgain
	}
	return forget
}

// sameOperation checks that a repeated PUT joins the operation of the first, also
// after its failure: Korifi would never hear of it otherwise.
func (p korifi) sameOperation(of any, last *string, a answer) {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	key := a.text("operation")
	if *last != "" && *last != key {
		p.w.violatef("%v: the same PUT again began operation %q beside %q", of, key, *last)
	}
	*last = key
}

// poll asks for an operation.
func (p korifi) poll(of any, in *instance, op *operation, path string) (string, answer) {
	p.w.mu.Lock()
	query := in.query() + "&operation=" + op.key
	p.w.mu.Unlock()
	return p.w.poll(of, in, op, request{
		of: of, verb: "poll of " + op.verb, method: http.MethodGet, path: path + "/last_operation", query: query, headers: p.headers(), patient: true,
	})
}

// remove sends DELETE and polls once; true when it is through. A 410 to a poll
// is an error here, and the next DELETE finds out.
func (p korifi) remove(of any, in *instance, verb, path string) bool {
	w := p.w
	w.mu.Lock()
	query := in.query() + "&accepts_incomplete=true"
	w.mu.Unlock()
	a := w.send(request{of: of, verb: verb, method: http.MethodDelete, path: path, query: query, headers: p.headers(), patient: true})
	switch {
	case a.is(http.StatusOK, http.StatusGone):
		return true
	case a.status >= 400 && a.status < 500:
		w.violationf("%v: %s answers %d: %s", of, verb, a.status, a.body)
	case a.is(http.StatusAccepted):
		state, polled := p.poll(of, in, &operation{verb: verb, key: a.text("operation")}, path)
		return state == "succeeded" && polled.is(http.StatusOK)
	}
	return false
}

func (p korifi) deprovision(in *instance) time.Duration {
	p.w.mu.Lock()
	in.cancelled = true
	p.w.mu.Unlock()
	if !p.remove(in, in, "deprovision", in.path()) {
		return korifiAgain
	}
	in.set(func() { in.state = gone })
	return finished
}

func (p korifi) binding(b *binding) time.Duration {
	w := p.w
	w.mu.Lock()
	s := *b
	in := *b.of
	w.mu.Unlock()
	switch {
	case s.state == gone:
		return finished
	case s.deleting && !s.sent:
		b.set(func() { b.state = gone })
		return finished
	case s.deleting:
		if !p.remove(b, b.of, "unbind", b.path()) {
			return korifiAgain
		}
		b.set(func() { b.state = gone })
		return finished
	case s.state == unmade && in.state == ready && !in.deleting:
		return p.bind(b)
	}
	return forget
}

// bind asks until it is answered with credentials: also after the poll of an
// asynchronous one has succeeded.
func (p korifi) bind(b *binding) time.Duration {
	w := p.w
	w.mu.Lock()
	b.sent = true
	plan := b.of.have.plan
	w.mu.Unlock()
	a := w.send(request{
		of: b, verb: "bind", method: http.MethodPut, path: b.path(), query: "accepts_incomplete=true", headers: p.headers(), patient: true,
		body: fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"app_guid":"app","bind_resource":{"app_guid":"app"},"parameters":null}`, b.of.kind.service, plan),
	})
	if a.is(http.StatusOK, http.StatusCreated) {
		w.credentials(b, a)
		b.set(func() { b.state = ready })
		return forget
	}
	state := ""
	if a.is(http.StatusAccepted) {
		p.sameOperation(b, &b.last, a)
		w.mu.Lock()
		op := operation{verb: "bind", key: a.text("operation"), texts: b.op.texts, polls: b.op.polls}
		w.mu.Unlock()
		state, _ = p.poll(b, b.of, &op, b.path())
		b.set(func() { b.op.texts, b.op.polls = op.texts, op.polls })
	}
	terminal := a.is(http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity) || state == "failed"
	b.set(func() {
		if !terminal {
			return
		}
		b.state = failed
		if !b.of.deleting && (!w.refusals || state != "failed") {
			w.violatef("%v: bind ended for ever with %d %q: %s", b, a.status, state, a.body)
		}
	})
	if terminal {
		return forget
	}
	return korifiAgain
}
