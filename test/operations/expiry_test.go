package operations_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// withLifetime returns a rig with an instance of RDS, in a plan with more members.
func withLifetime(t *testing.T, members string) *rig {
	t.Helper()
	const before = "    fresh: [Username, Password]\n"
	plans, err := catalog.Load(catalog.Embedded("plans.yaml", []byte(strings.Replace(rigPlans, before, before+members, 1))))
	if err != nil {
		t.Fatal(err)
	}
	r := rigAt(t, plans, nil, cloudBehaviour{})
	r.start()
	r.carry(rdsService().provision(expected{instance: true}))
	return r
}

const endsAfterADay = "    bindingLifetime: {after: 24h, end: true}\n"

// stage returns the stage of a binding.
func (r *rig) stage(id string) lifecycle.Stage {
	r.t.Helper()
	b, err := r.store.Get(r.life.Context(), store.Key{InstanceID: theInstance, BindingID: id})
	if err != nil {
		r.t.Fatal(err)
	}
	return lifecycle.StageOf(&b)
}

// expire begins the expires that are due.
func (r *rig) expire() {
	r.t.Helper()
	if err := r.passes.Expire(r.life.Context()); err != nil && !r.isDead() {
		r.t.Fatal(err)
	}
}

func TestExpire_TimeIsOver_LocksTheAccount(t *testing.T) {
	t.Parallel()
	for rule, members := range map[string]string{"Lock": endsAfterADay, "Delete": endsAfterADay + "    unbind: delete\n"} {
		t.Run(rule, func(t *testing.T) {
			t.Parallel()
			r := withLifetime(t, members)
			given := r.bound("one", theUsername)
			r.clock.Advance(23 * time.Hour)
			r.expire()
			if stage := r.stage("one"); stage != lifecycle.Ready || r.password() != given["password"] {
				t.Fatalf("an hour before its end the binding is %s", stage)
			}
			r.clock.Advance(time.Hour)
			r.restart() // the process of the next leader finds it
			r.expire()
			r.settle()
			if stage := r.stage("one"); stage != lifecycle.Expired || r.password() == given["password"] {
				t.Fatalf("after its time the binding is %s", stage)
			}
			if list := r.listed(); len(list) != 1 || list[0].Name != theUsername || list[0].Holder != "" {
				t.Errorf("the instance lists %+v", list)
			}
			if got := r.fetch("one"); got.status != http.StatusOK {
				t.Errorf("a fetch answers %d %v", got.status, got.err)
			}
			if got := r.poll("one", ""); got.status != http.StatusOK {
				t.Errorf("a poll answers %d %v", got.status, got.err)
			}
			if got := named("one", theUsername).send(r); got.status != http.StatusOK {
				t.Errorf("the same bind answers %d %v", got.status, got.err)
			}
			if got := named("two", theUsername).send(r); got.status != http.StatusBadRequest {
				t.Errorf("a bind to the name answers %d", got.status)
			}
			r.expire() // once is enough
			if stage := r.stage("one"); stage != lifecycle.Expired {
				t.Errorf("then it is %s", stage)
			}
			r.unbound("one")
			if list := r.listed(); len(list) != map[string]int{"Lock": 1}[rule] {
				t.Errorf("after the unbind the instance lists %+v", list)
			}
			r.bound("two", theUsername)
			r.end(rdsService())
		})
	}
}

func TestExpire_LifetimeWithoutEnd_KeepsTheLogin(t *testing.T) {
	t.Parallel()
	r := withLifetime(t, "    bindingLifetime: 24h\n")
	given := r.bound("one", theUsername)
	r.clock.Advance(48 * time.Hour)
	r.expire()
	r.settle()
	if stage := r.stage("one"); stage != lifecycle.Ready || r.password() != given["password"] {
		t.Errorf("the binding is %s", stage)
	}
	r.end(rdsService())
}

// A refused expire is repeated until it works, and an unbind takes its place.
func TestExpire_Refused_GoesOnOrIsUnbound(t *testing.T) {
	t.Parallel()
	for name, unbinds := range map[string]bool{"GoesOn": false, "Unbound": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := withLifetime(t, endsAfterADay)
			given := r.bound("one", theUsername)
			r.clock.Advance(24 * time.Hour)
			r.cloud.Faults().Add(cloud.Fault{Action: "ResetAccountPassword", Times: 20, Effect: cloud.FailBefore, Code: "Forbidden.RAM"})
			r.expire()
			for range 8 {
				r.passTo(r.turn())
			}
			if stage := r.stage("one"); stage != lifecycle.Expiring {
				t.Fatalf("while the cloud refuses, the binding is %s", stage)
			}
			if got := r.fetch("one"); got.status != http.StatusOK {
				t.Errorf("a fetch answers %d %v", got.status, got.err)
			}
			r.cloud.Faults().Clear()
			if unbinds {
				r.unbound("one")
			} else {
				r.settle()
			}
			if r.password() == given["password"] {
				t.Error("the login still works")
			}
			r.end(rdsService())
		})
	}
}

// The process dies at each store write and around each call of an expire.
func TestExpire_CrashAnywhere_EndsTheLogin(t *testing.T) {
	t.Parallel()
	r := withLifetime(t, endsAfterADay)
	for n, struck := 1, true; struck; n++ {
		given := r.bound("one", theUsername)
		r.clock.Advance(24 * time.Hour)
		if err := r.open(n, map[bool]writeFault{true: dieBefore, false: dieAfter}[n%2 == 0]); err == nil {
			r.expire()
			r.settle()
		}
		struck = r.isDead()
		r.restart()
		r.expire()
		r.settle()
		if stage := r.stage("one"); stage != lifecycle.Expired || r.password() == given["password"] {
			t.Fatalf("crash %d: the binding is %s", n, stage)
		}
		r.unbound("one")
	}
	for _, effect := range []cloud.Effect{cloud.DropBefore, cloud.DropAfter} {
		given := r.bound("one", theUsername)
		r.clock.Advance(24 * time.Hour)
		r.cloud.Faults().Add(cloud.Fault{Action: "ResetAccountPassword", Times: 1, Effect: effect})
		r.expire()
		r.settle()
		if stage := r.stage("one"); stage != lifecycle.Expired || r.password() == given["password"] {
			t.Fatalf("lost call: the binding is %s", stage)
		}
		r.unbound("one")
	}
	r.end(rdsService())
}

// An instance with an expired binding is deleted with it.
func TestExpire_InstanceDeleted_GoesWithIt(t *testing.T) {
	t.Parallel()
	r := withLifetime(t, endsAfterADay)
	r.bound("one", theUsername)
	r.clock.Advance(24 * time.Hour)
	r.expire()
	r.settle()
	r.end(rdsService())
	if stage := r.stage("one"); stage != lifecycle.Deleted {
		t.Errorf("the binding is %s", stage)
	}
}
