package broker_test

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// Each call of the cloud, by name, meets each fault once on the whole way from
// provision to deprovision: one resource, nothing left, nobody told a lie.
func TestEveryCallMayFailOrLoseItsAnswer(t *testing.T) {
	t.Parallel()
	effects := []cloud.Effect{cloud.FailBefore, cloud.DropBefore, cloud.DropAfter, cloud.FailAfter}
	for name, s := range services() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clean := newRig(t)
			clean.walkThrough(s)
			actions := map[string]bool{}
			for _, call := range clean.cloud.Calls("") {
				actions[call.Action] = true
			}
			if len(actions) < 8 {
				t.Fatalf("only %d kinds of call: the walk does not reach the cloud", len(actions))
			}
			for action := range actions {
				for _, effect := range effects {
					t.Run(action+"/"+effect.String(), func(t *testing.T) {
						r := newRig(t)
						r.cloud.Faults().Add(cloud.Fault{Action: action, Effect: effect, Code: "InternalError", Times: 1})
						r.walkThrough(s)
					})
				}
			}
			t.Logf("%s: %d kinds of call with %d faults each", name, len(actions), len(effects))
		})
	}
}

// The cloud throttles every call for a while: nothing fails.
func TestThrottlingFailsNobody(t *testing.T) {
	t.Parallel()
	for name, s := range services() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.cloud.Faults().Add(cloud.Fault{Action: "*", Code: "Throttling.User", Status: 400, Times: 25})
			r.walkThrough(s)
		})
	}
}

// What documents leave open about the cloud, it may do one way or the other.
func TestTheCloudMayBehaveEitherWay(t *testing.T) {
	t.Parallel()
	behaviours := map[string]func(*emulatedrds.Behaviour){
		"UsedTokensAreRefused":   func(b *emulatedrds.Behaviour) { b.RefuseUsedToken = true },
		"TokensAreForgotten":     func(b *emulatedrds.Behaviour) { b.TokenLifetime = 0 },
		"TagsAreDropped":         func(b *emulatedrds.Behaviour) { b.DropTags = true },
		"TheFirstAccountIsSuper": func(b *emulatedrds.Behaviour) { b.FirstAccountSuper = true },
	}
	for name, change := range behaviours {
		for _, lose := range []bool{false, true} {
			t.Run(name+map[bool]string{true: "AndTheAnswerIsLost"}[lose], func(t *testing.T) {
				t.Parallel()
				r := newRig(t)
				r.cloud.RDS().Behave(change)
				if lose {
					r.cloud.Faults().Add(cloud.Fault{Action: "CreateDBInstance", Effect: cloud.DropAfter, Times: 1})
				}
				s := services()["RDS"]
				one := s.one
				s.one = func(state emulator.State, bound bool) error {
					// A Super account that the broker keeps to itself may stand beside.
					for i := range state.Instances {
						kept := state.Instances[i].Accounts[:0]
						for _, a := range state.Instances[i].Accounts {
							if a.Type != "Super" {
								kept = append(kept, a)
							}
						}
						state.Instances[i].Accounts = kept
					}
					return one(state, bound)
				}
				r.walkThrough(s)
			})
		}
	}
}

// walkThrough goes the whole way without a crash.
func (r *rig) walkThrough(s service) {
	r.t.Helper()
	if err := r.open(0, false); err != nil {
		r.t.Fatal(err)
	}
	for _, step := range walk(s.id, s.plan) {
		step.send(r)
		r.settle()
		if got := step.send(r); got.status != step.done {
			r.t.Fatalf("%s ended with %d (%v %v), want %d", step.name, got.status, got.body, got.err, step.done)
		}
		if step.done == 200 {
			if err := s.one(r.cloud.Dump(), step.name == "bind"); err != nil {
				r.t.Errorf("after %s: %v", step.name, err)
			}
		}
	}
	if !r.cloud.Empty() {
		r.t.Errorf("left in the cloud: %+v", r.cloud.Dump())
	}
}
