package rampolicies_test

import (
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// documented are the actions that every life ends well without: the cloud's pages
// require them and the emulator does not check them. Their subtests ask RAM instead.
func documented() []string {
	return []string{
		// By the table of actions of OSS, DeleteMultipleObjects is authorised by
		// it. The emulator asks for oss:DeleteObjectVersion where versions are
		// named, as the broker's call always does and as the table has it for
		// DeleteObject.
		"oss:DeleteObject",
		// The plans that ship have no other version to move to; those of an overlay may.
		"rds:UpgradeDBInstanceEngineVersion",
		// Plans whose bindings are made over SQL call it; those of an overlay may.
		"rds:DescribeDBInstanceIPArrayList",
	}
}

// checkByDocument requires that the policies less an action refuse it on the resources
// that the cloud's pages name. TestPolicies_AttachedDocument_Decides has the answer of
// the whole ones.
func checkByDocument(t *testing.T, action string) {
	t.Helper()
	a := asAccount(t, newStack(t, aUser).Cloud())
	var documents []document
	for _, p := range all.Services().Policies() {
		documents = append(documents, parse(t, p.Name+".json").without(action))
	}
	a.user("broker", texts(documents)...)
	resources := wanted()[action]
	if len(resources) == 0 {
		t.Error("look up what it is authorised on, and add it to wanted")
	}
	for _, resource := range resources {
		if a.cloud.RAM().Allowed(cloud.Caller{AccountID: account, Kind: cloud.User, Name: "broker"}, action, resource) {
			t.Errorf("%s is still allowed: another statement has it", resource)
		}
	}
}

// A broker whose identity is another than a user's own key makes the same calls.
func TestPolicies_BrokersCalls_AreAllowed(t *testing.T) {
	for _, l := range lives(t)[:2] { // the rough ones
		for who, identity := range map[string]identity{"an assumed role": aRole, "a machine": anECSRole, "a pod": aPod} {
			t.Run(l.name+" as "+who, func(t *testing.T) {
				t.Parallel()
				s := newStackWith(t, l.deletion, identity, texts(l.printed(t))...)
				if err := l.walk(t, s); err != nil {
					t.Fatal(err)
				}
				checkNothingIsLeft(t, s)
			})
		}
	}
}

func texts(documents []document) []string {
	var list []string
	for _, d := range documents {
		if len(d.Statement) > 0 {
			list = append(list, d.String())
		}
	}
	return list
}

// checkNothingIsLeft requires that a broker has removed all that it made.
func checkNothingIsLeft(t *testing.T, s *stack.Stack) {
	t.Helper()
	for _, u := range s.Cloud().RAM().Users() {
		if isOurs(u.Name) {
			t.Errorf("the user %s is left", u.Name)
		}
	}
	for _, p := range s.Cloud().RAM().Policies() {
		if isOurs(p.Name) {
			t.Errorf("the policy %s is left", p.Name)
		}
	}
	left := s.Cloud().Dump()
	for _, b := range left.Buckets {
		if isOurs(b.Name) {
			t.Errorf("the bucket %s is left", b.Name)
		}
	}
	if len(left.Instances) > 0 {
		t.Errorf("left are %+v", left.Instances)
	}
}

// An outcome is what the whole policy of a life showed: the actions that the life
// needs, and its time.
type outcome struct {
	life

	called map[string]bool
	took   time.Duration
}

// TestPolicies_Printed_AreTheLeast runs every life with exactly the policy that
// ram-policy prints for its catalog: nothing is denied. Then each action is removed
// from the policy, and the shortest life that calls the action is denied just that.
func TestPolicies_Printed_AreTheLeast(t *testing.T) {
	var mu sync.Mutex
	var outcomes []outcome
	t.Run("whole", func(t *testing.T) {
		for _, l := range lives(t) {
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				begun := time.Now()
				s := newStackWith(t, l.deletion, aUser, texts(l.printed(t))...)
				if err := l.walk(t, s); err != nil {
					t.Fatal(err)
				}
				if l.deletion != "retain" {
					checkNothingIsLeft(t, s)
				}
				o := outcome{l, map[string]bool{}, time.Since(begun)}
				for _, call := range brokersCalls(s) {
					o.called[action(call)] = true
				}
				mu.Lock()
				defer mu.Unlock()
				outcomes = append(outcomes, o)
			})
		}
	})
	slices.SortFunc(outcomes, func(a, b outcome) int { return int(a.took - b.took) })
	t.Run("without", func(t *testing.T) {
		for action, users := range neededBy(t, outcomes) {
			t.Run(action, func(t *testing.T) {
				t.Parallel()
				if slices.Contains(documented(), action) {
					checkByDocument(t, action)
					return
				}
				if len(users) == 0 {
					t.Fatalf("no life calls it: drop it from the policy, or add a life that does to lives")
				}
				l := users[0]
				var documents []document
				for _, d := range l.printed(t) {
					documents = append(documents, d.without(action))
				}
				err := l.walk(t, newStackWith(t, l.deletion, aUser, texts(documents)...))
				var no *refusal
				if !errors.As(err, &no) || no.action != action {
					t.Errorf("the life %q ended with %v, want the refusal of %s", l.name, err, action)
				}
			})
		}
	})
}

// neededBy returns the lives that call each action of their policies.
func neededBy(t *testing.T, outcomes []outcome) map[string][]life {
	t.Helper()
	needed := map[string][]life{}
	for _, o := range outcomes {
		for _, d := range o.printed(t) {
			for _, action := range d.actions() {
				if needed[action] == nil {
					needed[action] = []life{}
				}
				if o.called[action] {
					needed[action] = append(needed[action], o.life)
				}
			}
		}
	}
	if len(slices.Collect(maps.Keys(needed))) == 0 {
		t.Error("no life has a policy")
	}
	return needed
}
