package platforms_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"time"
)

// serviceCatalog is Service Catalog v0.3.x. Its minutes are milliseconds: an
// operation is polled after 5 ms, then ever more slowly; a failed reconciling is
// tried again after 1 ms, then ever more slowly.
type serviceCatalog struct {
	w    *scenario
	gate bool // AsyncBindingOperations
}

const (
	catalogPoll  = 5 * time.Millisecond
	catalogRetry = time.Millisecond
	catalogMost  = 80 * time.Millisecond
	// catalogTries is how often a poll may fail before the instance is dropped
	// and stays in progress until the controller is started again.
	catalogTries = 15
)

func (serviceCatalog) updates() bool { return true }

// headers of a call; requests that change a resource carry the identity of a
// user.
func (serviceCatalog) headers(identity bool) http.Header {
	h := http.Header{"X-Broker-API-Version": {"2.14"}}
	if identity {
		h.Set("X-Broker-API-Originating-Identity", "kubernetes "+base64.StdEncoding.EncodeToString(
			[]byte(`{"username":"jane","uid":"u-1","groups":["system:authenticated"],"extra":{}}`)))
	}
	return h
}

func (serviceCatalog) context() string {
	return `"context":{"platform":"kubernetes","namespace":"shop","clusterid":"c-1","instance_name":"db"}`
}

// parametersMember returns the parameters as a member, or "".
func parametersMember(parameters string) string {
	if parameters == "" {
		return ""
	}
	return `,"parameters":` + parameters
}

func (p serviceCatalog) instance(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	s := *in
	bound := in.live()
	w.mu.Unlock()
	switch {
	case s.op.verb != "":
		return p.poll(in)
	case s.orphan:
		return p.remove(in)
	case s.deleting && bound, s.state == gone:
		return forget
	case s.deleting && (s.unneeded || s.tries == 0 && s.state == unmade):
		in.set(func() { in.state = gone })
		return finished
	case s.deleting:
		return p.remove(in)
	case s.state == unmade:
		return p.provision(in)
	case s.state == ready && s.want != s.have && s.want != s.refused:
		return p.update(in)
	}
	return forget
}

