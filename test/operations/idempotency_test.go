package operations_test

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

//nolint:gochecknoglobals // go test has only this way to take a flag
var update = flag.Bool("update", false, "write the golden files anew")

// A condition is the state of an instance and its binding when a request comes.
type condition struct {
	name  string
	reach func(w *harness, id string) // brings an instance there
	hang  func(w *harness, id string) // begins a call that hangs in the cloud
	wait  time.Duration               // the time until the request comes
}

const (
	asMade     = `{"Colour":"red","Token":"t"}`
	reordered  = ` { "Token" : "t", "Colour" : "r\u0065d" } `
	largePlan  = `{"service_id":"slow-id","plan_id":"slow-large"}`
	otherParts = `{"service_id":"slow-id","parameters":{"Colour":"black"}}`
)

// ended is finally for operations that take minutes.
func (w *harness) ended(id, binding string, accepted reply) osb.LastOperation {
	w.t.Helper()
	operation := w.operation(accepted)
	for {
		w.pass(30 * time.Second)
		got := w.poll(id, binding, operation)
		if got.status == 410 {
			return osb.LastOperation{State: osb.Succeeded}
		}
		if op := w.state(got); op.State != osb.InProgress {
			return op
		}
	}
}

func (w *harness) readyInstance(id string) {
	w.t.Helper()
	if op := w.ended(id, "", w.provision(id, body("slow", asMade))); op.State != osb.Succeeded {
		w.t.Fatalf("provision %s: %s %s", id, op.State, op.Description)
	}
}

// boundInstance is ready and has a binding "b".
func (w *harness) boundInstance(id string) {
	w.t.Helper()
	w.readyInstance(id)
	if op := w.ended(id, "b", w.bind(id, "b", body("slow", `{"Scope":"all"}`))); op.State != osb.Succeeded {
		w.t.Fatalf("bind of %s: %s %s", id, op.State, op.Description)
	}
}

// failedInstance is an instance whose provision the cloud refuses; its clean-up
// fails the given number of times.
func (w *harness) failedInstance(id string, cleaning int) {
	w.t.Helper()
	w.cloud.failNext("finish", providers.ErrInvalid)
	for range cleaning {
		w.cloud.failNext("delete", providers.ErrThrottled)
	}
	if op := w.ended(id, "", w.provision(id, body("slow", asMade))); op.State != osb.Failed {
		w.t.Fatalf("provision %s: %s %s", id, op.State, op.Description)
	}
}

// instanceConditions in the order of the columns.
func instanceConditions() []condition {
	return []condition{
		{name: "never seen"},
		{name: "creating", hang: func(w *harness, id string) { w.provision(id, body("slow", asMade)) }},
		{name: "ready", reach: (*harness).boundInstance},
		{name: "updating", reach: (*harness).boundInstance, hang: func(w *harness, id string) { w.update(id, largePlan) }},
		{name: "update failed", reach: func(w *harness, id string) {
			w.boundInstance(id)
			w.cloud.failNext("resize", providers.ErrInvalid)
			w.ended(id, "", w.update(id, largePlan))
		}},
		{name: "deleting", reach: (*harness).boundInstance, hang: func(w *harness, id string) { w.deprovision(id, "slow") }},
		{name: "delete failed", reach: func(w *harness, id string) {
			w.boundInstance(id)
			w.cloud.set(func(f *fakeCloud) { f.data = true })
			w.ended(id, "", w.deprovision(id, "slow"))
		}},
		{name: "create failed, clean-up goes on", reach: func(w *harness, id string) { w.failedInstance(id, 50) }},
		{name: "create failed", reach: func(w *harness, id string) { w.failedInstance(id, 0) }, wait: time.Minute},
		{name: "deleted", reach: func(w *harness, id string) {
			w.boundInstance(id)
			w.ended(id, "", w.deprovision(id, "slow"))
		}},
	}
}

// A verb is one request about an instance, with its answer in each condition:
// the status, then = for the running operation and + for a new one, C for
// ConcurrencyError and U for another 422, and the letter of a polled state.
type verb struct {
	name string
	want string
	send func(w *harness, id string) reply
}

