package catalog_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

// shipped returns the catalog of the services.
func shipped(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(rds.Catalog(), catalog.Embedded("oss/plans.yaml", oss.Plans))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// wholePlans are plans as records held them before providers gave up their
// lists of values: whole, with schemas that take any text.
func wholePlans(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile("testdata/whole_plans.json")
	if err != nil {
		t.Fatal(err)
	}
	var plans map[string]json.RawMessage
	if err := json.Unmarshal(raw, &plans); err != nil {
		t.Fatal(err)
	}
	return plans
}

// upgraded reads a record of before, and writes and reads it anew where again
// is set.
func upgraded(t *testing.T, c *catalog.Catalog, provider string, again bool) *catalog.Plan {
	t.Helper()
	plan, err := catalog.ReadRecorded(wholePlans(t)[provider])
	if err != nil {
		t.Fatal(err)
	}
	plan = c.Upgraded(provider, plan)
	if !again {
		return plan
	}
	raw, err := plan.Recorded()
	if err != nil {
		t.Fatal(err)
	}
	if plan, err = catalog.ReadRecorded(raw); err != nil {
		t.Fatal(err)
	}
	return c.Upgraded(provider, plan)
}

func TestUpgraded_RecordOfBefore_IsServedOn(t *testing.T) {
	t.Parallel()
	all := shipped(t)
	left, err := all.WithOverlay([]byte("offerings: {alibaba-cloud-oss: {plans: {oss-self-define: {enabled: false}}}, alibaba-cloud-rds-mysqldb: {plans: {rds-self-define: {enabled: false}}}}"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*catalog.Catalog{"in the catalog": all, "left the catalog": left} {
		for _, again := range []bool{false, true} {
			bucket, server := upgraded(t, c, "oss", again), upgraded(t, c, "rds", again)
			if bucket.Name != "oss-self-define" || bucket.Deletion != "refuse" || !bucket.Rotatable || string(bucket.Settings) == "" ||
				server.Fresh[0] != "Username" || !server.IsSlow("update") || !server.Updateable {
				t.Errorf("%s: plans %+v, %+v", name, bucket, server)
			}
			for _, tc := range []struct {
				check func(json.RawMessage) error
				sent  string
				ok    bool
			}{
				{bucket.CheckUpdate, `{"Acl":"Public Read"}`, true},
				{bucket.CheckUpdate, `{"Acl":"everybody"}`, false},
				{bucket.CheckUpdate, `{"ACL":"private"}`, true},
				{bucket.CheckUpdate, `{"Region":"cn-beijing"}`, false},
				{bucket.CheckBind, `{}`, true},
				{bucket.CheckBind, `{"Username":"u"}`, false},
				{server.CheckUpdate, `{"Storage":"40","Class":" rds.mysql.s1.small "}`, true},
				{server.CheckUpdate, `{"Storage":"41"}`, false},
				{server.CheckUpdate, `{"Class":"a b"}`, false},
				{server.CheckUpdate, `{"Engine":"MySQL"}`, false},
				{server.CheckBind, `{"Username":"user","Password":"Secret12"}`, true},
				{server.CheckBind, `{"Password":12345678}`, false},
			} {
				if err := tc.check(json.RawMessage(tc.sent)); (err == nil) != tc.ok {
					t.Errorf("%s, again %v: check of %s = %v", name, again, tc.sent, err)
				}
			}
			for sent, want := range map[string]string{
				`{"ACL":"Public Read","StorageClass":"Infrequent Access Storage","Region":"OSS-cn-beijing"}`: `{"Acl":"public-read","Region":"cn-beijing","StorageClass":"IA"}`,
				`{"ACL":"public-read","Acl":"private"}`:                                                      `{"Acl":"private"}`,
			} {
				if got, err := bucket.NormalInstance(json.RawMessage(sent)); err != nil || string(got) != want {
					t.Errorf("%s, again %v: normal form of %s is %s, %v", name, again, sent, got, err)
				}
			}
			if got, err := server.NormalInstance(json.RawMessage(`{"Engine":"mysql","EngineVersion":8,"Storage":"100","NetworkType":"vpc"}`)); err != nil ||
				string(got) != `{"Engine":"MySQL","EngineVersion":"8.0","NetworkType":"VPC","Storage":100}` {
				t.Errorf("%s, again %v: normal form of a server's parameters is %s, %v", name, again, got, err)
			}
		}
	}
}

// An operator's own statements for a plan hold for its instances even when
// another document ships later.
func TestUpgraded_OwnStatements_Stay(t *testing.T) {
	t.Parallel()
	plan := &catalog.Plan{
		Settings: json.RawMessage(`{"acl":"public-read","storageClass":"IA"}`),
		Schemas: catalog.Schemas{
			Create: json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"Acl":{"type":"string"},"Own":{"type":"string"}}}`),
			Update: json.RawMessage(`{"type":"object","additionalProperties":false,"properties":{"Acl":{"type":"string","enum":["private"]},"Own":{"type":"string"}}}`),
		},
	}
	got := shipped(t).Upgraded("oss", plan)
	for sent, ok := range map[string]bool{`{"Acl":"Private"}`: true, `{"Acl":"public-read"}`: false, `{"Own":" x "}`: true} {
		if err := got.CheckUpdate(json.RawMessage(sent)); (err == nil) != ok {
			t.Errorf("CheckUpdate(%s) = %v", sent, err)
		}
	}
	raw, err := got.Recorded()
	if err != nil {
		t.Fatal(err)
	}
	record, err := catalog.ReadRecorded(raw)
	if err != nil || string(record.Settings) != `{"acl":"public-read","storageClass":"IA"}` {
		t.Errorf("settings = %s, %v: the defaults of today replace the record's", record.Settings, err)
	}
	if unknown := shipped(t).Upgraded("gone", plan); string(unknown.Schemas.Update) != string(plan.Schemas.Update) {
		t.Errorf("a provider that ships nothing changes the schema to %s", unknown.Schemas.Update)
	}
}

// A secret parameter that a record's plan took at creation can be updated once
// updates of today take it; another one, and one that the operator took out, not.
func TestUpgraded_SecretOfCreation_CanBeUpdated(t *testing.T) {
	t.Parallel()
	c := shipped(t)
	without := func(raw json.RawMessage, path ...string) json.RawMessage {
		var plan map[string]any
		if err := json.Unmarshal(raw, &plan); err != nil {
			t.Fatal(err)
		}
		at := plan
		for _, name := range path {
			at, _ = at[name].(map[string]any)
		}
		delete(at, "AccessKeyId")
		delete(at, "AccessKeySecret")
		delete(plan, "shipped") // which records of before lack
		changed, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		return changed
	}
	offering, _ := c.Offering("oss-997b8372-8dac-40ac-ae65-758b4a502222")
	today, err := offering.Plans[0].Recorded()
	if err != nil {
		t.Fatal(err)
	}
	earlier := []byte(strings.Replace(string(without(today, "schemas", "update", "properties")), `"form":{`, `"form":{"AccessKeyId":{},"AccessKeySecret":{},`, 1))
	for name, tc := range map[string]struct {
		record json.RawMessage
		ok     bool
	}{
		"a whole plan":            {wholePlans(t)["oss"], true},
		"a record of before":      {earlier, true},
		"a record of today":       {today, true},
		"the operator forbids it": {without(earlier, "form"), false},
	} {
		plan, err := catalog.ReadRecorded(tc.record)
		if err != nil {
			t.Fatal(err)
		}
		plan = c.Upgraded("oss", plan)
		if err := plan.CheckUpdate(json.RawMessage(`{"AccessKeyId":"id","AccessKeySecret":"secret"}`)); (err == nil) != tc.ok {
			t.Errorf("%s: %v, want taken %v", name, err, tc.ok)
		}
		if err := plan.CheckUpdate(json.RawMessage(`{"AccessKeyId":"a b","AccessKeySecret":"secret"}`)); err == nil {
			t.Errorf("%s: an id with a blank is taken", name)
		}
		if err := plan.CheckUpdate(json.RawMessage(`{"StorageClass":"IA"}`)); err == nil {
			t.Errorf("%s: an update takes the storage class", name)
		}
	}
}

// Updates that the operator's overlay takes out stay out, until the plan leaves the
// catalog: the operator's word on it has left with it.
func TestUpgraded_OverlayWithoutUpdate_Stays(t *testing.T) {
	t.Parallel()
	const forbidden = `schemas: {update: {properties: {AccessKeyId: null, AccessKeySecret: null}}}`
	for change, ok := range map[string]bool{forbidden: false, forbidden + ", enabled: false": true} {
		c, err := shipped(t).WithOverlay([]byte("offerings: {alibaba-cloud-oss: {plans: {oss-self-define: {" + change + "}}}}"))
		if err != nil {
			t.Fatal(err)
		}
		for _, again := range []bool{false, true} {
			err := upgraded(t, c, "oss", again).CheckUpdate(json.RawMessage(`{"AccessKeyId":"id","AccessKeySecret":"secret"}`))
			if (err == nil) != ok {
				t.Errorf("%s, again %v: %v, want taken %v", change, again, err, ok)
			}
		}
	}
}

// A spelling that ships later holds for records of before: blanks around a user name
// mean nothing, in a repeated bind too.
func TestUpgraded_LaterSpelling_HoldsForOldRecords(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/recorded_plans.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]json.RawMessage
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	for form, record := range map[string]json.RawMessage{"recorded": recorded["rds"], "whole": wholePlans(t)["rds"]} {
		plan, err := catalog.ReadRecorded(record)
		if err != nil {
			t.Fatal(err)
		}
		plan = shipped(t).Upgraded("rds", plan)
		sent := json.RawMessage(`{"Username":" app "}`)
		if got, err := plan.NormalBinding(sent); err != nil || string(got) != `{"Username":"app"}` {
			t.Errorf("%s: the normal form of %s is %s, %v", form, sent, got, err)
		}
		if !plan.SameBinding(json.RawMessage(`{"Username":"app"}`), sent) {
			t.Errorf("%s: %s is another user name than app", form, sent)
		}
		if err := plan.CheckBind(sent); err != nil {
			t.Errorf("%s: %v", form, err)
		}
	}
}

// A binding of an old instance takes the parameters of today's plan, unless an
// overlay takes them out or the plan has left the catalog.
func TestUpgraded_LaterBindParameters_HoldForOldRecords(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/recorded_plans.json")
	if err != nil {
		t.Fatal(err)
	}
	var recorded map[string]json.RawMessage
	if err := json.Unmarshal(raw, &recorded); err != nil {
		t.Fatal(err)
	}
	const sent = `{"access":"Read Only","Prefix":"in/"}`
	for overlay, takes := range map[string]bool{"{}": true, "{schemas: {bind: {properties: {Access: null, Prefix: null}}}}": false, "{enabled: false}": false} {
		c, err := shipped(t).WithOverlay([]byte("offerings: {alibaba-cloud-oss: {plans: {oss-self-define: " + overlay + "}}}"))
		if err != nil {
			t.Fatal(err)
		}
		for form, record := range map[string]json.RawMessage{"recorded": recorded["oss"], "whole": wholePlans(t)["oss"]} {
			plan, err := catalog.ReadRecorded(record)
			if err != nil {
				t.Fatal(err)
			}
			plan = c.Upgraded("oss", plan)
			if err := plan.CheckBind(json.RawMessage(sent)); (err == nil) != takes {
				t.Errorf("%s with %s: %v, want taken %t", form, overlay, err, takes)
			}
			if !takes {
				continue
			}
			if got, err := plan.BindingValues(json.RawMessage(sent)); err != nil || string(got) != `{"Access":"readonly","Prefix":"in/"}` {
				t.Errorf("%s: the values of %s are %s, %v", form, sent, got, err)
			}
			if !plan.SameBinding(nil, json.RawMessage(`{"Access":"read-write","Prefix":null}`)) || plan.SameBinding(nil, json.RawMessage(sent)) {
				t.Errorf("%s: a default that is written out is another parameter than none", form)
			}
		}
	}
}

// The kind of a binding that its service account implies may be written out or left out.
func TestSameBinding_ImpliedKind_EqualsTheAbsentOne(t *testing.T) {
	t.Parallel()
	offering, ok := shipped(t).Offering("oss-997b8372-8dac-40ac-ae65-758b4a502222")
	if !ok {
		t.Fatal("the catalog lacks OSS")
	}
	plan := offering.Plans[0]
	for _, tc := range []struct {
		first, again string
		same         bool
	}{
		{`{"ServiceAccount":"app"}`, `{"ServiceAccount":"app","Kind":"role"}`, true},
		{`{"ServiceAccount":"app","Kind":"Role"}`, `{"service_account":"app","Kind":null}`, true},
		{`{}`, `{"Kind":"ram"}`, true},
		{`{"Kind":"ram"}`, `{"ServiceAccount":"","Prefix":null}`, true},
		{`{}`, `{"Kind":"role"}`, false},
		{`{"ServiceAccount":"app"}`, `{"ServiceAccount":"app","Kind":"ram"}`, false},
		{`{"ServiceAccount":"app"}`, `{"ServiceAccount":"other","Kind":"role"}`, false},
		{`{"ServiceAccount":"app"}`, `{}`, false},
	} {
		if got := plan.SameBinding(json.RawMessage(tc.first), json.RawMessage(tc.again)); got != tc.same {
			t.Errorf("%s and %s are the same: %t, want %t", tc.first, tc.again, got, tc.same)
		}
	}
}

// The refusal of a value that a pattern excludes says in words what is wanted.
func TestCheckBind_AgainstAPattern_TellsTheDescription(t *testing.T) {
	t.Parallel()
	offering, ok := shipped(t).Offering("oss-997b8372-8dac-40ac-ae65-758b4a502222")
	if !ok {
		t.Fatal("the catalog lacks OSS")
	}
	var schema struct {
		Properties map[string]struct {
			Description string `json:"description"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(offering.Plans[0].Schemas.Bind, &schema); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(schema.Properties["ServiceAccount"].Description, ".")
	for _, name := range []string{"*", "team-a:app", "team-a/app", "App"} {
		err := offering.Plans[0].CheckBind(json.RawMessage(`{"ServiceAccount":"` + name + `"}`))
		if err == nil || first == "" || !strings.Contains(err.Error(), first) || strings.Contains(err.Error(), name+`"`) {
			t.Errorf("the name %s: %v, want the words of the description and no value", name, err)
		}
	}
}
