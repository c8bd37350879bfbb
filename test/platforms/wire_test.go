package platforms_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A request with its sender.
type request struct {
	of      any // *instance or *binding
	verb    string
	method  string
	path    string
	query   string
	body    string
	headers http.Header
	patient bool // the platform waits without a time-out
}

// An answer, or the error in its place.
type answer struct {
	status   int
	body     []byte
	members  map[string]json.RawMessage
	lost     bool // the connection was cut
	timeout  bool // the platform stopped waiting
	troubled bool // the broker was down, or its store failed, meanwhile
}

// is says that there is an answer with one of the statuses.
func (a answer) is(statuses ...int) bool {
	return slices.Contains(statuses, a.status)
}

// text returns a member that is a string, or "".
func (a answer) text(name string) string {
	var s string
	if json.Unmarshal(a.members[name], &s) != nil {
		return ""
	}
	return s
}

// unstable finds ids, times and counts in descriptions: with them Service
// Catalog repeats its request at once, for ever.
var unstable = regexp.MustCompile(`[0-9A-Fa-f]{8}|[0-9]{5}|[0-9]{2}:[0-9]{2}`)

// send sends a request and checks the rules for all answers.
func (w *scenario) send(r request) answer {
	ctx, cancel := w.timeoutFor(r)
	defer cancel()
	w.mu.Lock()
	down, before := w.trouble > 0, w.troubles
	w.notef("%v: %s %s?%s %s", r.of, r.method, r.path, r.query, r.body)
	w.mu.Unlock()
	path := r.path
	if r.query != "" {
		path += "?" + r.query
	}
	r.headers.Set("Connection", "close") // a connection that was kept open would hide a crash
	var a answer
	var header http.Header
	var err error
	a.status, header, a.body, err = w.Send(ctx, r.method, path, r.body, r.headers)
	w.mu.Lock()
	defer w.mu.Unlock()
	a.troubled = down || w.troubles != before
	w.tally[r.verb]++
	w.tally[fmt.Sprint(r.verb, " ", a.status)]++
	if err != nil {
		a.status = 0
		a.timeout = errors.Is(err, context.DeadlineExceeded)
		a.lost = !a.timeout
		w.notef("%v: %s gets no answer: %v", r.of, r.verb, err)
		if a.lost && !a.troubled && w.ctx.Err() == nil {
			w.violatef("%v: %s got no answer from a broker that was running: %v", r.of, r.verb, err)
		}
		return a
	}
	w.notef("%v: %s answers %d %s", r.of, r.verb, a.status, strings.TrimSpace(string(a.body)))
	w.check(r, &a, header)
	return a
}

// timeoutFor gives the platform's patience: now and then too little.
func (w *scenario) timeoutFor(r request) (context.Context, context.CancelFunc) {
	if r.patient {
		return context.WithTimeout(w.ctx, enough)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	timeout := enough
	if !w.calm && w.rng.IntN(100) < 5 {
		timeout = time.Duration(w.rng.IntN(10_000)) * time.Microsecond
	}
	return context.WithTimeout(w.ctx, timeout)
}

// check holds an answer against the rules that all platforms rely on, under mu.
func (w *scenario) check(r request, a *answer, header http.Header) {
	if err := json.Unmarshal(a.body, &a.members); err != nil || a.members == nil {
		w.violatef("%v: %s answers %d with a body that is no JSON object: %q", r.of, r.verb, a.status, a.body)
	}
	if kind := header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		w.violatef("%v: %s answers with Content-Type %q", r.of, r.verb, kind)
	}
	const identity = "X-Broker-API-Request-Identity"
	if sent := r.headers.Get(identity); sent != "" && header.Get(identity) != sent {
		w.violatef("%v: %s answers with request identity %q, sent was %q", r.of, r.verb, header.Get(identity), sent)
	}
	description := a.text("description")
	if unstable.MatchString(description) {
		w.violatef("%v: %s has a description that changes from one to the next: %q", r.of, r.verb, description)
	}
	switch {
	case a.status >= 500:
		refused := w.refusals && r.verb == "bind" && a.text("error") == "OperationFailed"
		if !a.troubled && !refused && (!w.hasty || r.verb != "bind" && r.verb != "unbind") {
			w.violatef("%v: %s answers %d although nothing is wrong with the broker: %s", r.of, r.verb, a.status, a.body)
		}
	case a.status >= 400:
		if description == "" {
			w.violatef("%v: %s answers %d and does not say why: %s", r.of, r.verb, a.status, a.body)
		}
	case a.status == http.StatusAccepted:
		if key := a.text("operation"); key == "" || len(key) > 255 {
			w.violatef("%v: %s answers 202 with operation %q", r.of, r.verb, key)
		}
	case a.status != http.StatusOK && a.status != http.StatusCreated:
		w.violatef("%v: %s answers %d", r.of, r.verb, a.status)
	}
}

