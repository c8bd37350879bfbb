package operations_test

import (
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// A create is a provision or bind of a test, which the cloud refuses.
type create struct {
	name, binding string
	service       string
	before        func(w *harness) // makes what it needs
}

func failingCreates() []create {
	return []create{
		{name: "SlowProvision", service: "slow"},
		{name: "FastProvision", service: "fast"},
		{name: "Bind", binding: "b", service: "fast", before: func(w *harness) { w.made("i", "fast") }},
	}
}

// send sends the create as a platform.
func (c create) send(p platform, parameters string) reply {
	p.t.Helper()
	if c.binding != "" {
		return p.bind("i", c.binding, body(c.service, parameters))
	}
	return p.provision("i", body(c.service, parameters))
}

// other returns parameters that differ from the ones that failed.
func (c create) other() string {
	if c.binding != "" {
		return `{"Scope":"some"}`
	}
	return `{"Colour":"blue"}`
}

func (c create) remove(w *harness) reply {
	w.t.Helper()
	if c.binding != "" {
		return w.unbind("i", c.binding, c.service)
	}
	return w.deprovision("i", c.service)
}

// fail brings the create to its failure. Its clean-up is refused as often as
// cleaning says.
func (c create) fail(w *harness, cleaning int) (operation string) {
	w.t.Helper()
	if c.before != nil {
		c.before(w)
	}
	w.cloud.failNext("finish", providers.ErrInvalid)
	for range cleaning {
		w.cloud.failNext("delete", providers.ErrThrottled)
	}
	first := c.send(w.platform(), "")
	if op := w.finally("i", c.binding, first); op.State != osb.Failed || op.Description == "" {
		w.t.Fatalf("the create ended %s %q, want failed with a sentence", op.State, op.Description)
	}
	return first.operation
}

// staysFailed checks that the same create has the failed operation, however it is
// sent, and that no call is made for it.
func (c create) staysFailed(w *harness, operation string) {
	w.t.Helper()
	creates := w.cloud.count("create")
	for range 3 {
		again := c.send(w.platform(), "")
		if w.want("the same create", again, 202); again.operation != operation {
			w.t.Errorf("the same create has operation %s, want the failed %s", again.operation, operation)
		}
		failed := w.state(w.poll("i", c.binding, again.operation))
		if failed.State != osb.Failed || failed.Description == "" {
			w.t.Errorf("its poll says %s %q, want failed with a sentence", failed.State, failed.Description)
		}
		got := c.send(w.syncPlatform(), "")
		switch {
		case c.service == "slow" && (got.status != 422 || got.err.Code != osb.CodeAsyncRequired):
			w.t.Errorf("the same create as a synchronous one is %d %v, want AsyncRequired", got.status, got.err)
		case c.service != "slow" && (got.status != 500 || got.err.Description != failed.Description):
			w.t.Errorf("the same create as a synchronous one is %d %v, want 500 with %q", got.status, got.err, failed.Description)
		}
		w.pass(10 * time.Second)
	}
	if n := w.cloud.count("create"); n != creates {
		w.t.Errorf("%d creates reached the cloud, want the %d of before", n, creates)
	}
}

// Korifi sends the same PUT before each poll: it must hear of the failure, during
// the clean-up and after it, and from the next process too.
func TestFailedCreate_SamePut_StaysFailed(t *testing.T) {
	osbtest.Proves(t, "ORP-02", "ORP-05", "ASY-01", "HARD-07")
	t.Parallel()
	for _, c := range failingCreates() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, func(w *harness) {
				operation := c.fail(w, 8)
				c.staysFailed(w, operation)
				other := c.send(w.platform(), c.other())
				if w.want("another create, during the clean-up", other, 422); other.err.Code != osb.CodeConcurrencyError {
					t.Errorf("another create during the clean-up says %q", other.err.Code)
				}
				w.pass(time.Hour)
				c.staysFailed(w, operation)
				w.restart()
				c.staysFailed(w, operation)
				w.pass(20 * 24 * time.Hour)
				c.staysFailed(w, operation)
			})
		})
	}
}

