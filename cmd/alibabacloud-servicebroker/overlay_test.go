package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestOfferings_OverlayAndPrefix_ChangeTheCatalog(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "catalog.yaml")
	overlay := `
offerings:
  alibaba-cloud-oss: {enabled: false}
  alibaba-cloud-rds-mysqldb: {plans: {rds-self-define: {settings: {storageType: cloud_essd}}}}
`
	if err := os.WriteFile(file, []byte(overlay), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := (&config{catalogFile: file, catalogPrefix: "b-"}).offerings()
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := (&config{}).offerings()
	if err != nil {
		t.Fatal(err)
	}
	all := c.Offerings()
	if len(all) != len(shipped.Offerings())-1 || all[0].ID != "b-rds-997b8372-8dac-40ac-ae65-758b4a5075a5" || all[0].Name != "b-alibaba-cloud-rds-mysqldb" {
		t.Errorf("offerings = %+v", all)
	}
	for _, o := range all {
		if strings.HasSuffix(o.Name, "alibaba-cloud-oss") {
			t.Errorf("the offering %s is disabled and served", o.Name)
		}
	}
}

func TestOfferings_UnusableOverlay_IsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "catalog.yaml")
	if err := os.WriteFile(file, []byte("offerings: {alibaba-cloud-os: {}}"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*config{
		"no such file":       {catalogFile: file + "x"},
		"no such offering":   {catalogFile: file},
		"no name any prefix": {catalogPrefix: "a b"},
	} {
		if _, err := c.offerings(); err == nil {
			t.Errorf("%s: it is accepted", name)
		}
	}
}

// A setting with a value that no provider can use is told at the start, and not by the
// first instance.
func TestOfferings_UnusableSetting_IsRefused(t *testing.T) {
	t.Parallel()
	for _, settings := range []string{`{endpoint: intern}`, `{endpoint: custom}`, `{domain: "https://files.example.com"}`, `{bindingKinds: [key]}`, `{bindingKinds: [1]}`} {
		file := filepath.Join(t.TempDir(), "catalog.yaml")
		if err := os.WriteFile(file, []byte("offerings: {alibaba-cloud-oss: {plans: {default: {settings: "+settings+"}}}}"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := (&config{catalogFile: file}).offerings(); err == nil || !strings.Contains(err.Error(), "plan default") {
			t.Errorf("%s: %v", settings, err)
		}
	}
}

// A copied example of the guide works.
func TestOfferings_OverlaysOfTheGuide_AreAccepted(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../docs/catalog.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile("(?s)```yaml\n(offerings:.*?)```").FindAllSubmatch(guide, -1)
	if len(examples) == 0 {
		t.Fatal("the guide has no overlay")
	}
	c, err := (&config{}).offerings()
	if err != nil {
		t.Fatal(err)
	}
	for _, example := range examples {
		if _, err := c.WithOverlay(example[1]); err != nil {
			t.Errorf("%s\n%v", example[1], err)
		}
	}
}
