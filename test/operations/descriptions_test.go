package operations_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Platforms take another description for news: through all tries of one error a
// poll says the same words, whatever the cloud's own text.
func TestDescription_SameState_HasTheSameText(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]error{
		"throttled": providers.ErrThrottled, "unknown": providers.ErrOutcomeUnknown, "wrong state": providers.ErrWrongState,
		"denied": providers.ErrDenied, "quota": providers.ErrQuota, "arrears": providers.ErrArrears, "other": errors.New("something new"),
	} {
		steps := []string{"create"}
		if name == "denied" || name == "throttled" {
			steps = []string{"observe", "create", "finish"}
		}
		for _, step := range steps {
			t.Run(name+"/"+step, func(t *testing.T) {
				t.Parallel()
				inBubble(t, func(w *harness) {
					var errs []error
					for n := range 8 {
						errs = append(errs, fmt.Errorf("request %d at %s: %w", n, time.Now(), kind))
					}
					w.cloud.failNext(step, errs...)
					operation := w.operation(w.provision("i", body("slow", "")))
					var said []string
					for tries := 0; tries < len(errs); w.pass(time.Second) {
						synctest.Wait() // the call is in the record
						w.cloud.set(func(f *fakeCloud) { tries = len(errs) - len(f.fail[step]) })
						op := w.state(w.poll("i", "", operation))
						if op.State != osb.InProgress {
							t.Fatalf("after %d errors it is %s: %s", tries, op.State, op.Description)
						}
						if tries > 0 && !slices.Contains(said, op.Description) {
							said = append(said, op.Description)
						}
					}
					if len(said) != 1 {
						t.Errorf("while %d tries met the same error it said %q", len(errs), said)
					}
				})
			})
		}
	}
}

// The sentence of a refusal goes once the call succeeds, also while the next step
// has no words of its own.
func TestDescription_RefusalIsOver_IsDropped(t *testing.T) {
	withTripping(t, func(w *harness, p *faultyProvider) {
		come := make(chan struct{})
		p.setFault(func(m string, _ providers.Task) {
			if m == "Do" && len(w.cloud.names()) > 0 {
				<-come
			}
		})
		w.cloud.failNext("create", providers.ErrDenied, providers.ErrDenied)
		operation := w.operation(w.provision("i", body("fast", "")))
		if op := w.state(w.poll("i", "", operation)); op.Description != providers.Sentence(providers.ErrDenied) {
			t.Errorf("while it is refused it says %q", op.Description)
		}
		for len(w.cloud.names()) == 0 {
			w.pass(time.Second)
		}
		w.pass(5 * time.Second)
		if op := w.state(w.poll("i", "", operation)); op.State != osb.InProgress || op.Description != "" {
			t.Errorf("after that it is %s: %q", op.State, op.Description)
		}
		close(come)
		w.finally("i", "", reply{status: 202, operation: operation})
	})
}
