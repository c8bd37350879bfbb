package operations_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

var rounds = flag.Int("rounds", 15, "of random requests") //nolint:gochecknoglobals // a flag of the test binary

// Several platforms at once send any request about the same few instances,
// while the cloud fails in every way and the process is restarted. In the end
// everything is deleted, every operation has ended, and each 5xx was announced
// as temporary.
func TestRandomRequests_OneReplica_LeaveNothing(t *testing.T) {
	for seed := range uint64(*rounds) {
		t.Run(fmt.Sprintf("Seed%d", seed), func(t *testing.T) {
			inBubble(t, func(w *harness) {
				w.plans = allRotate()
				w.restart()
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

// The same on two replicas, each of which takes requests, while the lease goes
// from one to the other and their clocks differ.
func TestRandomRequests_TwoReplicas_LeaveNothing(t *testing.T) {
	t.Parallel()
	for seed := range (uint64(*rounds) + 3) / 3 {
		t.Run(fmt.Sprintf("Seed%d", seed), func(t *testing.T) {
			t.Parallel()
			chaos := rand.New(rand.NewPCG(seed, 2))
			ahead := time.Duration(chaos.IntN(121)-60) * time.Second
			inReplicas(t, []time.Duration{0, ahead}, func(_ int, w *harness) { w.plans = allRotate() }, func(r *replicas) {
				w := r.all[0]
				for range 2 {
					var dice []*rand.Rand
					for n := range uint64(5) {
						dice = append(dice, rand.New(rand.NewPCG(chaos.Uint64(), n)))
					}
					var platforms sync.WaitGroup
					platforms.Go(func() { w.act(dice[0], 12) })
					platforms.Go(func() { w.act(dice[1], 12) })
					platforms.Go(func() { w.disturb(dice[2], 12) })
					platforms.Go(func() { r.wander(dice[3], 20) })
					platforms.Go(func() { w.hearsNothingOld(dice[4]) })
					platforms.Wait()
				}
				w.cloud.set(func(f *fakeCloud) { f.fail, f.data = map[string][]fakeFail{}, false })
				w.deleteAll()
				w.nothingLeft()
			})
		})
	}
}

// wander gives the lease to any replica n times.
func (r *replicas) wander(random *rand.Rand, n int) {
	for range n {
		r.hand(random.IntN(len(r.all)))
		r.all[0].pass(time.Duration(random.IntN(40_000)) * time.Millisecond)
	}
}

// any of the replicas.
func (w *harness) any(r *rand.Rand) *harness {
	if w.twins == nil {
		return w
	}
	return w.twins[r.IntN(len(w.twins))]
}

// hearsNothingOld creates and deletes an instance of its own. Once the DELETE
// is answered, every poll is about the deletion, whichever replica it reaches,
// with or without the operation.
func (w *harness) hearsNothingOld(r *rand.Rand) {
	const id = "own"
	if op := w.finally(id, "", w.any(r).provision(id, body("slow", ""))); op.State != osb.Succeeded {
		return // the cloud has refused
	}
	deleted := w.any(r).deprovision(id, "slow")
	for range 1000 {
		for _, operation := range []string{"", w.operation(deleted)} {
			switch got := w.any(r).poll(id, "", operation); {
			case got.status == 410:
				return
			case got.status != 200 || w.state(got).State == osb.Succeeded:
				w.t.Errorf("after the DELETE a poll for %q answered %d %+v", operation, got.status, got.body)
			}
		}
		w.pass(time.Second)
	}
}

func instances() []string { return []string{"a", "b"} }

// serviceOf an instance.
func serviceOf(id string) string {
	if id == "a" {
		return "fast"
	}
	return "slow"
}

// allRotate lets bindings of all plans be rotated.
func allRotate() string {
	return strings.ReplaceAll(strings.ReplaceAll(plansYAML, "    rotatable: true\n", ""), "    deadline: 30m\n", "    deadline: 30m\n    rotatable: true\n")
}

// act sends n random requests.
func (w *harness) act(r *rand.Rand, n int) {
	for range n {
		id := instances()[r.IntN(2)]
		service := serviceOf(id)
		binding := []string{"x", "y"}[r.IntN(2)]
		plans := []string{service + "-plan", service + "-large"}
		w := w.any(r)
		var got reply
		switch r.IntN(11) {
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
		case 8, 9: // about the state before
			w.bind(id, binding, fmt.Sprintf(`{"service_id":"%s-id","plan_id":%q}`, service, plans[r.IntN(2)]))
			w.pass(time.Duration(r.IntN(5_000)) * time.Millisecond)
			got = w.bind(id, binding+"-next", fmt.Sprintf(`{"predecessor_binding_id":%q}`, binding))
		case 10:
			got = w.unbind(id, binding+"-next", service)
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
func (w *harness) disturb(r *rand.Rand, n int) {
	steps := []string{"create", "finish", "resize", "delete", "observe"}
	errs := []error{
		providers.ErrThrottled, providers.ErrOutcomeUnknown, providers.ErrInvalid, providers.ErrSoldOut, providers.ErrWrongState,
		providers.ErrDenied, providers.ErrTokenUsed, providers.ErrQuota,
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
func (w *harness) deleteAll() {
	w.t.Helper()
	for _, id := range append(instances(), "own") {
		service := serviceOf(id)
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
