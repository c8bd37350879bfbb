package rds

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// selfDefined returns the shipped plan with parameters for the server.
func selfDefined(t *testing.T) *catalog.Plan {
	t.Helper()
	c, err := catalog.Load(catalog.Embedded("rds/plans/mysql.yaml", Plans))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range c.Offerings()[0].Plans {
		if p.Name == "rds-self-define" {
			return p
		}
	}
	t.Fatal("no plan rds-self-define")
	return nil
}

// provisioned prepares an instance of the plan as the broker does: schema,
// record, normal form.
func provisioned(t *testing.T, plan *catalog.Plan, sent string) (instancePlan, error) {
	t.Helper()
	if err := plan.CheckCreate(json.RawMessage(sent)); err != nil {
		return instancePlan{}, err
	}
	record, err := plan.Recorded()
	if err != nil {
		t.Fatal(err)
	}
	kept, err := catalog.ReadRecorded(record)
	if err != nil {
		t.Fatal(err)
	}
	parameters, err := kept.NormalInstance(json.RawMessage(sent))
	if err != nil {
		t.Fatal(err)
	}
	got, err := prepared(t, providers.Task{Life: testLife(), Settings: kept.Settings, Parameters: parameters})
	if err != nil {
		t.Fatalf("the schema takes %s, Prepare does not: %v", sent, err)
	}
	return got, nil
}

const (
	fixedSettings = `{"engine":"MySQL","engineVersion":"5.6","class":"rds.mysql.t1.small","storage":20,"database":"app","charset":"utf8mb4"}`
	selfSettings  = `{"engine":"MySQL","engineVersion":"5.6","class":"rds.mysql.s2.large","storage":20,"database":"app","charset":"utf8mb4","selfDefine":true}`
)

func testLife() providers.Life {
	return providers.Life{BrokerID: "b", Incarnation: "0123456789abcdef0123456789abcdef"}
}

func prepared(t *testing.T, task providers.Task) (instancePlan, error) {
	t.Helper()
	raw, err := (instances{}).Prepare(task)
	if err != nil {
		return instancePlan{}, err
	}
	var plan instancePlan
	if err := json.Unmarshal(raw, &plan); err != nil {
		t.Fatal(err)
	}
	return plan, nil
}

func wantInvalid(t *testing.T, err error, word string) {
	t.Helper()
	var f *providers.Failure
	if !errors.As(err, &f) || f.Kind != providers.Invalid || !strings.Contains(f.Text, word) {
		t.Errorf("error = %v, want an invalid one that names %s", err, word)
	}
}

