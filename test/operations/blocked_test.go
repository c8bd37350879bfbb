package operations_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// withWorkers is withTripping with a few workers.
func withWorkers(t *testing.T, n int, test func(w *harness, p *faultyProvider)) {
	t.Helper()
	withTripping(t, func(w *harness, p *faultyProvider) {
		w.config = func(c *settings) { c.Engine.Workers = n }
		w.restart()
		test(w, p)
	})
}

// isBlocking selects the instances whose calls block, by the first letter of
// the id.
func isBlocking(t providers.Task) bool { return t.InstanceID[0] == 'b' }

func TestEngine_HungProvider_DelaysNoOtherInstance(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"Observe", "Do"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			withWorkers(t, 4, func(w *harness, p *faultyProvider) {
				come := make(chan struct{})
				p.setFault(func(m string, t providers.Task) {
					if m == method && isBlocking(t) {
						<-come
					}
				})
				const blocked = 10 // more than there are workers
				accepted := map[string]reply{}
				for n := range blocked {
					id := fmt.Sprintf("b%d", n)
					accepted[id] = w.provision(id, body("slow", ""))
				}
				w.want("another", w.provision("good", body("fast", "")), 201)
				w.pass(2 * time.Minute)
				w.wantQuarantined(blocked)
				w.want("another, now that they are given up", w.provision("good2", body("fast", "")), 201)
				w.inProgress("b0", "", w.operation(accepted["b0"]))
				before, asked := w.inner.asked(), p.asked("b0")
				w.pass(10 * time.Minute)
				if n := w.inner.asked() - before; n > 2 || p.asked("b0") != asked {
					t.Errorf("records that block were looked at: the store was asked %d times, the provider %d", n, p.asked("b0")-asked)
				}

				p.setFault(nil)
				close(come)
				for id, accepted := range accepted {
					if op := w.finally(id, "", accepted); op.State != osb.Succeeded {
						t.Errorf("%s ended %s: %s", id, op.State, op.Description)
					}
				}
				w.wantQuarantined(0)
				if got, want := w.cloud.count("create"), blocked+2; got != want {
					t.Errorf("%d creates, want %d", got, want)
				}
				if got, want := len(w.cloud.names()), blocked+2; got != want {
					t.Errorf("%d things in the cloud, want %d", got, want)
				}
			})
		})
	}
}

func TestEngine_HungLook_DelaysNoNewRequest(t *testing.T) {
	withTripping(t, func(w *harness, p *faultyProvider) {
		w.made("b", "slow")
		come := make(chan struct{})
		var once atomic.Bool
		p.setFault(func(m string, _ providers.Task) {
			if m == "Observe" && once.CompareAndSwap(false, true) {
				<-come
			}
		})
		w.want("update", w.update("b", `{"service_id":"slow-id","plan_id":"slow-large"}`), 202)
		w.pass(2 * time.Minute)
		w.wantQuarantined(1)
		if op := w.finally("b", "", w.deprovision("b", "slow")); op.State != osb.Succeeded {
			t.Errorf("the deletion ended %s: %s", op.State, op.Description)
		}
		w.wantQuarantined(0)
		w.nothingLeft()
		close(come)
		w.pass(time.Minute)
		w.wantQuarantined(0)
	})
}

// A call that hangs in this process may still take effect: a deletion waits
// until lost calls have settled.
func TestDeletion_HungCall_IsWaitedFor(t *testing.T) {
	withTripping(t, func(w *harness, p *faultyProvider) {
		come := make(chan struct{})
		p.setFault(func(m string, _ providers.Task) {
			if m == "Do" {
				<-come
			}
		})
		w.want("provision", w.provision("b", body("slow", "")), 202)
		w.pass(2 * time.Minute)
		deleted := w.deprovision("b", "slow")
		w.pass(2 * time.Minute)
		if op := w.state(w.poll("b", "", w.operation(deleted))); op.State != osb.InProgress {
			t.Errorf("the deletion is %s while the create may still have its effect", op.State)
		}
		p.setFault(nil)
		close(come)
		w.finally("b", "", deleted)
		w.nothingLeft()
		if n := w.cloud.count("create"); n != 1 {
			t.Errorf("%d creates, want 1", n)
		}
	})
}

func TestTerm_Ended_BeginsNoCall(t *testing.T) {
	withWorkers(t, 2, func(w *harness, p *faultyProvider) {
		come := make(chan struct{})
		var stopped, begun atomic.Bool
		p.setFault(func(m string, t providers.Task) {
			switch {
			case m == "Observe" && stopped.Load(), m == "Do" && stopped.Load():
				begun.Store(true)
			case m == "Observe" && isBlocking(t):
				<-come // and ignores its context
			case m == "Observe":
				w.pass(time.Second) // as long as the look takes
			}
		})
		for n := range 50 {
			w.want("provision", w.provision(fmt.Sprintf("i%d", n), body("slow", "")), 202)
		}
		w.want("provision", w.provision("b", body("slow", "")), 202)
		w.pass(10 * time.Second)
		synctest.Wait()
		stopped.Store(true)
		began := time.Now()
		w.stop()
		if took := time.Since(began); took > time.Second {
			t.Errorf("the term took %s to end, want no longer than the call that has begun", took)
		}
		if begun.Load() {
			t.Error("something new was asked of the provider")
		}
		close(come)
		p.setFault(nil)
		w.start()
		for n := range 50 {
			id := fmt.Sprintf("i%d", n)
			w.finally(id, "", w.provision(id, body("slow", "")))
		}
		if n := w.cloud.count("create"); n != 51 {
			t.Errorf("%d creates, want 51", n)
		}
	})
}

// While the calls of one tenant hang, as many as the broker lets run and hundreds
// behind them, an operation of another tenant goes on within seconds.
func TestEngine_HungCallsOfOneTenant_LeaveOthersWorkers(t *testing.T) {
	t.Parallel()
	withWorkers(t, 2, func(w *harness, p *faultyProvider) {
		w.config = func(c *settings) { c.Engine.Workers, c.AsyncWait = 2, time.Nanosecond }
		w.restart()
		come := make(chan struct{})
		var hang atomic.Int64
		p.setFault(func(m string, t providers.Task) {
			if m == "Do" && isBlocking(t) {
				hang.Add(1)
				<-come
			}
		})
		const crowd = 200
		accepted := map[string]reply{}
		for n := range crowd {
			id := fmt.Sprintf("b%d", n)
			accepted[id] = w.provision(id, bodyOf("big", "fast"))
		}
		for n := range 10 { // while more and more of the calls hang
			w.pass(3 * time.Second)
			began := time.Now()
			id := fmt.Sprintf("i%d", n)
			if op := w.finally(id, "", w.provision(id, bodyOf("other", "fast"))); op.State != osb.Succeeded {
				t.Errorf("%s ended %s: %s", id, op.State, op.Description)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("beside %d calls that hang it took %s", hang.Load(), took)
			}
		}
		if hang.Load() < 8 {
			t.Errorf("only %d calls hang", hang.Load())
		}
		p.setFault(nil)
		close(come)
		for id, accepted := range accepted {
			if op := w.finally(id, "", accepted); op.State != osb.Succeeded {
				t.Errorf("%s ended %s: %s", id, op.State, op.Description)
			}
		}
		if got, want := len(w.cloud.names()), crowd+10; got != want {
			t.Errorf("%d things in the cloud, want %d", got, want)
		}
	})
}
