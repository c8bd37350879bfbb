package rampolicies_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// work is a part of the broker's work with the policies that it needs.
type work struct {
	files []string
	walk  func(t *testing.T, s *stack.Stack, rotate bool) error
	// elsewhere are the files whose actions other work needs.
	elsewhere []string
}

// services lists the policies with the broker's work that needs them.
func services() map[string]work {
	return map[string]work{
		"rds":            {[]string{"rds.json"}, walkDatabase, nil},
		"oss":            {[]string{"oss.json", "oss-empty.json"}, walkBucket, nil},
		"options of oss": {[]string{"oss.json", "oss-options.json"}, walkOptions, []string{"oss.json"}},
	}
}

// documented are the actions that the walk ends well without: the cloud's pages
// require them and the emulator does not check them, or the broker goes on where
// they are denied.
func documented() []string {
	return []string{
		// By the table of actions of OSS, DeleteMultipleObjects is authorised by
		// it. The emulator asks for oss:DeleteObjectVersion where versions are
		// named, as the broker's call always does and as the table has it for
		// DeleteObject.
		"oss:DeleteObject",
		// Without it, a region that does not exist is found by its host alone.
		"oss:DescribeRegions",
	}
}

func TestPolicies_BrokersCalls_AreAllowed(t *testing.T) {
	for name, service := range services() {
		for who, identity := range map[string]identity{"a user": aUser, "an assumed role": aRole, "a machine": anECSRole, "a pod": aPod} {
			t.Run(name+" as "+who, func(t *testing.T) {
				t.Parallel()
				var documents []string
				for _, name := range service.files {
					documents = append(documents, file(t, name))
				}
				s := newStack(t, identity, documents...)
				if err := service.walk(t, s, true); err != nil {
					t.Fatal(err)
				}
				left := s.Cloud().Dump()
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
				if len(left.Instances)+len(left.Buckets) > 0 {
					t.Errorf("left are %+v and %+v", left.Instances, left.Buckets)
				}
			})
		}
	}
}

func TestPolicies_EveryAction_IsNeeded(t *testing.T) {
	for _, service := range services() {
		for i, name := range service.files {
			if slices.Contains(service.elsewhere, name) {
				continue
			}
			for _, action := range parse(t, name).actions() {
				t.Run(strings.TrimSuffix(name, ".json")+" without "+action, func(t *testing.T) {
					t.Parallel()
					var documents []string
					for j, other := range service.files {
						d := parse(t, other)
						if i == j {
							d = d.without(action)
						}
						if len(d.Statement) > 0 {
							documents = append(documents, d.String())
						}
					}
					err := service.walk(t, newStack(t, aUser, documents...), false)
					if slices.Contains(documented(), action) {
						if err != nil {
							t.Errorf("%v: then it is no longer documented only", err)
						}
						return
					}
					var no *refusal
					if !errors.As(err, &no) || no.action != action {
						t.Errorf("the walk ended with %v, want the refusal of %s", err, action)
					}
				})
			}
		}
	}
}