//nolint:goconst // the bodies show the request
func instanceVerbs() []verb {
	return []verb{
		//                                          never creating ready updating failed deleting failed cleaned failed deleted
		{"provision, as it was", "202+ 202= 200 200 200 422C 422C 202= 202= 202+", func(w *harness, id string) reply {
			return w.provision(id, body("slow", asMade))
		}},
		{"provision, as it was, written otherwise", "202+ 202= 200 200 200 422C 422C 202= 202= 202+", func(w *harness, id string) reply {
			return w.provision(id, body("slow", reordered))
		}},
		{"provision, other parameters", "202+ 409 409 409 409 409 409 422C 202+ 202+", func(w *harness, id string) reply {
			return w.provision(id, body("slow", `{"Colour":"blue"}`))
		}},
		{"provision, another plan", "202+ 409 409 409 409 409 409 422C 202+ 202+", func(w *harness, id string) reply {
			return w.provision(id, strings.Replace(body("slow", asMade), "slow-plan", "slow-large", 1))
		}},
		{"update, to another plan", "404 422C 202+ 202= 202+ 422C 422C 422U 422U 404", func(w *harness, id string) reply {
			return w.update(id, largePlan)
		}},
		{"update, to other parameters", "404 422C 202+ 422C 202+ 422C 422C 422U 422U 404", func(w *harness, id string) reply {
			return w.update(id, otherParts)
		}},
		{"update, to what it has", "404 422C 200 422C 200 422C 422C 422U 422U 404", func(w *harness, id string) reply {
			return w.update(id, `{"service_id":"slow-id","plan_id":"slow-plan"}`)
		}},
		{"deprovision", "410 202+ 202+ 202+ 202+ 202= 202+ 202+ 200 410", func(w *harness, id string) reply {
			return w.deprovision(id, "slow")
		}},
		{"fetch", "404 404 200 422C 200 404 404 404 404 404", (*harness).fetch},
		{"poll", "404 200p 200s 200p 200f 200p 200f 200f 200f 410", func(w *harness, id string) reply {
			return w.poll(id, "", "")
		}},
		{"bind, under a new id", "404 422C 202+ 422C 202+ 422C 422C 422C 422U 404", func(w *harness, id string) reply {
			return w.bind(id, "new", body("slow", ""))
		}},
		{"bind, as it was", "404 422C 200 200 200 422C 422C 422C 422U 404", func(w *harness, id string) reply {
			return w.bind(id, "b", body("slow", `{"Scope":"all"}`))
		}},
		{"bind, other parameters", "404 422C 409 409 409 409 422C 422C 422U 404", func(w *harness, id string) reply {
			return w.bind(id, "b", body("slow", `{"Scope":"some"}`))
		}},
		{"fetch the binding", "404 404 200 200 200 404 404 404 404 404", func(w *harness, id string) reply {
			return w.fetchBinding(id, "b")
		}},
		{"unbind", "410 410 200 202+ 200 202+ 410 410 410 410", func(w *harness, id string) reply {
			return w.unbind(id, "b", "slow")
		}},
	}
}

// bindingConditions are about the binding "b" of a ready instance.
func bindingConditions() []condition {
	ready := func(w *harness, id string) { w.readyInstance(id) }
	with := func(parameters string) string { return body("slow", parameters) }
	return []condition{
		{name: "never seen", reach: ready},
		{name: "creating", reach: ready, hang: func(w *harness, id string) { w.bind(id, "b", with(`{"Scope":"all"}`)) }},
		{name: "ready", reach: (*harness).boundInstance},
		{name: "deleting", reach: (*harness).boundInstance, hang: func(w *harness, id string) { w.unbind(id, "b", "slow") }},
		{name: "create failed, clean-up goes on", reach: func(w *harness, id string) {
			w.readyInstance(id)
			w.cloud.failNext("finish", providers.ErrInvalid)
			for range 50 {
				w.cloud.failNext("delete", providers.ErrThrottled)
			}
			w.ended(id, "b", w.bind(id, "b", with(`{"Scope":"all"}`)))
		}},
		{name: "create failed", reach: func(w *harness, id string) {
			w.readyInstance(id)
			w.cloud.failNext("finish", providers.ErrInvalid)
			w.ended(id, "b", w.bind(id, "b", with(`{"Scope":"all"}`)))
		}, wait: time.Minute},
		{name: "deleted", reach: func(w *harness, id string) {
			w.boundInstance(id)
			w.want("unbind", w.unbind(id, "b", "slow"), 200)
		}},
	}
}

