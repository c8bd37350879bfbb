package broker_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

var rounds = flag.Int("rounds", 15, "of random requests") //nolint:gochecknoglobals // a flag of the test binary

// Several platforms at once do anything to the same few instances, while the
// cloud fails in every way and the process is restarted. In the end everything
// is deleted: nothing is left, nothing is stuck, and no answer was a server's
// error that was not said to be temporary.
func TestRandomRequestsLeaveNothingBehind(t *testing.T) {
	for seed := range uint64(*rounds) {
		t.Run(fmt.Sprintf("Seed%d", seed), func(t *testing.T) {
			inBubble(t, func(w *world) {
				chaos := rand.New(rand.NewPCG(seed, 1))
				for range 3 {
					var platforms sync.WaitGroup
					for p := range uint64(3) {
						r := rand.New(rand.NewPCG(chaos.Uint64(), p))
						platforms.Go(func() { w.act(r, 12) })
					}
					platforms.Go(func() { w.disturb(rand.New(rand.NewPCG(chaos.Uint64(), 9)), 12) })
					platforms.Wait()
					w.restart()
				}
				w.cloud.set(func(f *fakeCloud) { f.fail, f.data = map[string][]fakeFail{}, false })
				w.deleteAll()
				w.nothingLeft()
			})
		})
	}
}

func instances() []string { return []string{"a", "b"} }

// act sends n random requests.
func (w *world) act(r *rand.Rand, n int) {
	for range n {
		id := instances()[r.IntN(2)]
		service := map[string]string{"a": "fast", "b": "slow"}[id]
		binding := []string{"x", "y"}[r.IntN(2)]
		plans := []string{service + "-plan", service + "-large"}
		var got reply
		switch r.IntN(8) {
		case 0, 1:
			got = w.provision(id, body(service, ""))
		case 2:
			got = w.provision(id, body(service, `{"Colour":"red"}`))
		case 3:
			got = w.update(id, fmt.Sprintf(`{"service_id":"%s-id","plan_id":%q}`, service, plans[r.IntN(2)]))
		case 4, 5:
			plan := plans[r.IntN(2)]
			got = w.bind(id, binding, fmt.Sprintf(`{"service_id":"%s-id","plan_id":%q}`, service, plan))
		case 6:
			got = w.unbind(id, binding, service)
		case 7:
			got = w.deprovision(id, service)
		}
		if !slices.Contains([]int{200, 201, 202, 400, 404, 409, 410, 422}, got.status) {
			w.t.Errorf("a request was answered %d %v", got.status, got.err)
		}
		if got.err != nil && (got.err.Description == "" || strings.Contains(got.err.Description, "fake")) {
			w.t.Errorf("%d says %q", got.status, got.err.Description)
		}
		w.pass(time.Duration(r.IntN(20_000)) * time.Millisecond)
	}
}

// disturb lets the cloud fail n times in random ways.
func (w *world) disturb(r *rand.Rand, n int) {
	steps := []string{"create", "finish", "resize", "delete", "observe"}
	errs := []error{
		alicloud.ErrThrottled, alicloud.ErrOutcomeUnknown, alicloud.ErrInvalid, alicloud.ErrSoldOut, alicloud.ErrWrongState,
		alicloud.ErrDenied, alicloud.ErrTokenUsed, alicloud.ErrQuota,
	}
	for range n {
		step := steps[r.IntN(len(steps))]
		switch r.IntN(4) {
		case 0:
			if step != "observe" {
				w.cloud.loseNext(step)
			}
		case 1:
			w.cloud.set(func(f *fakeCloud) { f.data = !f.data })
		default:
			w.cloud.failNext(step, errs[r.IntN(len(errs))])
		}
		w.pass(time.Duration(r.IntN(30_000)) * time.Millisecond)
	}
}

// deleteAll deletes as a platform does in the end, and waits for it.
func (w *world) deleteAll() {
	w.t.Helper()
	for _, id := range instances() {
		service := map[string]string{"a": "fast", "b": "slow"}[id]
		for range 100 {
			got := w.deprovision(id, service)
			if got.status == 410 || got.status == 200 {
				break
			}
			if op := w.finally(id, "", got); op.State == osb.Succeeded {
				break
			}
		}
		w.want("deprovision of what is deleted", w.deprovision(id, service), 410)
	}
	w.pass(time.Hour)
	if ids, err := w.store.Unfinished(w.t.Context()); err != nil || len(ids) != 0 {
		w.t.Errorf("still unfinished: %v (%v)", ids, err)
	}
}