// credentials of an answer to bind or fetch. They must be strings, the same
// each time, and different for each binding.
func (w *scenario) credentials(b *binding, a answer) {
	var got map[string]string
	err := json.Unmarshal(a.members["credentials"], &got)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || len(got) == 0 {
		w.violatef("%v: credentials that are no strings, or none: %s", b, a.body)
		return
	}
	for name, value := range b.credentials {
		if got[name] != value {
			w.violatef("%v: %s was handed out as another before", b, name)
		}
	}
	b.credentials = got
	secret := got["password"] + got["secret_access_key"]
	if owner := w.passwords[secret]; secret == "" || owner != "" && owner != b.id {
		w.violatef("%v: its secret is that of binding %q", b, owner)
	}
	w.passwords[secret] = b.id
}

// mayFail says whether an operation may have failed, under mu: the cloud has
// refused for good, or the user has cancelled.
func (w *scenario) mayFail(verb string, in *instance) bool {
	switch verb {
	case "provision":
		return w.refusals && in.kind.service == rdsService || in.cancelled
	case "bind":
		return w.refusals || in.cancelled
	}
	return false
}

// poll asks for the state of an operation and checks the rules for every
// platform. The state is "" after a bad answer.
func (w *scenario) poll(of any, in *instance, op *operation, r request) (string, answer) {
	a := w.send(r)
	w.mu.Lock()
	defer w.mu.Unlock()
	op.polls++
	deletes := op.verb == "deprovision" || op.verb == "unbind"
	switch {
	case a.status == 0 || a.status >= 500:
		return "", a
	case a.is(http.StatusGone) && deletes:
		return "succeeded", a
	case !a.is(http.StatusOK):
		w.violatef("%v: a poll of %s answers %d: %s", of, op.verb, a.status, a.body)
		return "", a
	}
	state, description := a.text("state"), a.text("description")
	if state != "in progress" && state != "succeeded" && state != "failed" {
		w.violatef("%v: a poll answers the state %q", of, state)
	}
	if n := len(op.texts); n == 0 || op.texts[n-1] != description {
		op.texts = append(op.texts, description)
	}
	if n := len(op.texts); n > 25 && op.polls < 3*n {
		w.violatef("%v: the description of %s never stays: %q", of, op.verb, op.texts)
		op.texts = nil
	}
	if state == "failed" && !w.mayFail(op.verb, in) {
		w.violatef("%v: %s failed for what would have passed: %q", of, op.verb, description)
	}
	return state, a
}

// nothingMade checks that the broker holds no record after a refused provision,
// since the platform will skip DELETE for it.
func (w *scenario) nothingMade(in *instance, a answer) {
	r, err := w.Store().Get(w.ctx, instanceKey(in))
	w.mu.Lock()
	defer w.mu.Unlock()
	if a.troubled || w.trouble > 0 || err != nil {
		return
	}
	if r.Goal == "present" {
		w.violatef("%v: provision answered %d, and the broker goes on with it: %+v", in, a.status, r.Operation)
	}
}
