package platforms_test

import (
	"fmt"
	"net/http"
	"time"
)

func (p cloudController) binding(b *binding) time.Duration {
	w := p.w
	w.mu.Lock()
	s := *b
	in := *b.of
	w.mu.Unlock()
	switch {
	case s.state == gone:
		return finished
	case s.op.verb != "":
		return p.pollBinding(b)
	case s.orphan:
		if p.delete(b, b.of, "unbind", b.path()).is(http.StatusOK, http.StatusAccepted, http.StatusGone) {
			b.set(func() { b.orphan = false })
		}
		return controllerRetry
	case s.deleting && !s.sent:
		b.set(func() { b.state = gone })
		return finished
	case s.deleting && (in.op.verb == "update" || in.changing):
		return controllerPoll
	case s.deleting:
		return p.unbind(b)
	case s.state == unmade && !s.sent && in.state == ready && in.op.verb == "" && !in.changing && !in.deleting:
		return p.bind(b)
	}
	return forget
}

// bind makes a credential binding for an application, or a service key, which
// must be synchronous.
func (p cloudController) bind(b *binding) time.Duration {
	w := p.w
	w.mu.Lock()
	b.sent = true
	sure, plan := b.of.sure, b.of.have.plan
	query, resource := "accepts_incomplete=true", `"app_guid":"app","bind_resource":{"app_guid":"app","space_guid":"space"}`
	if b.sync {
		query, resource = "accepts_incomplete=false", `"bind_resource":{"credential_client_id":"cc-service-key-client"}`
	}
	w.mu.Unlock()
	a := w.send(request{
		of: b, verb: "bind", method: http.MethodPut, path: b.path(), query: query, headers: p.headers(),
		body: fmt.Sprintf(`{"service_id":%q,"plan_id":%q,%s,%s}`, b.of.kind.service, plan, resource, p.context()),
	})
	p.conforms(b, "bind", a)
	made := a.is(http.StatusOK, http.StatusCreated)
	if made {
		w.credentials(b, a)
	}
	b.set(func() {
		switch {
		case made:
			b.state = ready
		case a.is(http.StatusAccepted):
			b.op = operation{verb: "bind", key: a.text("operation")}
			if b.sync {
				w.violatef("%v: bind answers 202 to who does not take it", b)
			}
		default:
			b.state, b.orphan = failed, a.unknown()
			overlap := b.of.changing || !sure || b.deleting || b.of.deleting
			if a.status >= 400 && a.status < 500 && !overlap {
				w.violatef("%v: bind answers %d: %s", b, a.status, a.body)
			}
		}
	})
	return controllerPoll
}

func (p cloudController) unbind(b *binding) time.Duration {
	a := p.delete(b, b.of, "unbind", b.path())
	b.set(func() {
		switch {
		case a.is(http.StatusOK, http.StatusGone):
			b.state = gone
		case a.is(http.StatusAccepted):
			b.op = operation{verb: "unbind", key: a.text("operation")}
		}
	})
	return controllerRetry // the user unbinds again
}

func (p cloudController) pollBinding(b *binding) time.Duration {
	w := p.w
	w.mu.Lock()
	op := b.op
	query := b.of.query() + "&operation=" + op.key
	w.mu.Unlock()
	state, a := w.poll(b, b.of, &op, request{
		of: b, verb: "poll of " + op.verb, method: http.MethodGet, path: b.path() + "/last_operation", query: query, headers: p.headers(),
	})
	p.conforms(b, "poll", a)
	if state == "succeeded" && op.verb == "bind" {
		return p.fetch(b)
	}
	b.set(func() {
		b.op = op
		if state != "succeeded" && state != "failed" {
			return
		}
		b.op = operation{}
		switch {
		case op.verb == "bind":
			b.state = failed
		case state == "succeeded":
			b.state = gone
		}
	})
	return controllerPoll
}

// fetch gets the credentials of an asynchronous bind.
func (p cloudController) fetch(b *binding) time.Duration {
	w := p.w
	w.mu.Lock()
	query := b.of.query()
	w.mu.Unlock()
	a := w.send(request{of: b, verb: "fetch", method: http.MethodGet, path: b.path(), query: query, headers: p.headers()})
	p.conforms(b, "fetch", a)
	if a.is(http.StatusOK) {
		w.credentials(b, a)
	}
	b.set(func() {
		b.op = operation{}
		b.state = failed
		if a.is(http.StatusOK) {
			b.state = ready
		} else if !a.troubled && !a.timeout {
			w.violatef("%v: the fetch after its bind answers %d: %s", b, a.status, a.body)
		}
	})
	return controllerRetry
}