// Every spelling that was ever accepted is accepted, and means the same.
func TestSelfDefine_EverySpelling_MeansOneValue(t *testing.T) {
	shipped := selfDefined(t)
	def := instancePlan{EngineVersion: "5.6", Class: "rds.mysql.s2.large", Storage: 20, StorageType: "local_ssd"}
	with := func(change func(*instancePlan)) instancePlan { p := def; change(&p); return p }
	cases := map[string]struct {
		parameters string
		want       instancePlan
	}{
		"Nothing":         {``, def},
		"Empty":           {`{}`, def},
		"Nulls":           {`{"Engine":null,"EngineVersion":null,"Class":null,"Storage":null,"VpcID":null,"NetworkType":null}`, def},
		"EmptyStrings":    {`{"Engine":"","VpcID":""}`, def},
		"EngineInAnyCase": {`{"Engine":" mySQL\n"}`, def},
		"EngineInLowCase": {`{"Engine":"mysql"}`, def},
		"Blanks":          {`{"Engine":" ","EngineVersion":"\t","Class":"  ","Storage":" ","VpcID":" ","NetworkType":" ","ZoneId":""}`, def},
		"Version55":       {`{"EngineVersion":5.5}`, with(func(p *instancePlan) { p.EngineVersion = "5.5" })},
		"VersionZeros":    {`{"EngineVersion":"5.70"}`, with(func(p *instancePlan) { p.EngineVersion = "5.7" })},
		"VersionExponent": {`{"EngineVersion":80e-1}`, with(func(p *instancePlan) { p.EngineVersion = "8.0" })},
		"VersionBlanks":   {`{"EngineVersion":" 8.0 "}`, with(func(p *instancePlan) { p.EngineVersion = "8.0" })},
		"StorageBlanks":   {`{"Storage":" 100 "}`, with(func(p *instancePlan) { p.Storage = 100 })},
		"StorageDecimal":  {`{"Storage":"100.0"}`, with(func(p *instancePlan) { p.Storage = 100 })},
		"StorageExponent": {`{"Storage":"1e2"}`, with(func(p *instancePlan) { p.Storage = 100 })},
		"StorageLeast":    {`{"Storage":5}`, with(func(p *instancePlan) { p.Storage = 5 })},
		"StorageMost":     {`{"Storage":4000}`, with(func(p *instancePlan) { p.Storage = 4000 })},
		"ClassBlanks":     {`{"Class":" rds.mysql.s1.small "}`, with(func(p *instancePlan) { p.Class = "rds.mysql.s1.small" })},
		"NetworkTypeCase": {`{"NetworkType":" Vpc "}`, def},
		"VersionAsNumber": {`{"EngineVersion":5.7}`, with(func(p *instancePlan) { p.EngineVersion = "5.7" })},
		"VersionOfYAML":   {`{"EngineVersion":8}`, with(func(p *instancePlan) { p.EngineVersion = "8.0" })},
		"VersionWhole":    {`{"EngineVersion":8.0}`, with(func(p *instancePlan) { p.EngineVersion = "8.0" })},
		"VersionAsString": {`{"EngineVersion":"8.0"}`, with(func(p *instancePlan) { p.EngineVersion = "8.0" })},
		"VersionShort":    {`{"EngineVersion":"8"}`, with(func(p *instancePlan) { p.EngineVersion = "8.0" })},
		"StorageAsNumber": {`{"Storage":100}`, with(func(p *instancePlan) { p.Storage = 100 })},
		"StorageAsString": {`{"Storage":"100"}`, with(func(p *instancePlan) { p.Storage = 100 })},
		"StorageAsFloat":  {`{"Storage":1e2}`, with(func(p *instancePlan) { p.Storage = 100 })},
		"CloudDisk": {`{"Class":"mysql.n2.medium.2c"}`, with(func(p *instancePlan) {
			p.Class, p.StorageType, p.EngineVersion = "mysql.n2.medium.2c", "cloud_essd", "8.0"
		})},
		"Network": {`{"NetworkType":"vpc","VpcID":" vpc-1 ","VSwitchID":"vsw-1","ZoneId":"cn-hangzhou-h"}`, with(func(p *instancePlan) {
			p.VpcID, p.VSwitchID, p.ZoneID = "vpc-1", "vsw-1", "cn-hangzhou-h"
		})},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := provisioned(t, shipped, tc.parameters)
			if err != nil {
				t.Fatal(err)
			}
			if got.EngineVersion != tc.want.EngineVersion || got.Class != tc.want.Class || got.Storage != tc.want.Storage || got.StorageType != tc.want.StorageType ||
				got.VpcID != tc.want.VpcID || got.VSwitchID != tc.want.VSwitchID || got.ZoneID != tc.want.ZoneID || got.Engine != "MySQL" {
				t.Errorf("plan = %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestSelfDefine_ImpossibleParameters_NameTheParameter(t *testing.T) {
	shipped := selfDefined(t)
	for name, tc := range map[string]struct{ parameters, word string }{
		"Engine":       {`{"Engine":"Oracle"}`, "Engine"},
		"Version":      {`{"EngineVersion":5}`, "EngineVersion"},
		"VersionText":  {`{"EngineVersion":"latest"}`, "EngineVersion"},
		"Class":        {`{"Class":"a b"}`, "Class"},
		"Storage":      {`{"Storage":"20 GB"}`, "Storage"},
		"StorageStep":  {`{"Storage":21}`, "Storage"},
		"StorageFloat": {`{"Storage":20.5}`, "Storage"},
		"StorageLess":  {`{"Storage":-20}`, "Storage"},
		"StorageHuge":  {`{"Storage":1e30}`, "Storage"},
		"Classic":      {`{"NetworkType":"Classic"}`, "closed"},
		"NetworkType":  {`{"NetworkType":"LAN"}`, "NetworkType"},
		"VpcID":        {`{"VpcID":"vpc 1&x"}`, "VpcID"},
		"WrongShape":   {`{"Storage":{"GB":20}}`, "Storage"},
		"NoObject":     {`[]`, "parameters"},
		"VersionNew":   {`{"EngineVersion":"9.0"}`, `"5.5", "5.6", "5.7", "8.0"`},
		"StorageTiny":  {`{"Storage":0}`, "at least 5"},
		"StorageMax":   {`{"Storage":64005}`, "at most 64000"},
		"VSwitchID":    {`{"VSwitchID":"v/1"}`, "VSwitchID"},
		"ZoneId":       {`{"ZoneId":"x"}`, "ZoneId"},
		"NetworkNum":   {`{"NetworkType":1}`, "NetworkType"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := provisioned(t, shipped, tc.parameters); err == nil || !strings.Contains(err.Error(), tc.word) {
				t.Errorf("error = %v, want one that names %s", err, tc.word)
			}
		})
	}
}

func TestPrepareUpdate_FixedMembers_Stay(t *testing.T) {
	cases := map[string]struct {
		from, to      string // settings
		before, after string // parameters, all of them
		class         string
		storage       int
		refused       string // a word of the refusal
	}{
		"LargerPlan":        {from: fixedSettings, to: selfSettings, class: "rds.mysql.s2.large", storage: 20},
		"SelfDefinedClass":  {from: selfSettings, to: selfSettings, before: `{"Storage":100}`, after: `{"Storage":100,"Class":"rds.mysql.s1.small"}`, class: "rds.mysql.s1.small", storage: 100},
		"MoreStorage":       {from: selfSettings, to: selfSettings, after: `{"Storage":50}`, class: "rds.mysql.s2.large", storage: 50},
		"LessStorage":       {from: selfSettings, to: selfSettings, before: `{"Storage":100}`, after: `{"Storage":50}`, refused: "Storage"},
		"PlanWithLess":      {from: selfSettings, to: fixedSettings, before: `{"Storage":100}`, after: `{"Storage":100}`, refused: "Storage"},
		"LeavingSelfDefine": {from: selfSettings, to: fixedSettings, before: `{"Class":"rds.mysql.s1.small"}`, after: `{"Class":"rds.mysql.s1.small"}`, class: "rds.mysql.t1.small", storage: 20},
		"OlderVersion":      {from: selfSettings, to: selfSettings, after: `{"EngineVersion":"5.5"}`, refused: "version"},
		"PlanOfVersion":     {from: selfSettings, to: fixedSettings, before: `{"EngineVersion":"8.0"}`, after: `{"EngineVersion":"8.0"}`, refused: "version"},
		"VersionStays":      {from: selfSettings, to: selfSettings, before: `{"EngineVersion":"8.0"}`, after: `{"EngineVersion":"8.0","Storage":50}`, class: "rds.mysql.s2.large", storage: 50},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			task := providers.Task{Life: testLife(), Settings: json.RawMessage(tc.from), Parameters: json.RawMessage(tc.before)}
			raw, err := (instances{}).Prepare(task)
			if err != nil {
				t.Fatal(err)
			}
			var old instancePlan
			if err := json.Unmarshal(raw, &old); err != nil {
				t.Fatal(err)
			}
			task.Plan, task.Was = raw, &providers.Was{Settings: task.Settings, Parameters: task.Parameters}
			task.Settings, task.Parameters = json.RawMessage(tc.to), json.RawMessage(tc.after)
			got, err := prepared(t, task)
			if tc.refused != "" {
				wantInvalid(t, err, tc.refused)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Class != tc.class || got.Storage != tc.storage {
				t.Errorf("class %s, storage %d; want %s, %d", got.Class, got.Storage, tc.class, tc.storage)
			}
			if got.Description != old.Description || got.SuperPassword != old.SuperPassword || got.Database != old.Database || got.EngineVersion != old.EngineVersion {
				t.Error("what was drawn for the instance changed")
			}
		})
	}
}

func TestServer_EngineVersion_LimitsNamesOfAccounts(t *testing.T) {
	for version, want := range map[string]int{"5.5": 16, "5.6": 16, "5.7": 32, "8.0": 32} {
		raw, err := json.Marshal(instancePlan{EngineVersion: version, SuperName: superName(testLife()), Database: "app"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := server(providers.Task{Life: testLife(), Plan: raw})
		if err != nil || got.NameLimit != want || got.SuperName != superName(testLife()) || got.Database != "app" {
			t.Errorf("version %s: %+v, %v; want names of %d characters", version, got, err, want)
		}
	}
}

func TestPrepare_ReservedUsername_IsInvalid(t *testing.T) {
	raw, err := (instances{}).Prepare(providers.Task{Life: testLife(), Settings: json.RawMessage(fixedSettings)})
	if err != nil {
		t.Fatal(err)
	}
	of := providers.Task{Life: testLife(), Plan: raw}
	for _, name := range []string{"root", "ADMIN", "Select", "zerofill", "xtrabak"} {
		_, err := instances{}.bindings().Prepare(providers.Task{
			Kind: providers.Binding, Life: testLife(), Parameters: json.RawMessage(`{"Username":"` + name + `"}`), Of: &of,
		})
		wantInvalid(t, err, "Username")
	}
}
