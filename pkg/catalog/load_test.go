package catalog

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func load(t *testing.T, names ...string) *Catalog {
	t.Helper()
	var sources []Source
	for _, name := range names {
		sources = append(sources, Embedded(name, readFile(t, name)))
	}
	c, err := Load(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func smallPlan(t *testing.T) *Plan {
	t.Helper()
	o, ok := load(t, "plans.yaml").Offering("off-zebra")
	if !ok {
		t.Fatal("offering off-zebra is missing")
	}
	p, ok := o.Plan("plan-small")
	if !ok {
		t.Fatal("plan plan-small is missing")
	}
	return p
}

func TestLoad_OfferingsAndPlans_AreFoundByID(t *testing.T) {
	osbtest.Proves(t, "CAT-08", "PROV-03")
	t.Parallel()
	c := load(t, "plans.yaml", "other.yaml")
	zebra, ok := c.Offering("off-zebra")
	if !ok || zebra.Provider != "zebra" || !zebra.Bindable {
		t.Fatalf("Offering = %+v, %v", zebra, ok)
	}
	if _, ok := zebra.Plan("plan-ant"); ok {
		t.Error("a plan of another offering must not be found")
	}
	if _, ok := c.Offering("off-Zebra"); ok {
		t.Error("ids must be compared letter for letter")
	}
	bare, ok := zebra.Plan("plan-bare")
	if !ok || !bare.Free || bare.Updateable || time.Duration(bare.Deadline) != 10*time.Minute {
		t.Errorf("Plan = %+v, %v", bare, ok)
	}
	small := smallPlan(t)
	if !small.IsSlow("provision") || small.IsSlow("bind") {
		t.Error("IsSlow must follow the plan's list")
	}
}

// The record keeps the resolved plan, so that one that left the catalog can
// still be unbound and deleted.
func TestPlan_RoundTripThroughJSON_StillChecks(t *testing.T) {
	t.Parallel()
	want := smallPlan(t)
	record, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Plan
	if err := json.Unmarshal(record, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Errorf("plan after a round trip (-want, +got):\n%s", diff)
	}
	if err := got.CheckBind(json.RawMessage(`{"Username":"u"}`)); err != nil {
		t.Errorf("CheckBind = %v, want nil", err)
	}
	if err := got.CheckBind(json.RawMessage(`{"Username":1}`)); err == nil {
		t.Error("CheckBind takes a number for a string after a round trip")
	}
}

// Each case spoils the good document in one place.
func TestLoad_SpoiltDocument_IsRefusedWithItsPlace(t *testing.T) {
	osbtest.Proves(t, "CAT-05", "CAT-10", "CAT-11", "CAT-12", "CAT-15", "CAT-22", "CAT-30", "CAT-31", "CAT-32", "CAT-39", "CAT-41")
	t.Parallel()
	const schema = "$schema: http://json-schema.org/draft-04/schema#"
	cases := map[string]struct {
		old, new string
		names    []string // what the error must name
	}{
		"unknown member of the document":      {"offerings:", "more: 1\nofferings:", []string{"plans.yaml", "more"}},
		"unknown member of an offering":       {"  provider: zebra", "  providers: zebra", []string{"offerings[0]", "providers"}},
		"unknown member of a plan":            {"    updateable: true", "    updatable: true", []string{`"zebra"`, "plans[0]", "updatable"}},
		"repeated member":                     {"    updateable: true", "    updateable: true\n    updateable: true", []string{"plans.yaml", "updateable"}},
		"no offerings":                        {"offerings:", "offerings: []\n#", []string{"plans.yaml"}},
		"empty offering id":                   {"- id: off-zebra", `- id: ""`, []string{`"zebra"`, "id"}},
		"empty offering name":                 {"  name: zebra", `  name: ""`, []string{"offerings[0]", "name"}},
		"name with a space":                   {"  name: zebra", "  name: a zebra", []string{"a zebra", "name"}},
		"empty description":                   {"description: Few stripes", `description: ""`, []string{`"small"`, "description"}},
		"long description":                    {"description: Few stripes", "description: " + strings.Repeat("x", 256), []string{`"small"`, "description"}},
		"long name":                           {"    name: small", "    name: " + strings.Repeat("x", 64), []string{"name"}},
		"long id":                             {"id: plan-small", "id: " + strings.Repeat("x", 64), []string{`"small"`, "id"}},
		"no provider":                         {"  provider: zebra\n", "", []string{`"zebra"`, "provider"}},
		"bindable not written":                {"  bindable: true\n", "", []string{`"zebra"`, "bindable"}},
		"free not written":                    {"    free: false\n", "", []string{`"small"`, "free"}},
		"plan id twice":                       {"id: plan-bare", "id: plan-small", []string{"plan-small"}},
		"plan id of an offering":              {"id: plan-bare", "id: off-zebra", []string{"off-zebra"}},
		"plan name twice":                     {"name: bare", "name: small", []string{`"zebra"`, "small"}},
		"unknown deletion":                    {"deletion: delete", "deletion: remove", []string{`"small"`, "deletion"}},
		"deletion not written":                {"    deletion: delete\n", "", []string{`"small"`, "deletion"}},
		"unknown slow operation":              {"slow: [provision,", "slow: [create,", []string{`"small"`, "create"}},
		"no deadline":                         {"    deadline: 90m\n", "", []string{`"small"`, "deadline"}},
		"negative deadline":                   {"deadline: 90m", "deadline: -1m", []string{`"small"`, "deadline"}},
		"deadline of a week":                  {"deadline: 90m", "deadline: 168h", []string{`"small"`, "deadline"}},
		"deadline of a kind of a week":        {"deadline: 90m", "deadline: 90m\n    deadlines: {update: 168h}", []string{`"small"`, "update"}},
		"deadline of a delete":                {"deadline: 90m", "deadline: 90m\n    deadlines: {unbind: 1h}", []string{`"small"`, "unbind"}},
		"negative lifetime of bindings":       {"deadline: 90m", "deadline: 90m\n    bindingLifetime: -1h", []string{`"small"`, "bindingLifetime"}},
		"end of bindings without a time":      {"deadline: 90m", "deadline: 90m\n    bindingLifetime: {end: true}", []string{`"small"`, "bindingLifetime", "after"}},
		"maintenance without a version":       {"deadline: 90m", "deadline: 90m\n    maintenance: {}", []string{`"small"`, "maintenance"}},
		"maintenance of no semantic version":  {"deadline: 90m", "deadline: 90m\n    maintenance: {version: '1.0'}", []string{`"small"`, "maintenance", "1.0"}},
		"deadline without unit":               {"deadline: 90m", "deadline: 90", []string{"plans[0]", "90m"}},
		"secret that is no parameter":         {"secret: [Password]", "secret: [Pasword]", []string{`"small"`, "Pasword"}},
		"documentationUrl no string":          {"documentationUrl: https://example.com/zebra", "documentationUrl: 1", []string{`"zebra"`, "documentationUrl"}},
		"metadata no object":                  {"      bullets: [2 stripes]", "    - 1", []string{`"small"`, "metadata"}},
		"settings no object":                  {"settings: {stripes: 2}", "settings: [2]", []string{`"small"`, "settings"}},
		"schema without $schema":              {schema, "title: x", []string{`"small"`, "schemas.create", "$schema"}},
		"schema of another draft":             {schema, "$schema: http://json-schema.org/draft-07/schema#", []string{"schemas.create", "draft-04"}},
		"schema of no object":                 {"        type: object", "        type: string", []string{"schemas.create.type"}},
		"schema open by silence":              {"        additionalProperties: false\n", "", []string{"schemas.create.additionalProperties"}},
		"schema with unknown type":            {"{type: integer, minimum: 20, maximum: 3000}", "{type: whole}", []string{"schemas.create"}},
		"schema with external reference":      {"{type: integer, minimum: 20, maximum: 3000}", "{$ref: 'https://example.com/x.json'}", []string{"schemas.create", "https://example.com/x.json"}},
		"schema with a reference to draft-04": {"{type: integer, minimum: 20, maximum: 3000}", "{$ref: 'http://json-schema.org/draft-04/schema#'}", []string{"schemas.create", "draft-04"}},
		"schema with dead reference":          {"{type: integer, minimum: 20, maximum: 3000}", "{$ref: '#/definitions/x'}", []string{"schemas.create"}},
		"schema over 64 KiB":                  {"{type: integer, minimum: 20, maximum: 3000}", "{type: string, description: " + strings.Repeat("x", 64<<10) + "}", []string{"schemas.create", "65536"}},
	}
	good := string(readFile(t, "plans.yaml"))
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spoilt := strings.Replace(good, tc.old, tc.new, 1)
			if spoilt == good {
				t.Fatal("the case changes nothing")
			}
			_, err := Load(Embedded("plans.yaml", []byte(spoilt)))
			if err == nil {
				t.Fatal("Load took it")
			}
			for _, part := range tc.names {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not name %s", err, part)
				}
			}
		})
	}
}