func bindingVerbs() []verb {
	return []verb{
		//                                never creating ready deleting cleaned failed deleted
		{"bind, as it was", "202+ 202= 200 422C 202= 202= 202+", func(w *harness, id string) reply {
			return w.bind(id, "b", body("slow", `{"Scope":"all"}`))
		}},
		{"bind, as it was, written otherwise", "202+ 202= 200 422C 202= 202= 202+", func(w *harness, id string) reply {
			return w.bind(id, "b", body("slow", ` {"Sc\u006fpe": "all"}`))
		}},
		{"bind, other parameters", "202+ 409 409 409 422C 202+ 202+", func(w *harness, id string) reply {
			return w.bind(id, "b", body("slow", `{"Scope":"some"}`))
		}},
		{"bind, for an application", "202+ 409 409 409 422C 202+ 202+", func(w *harness, id string) reply {
			return w.bind(id, "b", strings.Replace(body("slow", `{"Scope":"all"}`), "{", `{"app_guid":"app",`, 1))
		}},
		{"rotate it into a new id", "400 400 202+ 400 400 400 400", func(w *harness, id string) reply {
			return w.bind(id, "new", `{"predecessor_binding_id":"b"}`)
		}},
		{"unbind", "410 202+ 200 202= 202+ 200 410", func(w *harness, id string) reply {
			return w.unbind(id, "b", "slow")
		}},
		{"fetch", "404 404 200 404 404 404 404", func(w *harness, id string) reply {
			return w.fetchBinding(id, "b")
		}},
		{"poll", "404 200p 200s 200p 200f 200f 410", func(w *harness, id string) reply {
			return w.poll(id, "b", "")
		}},
		{"deprovision the instance", "202+ 202+ 202+ 202+ 202+ 202+ 202+", func(w *harness, id string) reply {
			return w.deprovision(id, "slow")
		}},
	}
}

// sendAll brings one instance for each verb into the condition and returns the
// answers.
func sendAll(t *testing.T, c condition, verbs []verb, binding string) []string {
	t.Helper()
	var got []string
	inBubble(t, func(w *harness) {
		w.plans = strings.NewReplacer("looks: 3", "looks: 6", "deletion: delete", "deletion: refuse", "slow: [", "rotatable: true\n    slow: [").Replace(w.plans)
		w.restart()
		for i := range verbs {
			if c.reach != nil {
				c.reach(w, strconv.Itoa(i))
			}
		}
		release := make(chan struct{})
		if c.hang != nil {
			w.cloud.set(func(f *fakeCloud) { f.hang = release })
			for i := range verbs {
				c.hang(w, strconv.Itoa(i))
			}
		}
		w.pass(time.Second + c.wait)
		for i, v := range verbs {
			id := strconv.Itoa(i)
			goesOn := w.operationOf(id, binding)
			got = append(got, cell(v.send(w, id), goesOn))
		}
		w.cloud.set(func(f *fakeCloud) { f.hang, f.data = nil, false })
		close(release)
	})
	return got
}

// operationOf returns the operation of the record, or "".
func (w *harness) operationOf(id, binding string) string {
	w.t.Helper()
	r, err := w.store.Get(w.t.Context(), store.Key{InstanceID: id, BindingID: binding})
	if err != nil || r.Operation == nil {
		return ""
	}
	return r.Operation.ID
}

// cell is the answer in the form of verb.want.
func cell(r reply, goesOn string) string {
	status := strconv.Itoa(r.status)
	switch polled, ok := r.body.(osb.LastOperation); {
	case ok:
		return status + map[osb.OperationState]string{osb.InProgress: "p", osb.Succeeded: "s", osb.Failed: "f"}[polled.State]
	case r.status == 202 && r.operation == goesOn:
		return status + "="
	case r.status == 202:
		return status + "+"
	}
	if r.err != nil && r.status == 422 {
		return status + map[bool]string{true: "C", false: "U"}[r.err.Code == osb.CodeConcurrencyError]
	}
	return status
}

