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