func TestLoad_SameNameInTwoDocuments_IsRefused(t *testing.T) {
	osbtest.Proves(t, "CAT-10", "CAT-11", "CAT-30")
	t.Parallel()
	plans, other := string(readFile(t, "plans.yaml")), string(readFile(t, "other.yaml"))
	cases := map[string]struct{ old, new string }{
		"offering id":   {"off-ant", "off-zebra"},
		"offering name": {"name: ant", "name: zebra"},
		"plan id":       {"plan-ant", "plan-small"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Load(Embedded("plans.yaml", []byte(plans)), Embedded("other.yaml", []byte(strings.Replace(other, tc.old, tc.new, 1)))); err == nil {
				t.Error("Load took it")
			}
		})
	}
}

func TestLoad_SeveralProblems_AreAllReported(t *testing.T) {
	t.Parallel()
	spoilt := strings.NewReplacer("deadline: 90m", "deadline: -1m", "name: bare", "name: b a r e").Replace(string(readFile(t, "plans.yaml")))
	_, err := Load(Embedded("plans.yaml", []byte(spoilt)))
	if err == nil || !strings.Contains(err.Error(), "deadline") || !strings.Contains(err.Error(), "b a r e") {
		t.Errorf("error = %v, want both problems", err)
	}
}

func TestDuration_Written_ReadsBack(t *testing.T) {
	t.Parallel()
	var d Duration
	if err := json.Unmarshal([]byte(`"90m"`), &d); err != nil {
		t.Fatal(err)
	}
	if d.String() != "1h30m0s" {
		t.Errorf("String() = %s, want 1h30m0s", d)
	}
	text, err := json.Marshal(d)
	if err != nil || string(text) != `"1h30m0s"` {
		t.Errorf("Marshal = %s, %v", text, err)
	}
	if err := json.Unmarshal([]byte(`90`), &d); err == nil {
		t.Error("a number says no unit and must be refused")
	}
}
