package platforms_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"time"
)

// cloudController is Cloud Controller: each request is a job that a user began,
// and the user repeats a failed one. Only a create or bind with an unknown
// outcome is deleted by the platform, and a 202 to that DELETE counts as done.
type cloudController struct{ w *scenario }

const (
	controllerPoll  = 6 * time.Millisecond
	controllerRetry = 5 * time.Millisecond
)

func (cloudController) updates() bool { return true }

func (p cloudController) headers() http.Header {
	return http.Header{
		"X-Broker-API-Version":              {"2.15"},
		"X-Broker-API-Originating-Identity": {"cloudfoundry " + base64.StdEncoding.EncodeToString([]byte(`{"user_id":"u-1"}`))},
		"X-Broker-API-Request-Identity":     {fmt.Sprintf("request-%d", p.w.pick(1_000_000))},
		"X-Vcap-Request-Id":                 {"vcap"},
		"X-Api-Info-Location":               {"api.example.com/v2/info"},
	}
}

func (cloudController) context() string {
	return `"context":{"platform":"cloudfoundry","organization_guid":"org","space_guid":"space","organization_name":"o","space_name":"s",` +
		`"instance_name":"db","organization_annotations":{},"space_annotations":{},"instance_annotations":{}}`
}

func (p cloudController) instance(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	s := *in
	bound := in.live()
	w.mu.Unlock()
	switch {
	case s.state == gone:
		return finished
	case s.orphan:
		return p.mitigate(in)
	case s.op.verb == "update": // the user has deleted it in the meantime
		return p.poll(in)
	case s.deleting && bound:
		return forget
	case s.deleting && s.state == unmade && s.tries == 0:
		in.set(func() { in.state = gone })
		return finished
	case s.deleting && s.op.verb != "deprovision": // also while it is being created
		return p.deprovision(in)
	case s.op.verb != "":
		return p.poll(in)
	case s.state == unmade && s.tries == 0:
		return p.provision(in)
	case s.state == ready && s.want != s.have && s.want != s.refused:
		return p.update(in)
	}
	return forget
}

// conforms checks an answer against the schema of Cloud Controller's parser.
func (p cloudController) conforms(of any, verb string, a answer) {
	if a.status < 200 || a.status > 299 {
		return
	}
	for _, name := range []string{"dashboard_url", "operation", "description", "state", "route_service_url", "syslog_drain_url"} {
		if value, ok := a.members[name]; ok && value[0] != '"' && (name != "dashboard_url" || string(value) != "null") {
			p.w.violationf("%v: %s answers a %s that is no string: %s", of, verb, name, value)
		}
	}
	for _, name := range []string{"credentials", "parameters", "metadata"} {
		if value, ok := a.members[name]; ok && value[0] != '{' {
			p.w.violationf("%v: %s answers %s that are no object: %s", of, verb, name, value)
		}
	}
}

// unknown reports that the outcome of a create or bind is unknown: the platform
// deletes it.
func (a answer) unknown() bool {
	known := map[string]bool{"AsyncRequired": true, "ConcurrencyError": true, "MaintenanceInfoConflict": true, "RequiresApp": true}
	return a.timeout || a.status >= 500 || a.is(http.StatusGone) || a.is(http.StatusUnprocessableEntity) && !known[a.text("error")]
}

