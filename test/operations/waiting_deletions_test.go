package operations_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A deprovision that waits for the deletion of a binding polls with the sentence
// of the binding, whichever request began that deletion, also after a restart; it stays the
// same while the binding's does, and goes with the binding.
func TestDeprovision_StuckUnbind_PollsItsSentence(t *testing.T) {
	t.Parallel()
	for name, unbindFirst := range map[string]bool{"Unbind": true, "Cascade": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			osbtest.Proves(t, "DEP-10", "LO-09")
			inBubble(t, func(w *harness) {
				w.made("i", "fast")
				w.bound("i", "one")
				w.bound("i", "two")
				w.cloud.failNext("delete", slices.Repeat([]error{providers.ErrDenied}, 500)...)
				if unbindFirst {
					w.want("unbind", w.unbind("i", "two", "fast"), 202)
				}
				deleted := w.operation(w.deprovision("i", "fast"))
				waits := lifecycle.TextBindingFirst + providers.Sentence(providers.ErrDenied)
				said := func(what string) {
					t.Helper()
					for range 100 {
						op := w.state(w.poll("i", "", deleted))
						if op.State != osb.InProgress || op.Description != waits {
							t.Fatalf("%s the deprovision is %s: %q, want %q", what, op.State, op.Description, waits)
						}
						w.pass(13 * time.Second)
					}
				}
				w.pass(time.Minute)
				said("while the cloud refuses")
				revision := w.record("i", "").Revision
				said("later")
				if now := w.record("i", "").Revision; now != revision {
					t.Errorf("the record was written from revision %d to %d by the same sentence", revision, now)
				}
				w.restart()
				said("after a restart")

				// The instance itself is refused too: its own sentence takes over.
				w.cloud.set(func(f *fakeCloud) {
					f.fail = map[string][]fakeFail{"delete": {{}, {}}}
					for range 500 {
						f.fail["delete"] = append(f.fail["delete"], fakeFail{err: providers.ErrQuota})
					}
				})
				w.pass(time.Hour)
				op := w.state(w.poll("i", "", deleted))
				if want := providers.Sentence(providers.ErrQuota); op.State != osb.InProgress || op.Description != want {
					t.Errorf("without bindings the deprovision is %s: %q, want %q", op.State, op.Description, want)
				}
				w.cloud.set(func(f *fakeCloud) { f.fail = map[string][]fakeFail{} })
				w.pass(time.Hour)
				w.want("poll of the end", w.poll("i", "", deleted), 410)
				w.nothingLeft()
			})
		})
	}
}

// The sentence goes as soon as the bindings are gone, also where the deletion of
// the instance has no sentence of its own.
func TestDeprovision_BindingsGone_DropsTheirSentence(t *testing.T) {
	withTripping(t, func(w *harness, p *faultyProvider) {
		w.made("i", "fast")
		w.bound("i", "one")
		come := make(chan struct{})
		p.setFault(func(m string, t providers.Task) {
			if m == "Do" && t.Kind == providers.Instance {
				<-come
			}
		})
		w.cloud.failNext("delete", slices.Repeat([]error{providers.ErrDenied}, 3)...)
		deleted := w.operation(w.deprovision("i", "fast"))
		if op := w.state(w.poll("i", "", deleted)); !strings.HasPrefix(op.Description, lifecycle.TextBindingFirst) {
			t.Errorf("with the binding the deprovision says %q", op.Description)
		}
		for len(w.cloud.names()) == 2 {
			w.pass(time.Second)
		}
		w.pass(time.Second)
		if op := w.state(w.poll("i", "", deleted)); op.State != osb.InProgress || op.Description != "" {
			t.Errorf("without the binding the deprovision is %s: %q", op.State, op.Description)
		}
		close(come)
		w.finally("i", "", reply{status: 202, operation: deleted})
		w.nothingLeft()
	})
}

// A quarantined binding tells so in the polls of its instance.
func TestDeprovision_QuarantinedBinding_IsTold(t *testing.T) {
	withTripping(t, func(w *harness, p *faultyProvider) {
		w.made("i", "fast")
		w.bound("i", "one")
		p.setFault(func(_ string, t providers.Task) {
			if t.Kind == providers.Binding {
				panic("the provider stumbles")
			}
		})
		deleted := w.operation(w.deprovision("i", "fast"))
		w.pass(5 * time.Minute)
		w.wantQuarantined(1)
		if op := w.state(w.poll("i", "", deleted)); op.Description != lifecycle.TextBindingFirst+lifecycle.TextQuarantined {
			t.Errorf("the deprovision is %s: %q", op.State, op.Description)
		}
		p.setFault(nil)
		if _, err := w.runs.Retry(t.Context(), "i"); err != nil {
			t.Fatal(err)
		}
		w.finally("i", "", reply{status: 202, operation: deleted})
		w.nothingLeft()
	})
}