// A DELETE ends the failure: Service Catalog sends one and then the same PUT. So
// does a purge, and so do other attributes once the clean-up has ended.
func TestFailedCreate_Acknowledged_BeginsANewLife(t *testing.T) {
	osbtest.Proves(t, "ORP-03", "ORP-05", "URL-04", "LO-14")
	t.Parallel()
	for name, acknowledge := range map[string]func(w *harness, c create) (parameters string){
		"DeleteAfterCleanUp": func(w *harness, c create) string {
			w.pass(time.Hour)
			w.want("DELETE", c.remove(w), 200)
			w.want("DELETE again", c.remove(w), 410)
			return ""
		},
		"DeleteInCleanUp": func(w *harness, c create) string {
			w.finally("i", c.binding, c.remove(w))
			return ""
		},
		"PurgeAfterCleanUp": func(w *harness, c create) string {
			w.pass(time.Hour)
			w.purged(c.binding)
			return ""
		},
		"PurgeInCleanUp": func(w *harness, c create) string {
			w.purged(c.binding)
			return ""
		},
		"OtherAttributes": func(w *harness, c create) string {
			w.pass(time.Hour)
			return c.other()
		},
	} {
		for _, c := range failingCreates() {
			t.Run(name+c.name, func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(w *harness) {
					failed := c.fail(w, 2)
					parameters := acknowledge(w, c)
					again := c.send(w.platform(), parameters)
					if op := w.finally("i", c.binding, again); op.State != osb.Succeeded || again.operation == failed {
						t.Errorf("the create after that ended %s %q (operation %q, before %q)", op.State, op.Description, again.operation, failed)
					}
					if op := w.state(w.poll("i", c.binding, failed)); op.State != osb.Failed {
						t.Errorf("a poll of the failed operation says %s", op.State)
					}
				})
			})
		}
	}
}

// purged purges instance "i" or its binding.
func (w *harness) purged(binding string) {
	w.t.Helper()
	if _, err := w.runs.Purge(w.t.Context(), store.Key{InstanceID: "i", BindingID: binding}, false); err != nil {
		w.t.Errorf("purge: %v", err)
	}
}

// A create that the user deletes while it runs was cancelled, and has not failed.
func TestCancelledCreate_SamePut_BeginsANewLife(t *testing.T) {
	osbtest.Proves(t, "DEP-08", "ORP-03")
	t.Parallel()
	inBubble(t, func(w *harness) {
		first := w.provision("i", body("slow", ""))
		w.pass(time.Second)
		w.finally("i", "", w.deprovision("i", "slow"))
		if op := w.state(w.poll("i", "", first.operation)); op.State != osb.Failed {
			t.Errorf("the cancelled provision is %s", op.State)
		}
		again := w.provision("i", body("slow", ""))
		if op := w.finally("i", "", again); op.State != osb.Succeeded {
			t.Errorf("the provision after that ended %s %q", op.State, op.Description)
		}
	})
}

// A passed deadline is a failure like any other.
func TestOverdueCreate_SamePut_StaysFailed(t *testing.T) {
	osbtest.Proves(t, "ORP-05")
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.plans = strings.ReplaceAll(w.plans, "looks: 3", "looks: 3000")
		w.restart()
		first := w.provision("i", body("slow", ""))
		if op := w.ended("i", "", first); op.State != osb.Failed {
			t.Fatalf("the provision ended %s", op.State)
		}
		create{service: "slow"}.staysFailed(w, first.operation)
	})
}

// Service Catalog gets no answer to a bind that takes longer than a request, and
// sends it again; by then the bind has failed.
func TestDroppedBind_FailsMeanwhile_Answers500(t *testing.T) {
	osbtest.Proves(t, "ORP-05")
	t.Parallel()
	inBubble(t, func(w *harness) {
		w.opts.DropUnfinishedBinds = true
		w.restart()
		w.made("i", "fast")
		hang := make(chan struct{})
		w.cloud.set(func(f *fakeCloud) { f.hang = hang })
		w.cloud.failNext("finish", providers.ErrInvalid)
		kubernetes := strings.Replace(body("fast", ""), "{", `{"context":{"platform":"kubernetes"},`, 1)
		if got := w.syncPlatform().bind("i", "b", kubernetes); !got.dropped {
			t.Fatalf("the bind was answered %d", got.status)
		}
		close(hang)
		w.pass(time.Minute)
		w.want("the same bind", w.syncPlatform().bind("i", "b", kubernetes), 500)
		w.finally("i", "b", w.unbind("i", "b", "fast"))
		w.want("the same bind after it", w.syncPlatform().bind("i", "b", kubernetes), 201)
	})
}

