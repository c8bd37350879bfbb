package catalog_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

// unbindPlans returns an offering of two plans: one of accounts, and one that has no
// word for them.
func unbindPlans(t *testing.T, word string) (*catalog.Catalog, error) {
	t.Helper()
	return catalog.Load(catalog.Embedded("plans.yaml", []byte(`
offerings:
- id: o
  name: databases
  description: Databases
  provider: p
  bindable: true
  plans:
  - {id: a, name: accounts, description: A database, free: false, deletion: delete, unbind: `+word+`, deadline: 1h}
  - {id: k, name: keys, description: A bucket, free: false, deletion: delete, deadline: 1h}
`)))
}

func TestUnbind_EachWord_IsRecordedAndDescribed(t *testing.T) {
	for word, want := range map[string]struct {
		recorded  string
		described bool
	}{"lock": {"", false}, "delete": {"delete", true}} {
		c, err := unbindPlans(t, word)
		if err != nil {
			t.Fatal(err)
		}
		plan := c.Offerings()[0].Plans[0]
		raw, err := plan.Recorded()
		if err != nil {
			t.Fatal(err)
		}
		kept, err := catalog.ReadRecorded(raw)
		if err != nil || kept.Unbind != want.recorded {
			t.Errorf("%s: recorded as %q, %v", word, kept.Unbind, err)
		}
		shown := c.Render().Services[0].Plans
		if tells := strings.Contains(shown[0].Description, "triggers"); tells != want.described || !strings.HasPrefix(shown[0].Description, "A database") {
			t.Errorf("%s: described as %q", word, shown[0].Description)
		}
		if shown[1].Description != "A bucket" {
			t.Errorf("%s: the other plan is described as %q", word, shown[1].Description)
		}
	}
	if _, err := unbindPlans(t, "keep"); err == nil || !strings.Contains(err.Error(), "unbind") {
		t.Errorf("another word: %v", err)
	}
}

func TestUnbind_InOverlay_ChangesPlansOfAccountsAlone(t *testing.T) {
	c, err := unbindPlans(t, "lock")
	if err != nil {
		t.Fatal(err)
	}
	overlay := func(plan, changes string) (*catalog.Catalog, error) {
		return c.WithOverlay([]byte(`{offerings: {databases: {plans: {` + plan + `: {` + changes + `}}}}}`))
	}
	changed, err := overlay("accounts", "unbind: delete")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := changed.Offerings()[0].Plans[0].Recorded()
	var kept struct{ Unbind string }
	if err != nil || json.Unmarshal(raw, &kept) != nil || kept.Unbind != "delete" {
		t.Errorf("recorded: %s, %v", raw, err)
	}
	for name, tc := range map[string]struct{ plan, changes string }{
		"NoAccounts":      {"keys", "unbind: delete"},
		"UnknownWord":     {"accounts", "unbind: keep"},
		"NoRoomForItsEnd": {"accounts", "unbind: delete, description: " + strings.Repeat("x", 200)},
	} {
		if _, err := overlay(tc.plan, tc.changes); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
