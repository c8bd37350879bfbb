package catalog

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// spelledCatalog returns the catalog of spelled.yaml with an overlay for its
// plan.
func spelledCatalog(t *testing.T, overlay string) (*Catalog, error) {
	t.Helper()
	c, err := Load(Embedded("spelled.yaml", readFile(t, "spelled.yaml")))
	if err != nil {
		t.Fatal(err)
	}
	return c.WithOverlay([]byte("offerings: {spelled: " + overlay + "}"))
}

// defaultsOf returns the defaults that platforms are shown.
func defaultsOf(t *testing.T, c *Catalog, plan int) map[string]any {
	t.Helper()
	var schema struct {
		Properties map[string]struct {
			Default any `json:"default"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(c.Render().Services[0].Plans[plan].Schemas.Instance.Create.Parameters, &schema); err != nil {
		t.Fatal(err)
	}
	defaults := map[string]any{}
	for name, property := range schema.Properties {
		if property.Default != nil {
			defaults[name] = property.Default
		}
	}
	return defaults
}

func TestOverlay_SettingOfDefault_IsShownAndInForce(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		overlay  string
		settings string
		defaults map[string]any
	}{
		"nothing":                {`{}`, `{"access":"private","size":20,"stripes":2,"version":"5.6"}`, map[string]any{"Access": "private", "Version": "5.6", "Size": 20.0}},
		"a setting":              {`{settings: {version: "8.0", stripes: 3}}`, `{"access":"private","size":20,"stripes":3,"version":"8.0"}`, map[string]any{"Access": "private", "Version": "8.0", "Size": 20.0}},
		"a default":              {`{schemas: {create: {properties: {Size: {default: 40}}}}}`, `{"access":"private","size":40,"stripes":2,"version":"5.6"}`, map[string]any{"Access": "private", "Version": "5.6", "Size": 40.0}},
		"the values of one":      {`{settings: {version: "8.0"}, schemas: {create: {properties: {Version: {enum: ["8.0"]}}}}}`, `{"access":"private","size":20,"stripes":2,"version":"8.0"}`, map[string]any{"Access": "private", "Version": "8.0", "Size": 20.0}},
		"a parameter taken away": {`{schemas: {create: {properties: {Size: null}}}}`, `{"access":"private","size":20,"stripes":2,"version":"5.6"}`, map[string]any{"Access": "private", "Version": "5.6"}},
		"a fixed value":          {`{settings: {size: 50}, schemas: {create: {properties: {Size: null}}}}`, `{"access":"private","size":50,"stripes":2,"version":"5.6"}`, map[string]any{"Access": "private", "Version": "5.6"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := spelledCatalog(t, "{plans: {spelled: "+tc.overlay+"}, add: [{like: spelled, id: new, name: new, description: New, "+strings.TrimPrefix(tc.overlay, "{")+"]}")
			if err != nil {
				t.Fatal(err)
			}
			for i, plan := range c.Offerings()[0].Plans {
				if got := string(kept(t, plan).Settings); got != tc.settings {
					t.Errorf("plan %s: settings %s, want %s", plan.Name, got, tc.settings)
				}
				if diff := cmp.Diff(tc.defaults, defaultsOf(t, c, i)); diff != "" {
					t.Errorf("plan %s: defaults (-want, +got):\n%s", plan.Name, diff)
				}
			}
		})
	}
}

func TestOverlay_ImpossibleDefault_IsRefused(t *testing.T) {
	t.Parallel()
	for name, overlay := range map[string]string{
		"a setting that is no value":           `{settings: {version: "9.0"}}`,
		"values without the default":           `{schemas: {create: {properties: {Version: {enum: ["8.0"]}}}}}`,
		"a setting in another spelling":        `{settings: {access: Public Read}}`,
		"a setting of another type":            `{settings: {size: "20"}}`,
		"a default that is no multiple of 5":   `{schemas: {create: {properties: {Size: {default: 21}}}}}`,
		"a spelling that nothing understands":  `{schemas: {create: {properties: {Size: {x-normal: {typ: number}}}}}}`,
		"a setting that no plan of it has yet": `{settings: {siz: 20}}`,
	} {
		if _, err := spelledCatalog(t, "{plans: {spelled: "+overlay+"}}"); err == nil || !strings.Contains(err.Error(), `"spelled"`) {
			t.Errorf("%s: error = %v", name, err)
		}
	}
}

func TestRender_Spellings_AreKeptFromPlatforms(t *testing.T) {
	t.Parallel()
	c, err := spelledCatalog(t, "{}")
	if err != nil {
		t.Fatal(err)
	}
	plan := c.Render().Services[0].Plans[0]
	for _, input := range []json.RawMessage{plan.Schemas.Instance.Create.Parameters, plan.Schemas.Instance.Update.Parameters, plan.Schemas.Binding.Create.Parameters} {
		if strings.Contains(string(input), spellingKeyword) {
			t.Errorf("platforms are sent %s", input)
		}
	}
	var create struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(plan.Schemas.Instance.Create.Parameters, &create); err != nil {
		t.Fatal(err)
	}
	const values = `"enum":["private","public-read","public-read-write",null],"title":"Access","type":["string","null"]}`
	if got := string(create.Properties["Access"]); got != `{"default":"private",`+values {
		t.Errorf("Access is %s", got)
	}
	if got := string(create.Properties["ACCESS"]); got != `{`+values {
		t.Errorf("ACCESS is %s: another name has the same values and no default", got)
	}
	if strings.Contains(string(plan.Schemas.Instance.Update.Parameters), "ACCESS") {
		t.Error("updates are shown a name that they do not take")
	}
}
