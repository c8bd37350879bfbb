package broker_test

import (
	"fmt"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A service and what the cloud has of one instance with one binding.
type service struct {
	id, plan string
	one      func(s emulator.State, bound bool) error
}

func services() map[string]service {
	return map[string]service{
		"RDS": {"rds-997b8372-8dac-40ac-ae65-758b4a5075a5", "rds-427559f1-bf2a-45d3-8844-32374a3e58aa", oneDatabase},
		"OSS": {"oss-997b8372-8dac-40ac-ae65-758b4a502222", "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221", oneBucket},
	}
}

// The n-th store write fails, before or after its effect, and the process is
// dead from then on; it is started again and the platform sends its request
// again. For every n until there is no n-th write.
func TestCrashAtEveryStoreWrite(t *testing.T) {
	t.Parallel()
	for name, s := range services() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			size := 0
			for _, after := range []bool{false, true} {
				for n := 1; ; n++ {
					crashed := false
					t.Run(fmt.Sprintf("Write%dAfter%t", n, after), func(t *testing.T) {
						crashed = walkWithCrash(t, n, after, s)
					})
					if t.Failed() {
						return
					}
					if !crashed {
						break
					}
					size++
				}
			}
			if size < 20 {
				t.Errorf("only %d crashes: the walk does not reach the store", size)
			}
			t.Logf("%s: %d crashes survived", name, size)
		})
	}
}

// walkWithCrash says whether the process died.
func walkWithCrash(t *testing.T, failAt int, after bool, s service) bool {
	t.Helper()
	r := newRig(t)
	crashed := false
	revive := func() {
		crashed = true
		r.restart()
	}
	if err := r.open(failAt, after); err != nil {
		if !r.faulty.Dead() {
			t.Fatal(err)
		}
		revive()
	}
	for _, step := range walk(s.id, s.plan) {
		step.send(r)
		alive := r.settle()
		if r.faulty.Dead() || !alive {
			revive()
			step.send(r)
			r.settle()
		}
		got := step.send(r)
		if r.faulty.Dead() {
			revive()
			got = step.send(r)
		}
		if got.status != step.done {
			t.Fatalf("%s ended with %d (%v %v), want %d", step.name, got.status, got.body, got.err, step.done)
		}
		if step.name == "provision" || step.name == "bind" {
			if err := s.one(r.cloud.Dump(), step.name == "bind"); err != nil {
				t.Errorf("after %s: %v", step.name, err)
			}
		}
		if step.name == "bind" {
			if b, ok := got.body.(osb.Binding); !ok || len(b.Credentials) == 0 {
				t.Errorf("bind handed out no credentials: %+v", got.body)
			}
		}
	}
	if !r.cloud.Empty() {
		t.Errorf("left in the cloud: %+v", r.cloud.Dump())
	}
	return crashed
}

func oneDatabase(s emulator.State, bound bool) error {
	if len(s.Instances) != 1 || len(s.Instances[0].Databases) != 1 {
		return fmt.Errorf("%d instances (%+v), want one with one database", len(s.Instances), s.Instances)
	}
	if bound && len(s.Instances[0].Accounts) != 1 {
		return fmt.Errorf("accounts %+v, want one", s.Instances[0].Accounts)
	}
	return nil
}

func oneBucket(s emulator.State, bound bool) error {
	if len(s.Buckets) != 1 {
		return fmt.Errorf("%d buckets, want one", len(s.Buckets))
	}
	if bound && (len(s.Users) != 1 || len(s.Keys) != 1 || len(s.Policies) != 1) {
		return fmt.Errorf("%d users, %d keys, %d policies, want one of each", len(s.Users), len(s.Keys), len(s.Policies))
	}
	return nil
}
