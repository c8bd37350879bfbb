package catalog

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

//nolint:gochecknoglobals // go test has no other way to take a flag
var update = flag.Bool("update", false, "write the golden files anew")

// CAT-01 to CAT-40; the members that platforms default differently (free,
// bindable, plan_updateable) are always written.
func TestRender_Catalog_IsTheGoldenOne(t *testing.T) {
	osbtest.Proves(t, "CAT-01", "CAT-13", "CAT-15", "CAT-16", "CAT-17", "CAT-18", "CAT-19", "CAT-21", "CAT-33", "CAT-34", "CAT-35", "CAT-37", "CAT-38", "CAT-40")
	t.Parallel()
	rendered, err := json.MarshalIndent(load(t, "plans.yaml", "other.yaml").Render(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	rendered = append(rendered, '\n')
	const golden = "testdata/catalog.json"
	if *update {
		if err := os.WriteFile(golden, rendered, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(rendered, want) {
		t.Errorf("the catalog has changed; read the difference, then run with -update:\n%s", rendered)
	}
}

func TestRender_OrderOfDocuments_DoesNotMatter(t *testing.T) {
	t.Parallel()
	one, err := json.Marshal(load(t, "plans.yaml", "other.yaml").Render())
	if err != nil {
		t.Fatal(err)
	}
	two, err := json.Marshal(load(t, "other.yaml", "plans.yaml").Render())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one, two) {
		t.Errorf("catalogs differ:\n%s\n%s", one, two)
	}
}

// CAT-02.
func TestRender_EmptyCatalog_IsAnEmptyArray(t *testing.T) {
	osbtest.Proves(t, "CAT-02")
	t.Parallel()
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	rendered, err := json.Marshal(c.Render())
	if err != nil || string(rendered) != `{"services":[]}` {
		t.Errorf("rendered %s, %v", rendered, err)
	}
}
