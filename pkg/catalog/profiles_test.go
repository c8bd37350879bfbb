package catalog

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOverlay_Profile_GoesToPlansOldAndNew(t *testing.T) {
	t.Parallel()
	c := changed(t, "offerings: {zebra: {plans: {small: {profile: finance}}, add: [{like: small, id: new, name: new, description: New, profile: retail}]}}")
	for id, want := range map[string]string{"plan-small": "finance", "new": "retail", "plan-bare": ""} {
		if p, ok := zebra(t, c).Plan(id); !ok || p.ProfileName() != want {
			t.Errorf("plan %s has another profile than %q", id, want)
		}
	}
	if p, _ := zebra(t, changed(t, "offerings: {zebra: {plans: {small: {profile: default}}}}")).Plan("plan-small"); p.ProfileName() != "" {
		t.Errorf("the word for the default profile means %q", p.ProfileName())
	}
	for _, bad := range []string{"Finance", "a/b", "''x", "[a]", "5"} {
		if _, err := load(t, "plans.yaml", "other.yaml").WithOverlay([]byte("offerings: {zebra: {plans: {small: {profile: " + bad + "}}}}")); err == nil {
			t.Errorf("the profile %s is accepted", bad)
		}
	}
}

func TestWithProfiles_MissingProfile_HidesItsPlans(t *testing.T) {
	t.Parallel()
	c := changed(t, "offerings: {zebra: {plans: {small: {profile: finance}}}, ant: {plans: {default: {profile: retail}}}}")
	got, hidden := c.WithProfiles(func(name string) bool { return name == "" })
	if diff := cmp.Diff([]HiddenPlan{{"ant", "default", "retail"}, {"zebra", "small", "finance"}}, hidden); diff != "" {
		t.Errorf("hidden (-want, +got):\n%s", diff)
	}
	if _, ok := got.Offering("off-ant"); ok {
		t.Error("an offering without plans is left")
	}
	if _, ok := zebra(t, got).Plan("plan-small"); ok || len(zebra(t, got).Plans) == 0 {
		t.Error("the plan is left, or others are gone")
	}
	if _, ok := zebra(t, c).Plan("plan-small"); !ok {
		t.Error("the catalog itself has changed")
	}
	if same, none := c.WithProfiles(func(string) bool { return true }); same != c || none != nil {
		t.Errorf("with all profiles, %v are hidden", none)
	}
}
