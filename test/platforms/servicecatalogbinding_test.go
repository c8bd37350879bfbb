package platforms_test

import (
	"fmt"
	"net/http"
	"time"
)

func (p serviceCatalog) binding(b *binding) time.Duration {
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
		return p.unbind(b)
	case s.deleting && !s.sent:
		b.set(func() { b.state = gone })
		return finished
	case (s.deleting || s.state == unmade) && (in.op.verb != "" || in.changing):
		return catalogPoll // the instance has an operation in progress
	case s.deleting:
		return p.unbind(b)
	case (s.state == unmade || s.again) && in.state == ready && !in.deleting:
		return p.bind(b)
	}
	return forget
}

func (p serviceCatalog) bind(b *binding) time.Duration {
	w := p.w
	query := ""
	if p.gate {
		query = "accepts_incomplete=true"
	}
	w.mu.Lock()
	plan := b.of.have.plan
	again := b.again
	b.sent = true
	w.mu.Unlock()
	a := w.send(request{
		of: b, verb: "bind", method: http.MethodPut, path: b.path(), query: query, headers: p.headers(true),
		body: fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"bind_resource":{"app_guid":"ns-1"},%s}`, b.of.kind.service, plan, p.context()),
	})
	made := a.is(http.StatusOK, http.StatusCreated)
	if made {
		w.credentials(b, a)
	}
	if again && a.is(http.StatusCreated) {
		w.violationf("%v: the same bind again answers 201", b)
	}
	lost := w.chance(20) // the Secret cannot be written
	b.set(func() {
		b.again = false
		switch {
		case made:
			b.state, b.again = ready, lost
		case a.is(http.StatusAccepted) && p.gate:
			b.op = operation{verb: "bind", key: a.text("operation")}
		case a.timeout, a.is(http.StatusAccepted), a.status >= 500:
			b.state, b.orphan = failed, true
		case a.status >= 400:
			b.state = failed // for ever
			if b.of.sure && !b.of.changing && !b.deleting && !b.of.deleting {
				w.violatef("%v: bind answers %d, which is for ever: %s", b, a.status, a.body)
			}
		default: // the connection was cut
			b.again = again
		}
	})
	if a.lost {
		return p.retryBinding(b)
	}
	return catalogRetry
}

func (p serviceCatalog) retryBinding(b *binding) time.Duration {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	b.tries++
	return backoff(b.tries, catalogRetry, catalogMost)
}

func (p serviceCatalog) unbind(b *binding) time.Duration {
	w := p.w
	w.mu.Lock()
	query := b.of.query()
	w.mu.Unlock()
	if p.gate {
		query += "&accepts_incomplete=true"
	}
	a := w.send(request{of: b, verb: "unbind", method: http.MethodDelete, path: b.path(), query: query, headers: p.headers(true)})
	b.set(func() {
		switch {
		case a.is(http.StatusOK, http.StatusGone):
			p.unbound(b)
		case a.is(http.StatusAccepted):
			b.op = operation{verb: "unbind", key: a.text("operation")}
			if !p.gate {
				w.violatef("%v: unbind answers 202 to a platform that does not take it", b)
			}
		case a.status >= 400 && a.status < 500:
			w.violatef("%v: unbind answers %d: %s", b, a.status, a.body)
		}
	})
	if a.is(http.StatusOK, http.StatusGone, http.StatusAccepted) {
		return catalogRetry
	}
	return p.retryBinding(b)
}

// unbound handles a finished unbind; under mu.
func (serviceCatalog) unbound(b *binding) {
	if b.orphan {
		b.orphan = false // and it stays failed until the user deletes it
		return
	}
	b.state = gone
}

func (p serviceCatalog) pollBinding(b *binding) time.Duration {
	w := p.w
	w.mu.Lock()
	op := b.op
	query := b.of.query() + "&operation=" + op.key
	w.mu.Unlock()
	state, _ := w.poll(b, b.of, &op, request{
		of: b, verb: "poll of " + op.verb, method: http.MethodGet, path: b.path() + "/last_operation", query: query, headers: p.headers(true),
	})
	b.set(func() { b.op = op })
	switch {
	case state == "succeeded" && op.verb == "bind":
		return p.fetch(b)
	case state == "succeeded":
		b.set(func() { b.op = operation{}; p.unbound(b) })
	case state == "failed" && op.verb == "bind":
		b.set(func() { b.op = operation{}; b.state, b.orphan = failed, true })
	case state == "failed":
		b.set(func() { b.op = operation{} }) // and DELETE again
	default:
		return backoff(op.polls, catalogPoll, catalogMost)
	}
	return catalogRetry
}

// fetch gets the credentials of a binding that was made asynchronously.
func (p serviceCatalog) fetch(b *binding) time.Duration {
	w := p.w
	a := w.send(request{of: b, verb: "fetch", method: http.MethodGet, path: b.path(), headers: p.headers(false)})
	if a.is(http.StatusOK) {
		w.credentials(b, a)
	}
	b.set(func() {
		b.op = operation{}
		if a.is(http.StatusOK) {
			b.state = ready
			return
		}
		b.state, b.orphan = failed, true
		if !a.troubled && !a.timeout && !b.of.cancelled {
			w.violatef("%v: the fetch after its bind answers %d: %s", b, a.status, a.body)
		}
	})
	return catalogRetry
}
