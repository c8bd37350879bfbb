package rds

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// Every change that RDS cannot make is refused as one that no repetition helps, with the
// reason.
func TestUpdateRules_EachChange_IsMadeOrRefused(t *testing.T) {
	mysql := instancePlan{Engine: "MySQL", EngineVersion: "5.7", Class: "mysql.n2.medium.1", Storage: 100, StorageType: "cloud_essd"}
	postgres := instancePlan{Engine: "PostgreSQL", EngineVersion: "16.0", Class: "pg.n2.2c.1m", Storage: 100, StorageType: "cloud_essd"}
	historic := instancePlan{Engine: "MySQL", EngineVersion: "5.6", Class: "rds.mysql.s1.small", Storage: 20, StorageType: "local_ssd"}
	maria := instancePlan{Engine: "MariaDB", EngineVersion: "10.3", Class: "mariadb.n2.medium.2c", Storage: 20, StorageType: "cloud_essd"}
	serverless := instancePlan{Engine: "MySQL", EngineVersion: "5.7", Class: "mysql.n2.serverless.1c", Category: "serverless_basic", Storage: 20, StorageType: "cloud_essd", Serverless: &capacity{Min: 0.5, Max: 4}}
	for name, c := range map[string]struct {
		old     instancePlan
		change  func(*instancePlan)
		refused string // a word of the refusal; empty: it is made
	}{
		"Class":            {mysql, func(p *instancePlan) { p.Class = "mysql.n2.large.1" }, ""},
		"Growth":           {mysql, func(p *instancePlan) { p.Storage = 200 }, ""},
		"Shrinking":        {mysql, func(p *instancePlan) { p.Storage = 50 }, "shrink"},
		"Level2":           {mysql, func(p *instancePlan) { p.StorageType, p.Storage = "cloud_essd2", 500 }, ""},
		"Level1Again":      {func() instancePlan { p := mysql; p.StorageType = "cloud_essd3"; return p }(), func(p *instancePlan) { p.StorageType = "cloud_essd" }, ""},
		"GeneralESSD":      {mysql, func(p *instancePlan) { p.StorageType = "general_essd" }, "storage type"},
		"CloudFromLocal":   {historic, func(p *instancePlan) { p.Class, p.StorageType = "mysql.n2.medium.2c", "cloud_essd" }, "storage type"},
		"OldDiskMySQL":     {func() instancePlan { p := mysql; p.StorageType = "cloud_ssd"; return p }(), func(p *instancePlan) { p.StorageType = "cloud_essd" }, "storage type"},
		"OldDiskPostgres":  {func() instancePlan { p := postgres; p.StorageType = "cloud_ssd"; return p }(), func(p *instancePlan) { p.StorageType = "cloud_essd" }, ""},
		"Standby":          {mysql, func(p *instancePlan) { p.Class, p.Category = "mysql.n2.medium.2c", "HighAvailability" }, ""},
		"StandbyPostgres":  {postgres, func(p *instancePlan) { p.Class = "pg.n2.2c.2m" }, ""},
		"NoStandby":        {maria, func(p *instancePlan) { p.Category = "Basic" }, "category"},
		"Cluster":          {mysql, func(p *instancePlan) { p.Category = "cluster" }, "category"},
		"Version":          {mysql, func(p *instancePlan) { p.EngineVersion = "8.0" }, ""},
		"VersionsAtOnce":   {historic, func(p *instancePlan) { p.EngineVersion = "8.0" }, ""},
		"VersionTooNew":    {mysql, func(p *instancePlan) { p.EngineVersion = "8.4" }, "8.0 at most"},
		"VersionBack":      {mysql, func(p *instancePlan) { p.EngineVersion = "5.6" }, "go back"},
		"VersionPostgres":  {postgres, func(p *instancePlan) { p.EngineVersion = "17.0" }, "restore a backup"},
		"VersionMariaDB":   {maria, func(p *instancePlan) { p.EngineVersion = "10.6" }, "MariaDB"},
		"VersionBounded":   {serverless, func(p *instancePlan) { p.EngineVersion = "8.0" }, "serverless"},
		"Bounds":           {serverless, func(p *instancePlan) { p.Serverless = &capacity{Min: 1, Max: 8} }, ""},
		"BoundsOnFixed":    {mysql, func(p *instancePlan) { p.Serverless = &capacity{Min: 1, Max: 8} }, "serverless"},
		"FixedFromBounded": {serverless, func(p *instancePlan) { p.Serverless = nil }, "serverless"},
		"Engine":           {mysql, func(p *instancePlan) { p.Engine = "MariaDB" }, "engine"},
	} {
		t.Run(name, func(t *testing.T) {
			plan := c.old
			c.change(&plan)
			refusal := refuseUpdate(c.old, plan)
			switch {
			case refusal == nil && c.refused != "":
				t.Errorf("it is made, want a refusal that names %s", c.refused)
			case refusal != nil && (c.refused == "" || !strings.Contains(refusal.Text, c.refused) || !errors.Is(refusal, providers.ErrFixed)):
				t.Errorf("refused: %v, want %q", refusal, c.refused)
			}
		})
	}
}

