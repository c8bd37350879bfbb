package catalog

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func changed(t *testing.T, overlay string) *Catalog {
	t.Helper()
	c, err := load(t, "plans.yaml", "other.yaml").WithOverlay([]byte(overlay))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func zebra(t *testing.T, c *Catalog) *Offering {
	t.Helper()
	o, ok := c.Offering("off-zebra")
	if !ok {
		t.Fatal("offering off-zebra is missing")
	}
	return o
}

func TestOverlay_Empty_ChangesNothing(t *testing.T) {
	t.Parallel()
	want := load(t, "plans.yaml", "other.yaml")
	for _, overlay := range []string{"", "---", "{}", "offerings: {}", "offerings: {zebra: {}, ant: {plans: {default: {}}}}", "offerings: {zebra: null, ant: {plans: {default: null}}}", "offerings: {zebra: {enabled: true}}"} {
		if diff := cmp.Diff(want, changed(t, overlay), cmp.AllowUnexported(Catalog{})); diff != "" {
			t.Errorf("overlay %q (-want, +got):\n%s", overlay, diff)
		}
	}
}

func TestOverlay_Disabled_RemovesOfferingsAndPlans(t *testing.T) {
	t.Parallel()
	c := changed(t, "offerings: {ant: {enabled: false}, zebra: {plans: {small: {enabled: false}}}}")
	if _, ok := c.Offering("off-ant"); ok || len(c.Offerings()) != 1 {
		t.Error("the offering is still there")
	}
	if _, ok := zebra(t, c).Plan("plan-small"); ok {
		t.Error("the plan is still there")
	}
	if _, ok := zebra(t, c).Plan("plan-bare"); !ok {
		t.Error("the other plan is gone")
	}
}

func TestOverlay_OriginalCatalog_StaysAsItIs(t *testing.T) {
	t.Parallel()
	c := load(t, "plans.yaml", "other.yaml")
	if _, err := c.WithOverlay([]byte("offerings: {ant: {enabled: false}, zebra: {description: x, plans: {small: {enabled: false}}}}")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(load(t, "plans.yaml", "other.yaml"), c, cmp.AllowUnexported(Catalog{})); diff != "" {
		t.Errorf("it has changed (-want, +got):\n%s", diff)
	}
}

func TestOverlay_NamedMembers_AreChangedAlone(t *testing.T) {
	t.Parallel()
	c := changed(t, `
offerings:
  zebra:
    description: Our storage
    tags: [ours]
    metadata: {displayName: Ours, documentationUrl: null}
    plans:
      small:
        description: Three stripes
        settings: {stripes: 3}
        deletion: retain
        deadline: 2h
        bindingLifetime: 720h
        updateable: false
        free: true
        metadata: {bullets: [3 stripes]}
        maintenance: {version: 1.1.0, description: Fewer spots}
        schemas: {create: {properties: {Engine: {enum: [MySQL]}, Choice: null}}}
`)
	got, want := zebra(t, c), *zebra(t, load(t, "plans.yaml"))
	want.Description, want.Tags = "Our storage", []string{"ours"}
	want.Metadata = json.RawMessage(`{"displayName":"Ours","longDescription":"Storage with stripes.","providerDisplayName":"Example"}`)
	plan := *want.Plans[0]
	plan.Description, plan.Free, plan.Updateable, plan.Deletion = "Three stripes", true, false, "retain"
	plan.Settings, plan.Metadata = json.RawMessage(`{"stripes":3}`), json.RawMessage(`{"bullets":["3 stripes"]}`)
	plan.Deadline, plan.BindingLifetime = Duration(2*time.Hour), Lifetime{After: Duration(720 * time.Hour)}
	plan.Maintenance = &Maintenance{Version: "1.1.0", Description: "Fewer spots"}
	plan.Schemas = got.Plans[0].Schemas
	want.Plans = []*Plan{&plan, want.Plans[1]}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("offering (-want, +got):\n%s", diff)
	}
	for parameters, ok := range map[string]bool{
		`{"Engine":"MySQL","Storage":20}`: true, `{"Engine":"PostgreSQL"}`: false, `{"Choice":true}`: false,
	} {
		if err := got.Plans[0].CheckCreate(json.RawMessage(parameters)); (err == nil) != ok {
			t.Errorf("CheckCreate(%s) = %v", parameters, err)
		}
	}
}

func TestOverlay_AddedPlan_ResemblesItsModel(t *testing.T) {
	t.Parallel()
	c := changed(t, `
offerings:
  zebra:
    plans: {small: {enabled: false}}
    add:
    - {like: small, id: plan-large, name: large, description: Many stripes, settings: {stripes: 9}}
`)
	got, ok := zebra(t, c).Plan("plan-large")
	if !ok {
		t.Fatal("the plan is missing")
	}
	want := *smallPlan(t)
	want.ID, want.Name, want.Description, want.Metadata = "plan-large", "large", "Many stripes", nil
	want.Settings = json.RawMessage(`{"stripes":9}`)
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("plan (-want, +got):\n%s", diff)
	}
}

