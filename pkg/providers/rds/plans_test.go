package rds_test

import (
	"encoding/json"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

// dropIn are the ids of the plans by name; neither may ever change.
func dropIn() map[string]string {
	return map[string]string{
		"rds-mysql-t1-small": "rds-427559f1-bf2a-45d3-8844-32374a3e58aa",
		"rds-mysql-s1-small": "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1c",
		"rds-mysql-s2-large": "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1d",
		"rds-self-define":    "rds-edc2badc-d93b-4d9c-9d8e-da2f1c8c3e1e",
	}
}

func offering(t *testing.T) *catalog.Offering {
	t.Helper()
	c, err := catalog.Load(catalog.Embedded("rds/plans/mysql.yaml", rds.Plans))
	if err != nil {
		t.Fatal(err)
	}
	return c.Offerings()[0]
}

func plan(t *testing.T, name string) *catalog.Plan {
	t.Helper()
	for _, p := range offering(t).Plans {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no plan %s", name)
	return nil
}

// recorded returns the plan as the record of an instance keeps it.
func recorded(t *testing.T, name string) *catalog.Plan {
	t.Helper()
	record, err := plan(t, name).Recorded()
	if err != nil {
		t.Fatal(err)
	}
	p, err := catalog.ReadRecorded(record)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlans_Offering_IsTheFirstBrokers(t *testing.T) {
	o := offering(t)
	if o.ID != "rds-997b8372-8dac-40ac-ae65-758b4a5075a5" || o.Name != "alibaba-cloud-rds-mysqldb" || o.Provider != "rds" || !o.Bindable {
		t.Errorf("offering = %s %s, provider %s, bindable %v", o.ID, o.Name, o.Provider, o.Bindable)
	}
	if len(o.Plans) != len(dropIn()) {
		t.Errorf("%d plans, want %d", len(o.Plans), len(dropIn()))
	}
	for _, p := range o.Plans {
		if dropIn()[p.Name] != p.ID {
			t.Errorf("plan %s has the id %s, want %s", p.Name, p.ID, dropIn()[p.Name])
		}
		if p.Free || !p.Updateable || p.Deletion != string(providers.DeleteData) || !p.IsSlow("provision") || !p.IsSlow("update") || !p.IsSlow("deprovision") || p.IsSlow("bind") {
			t.Errorf("plan %s: free %v, updateable %v, deletion %s, slow %v", p.Name, p.Free, p.Updateable, p.Deletion, p.Slow)
		}
	}
}

// Each plan makes the server of its settings.
func TestPlans_WithoutParameters_MakeTheirSettings(t *testing.T) {
	provider := newProvider(t, emulatortest.New(t), descriptor.Network{})
	for name, class := range map[string]string{
		"rds-mysql-t1-small": "rds.mysql.t1.small", "rds-mysql-s1-small": "rds.mysql.s1.small",
		"rds-mysql-s2-large": "rds.mysql.s2.large", "rds-self-define": "rds.mysql.s2.large",
	} {
		raw, err := provider.Prepare(providers.Task{Kind: providers.Instance, Settings: recorded(t, name).Settings})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got struct {
			Engine        string `json:"engine"`
			EngineVersion string `json:"engineVersion"`
			Class         string `json:"class"`
			StorageType   string `json:"storageType"`
			Database      string `json:"database"`
			Storage       int    `json:"storage"`
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		if got.Engine != "MySQL" || got.EngineVersion != "5.6" || got.Class != class || got.Storage != 20 || got.StorageType != "local_ssd" || got.Database == "" {
			t.Errorf("%s resolves to %+v", name, got)
		}
	}
}

func TestSchemas_FirstBrokersParameters_AreAccepted(t *testing.T) {
	self, fixed := plan(t, "rds-self-define"), plan(t, "rds-mysql-t1-small")
	network := `{"NetworkType":"vpc","VpcID":"vpc-1","VSwitchID":"vsw-1","ZoneId":"cn-hangzhou-h"}`
	cases := []struct {
		name       string
		check      func(json.RawMessage) error
		parameters string
		ok         bool
	}{
		{"numbers", self.CheckCreate, `{"Engine":"MySQL","EngineVersion":5.6,"Class":"rds.mysql.s1.small","Storage":20}`, true},
		{"strings", self.CheckCreate, `{"Engine":"MySQL","EngineVersion":"5.6","Class":"rds.mysql.s1.small","Storage":"20"}`, true},
		{"network", self.CheckCreate, network, true},
		{"network of a fixed plan", fixed.CheckCreate, network, true},
		{"nulls", fixed.CheckCreate, `{"VpcID":null}`, true},
		{"class of a fixed plan", fixed.CheckCreate, `{"Class":"rds.mysql.s1.small"}`, false},
		{"unknown name", self.CheckCreate, `{"Klass":"c"}`, false},
		{"wrong type", self.CheckCreate, `{"Storage":[20]}`, false},
		{"update of class and storage", self.CheckUpdate, `{"Class":"rds.mysql.s1.small","Storage":40}`, true},
		{"update of the network", self.CheckUpdate, network, false},
		{"update of a fixed plan", fixed.CheckUpdate, `{"Storage":40}`, false},
		{"bind with nulls", fixed.CheckBind, `{"Username":null,"Password":null}`, true},
		{"bind", fixed.CheckBind, `{"Username":"user","Password":"Secret12"}`, true},
		{"bind with a number", fixed.CheckBind, `{"Password":12345678}`, false},
	}
	for _, tc := range cases {
		if err := tc.check(json.RawMessage(tc.parameters)); (err == nil) != tc.ok {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