// The same id, in every condition, with every request: one table, which is
// also docs/idempotency.md.
func TestIdempotency_Matrix_AnswersByState(t *testing.T) {
	osbtest.Proves(t, "ASY-06", "CON-01", "CON-03", "PROV-09", "PROV-10", "PROV-11", "PROV-19", "UPD-11", "UPD-12", "UPD-15", "UPD-20",
		"DEP-05", "DEP-06", "DEP-07", "DEP-08", "BIND-09", "BIND-10", "BIND-11", "BIND-12", "BIND-27", "UNB-05", "UNB-06", "UNB-07", "UNB-08",
		"FI-05", "FI-06", "FB-03", "LO-06", "LO-12", "BLO-05", "BLO-10", "ORP-03", "ROT-03", "HARD-05")
	for _, m := range []struct {
		of, binding string
		conditions  []condition
		verbs       []verb
	}{
		{"instance", "", instanceConditions(), instanceVerbs()},
		{"binding", "b", bindingConditions(), bindingVerbs()},
	} {
		for column, c := range m.conditions {
			t.Run(m.of+" "+c.name, func(t *testing.T) {
				for i, got := range sendAll(t, c, m.verbs, m.binding) {
					if want := strings.Fields(m.verbs[i].want)[column]; got != want {
						t.Errorf("%s: answered %s, want %s", m.verbs[i].name, got, want)
					}
				}
			})
		}
	}
	documented(t, "docs/idempotency.md", idempotencyPage())
}

// documented checks that a document is the page; with -update it becomes it.
func documented(t *testing.T, document, page string) {
	t.Helper()
	golden := filepath.Join("..", "..", document)
	if *update {
		if err := os.WriteFile(golden, []byte(page), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	written, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(written), page); diff != "" {
		t.Errorf("%s is not this page; run with -update (-there +here):\n%s", document, diff)
	}
}

// idempotencyPage is docs/idempotency.md.
func idempotencyPage() string {
	var page strings.Builder
	page.WriteString(`# Requests that come again

<!-- Written by TestIdempotency_Matrix_AnswersByState in test/operations with -update; do not edit. -->

What a request gets depends on what the instance or binding with that id is doing. This is the whole table; a test
goes through every cell of it. Parameters are the same where they mean the same: the order of members, the name and the
spelling of a parameter ([services](services/README.md)), and a default that is written out do not matter. The defaults are
those of the record's plan. The context does not matter either.

202 "same" has the operation of the first answer, "new" one of its own. All requests but fetches and polls were sent
with accepts_incomplete=true, for a plan whose provision, update and deprovision are asynchronous; where the work is
done within the request, a new 202 is a 201 (provision, bind) or a 200 instead. 422 without a code says in its
description what to do.

**A failed create stays failed until somebody acts.** The same provision or bind has the failed operation again, its poll
tells why, and nothing begins; without accepts_incomplete=true the answer is 500 with that sentence, or 422 AsyncRequired
for an asynchronous plan. A DELETE, or an operator's purge, ends it, and so do other attributes once the clean-up has
ended: the next request is a new life. A create that a DELETE cancelled has not failed, and a failed bind is about one life
of its instance.

`)
	writeMatrix(&page, "An instance that has a binding, where it was ever ready", instanceConditions(), instanceVerbs())
	writeMatrix(&page, "A binding of an instance that is ready", bindingConditions(), bindingVerbs())
	return strings.TrimRight(page.String(), "\n") + "\n"
}

func writeMatrix(page *strings.Builder, title string, conditions []condition, verbs []verb) {
	page.WriteString("## " + title + "\n\n| request |")
	for _, c := range conditions {
		page.WriteString(" " + c.name + " |")
	}
	page.WriteString("\n|---|" + strings.Repeat("---|", len(conditions)) + "\n")
	words := strings.NewReplacer("=", " same", "+", " new", "C", " ConcurrencyError", "U", "", "p", " in progress", "s", " succeeded", "f", " failed")
	for _, v := range verbs {
		page.WriteString("| " + v.name + " |")
		for want := range strings.FieldsSeq(v.want) {
			page.WriteString(" " + words.Replace(want) + " |")
		}
		page.WriteString("\n")
	}
	page.WriteString("\n")
}