func TestOverlay_Mistakes_AreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	const add = "offerings: {zebra: {add: [{like: small, id: plan-new, name: new, description: New, "
	cases := map[string]struct {
		overlay string
		names   []string
	}{
		"no YAML":                         {"offerings: [", nil},
		"a list":                          {"- offerings", nil},
		"a member twice":                  {"offerings: {}\nofferings: {}", []string{"offerings"}},
		"an unknown member":               {"offering: {}", []string{`"offering"`, `"offerings"`}},
		"offerings as a list":             {"offerings: [zebra]", []string{"offerings"}},
		"an unknown offering":             {"offerings: {zebr: {}}", []string{`"zebr"`, `"zebra"`}},
		"an offering that is far off":     {"offerings: {elephant: {}}", []string{"ant", "zebra"}},
		"an unknown member of offering":   {"offerings: {zebra: {descriptio: x}}", []string{`"zebra"`, `"descriptio"`, `"description"`}},
		"another id":                      {"offerings: {zebra: {id: off-new}}", []string{`"zebra"`, `"id"`}},
		"another name":                    {"offerings: {zebra: {name: new}}", []string{`"zebra"`, `"name"`}},
		"an offering of another provider": {"offerings: {zebra: {provider: ant}}", []string{`"zebra"`, `"provider"`}},
		"an unknown plan":                 {"offerings: {zebra: {plans: {smal: {}}}}", []string{`"smal"`, `"small"`}},
		"a plan of another offering":      {"offerings: {zebra: {plans: {default: {}}}}", []string{`"zebra"`, `"default"`}},
		"an unknown member of a plan":     {"offerings: {zebra: {plans: {small: {setings: {}}}}}", []string{`"small"`, `"settings"`}},
		"another id of a plan":            {"offerings: {zebra: {plans: {small: {id: plan-new}}}}", []string{`"small"`, `"id"`}},
		"another name of a plan":          {"offerings: {zebra: {plans: {small: {name: new}}}}", []string{`"small"`, `"name"`}},
		"what only the provider knows":    {"offerings: {zebra: {plans: {small: {secret: []}}}}", []string{`"small"`, `"secret"`}},
		"an unknown setting":              {"offerings: {zebra: {plans: {small: {settings: {stripe: 3}}}}}", []string{`"small"`, `"stripe"`, `"stripes"`}},
		"a setting of another type":       {"offerings: {zebra: {plans: {small: {settings: {stripes: '3'}}}}}", []string{"stripes", "number", "string"}},
		"an unknown deletion":             {"offerings: {zebra: {plans: {small: {deletion: keep}}}}", []string{`"small"`, "deletion"}},
		"a switch of another type":        {"offerings: {zebra: {enabled: 'no'}}", []string{`"zebra"`, "enabled"}},
		"a value of another type":         {"offerings: {zebra: {tags: ours}}", []string{`"zebra"`}},
		"a plan's value of another type":  {"offerings: {zebra: {plans: {small: {description: 1}}}}", []string{`"small"`}},
		"an unknown member of a version":  {"offerings: {zebra: {plans: {small: {maintenance: {versio: 1.0.0}}}}}", []string{`"small"`, "versio"}},
		"an empty description":            {"offerings: {zebra: {description: ''}}", []string{`"zebra"`, "description"}},
		"a schema that is none":           {"offerings: {zebra: {plans: {small: {schemas: {create: {type: string}}}}}}", []string{`"small"`, "schemas.create"}},
		"all plans off":                   {"offerings: {ant: {plans: {default: {enabled: false}}}}", []string{`"ant"`}},
		"all offerings off":               {"offerings: {ant: {enabled: false}, zebra: {enabled: false}}", nil},
		"plans to add as an object":       {"offerings: {zebra: {add: {new: {}}}}", []string{`"zebra"`, "add"}},
		"a plan to add of no likeness":    {"offerings: {zebra: {add: [{id: plan-new, name: new, description: New}]}}", []string{"add[0]", "like"}},
		"a plan to add, like an unknown":  {"offerings: {zebra: {add: [{like: smal, id: plan-new}]}}", []string{"add[0]", `"smal"`, `"small"`}},
		"a plan to add without an id":     {"offerings: {zebra: {add: [{like: small, name: new, description: New}]}}", []string{`"new"`, "id"}},
		"a plan to add without a name":    {"offerings: {zebra: {add: [{like: small, id: plan-new, description: New}]}}", []string{"name"}},
		"a plan to add, not described":    {"offerings: {zebra: {add: [{like: small, id: plan-new, name: new}]}}", []string{`"new"`, "description"}},
		"a plan to add with a name again": {"offerings: {zebra: {add: [{like: small, id: plan-new, name: small, description: New}]}}", []string{`"small"`}},
		"a plan to add with an id again":  {"offerings: {zebra: {add: [{like: small, id: plan-ant, name: new, description: New}]}}", []string{`"plan-ant"`}},
		"an unknown member of it":         {add + "secrets: []}]}}", []string{"add[0]", `"secrets"`}},
		"an unknown setting of it":        {add + "settings: {stripe: 1}}]}}", []string{"add[0]", `"stripes"`}},
		"the id of a plan that is off": {
			"offerings: {zebra: {plans: {small: {enabled: false}}, add: [{like: small, id: plan-small, name: new, description: New}]}}",
			[]string{`"plan-small"`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, "plans.yaml", "other.yaml").WithOverlay([]byte(tc.overlay))
			if err == nil {
				t.Fatal("WithOverlay took it")
			}
			for _, part := range tc.names {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not name %s", err, part)
				}
			}
		})
	}
}

func TestOverlay_SeveralProblems_AreAllReported(t *testing.T) {
	t.Parallel()
	_, err := load(t, "plans.yaml").WithOverlay([]byte("offerings: {zebr: {}, zebra: {free: true, plans: {small: {deletion: keep}}}}"))
	if err == nil {
		t.Fatal("WithOverlay took it")
	}
	for _, part := range []string{`"zebr"`, "free", "deletion"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q does not name %s", err, part)
		}
	}
}
