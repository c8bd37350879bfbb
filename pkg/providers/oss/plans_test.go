package oss_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
)

func loadPlans(t *testing.T) *catalog.Offering {
	t.Helper()
	return offeringOf(t, loadCatalog(t))
}

func loadCatalog(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(catalog.Embedded("oss/plans.yaml", oss.Plans))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func offeringOf(t *testing.T, c *catalog.Catalog) *catalog.Offering {
	t.Helper()
	offering, ok := c.Offering("oss-997b8372-8dac-40ac-ae65-758b4a502222")
	if !ok || len(c.Offerings()) != 1 {
		t.Fatalf("the offerings are %v", c.Offerings())
	}
	return offering
}

// recordedPlan returns the plan "default" as the broker reads it from the record of an
// instance.
func recordedPlan(t *testing.T) *catalog.Plan {
	t.Helper()
	c := loadCatalog(t)
	record, err := offeringOf(t, c).Plans[0].Recorded()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := catalog.ReadRecorded(record)
	if err != nil {
		t.Fatal(err)
	}
	return c.Upgraded("oss", plan)
}

func TestPlans_IDsAndNames_NeverChange(t *testing.T) {
	offering := loadPlans(t)
	if offering.Name != "alibaba-cloud-oss" || !offering.Bindable || offering.Provider != "oss" {
		t.Errorf("offering %s, bindable %v, provider %s", offering.Name, offering.Bindable, offering.Provider)
	}
	got := map[string]string{}
	for _, plan := range offering.Plans {
		got[plan.Name] = plan.ID
		if plan.Free || plan.Deletion != string(providers.Refuse) || len(plan.Slow) > 0 {
			t.Errorf("plan %s: free %v, deletion %s, slow %v", plan.Name, plan.Free, plan.Deletion, plan.Slow)
		}
		if !strings.Contains(string(plan.Schemas.Create), "AccessKeyId") {
			continue
		}
		if !slices.Contains(plan.Secret, "AccessKeyId") || !slices.Contains(plan.Secret, "AccessKeySecret") {
			t.Errorf("plan %s: secret parameters are %v", plan.Name, plan.Secret)
		}
	}
	want := map[string]string{
		"default":         "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221",
		"oss-self-define": "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2222",
		"standard":        "oss-75ba6823-31c4-4617-a57a-1edb1cf02dc3",
		"infrequent":      "oss-28890775-e87b-4299-b22c-49ecad604730",
		"archive":         "oss-c9f2e643-ebc5-49e6-942e-5bec751cce14",
		"versioned":       "oss-92b4a23d-2544-4450-99cf-98c5ca97d8b3",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plans (-want, +got):\n%s", diff)
	}
}

func TestSchemas_Parameters_AreTheDocumentedOnes(t *testing.T) {
	cases := map[string]struct {
		create, update, bind bool // whether it is taken
		parameters           string
	}{
		"none":               {true, true, true, `{}`},
		"old guide's nulls":  {true, true, true, `{"AccessKeyId":null,"AccessKeySecret":null}`},
		"all":                {true, false, false, `{"Region":"a","Acl":"private","ACL":"Private","StorageClass":"Archive Storage","AccessKeyId":"d","AccessKeySecret":"e"}`},
		"Acl":                {true, true, false, `{"Acl":"private"}`},
		"unknown":            {false, false, false, `{"acl":"private"}`},
		"region as a number": {false, false, false, `{"Region":1}`},
		"Acl as a list":      {false, false, false, `{"Acl":["private"]}`},
		"Acl by its words":   {true, true, false, `{"Acl":"Public Read/Write"}`},
		"Acl unknown":        {false, false, false, `{"Acl":"everybody"}`},
		"ACL":                {true, true, false, `{"ACL":"private"}`},
		"class unknown":      {false, false, false, `{"StorageClass":"Glacier"}`},
	}
	for _, plan := range loadPlans(t).Plans[:2] { // of the first broker
		for name, c := range cases {
			t.Run(plan.Name+"/"+name, func(t *testing.T) {
				raw := json.RawMessage(c.parameters)
				for _, check := range []struct {
					name string
					err  error
					want bool
				}{
					{"create", plan.CheckCreate(raw), c.create},
					{"update", plan.CheckUpdate(raw), c.update},
					{"bind", plan.CheckBind(raw), c.bind},
				} {
					if taken := check.err == nil; taken != check.want {
						t.Errorf("%s: %v, want taken %v", check.name, check.err, check.want)
					}
				}
			})
		}
	}
}
