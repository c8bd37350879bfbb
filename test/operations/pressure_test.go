package operations_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// bodyOf is a provision of a tenant.
func bodyOf(tenant, service string) string {
	return `{"context":{"platform":"kubernetes","namespace":"` + tenant + `"},` + strings.TrimPrefix(body(service, ""), "{")
}

// tenant is how many instances each of the small tenants has.
const tenant = 10

// A thousand provisions at once, half of them from one tenant: every tenant is
// served, and each instance is created once, also when the broker starts with
// all of them unfinished.
func TestQueue_BusyTenant_StarvesNoOther(t *testing.T) {
	t.Parallel()
	for restarted, size := range map[bool]struct{ crowd, most int }{false: {1000, 50}, true: {120, 30}} {
		crowd := size.crowd
		t.Run(fmt.Sprintf("Restarted%t", restarted), func(t *testing.T) {
			t.Parallel()
			withWorkers(t, 8, func(w *harness, p *faultyProvider) {
				w.config = func(c *settings) { c.Engine.Workers, c.AsyncWait = 8, time.Nanosecond }
				w.restart()
				var mu sync.Mutex
				creates := []string{} // tenants, in the order of their first calls
				seen := map[string]bool{}
				p.setFault(func(m string, t providers.Task) {
					switch m {
					case "Observe":
						w.pass(20 * time.Millisecond) // as long as the look takes
					case "Do":
						mu.Lock()
						if !seen[t.InstanceID] {
							seen[t.InstanceID] = true
							creates = append(creates, t.Labels.Namespace)
						}
						mu.Unlock()
					}
				})
				if restarted {
					w.inner.grants = make(chan tenure, 1) // the lease is free for now
					w.restart()
				}
				ids := map[string]reply{}
				for n := range crowd { // the big one comes first
					id, of := fmt.Sprintf("a%04d", n), "big"
					if n >= crowd/2 {
						of = fmt.Sprintf("small%d", n%(crowd/2/tenant))
					}
					ids[id] = w.provision(id, bodyOf(of, "fast"))
					w.want("provision", ids[id], 202)
				}
				if restarted {
					(&lessor{}).give(w.inner)
				}
				w.pass(10 * time.Minute)
				for id, accepted := range ids {
					if op := w.finally(id, "", accepted); op.State != osb.Succeeded {
						t.Fatalf("%s ended %s: %s", id, op.State, op.Description)
					}
				}
				big, last := 0, 0
				for _, of := range creates {
					if of == "big" {
						big++
					} else {
						last = big
					}
				}
				t.Logf("the last of the small tenants began after %d of %d instances of the big one", last, big)
				if last > size.most {
					t.Errorf("%d instances of the big tenant were begun before the last of the small ones", last)
				}
				if made, sent := len(w.cloud.names()), w.cloud.count("create"); made != crowd || sent != crowd {
					t.Errorf("%d things made by %d creates, want %d", made, sent, crowd)
				}
			})
		})
	}
}

func TestRequests_Waiting_AreBounded(t *testing.T) {
	osbtest.Proves(t, "ASY-05")
	inBubble(t, func(w *harness) {
		const places = 5
		w.config = func(c *settings) { c.Waiting = places }
		w.restart()
		hang := make(chan struct{})
		w.cloud.set(func(f *fakeCloud) { f.hang = hang })
		var requests sync.WaitGroup
		for n := range places {
			requests.Go(func() { w.want("one that waits", w.provision(fmt.Sprintf("i%d", n), body("fast", "")), 201) })
		}
		synctest.Wait()
		w.shown("all places are taken", "waiting_requests", map[string]float64{"": places})
		started := time.Now()
		accepted := w.provision("more", body("fast", ""))
		w.want("one more", accepted, 202)
		got := w.syncPlatform().provision("sync", body("fast", ""))
		w.want("one more that takes no 202", got, 503)
		if took := time.Since(started); took != 0 {
			t.Errorf("those for whom there was no place waited %s", took)
		}
		w.cloud.set(func(f *fakeCloud) { f.hang = nil })
		close(hang)
		requests.Wait()
		w.finally("more", "", accepted)
		w.shown("all is done", "waiting_requests", map[string]float64{"": 0})
	})
}

// While one tenant holds every place with operations that hang, the requests of
// another one get places and are answered; what they cost, the large tenant pays.
func TestRequests_OneTenantWaits_OthersAreAnswered(t *testing.T) {
	osbtest.Proves(t, "ASY-05")
	withTripping(t, func(w *harness, p *faultyProvider) {
		const places = 5
		w.config = func(c *settings) { c.Waiting = places }
		w.restart()
		come := make(chan struct{})
		p.setFault(func(m string, t providers.Task) {
			if m == "Do" && isBlocking(t) {
				<-come
			}
		})
		var requests sync.WaitGroup
		answers := make(chan int, 3*places)
		for n := range 3 * places {
			requests.Go(func() {
				answers <- w.syncPlatform().provision(fmt.Sprintf("b%d", n), bodyOf("big", "fast")).status
			})
		}
		synctest.Wait()
		w.shown("one tenant has all places", "waiting_requests", map[string]float64{"": places})
		for n := range 2 * places {
			started := time.Now()
			w.want("one of another tenant", w.syncPlatform().provision(fmt.Sprintf("i%d", n), bodyOf("other", "fast")), 201)
			if took := time.Since(started); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		}
		// What another tenant took is given back, and the large one may have it.
		w.want("one more of the large tenant", w.syncPlatform().provision("i", bodyOf("big", "fast")), 201)
		w.shown("the waits were shortened", "waiting_requests_shortened_total", map[string]float64{"full": 2 * places, "share": 1})
		close(come)
		requests.Wait()
		close(answers)
		got := map[int]int{}
		for status := range answers {
			got[status]++
		}
		if got[201] != places-1 || got[503] != 2*places+1 {
			t.Errorf("the large tenant was answered %v", got)
		}
	})
}
