package ramrole

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Records of before, and roles in the cloud, hold these names and values.
func TestRecordedNames_OfRoles_NeverChange(t *testing.T) {
	plan, err := json.Marshal(plan{
		Kind: "k", Role: "r", Policy: "p", Document: "d", Trust: "t", Mark: "m", Provider: "o", Audience: "a", ServiceAccount: "s",
	})
	if err != nil {
		t.Fatal(err)
	}
	const planOfToday = `{"kind":"k","role":"r","policy":"p","document":"d","trust":"t","mark":"m","provider":"o","audience":"a","service_account":"s"}`
	if diff := cmp.Diff(planOfToday, string(plan)); diff != "" {
		t.Errorf("the plan of a binding (-recorded, +now):\n%s", diff)
	}
	frozen, err := json.Marshal(request{Role: "r", Policy: "p", Document: "d", Trust: "t", Mark: "m", Tags: []tag{{Key: "k", Value: "v"}}})
	if err != nil {
		t.Fatal(err)
	}
	const requestOfToday = `{"role":"r","policy":"p","document":"d","trust":"t","mark":"m","tags":[{"Key":"k","Value":"v"}]}`
	if diff := cmp.Diff(requestOfToday, string(frozen)); diff != "" {
		t.Errorf("the request of a step (-recorded, +now):\n%s", diff)
	}
	life := bindingTask().Life
	names := []string{Name, stepRole, stepPolicy, stepAttach, stepDetach, stepDeletePolicy, stepDeleteRole, factRole, factARN, factPolicy, RoleName(life), PolicyName(life)}
	recorded := []string{
		"role", "role", "policy", "attach", "detach", "delete-policy", "delete-role", "role", "role_arn", "policy",
		"osb-kd4yxvirq25bsn2mpv46qkhewi", "osb-qhrwjlqcctgxbaq66w2nn3gcr6",
	}
	if diff := cmp.Diff(recorded, names); diff != "" {
		t.Errorf("steps, facts and names (-recorded, +now):\n%s", diff)
	}
}