// A failed bind is about one life of its instance: the next one's binds begin anew,
// and the instance's deletion ends it.
func TestFailedBind_InstanceGone_IsForgotten(t *testing.T) {
	osbtest.Proves(t, "BIND-27", "ORP-05", "DEP-10")
	t.Parallel()
	c := failingCreates()[2]
	for name, end := range map[string]func(w *harness){
		"Deprovision": func(w *harness) { w.want("deprovision", w.deprovision("i", "fast"), 200) },
		"Purge":       func(w *harness) { w.purgedByForce() },
	} {
		for when, cleaning := range map[string]int{"InCleanUp": 3, "AfterCleanUp": 0} {
			t.Run(name+when, func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(w *harness) {
					failed := c.fail(w, cleaning)
					if cleaning == 0 {
						w.pass(time.Minute)
					}
					end(w)
					w.want("the same bind", c.send(w.platform(), ""), 404)
					r, err := w.store.Get(t.Context(), store.Key{InstanceID: "i", BindingID: "b"})
					if err != nil || r.Deleted.IsZero() {
						t.Errorf("the record of the binding is no tombstone (%v)", err)
					}
					if op := w.state(w.poll("i", "b", failed)); op.State != osb.Failed {
						t.Errorf("the failed bind is polled as %s", op.State)
					}
					w.made("i", "fast")
					w.want("a bind to the next life", c.send(w.platform(), ""), 201)
				})
			})
		}
	}
}

func (w *harness) purgedByForce() {
	w.t.Helper()
	if _, err := w.runs.Purge(w.t.Context(), storeKey("i"), true); err != nil {
		w.t.Errorf("purge: %v", err)
	}
}

// A bind that was stored as the deletion of its instance ended has failed, and says
// nothing about the instance's next life.
func TestFailedBind_OfEarlierLife_BeginsANewOne(t *testing.T) {
	osbtest.Proves(t, "ORP-05")
	t.Parallel()
	inBubble(t, func(w *harness) {
		c := failingCreates()[2]
		c.fail(w, 0)
		w.pass(time.Minute)
		earlier := store.Key{InstanceID: "i", BindingID: "b"}
		if _, err := w.store.Update(t.Context(), earlier, func(r *store.Record) error { r.Parent = "00ff"; return nil }); err != nil {
			t.Fatal(err)
		}
		w.want("the same bind", c.send(w.platform(), ""), 201)
	})
}

// A failed rotation stays failed too, also once its predecessor is gone; then only
// the DELETE of the failed one is left, and a bind without predecessor.
func TestFailedRotation_SamePut_StaysFailed(t *testing.T) {
	osbtest.Proves(t, "ORP-05", "ROT-02", "ROT-03")
	t.Parallel()
	const rotation = `{"predecessor_binding_id":"old"}`
	inBubble(t, func(w *harness) {
		w.made("i", "fast")
		w.want("bind", w.bind("i", "old", body("fast", `{"Scope":"all"}`)), 201)
		w.cloud.failNext("finish", providers.ErrInvalid)
		first := w.bind("i", "new", rotation)
		if op := w.finally("i", "new", first); op.State != osb.Failed {
			t.Fatalf("the rotation ended %s", op.State)
		}
		w.pass(time.Minute)
		same := func(when string) {
			t.Helper()
			if got := w.bind("i", "new", rotation); got.status != 202 || got.operation != first.operation {
				t.Errorf("the same rotation %s is %d (operation %s, want %s)", when, got.status, got.operation, first.operation)
			}
		}
		same("after its failure")
		w.want("one with other parameters", w.bind("i", "new", `{"predecessor_binding_id":"old","parameters":{"Scope":"some"}}`), 201)
		w.want("its unbind", w.unbind("i", "new", "fast"), 200)

		w.cloud.failNext("finish", providers.ErrInvalid)
		first = w.bind("i", "new", rotation)
		w.finally("i", "new", first)
		w.want("unbind of the predecessor", w.unbind("i", "old", "fast"), 200)
		same("without its predecessor")
		w.want("another one without its predecessor", w.bind("i", "new", `{"predecessor_binding_id":"old","parameters":{"Scope":"some"}}`), 400)
		w.want("DELETE of the failed one", w.unbind("i", "new", "fast"), 200)
		w.want("the rotation without its predecessor", w.bind("i", "new", rotation), 400)
	})
}