func (p serviceCatalog) provision(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	want := in.want
	in.tries++
	w.mu.Unlock()
	a := w.send(request{
		of: in, verb: "provision", method: http.MethodPut, path: in.path(), query: "accepts_incomplete=true", headers: p.headers(true),
		body: fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"organization_guid":"c-1","space_guid":"ns-1",%s%s}`,
			in.kind.service, want.plan, p.context(), parametersMember(want.parameters)),
	})
	switch {
	case a.is(http.StatusBadRequest):
		w.nothingMade(in, a)
		in.set(func() { in.state, in.unneeded = failed, true })
		if !in.kind.isBad(want) {
			w.violationf("%v: a good provision is refused for ever: %s", in, a.body)
		}
		return forget
	case a.status > http.StatusBadRequest && a.status < 500:
		w.nothingMade(in, a)
		in.set(func() { in.unneeded = true })
		w.violationf("%v: provision answers %d: %s", in, a.status, a.body)
		return p.retry(in)
	}
	in.set(func() {
		in.unneeded = false
		switch {
		case a.is(http.StatusOK, http.StatusCreated):
			in.state, in.have, in.tries = ready, want, 1
		case a.is(http.StatusAccepted):
			in.op = operation{verb: "provision", key: a.text("operation"), want: want}
		case a.timeout, a.status >= 500:
			in.orphan = true
		}
	})
	if a.lost {
		return p.retry(in)
	}
	return catalogRetry
}

func (p serviceCatalog) retry(in *instance) time.Duration {
	p.w.mu.Lock()
	defer p.w.mu.Unlock()
	in.tries++
	return backoff(in.tries, catalogRetry, catalogMost)
}

func (p serviceCatalog) poll(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	op := in.op
	query := in.query() + "&operation=" + op.key
	w.mu.Unlock()
	state, a := w.poll(in, in, &op, request{
		of: in, verb: "poll of " + op.verb, method: http.MethodGet, path: in.path() + "/last_operation", query: query, headers: p.headers(true),
	})
	switch {
	case state == "" && !a.troubled && !a.timeout:
		op.failures++
		if op.failures == catalogTries {
			w.violationf("%v: %d polls in a row have failed: it stays in progress until somebody starts the controller again", in, op.failures)
		}
	case state != "":
		op.failures = 0
	}
	in.set(func() {
		in.op = op
		if state == "succeeded" || state == "failed" {
			in.op = operation{}
			p.ended(in, op, state)
		}
	})
	if state == "in progress" || state == "" {
		return backoff(op.polls, catalogPoll, catalogMost)
	}
	return catalogRetry
}

// ended handles the end of an operation; under mu.
func (p serviceCatalog) ended(in *instance, op operation, state string) {
	in.tries = 1
	switch {
	case op.verb == "deprovision" && state == "succeeded":
		p.removed(in)
	case op.verb == "deprovision":
		in.tries = 5 // and DELETE again
	case op.verb == "provision" && state == "succeeded":
		in.state, in.have = ready, op.want
	case op.verb == "provision": // a final failure: the broker removes the remains
		in.state, in.orphan = failed, true
	case state == "succeeded":
		in.have, in.sure = op.want, true
	default: // an update
		in.refused, in.sure = op.want, true
	}
}

// removed handles a finished DELETE, of the user or of orphan mitigation; under
// mu.
func (serviceCatalog) removed(in *instance) {
	switch {
	case !in.orphan:
		in.state = gone
	case in.state == unmade: // and PUT again, with the same id
		in.orphan = false
	default:
		in.orphan = false
	}
}

// remove sends DELETE until it is through.
func (p serviceCatalog) remove(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	query := "accepts_incomplete=true&" + in.query()
	w.mu.Unlock()
	a := w.send(request{of: in, verb: "deprovision", method: http.MethodDelete, path: in.path(), query: query, headers: p.headers(true)})
	in.set(func() {
		switch {
		case a.is(http.StatusOK, http.StatusGone):
			p.removed(in)
		case a.is(http.StatusAccepted):
			in.op = operation{verb: "deprovision", key: a.text("operation")}
		case a.status >= 400 && a.status < 500:
			w.violatef("%v: deprovision answers %d: %s", in, a.status, a.body)
		}
	})
	if a.is(http.StatusOK, http.StatusGone, http.StatusAccepted) {
		return catalogRetry
	}
	return p.retry(in)
}

func (p serviceCatalog) update(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	want, have, sure := in.want, in.have, in.sure
	in.sure = false
	in.changing = true
	w.mu.Unlock()
	body := fmt.Sprintf(`{"service_id":%q,%s,"previous_values":{"plan_id":%q,"service_id":%q}`, in.kind.service, p.context(), have.plan, in.kind.service)
	if want.plan != have.plan {
		body += fmt.Sprintf(`,"plan_id":%q`, want.plan)
	}
	if want.parameters != have.parameters {
		body += parametersMember(want.parameters)
	}
	a := w.send(request{
		of: in, verb: "update", method: http.MethodPatch, path: in.path(), query: "accepts_incomplete=true", headers: p.headers(true), body: body + "}",
	})
	in.set(func() {
		in.changing = false
		switch {
		case a.is(http.StatusOK):
			in.have, in.sure, in.tries = want, true, 1
		case a.is(http.StatusAccepted):
			in.op = operation{verb: "update", key: a.text("operation"), want: want}
		case a.is(http.StatusBadRequest):
			in.refused, in.sure = want, sure // this request changed nothing
			if !isWrong(want) {
				w.violatef("%v: a good update is refused for ever: %s", in, a.body)
			}
		case a.status >= 400 && a.status < 500 && a.text("error") != "ConcurrencyError":
			w.violatef("%v: update answers %d: %s", in, a.status, a.body)
		}
	})
	if a.is(http.StatusOK, http.StatusAccepted, http.StatusBadRequest) {
		return catalogRetry
	}
	return p.retry(in)
}