func (p cloudController) provision(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	want := in.want
	in.tries++
	w.mu.Unlock()
	a := w.send(request{
		of: in, verb: "provision", method: http.MethodPut, path: in.path(), query: "accepts_incomplete=true", headers: p.headers(),
		body: fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"organization_guid":"org","space_guid":"space",%s%s}`,
			in.kind.service, want.plan, p.context(), parametersMember(want.parameters)),
	})
	p.conforms(in, "provision", a)
	if a.status >= 400 && a.status < 500 {
		w.nothingMade(in, a)
		if !in.kind.isBad(want) {
			w.violationf("%v: provision answers %d: %s", in, a.status, a.body)
		}
	}
	in.set(func() {
		switch {
		case a.is(http.StatusOK, http.StatusCreated):
			in.state, in.have = ready, want
		case a.is(http.StatusAccepted):
			in.op = operation{verb: "provision", key: a.text("operation"), want: want}
		default:
			in.state, in.orphan = failed, a.unknown()
		}
	})
	return controllerPoll
}

// mitigate sends DELETE until it is accepted; Cloud Controller polls it no
// further.
func (p cloudController) mitigate(in *instance) time.Duration {
	if !p.delete(in, in, "deprovision", in.path()).is(http.StatusOK, http.StatusAccepted, http.StatusGone) {
		return controllerRetry
	}
	in.set(func() {
		in.orphan = false
		if in.purge {
			in.state = gone
			for _, b := range in.bindings {
				b.state = gone
				b.wake()
			}
		}
	})
	return controllerRetry
}

// delete sends a DELETE of either kind and checks the answer.
func (p cloudController) delete(of any, in *instance, verb, path string) answer {
	p.w.mu.Lock()
	query := in.query() + "&accepts_incomplete=true"
	p.w.mu.Unlock()
	a := p.w.send(request{of: of, verb: verb, method: http.MethodDelete, path: path, query: query, headers: p.headers()})
	p.conforms(of, verb, a)
	if a.is(http.StatusCreated) || a.status >= 400 && a.status < 500 && !a.is(http.StatusGone) {
		p.w.violationf("%v: %s answers %d: %s", of, verb, a.status, a.body)
	}
	return a
}

func (p cloudController) deprovision(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	in.cancelled = true
	before := in.op
	w.mu.Unlock()
	a := p.delete(in, in, "deprovision", in.path())
	if before.verb == "provision" && w.chance(50) { // the job of the create learns of it later
		in.set(func() { in.op = before })
		p.ask(in)
	}
	in.set(func() {
		in.op = operation{}
		switch {
		case a.is(http.StatusOK, http.StatusGone):
			in.state = gone
		case a.is(http.StatusAccepted):
			in.op = operation{verb: "deprovision", key: a.text("operation")}
		default: // the user deletes again, and the platform stops polling the create
			if in.state == unmade {
				in.state = failed
			}
		}
	})
	return controllerRetry
}

// ask polls once.
func (p cloudController) ask(in *instance) (operation, string) {
	p.w.mu.Lock()
	op := in.op
	query := in.query() + "&operation=" + op.key
	p.w.mu.Unlock()
	state, a := p.w.poll(in, in, &op, request{
		of: in, verb: "poll of " + op.verb, method: http.MethodGet, path: in.path() + "/last_operation", query: query, headers: p.headers(),
	})
	p.conforms(in, "poll", a)
	return op, state
}

func (p cloudController) poll(in *instance) time.Duration {
	op, state := p.ask(in)
	in.set(func() {
		in.op = op
		if state != "succeeded" && state != "failed" {
			return
		}
		in.op = operation{}
		switch {
		case op.verb == "deprovision" && state == "succeeded":
			in.state = gone
		case op.verb == "provision" && state == "succeeded":
			in.state, in.have = ready, op.want
		case op.verb == "provision":
			in.state = failed // the user sees it and deletes it
		case op.verb == "update" && state == "succeeded":
			in.have, in.sure = op.want, true
		case op.verb == "update":
			in.refused, in.sure = op.want, true
		}
	})
	return controllerPoll
}

// update sends the user's change, once.
func (p cloudController) update(in *instance) time.Duration {
	w := p.w
	w.mu.Lock()
	want, have, sure := in.want, in.have, in.sure
	in.changing = true
	w.mu.Unlock()
	parameters := "{}"
	if want.parameters != have.parameters && want.parameters != "" {
		parameters = want.parameters
	}
	a := w.send(request{
		of: in, verb: "update", method: http.MethodPatch, path: in.path(), query: "accepts_incomplete=true", headers: p.headers(),
		body: fmt.Sprintf(`{"service_id":%q,"plan_id":%q,"parameters":%s,%s,"previous_values":{"plan_id":%q,"service_id":%q,"organization_id":"org","space_id":"space"}}`,
			in.kind.service, want.plan, parameters, p.context(), have.plan, in.kind.service),
	})
	p.conforms(in, "update", a)
	in.set(func() {
		in.changing = false
		switch {
		case a.is(http.StatusOK):
			in.have, in.sure = want, true
		case a.is(http.StatusAccepted):
			in.op = operation{verb: "update", key: a.text("operation"), want: want}
		case a.status >= 400 && a.status < 500:
			in.refused = want
			if !isWrong(want) && (sure || a.text("error") != "ConcurrencyError") {
				w.violatef("%v: update answers %d: %s", in, a.status, a.body)
			}
		default: // failed for the user; the outcome is unknown
			in.refused, in.sure = want, false
		}
	})
	return controllerRetry
}