// The steps name what changes, one after the other, and none once the instance has all.
func TestUpdate_Steps_NameWhatDiffers(t *testing.T) {
	is := dbInstance{ID: "rm-1", Status: running, Version: "5.6", Class: "a.1", Storage: 20, StorageType: "cloud_essd", Category: "Basic", VSwitch: "vsw-a"}
	wish := instancePlan{EngineVersion: "8.0", Class: "a.2c", Category: "HighAvailability", Storage: 40, StorageType: "cloud_essd2", StandbyZoneID: "z-b", StandbyVSwitchID: "vsw-b"}
	task := providers.Task{Was: &providers.Was{}}
	var got []string
	for {
		step, ok := nextToUpdate(task, wish, instanceState{instance: &is})
		if !ok {
			break
		}
		got = append(got, step.Key()+" "+string(step.Request))
		switch step.Name {
		case stepVersion:
			is.Version = step.Target
		case stepSpec:
			is.Class, is.Storage, is.StorageType, is.Category = wish.Class, wish.Storage, wish.StorageType, wish.Category
		}
	}
	want := []string{
		`version/5.7 {"InstanceID":"rm-1","EngineVersion":"5.7"}`,
		`version/8.0 {"InstanceID":"rm-1","EngineVersion":"8.0"}`,
		`spec {"InstanceID":"rm-1","Class":"a.2c","StorageType":"cloud_essd2","Storage":40,"Category":"HighAvailability","SecondZoneID":"z-b","VSwitchIDs":"vsw-a,vsw-b"}`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

// A class that RDS no longer sells, and storage that people have enlarged, stay out of
// the request; so does a class that took the place of one that was sold out.
func TestUpdate_SpecChange_NamesWhatDiffersAlone(t *testing.T) {
	is := dbInstance{ID: "rm-1", Class: "c", Storage: 40, StorageType: "cloud_auto", Category: "basic"}
	for name, c := range map[string]struct {
		plan instancePlan
		want specRequest
	}{
		"Storage":      {instancePlan{Class: "c", Category: "Basic", Storage: 60, StorageType: "general_essd"}, specRequest{InstanceID: "rm-1", Storage: 60}},
		"Enlarged":     {instancePlan{Class: "d", Category: "Basic", Storage: 20, StorageType: "general_essd"}, specRequest{InstanceID: "rm-1", Class: "d"}},
		"InItsPlace":   {instancePlan{Class: "b", Classes: []string{"c"}, Category: "Basic", Storage: 40, StorageType: "general_essd"}, specRequest{InstanceID: "rm-1"}},
		"OfServerless": {instancePlan{Class: "c", Category: "Basic", Storage: 60, StorageType: "general_essd", Serverless: &capacity{}}, specRequest{InstanceID: "rm-1", Storage: 60, PayType: "Serverless"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, differs := specChange(c.plan, is)
			if diff := cmp.Diff(c.want, got); diff != "" || differs != (c.want != specRequest{InstanceID: "rm-1"}) {
				t.Errorf("differs: %v (-want +got):\n%s", differs, diff)
			}
		})
	}
}

func TestUpdate_ServerlessBounds_AreSetOnce(t *testing.T) {
	is := dbInstance{ID: "rm-1", Version: "8.0", Class: "c", Storage: 20, Serverless: &capacity{Min: 0.5, Max: 4}}
	wish := instancePlan{EngineVersion: "8.0", Class: "c", Storage: 20, Serverless: &capacity{Min: 1, Max: 8, AutoPause: true}}
	task := providers.Task{Was: &providers.Was{}}
	step, ok := nextToUpdate(task, wish, instanceState{instance: &is})
	if !ok || step.Name != stepServerless {
		t.Fatalf("%v %s %s", ok, step.Name, step.Text)
	}
	is.Serverless = wish.Serverless
	if step, ok := nextToUpdate(task, wish, instanceState{instance: &is}); ok {
		t.Errorf("%s again", step.Name)
	}
}

// A plan that moves on, by its maintenance version, moves an instance to its newer engine
// version and class; what was drawn for the instance stays.
func TestPrepareUpdate_PlanMovesOn_MovesTheInstance(t *testing.T) {
	form := func(version, class string) []byte {
		return []byte(`{"engine":"MySQL","engineVersion":"` + version + `","class":"` + class + `","storage":20,"storageType":"cloud_essd","database":"app","charset":"utf8mb4"}`)
	}
	task := providers.Task{Life: testLife(), Settings: form("5.7", "mysql.n2.medium.1")}
	raw, err := (instances{}).Prepare(task)
	if err != nil {
		t.Fatal(err)
	}
	task.Plan, task.Was = raw, &providers.Was{Settings: task.Settings}
	old, err := instancePlanOf(task)
	if err != nil {
		t.Fatal(err)
	}
	task.Settings = form("8.0", "mysql.n2.large.1")
	plan, err := prepared(t, task)
	if err != nil {
		t.Fatal(err)
	}
	if plan.EngineVersion != "8.0" || plan.Class != "mysql.n2.large.1" || plan.Description != old.Description || plan.SuperPassword != old.SuperPassword {
		t.Errorf("plan = %+v", plan)
	}
	task.Settings = form("8.4", "mysql.n2.large.1")
	if _, err := prepared(t, task); !errors.Is(err, providers.ErrFixed) {
		t.Errorf("a plan of 8.4: %v", err)
	}
}
