package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/hack/tools/servicesdoc"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

var update = flag.Bool("update", false, "write the golden files") //nolint:gochecknoglobals // a flag of the test binary

// Platforms keep ids and names for ever: a change of this file is a change for
// every user.
func TestCatalog_Rendered_IsWhatPlatformsKnow(t *testing.T) {
	osbtest.Proves(t, "CAT-03", "CAT-36", "CAT-18")
	c, err := catalog.Load(planFiles()...)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(c.Render(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "catalog.json")
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.TrimSpace(want)), string(got)); diff != "" {
		t.Errorf("the catalog has changed (-before +now); if that is meant, run the test with -update:\n%s", diff)
	}
}

// The ids and names of the broker that this one replaces.
func TestCatalog_IDs_AreThoseOfTheReplacedBroker(t *testing.T) {
	osbtest.Proves(t, "CAT-03", "CAT-30")
	c, err := catalog.Load(planFiles()...)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		name  string
		plans map[string]string
	}{
		"rds-997b8372-8dac-40ac-ae65-758b4a5075a5": {"alibaba-cloud-rds-mysqldb", map[string]string{
			"rds-427559f1-bf2a-45d3-8844-32374a3e58aa": "rds-mysql-t1-small",
			"rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1c": "rds-mysql-s1-small",
			"rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1d": "rds-mysql-s2-large",
			"rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1e": "rds-self-define",
		}},
		"oss-997b8372-8dac-40ac-ae65-758b4a502222": {"alibaba-cloud-oss", map[string]string{
			"oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221": "default",
			"oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2222": "oss-self-define",
		}},
	}
	for id, service := range want {
		o, ok := c.Offering(id)
		if !ok || o.Name != service.name {
			t.Errorf("offering %s: %+v, want %s", id, o, service.name)
			continue
		}
		for plan, name := range service.plans {
			if p, ok := o.Plan(plan); !ok || p.Name != name || p.Free {
				t.Errorf("plan %s of %s: %+v, want %s, not free", plan, service.name, p, name)
			}
		}
	}
}

// A record holds its plan twice during an update, and stores hold many records.
func TestCatalog_EveryPlan_IsRecordedInTwoKilobytes(t *testing.T) {
	c, err := catalog.Load(planFiles()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.Offerings() {
		for _, p := range o.Plans {
			record, err := p.Recorded()
			if err != nil || len(record) > 2048 {
				t.Errorf("plan %s takes %d bytes of a record, want at most 2048; %v", p.Name, len(record), err)
			}
		}
	}
}

// Readers find values and defaults of parameters on a page that cannot differ
// from the plans, and the offerings in the README.
func TestServicesPage_Written_StatesThePlans(t *testing.T) {
	pages, err := servicesdoc.Pages(planFiles()...)
	if err != nil {
		t.Fatal(err)
	}
	renders := map[string]func([]byte) ([]byte, error){
		"README.md": func(readme []byte) ([]byte, error) { return servicesdoc.Readme(readme, planFiles()...) },
	}
	for name, page := range pages {
		renders[filepath.Join("docs", "services", name)] = func([]byte) ([]byte, error) { return page, nil }
	}
	for name, render := range renders {
		path := filepath.Join("..", "..", name)
		got, err := os.ReadFile(path)
		if err != nil && !*update {
			t.Fatal(err)
		}
		want, err := render(got)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			got, err = want, os.WriteFile(path, want, 0o644)
		}
		if diff := cmp.Diff(string(want), string(got)); err != nil || diff != "" {
			t.Errorf("%s differs from the plans (-want +got); run the test with -update: %v\n%s", name, err, diff)
		}
	}
}
