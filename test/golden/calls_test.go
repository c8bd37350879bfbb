// Package golden_test holds records and calls of an earlier version of the
// broker (testdata, recorded at commit cd173e7), and checks that this version
// continues from the records: it makes the same calls with the same tokens,
// recognises the resources of that version, and answers fetches alike.
//
// testdata/calls.jsonl has one call a line, as records and HTTP exchanges;
// testdata/answers.jsonl one fetch a line; testdata/plans.json the catalog
// plans of the records. The lines are evidence: a failing test means that this
// version breaks stored records. Secrets in them are plain; they belonged to
// an emulated account.
package golden_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestGolden_StoredRecords_GiveSameCalls resumes every recorded call: the
// engine must give the provider the frozen request and the same token, and the
// provider must send the same bytes and learn the same facts.
func TestGolden_StoredRecords_GiveSameCalls(t *testing.T) {
	for _, c := range readLines[goldenCall](t, "calls.jsonl") {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			resumed := c.resume(t, nil)
			step := resumed.step
			if step.Key() != stepKey(c) || step.Token != c.Token || !bytes.Equal(step.Request, c.Request) {
				t.Errorf("the step is %s with token %s and request %s; want %s, %s and %s",
					step.Key(), step.Token, step.Request, stepKey(c), c.Token, c.Request)
			}
			cloud := newTape(t, c.Wire)
			provider := providersOf(t, clientsAt(t, cloud.server.URL, accountKey()))[c.Provider]
			facts, err := provider.Do(t.Context(), resumed.task, step)
			if err != nil {
				t.Errorf("Do: %v", err)
			}
			if diff := cmp.Diff(c.Wire, cloud.sent(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the requests differ (-recorded +now):\n%s", diff)
			}
			if diff := cmp.Diff(c.Facts, facts, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the facts differ (-recorded +now):\n%s", diff)
			}
		})
	}
}

func stepKey(c goldenCall) string { return strings.TrimSuffix(c.Step+"/"+c.Target, "/") }

// TestGolden_Calls_CoverEveryStep checks the recordings themselves: no step of
// a provider is missing.
func TestGolden_Calls_CoverEveryStep(t *testing.T) {
	want := map[string][]string{
		"rds": {
			"create", "tag", "spec", "whitelist", "database", "unprotect", "delete", "delete-spare",
			"super-account", "account", "grant", "delete-account",
		},
		"oss": {
			"bucket", "tags", "acl", "retain", "delete-objects", "abort-uploads", "delete-bucket",
			"user", "policy", "attach", "key", "drop-key", "delete-key", "detach", "delete-policy", "delete-user",
		},
	}
	kinds := map[string]bool{}
	got := map[string][]string{}
	for _, c := range readLines[goldenCall](t, "calls.jsonl") {
		got[c.Provider] = append(got[c.Provider], c.Step)
		kinds[strings.Split(c.Name, "/")[1]] = true
	}
	for provider, steps := range want {
		for _, step := range steps {
			if !slices.Contains(got[provider], step) {
				t.Errorf("no call of the step %s of %s is recorded", step, provider)
			}
		}
	}
	for _, kind := range []string{
		"provision", "update", "bind", "rotation-bind", "unbind", "deprovision", "provision-cleanup", "bind-cleanup",
	} {
		if !kinds[kind] {
			t.Errorf("no call of the operation %s is recorded", kind)
		}
	}
}
