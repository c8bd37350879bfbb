package catalog

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrefix_IDsAndUniqueNames_GetIt(t *testing.T) {
	t.Parallel()
	plain := load(t, "plans.yaml", "other.yaml")
	c, err := plain.WithPrefix("team-a-")
	if err != nil {
		t.Fatal(err)
	}
	got, want := c.Render(), plain.Render()
	for i := range want.Services {
		s := &want.Services[i]
		s.ID, s.Name = "team-a-"+s.ID, "team-a-"+s.Name
		for j := range s.Plans {
			s.Plans[j].ID = "team-a-" + s.Plans[j].ID
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("catalog (-want, +got):\n%s", diff)
	}
	o, ok := c.Offering("team-a-off-zebra")
	if !ok {
		t.Fatal("the offering is not found by its id")
	}
	if _, ok := o.Plan("team-a-plan-small"); !ok {
		t.Error("the plan is not found by its id")
	}
	if _, ok := c.Offering("off-zebra"); ok {
		t.Error("the offering is found by the id without the prefix, which is another broker's")
	}
	if _, ok := plain.Offering("off-zebra"); !ok {
		t.Error("the catalog without a prefix has changed")
	}
}

func TestPrefix_Empty_ChangesNothing(t *testing.T) {
	t.Parallel()
	c := load(t, "plans.yaml")
	got, err := c.WithPrefix("")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c.Render(), got.Render()); diff != "" {
		t.Errorf("catalog (-want, +got):\n%s", diff)
	}
}

func TestPrefix_RefusedByPlatforms_IsAnError(t *testing.T) {
	t.Parallel()
	for name, prefix := range map[string]string{"space": "team a", "slash": "a/", "too long": strings.Repeat("x", 60)} {
		if _, err := load(t, "plans.yaml").WithPrefix(prefix); err == nil {
			t.Errorf("%s: WithPrefix took it", name)
		}
	}
}
