package rds

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A document with one plan that takes every option.
const everyOption = `
offerings:
  - id: offering
    name: databases
    description: of tests
    provider: rds
    bindable: true
    plans:
      - id: plan
        name: custom
        description: of tests
        free: false
        settings: SETTINGS
        deletion: delete
        slow: [provision, update, deprovision]
        deadline: 1h
        schemas:
          create:
            $schema: http://json-schema.org/draft-04/schema#
            type: object
            additionalProperties: false
            properties: {<<: [*options, *publicOptions, *createOptions]}
          update:
            $schema: http://json-schema.org/draft-04/schema#
            type: object
            additionalProperties: false
            properties: {<<: [*options, *publicOptions]}
`

// The settings of plans for each engine.
func optionPlans() map[string]string {
	return map[string]string{
		"MySQL":      `{engine: MySQL, engineVersion: "8.0", class: mysql.n2.medium.2c, storage: 20, storageType: cloud_essd, database: app, charset: utf8mb4, public: true}`,
		"MySQL56":    `{engine: MySQL, engineVersion: "5.6", class: rds.mysql.s2.large, storage: 20, database: app, charset: utf8mb4}`,
		"Basic":      `{engine: MySQL, engineVersion: "8.0", class: mysql.n2.medium.1, category: Basic, storage: 20, database: app, charset: utf8mb4}`,
		"PostgreSQL": `{engine: PostgreSQL, engineVersion: "16.0", class: pg.n2.2c.2m, storage: 20, storageType: cloud_essd, database: app, charset: "UTF8,C,en_US.utf8"}`,
		"Serverless": `{engine: PostgreSQL, engineVersion: "16.0", class: pg.n2.serverless.2c, storage: 20, database: app, charset: "UTF8,C,en_US.utf8", serverless: {min: 0.5, max: 8}}`,
		"MariaDB":    `{engine: MariaDB, engineVersion: "10.6", class: mariadb.n2.medium.2c, storage: 20, database: app, charset: utf8mb4}`,
		"Narrow":     `{engine: MySQL, engineVersion: "8.0", class: mysql.n2.medium.2c, storage: 20, database: app, charset: utf8mb4, whitelistWithin: [198.51.100.0/24]}`,
	}
}

func optionPlan(t *testing.T, name string) *catalog.Plan {
	t.Helper()
	document := strings.Replace(everyOption, "SETTINGS", optionPlans()[name], 1)
	c, err := catalog.Load(catalog.EmbeddedWith(optionDefinitions, "options.yaml", []byte(document)))
	if err != nil {
		t.Fatal(err)
	}
	return c.Offerings()[0].Plans[0]
}

// sentTo prepares an instance of a plan, and an update to other parameters where there
// is one.
func sentTo(t *testing.T, plan *catalog.Plan, created, updated string) (instancePlan, error) {
	t.Helper()
	if err := plan.CheckCreate(json.RawMessage(created)); err != nil {
		return instancePlan{}, err
	}
	parameters, err := plan.NormalInstance(json.RawMessage(created))
	if err != nil {
		t.Fatal(err)
	}
	task := providers.Task{Life: testLife(), Settings: plan.Settings, Parameters: parameters}
	raw, err := (instances{}).Prepare(task)
	if err != nil || updated == "" {
		return planOf(t, raw), err
	}
	task.Plan, task.Was = raw, &providers.Was{Settings: task.Settings, Parameters: task.Parameters}
	task.Parameters = json.RawMessage(updated)
	raw, err = (instances{}).Prepare(task)
	return planOf(t, raw), err
}

func planOf(t *testing.T, raw []byte) (plan instancePlan) {
	t.Helper()
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &plan); err != nil {
			t.Fatal(err)
		}
	}
	return plan
}

func TestOptions_Definitions_AreThoseOfTheTable(t *testing.T) {
	var properties struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(optionPlan(t, "MySQL").Schemas.Create, &properties); err != nil {
		t.Fatal(err)
	}
	for _, o := range options() {
		if properties.Properties[o.name] == nil {
			t.Errorf("%s has no schema", o.name)
		}
		delete(properties.Properties, o.name)
		if o.step != "" && (o.text == "" || !strings.Contains(o.refused, o.name) || o.put == nil || o.isReached == nil) {
			t.Errorf("%s lacks a member, or its sentence the name", o.name)
		}
		if (o.look == nil) != (o.reads == "") {
			t.Errorf("%s reads %q", o.name, o.reads)
		}
	}
	for name := range properties.Properties {
		t.Errorf("there is no option %s", name)
	}
}

// A value that no server could get is refused before anything is made, with the name of
// the parameter.
func TestOption_ImpossibleValue_NamesTheParameter(t *testing.T) {
	for _, tc := range []struct{ plan, sent, word string }{
		{"MySQL", `{"MaintainTime":"25:00Z-02:00Z"}`, "MaintainTime"},
		{"MySQL", `{"MaintainTime":"22:00Z-22:00Z"}`, "MaintainTime"},
		{"MySQL", `{"MaintainTime":22}`, "MaintainTime"},
		{"MySQL", `{"SSL":"Sometimes"}`, "SSL"},
		{"MySQL", `{"SSL":true}`, "SSL"},
		{"MySQL", `{"Backup":{}}`, "Backup"},
		{"MySQL", `{"Backup":{"PreferredBackupPeriod":["Monday"]}}`, "Backup"},
		{"MySQL", `{"Backup":{"PreferredBackupPeriod":["Monday","Monday"]}}`, "twice"},
		{"MySQL", `{"Backup":{"PreferredBackupPeriod":["Monday","Funday"]}}`, "Backup"},
		{"MySQL", `{"Backup":{"PreferredBackupTime":"02:00Z-04:00Z"}}`, "PreferredBackupTime"},
		{"MySQL", `{"Backup":{"PreferredBackupTime":"02:30Z-03:30Z"}}`, "Backup"},
		{"MySQL", `{"Backup":{"BackupRetentionPeriod":6}}`, "Backup"},
		{"MySQL", `{"Backup":{"BackupRetentionPeriod":731}}`, "Backup"},
		{"MySQL", `{"Backup":{"BackupRetentionPeriod":7,"LogBackupRetentionPeriod":8}}`, "LogBackupRetentionPeriod"},
		{"MySQL", `{"Backup":{"Retention":7}}`, "Backup"},
		{"MySQL", `{"SecurityGroupIds":"sg-1"}`, "SecurityGroupIds"},
		{"MySQL", `{"SecurityGroupIds":["web"]}`, "SecurityGroupIds"},
		{"MySQL", `{"Whitelist":["0.0.0.0/0"]}`, "Whitelist"},
		{"MySQL", `{"Whitelist":["0.0.0.0/1","128.0.0.0/1"]}`, "Whitelist"},
		{"PostgreSQL", `{"Whitelist":["198.51.100.7"]}`, "10.0.0.0/8"},
		{"Narrow", `{"Whitelist":["10.0.0.1"]}`, "198.51.100.0/24"},
		{"MySQL", `{"Whitelist":["10.0.0.1/8"]}`, "10.0.0.0/8"},
		{"MySQL", `{"Whitelist":["2001:db8::/32"]}`, "IPv4"},
		{"MySQL", `{"Whitelist":["localhost"]}`, "Whitelist"},
		{"MySQL", `{"Whitelist":"10.0.0.1"}`, "Whitelist"},
		{"MySQL", `{"Databases":[]}`, "Databases"},
		{"MySQL", `{"Databases":["shop"]}`, "Databases"},
		{"MySQL", `{"Databases":[{"DBName":"Shop"}]}`, "Databases"},
		{"MySQL", `{"Databases":[{"DBName":"shop"},{"DBName":"shop"}]}`, "twice"},
		{"MySQL", `{"Databases":[{"DBName":"shop","CharacterSetName":"utf16"}]}`, "CharacterSetName"},
		{"PostgreSQL", `{"Databases":[{"DBName":"shop","CharacterSetName":"UTF8"}]}`, "UTF8,C,en_US.utf8"},
		{"PostgreSQL", `{"Databases":[{"DBName":"shop","CharacterSetName":"utf8mb4"}]}`, "CharacterSetName"},
		{"MySQL", `{"Parameters":{"max_connections":[1]}}`, "Parameters"},
		{"MySQL", `{"Parameters":["max_connections"]}`, "Parameters"},
		{"MySQL", `{"ForceRestart":"yes"}`, "ForceRestart"},
		{"MySQL", `{"TimeZone":"Asia/Hong_Kong"}`, "TimeZone"},
		{"MySQL", `{"TimeZone":"+14:00"}`, "TimeZone"},
		{"PostgreSQL", `{"TimeZone":"+08:00"}`, "TimeZone"},
		{"MySQL", `{"DeletionProtection":"yes"}`, "DeletionProtection"},
		{"MySQL", `{"Tags":{"osb-plan":"x"}}`, "Tags"},
		{"MySQL", `{"Tags":{"OSB-plan":"x"}}`, "Tags"},
		{"MySQL", `{"Tags":{"acs:x":"y"}}`, "Tags"},
		{"MySQL", `{"Tags":{"x":"http://y"}}`, "Tags"},
		{"MySQL", `{"Tags":{"":"y"}}`, "Tags"},
		{"MySQL", `{"Tags":{"x":1}}`, "Tags"},
		{"MySQL", `{"ResourceGroupId":"group"}`, "ResourceGroupId"},
		{"PostgreSQL", `{"PublicEndpoint":true}`, "PublicEndpoint"},
		{"MySQL", `{"PublicEndpoint":"yes"}`, "PublicEndpoint"},
	} {
		t.Run(tc.plan+" "+tc.sent, func(t *testing.T) {
			_, err := sentTo(t, optionPlan(t, tc.plan), tc.sent, "")
			if err == nil || !strings.Contains(err.Error(), tc.word) {
				t.Errorf("error = %v, want one that names %s", err, tc.word)
			}
			if f, isFailure := errors.AsType[*providers.Failure](err); isFailure && (f.Kind != providers.Invalid || errors.Is(err, providers.ErrFixed)) {
				t.Errorf("it fails as %+v", f)
			}
		})
	}
}

// What an engine lacks is refused with the reason (422).
func TestOption_EngineWithoutIt_IsRefusedWithTheReason(t *testing.T) {
	for _, tc := range []struct{ plan, sent string }{
		{"MariaDB", `{"SSL":"Enabled"}`},
		{"Serverless", `{"SSL":"Enabled"}`},
		{"PostgreSQL", `{"SSL":"Forced"}`},
		{"MySQL56", `{"SSL":"Forced"}`},
		{"MariaDB", `{"SecurityGroupIds":["sg-1"]}`},
		{"MariaDB", `{"TimeZone":"+08:00"}`},
		{"MariaDB", `{"EncryptionKey":"key-1"}`},
		{"MySQL56", `{"EncryptionKey":"key-1"}`},
		{"Serverless", `{"EncryptionKey":"ServiceKey"}`},
		{"Basic", `{"Backup":{"LogBackupRetentionPeriod":7}}`},
	} {
		if _, err := sentTo(t, optionPlan(t, tc.plan), tc.sent, ""); !errors.Is(err, providers.ErrUnprocessable) {
			t.Errorf("%s %s: %v", tc.plan, tc.sent, err)
		}
	}
}

// What stays as it was made is refused with the reason (422), and saying it again is no
// change.
func TestOption_FixedValue_IsRefusedWithTheReason(t *testing.T) {
	for _, tc := range []struct {
		plan, created, updated string
		isFine                 bool
	}{
		{"MySQL", `{}`, `{"TimeZone":"+08:00"}`, false},
		{"MySQL", `{}`, `{"EncryptionKey":"key-1"}`, false},
		{"MySQL", `{"EncryptionKey":"key-1"}`, `{"EncryptionKey":"key-2"}`, false},
		{"MySQL", `{"TimeZone":"+08:00"}`, `{"TimeZone":"+09:00"}`, false},
		{"MySQL", `{"TimeZone":"+08:00"}`, `{}`, false},
		{"MySQL", `{"TimeZone":"+08:00"}`, `{"TimeZone":"+08:00"}`, true},
		{"MySQL", `{"TimeZone":"+08:00"}`, `{"TimeZone":"+08:00","SSL":"Forced"}`, true},
		{"MySQL", `{}`, `{"Databases":[{"DBName":"shop"}]}`, false},
		{"MySQL", `{}`, `{"Databases":[{"DBName":"app"},{"DBName":"shop"}]}`, true},
		{"MySQL", `{"Databases":[{"DBName":"shop"},{"DBName":"stock"}]}`, `{"Databases":[{"DBName":"shop"}]}`, false},
		{"MySQL", `{"Databases":[{"DBName":"shop"},{"DBName":"stock"}]}`, `{}`, false},
		{"MySQL", `{"Databases":[{"DBName":"shop"}]}`, `{"Databases":[{"DBName":"shop","CharacterSetName":"gbk"}]}`, false},
	} {
		_, err := sentTo(t, optionPlan(t, tc.plan), tc.created, tc.updated)
		if errors.Is(err, providers.ErrFixed) == tc.isFine || tc.isFine && err != nil {
			t.Errorf("%s, then %s: %v", tc.created, tc.updated, err)
		}
	}
}

func TestOption_Values_HaveANormalForm(t *testing.T) {
	for _, tc := range []struct{ plan, sent, name, want string }{
		{"MySQL", `{"SSL":"forced"}`, "SSL", `"Forced"`},
		{"MySQL", `{"Whitelist":["10.1.0.0/16","10.0.0.7","10.0.0.7/32"]}`, "Whitelist", `["10.0.0.7","10.1.0.0/16"]`},
		{"MySQL", `{"Whitelist":["198.51.100.7"]}`, "Whitelist", `["198.51.100.7"]`},
		{"MySQL", `{"SecurityGroupIds":["sg-2","sg-1","sg-2"]}`, "SecurityGroupIds", `["sg-1","sg-2"]`},
		{"MySQL", `{"Parameters":{"a":1,"b":"x","c":true,"d":0.5}}`, "Parameters", `{"a":"1","b":"x","c":"true","d":"0.5"}`},
		{"MySQL", `{"Databases":[{"DBName":"shop"}]}`, "Databases", `[{"DBName":"shop","CharacterSetName":"utf8mb4"}]`},
		{"PostgreSQL", `{"TimeZone":"Asia/Hong_Kong"}`, "TimeZone", `"Asia/Hong_Kong"`},
		{"MySQL", `{"Backup":{"PreferredBackupPeriod":["Sunday","Monday"]}}`, "Backup", `{"PreferredBackupPeriod":["Monday","Sunday"]}`},
		{"MySQL", `{"Tags":null}`, "Tags", ``},
	} {
		plan, err := sentTo(t, optionPlan(t, tc.plan), tc.sent, "")
		if got := string(plan.Options[tc.name]); err != nil || got != tc.want {
			t.Errorf("%s: %s, %v; want %s", tc.sent, got, err, tc.want)
		}
	}
}

// The first database is the one of credentials, and its character set that of the step
// that makes it.
func TestDatabases_First_IsTheOneOfCredentials(t *testing.T) {
	plan, err := sentTo(t, optionPlan(t, "MySQL"), `{"Databases":[{"DBName":"shop","CharacterSetName":"gbk"},{"DBName":"stock"}]}`, `{"Databases":[{"DBName":"shop","CharacterSetName":"gbk"},{"DBName":"logs"},{"DBName":"stock"}]}`)
	if err != nil || plan.Database != "shop" || plan.Charset != "gbk" || !slices.Equal(plan.databases(), []string{"shop", "logs", "stock"}) {
		t.Errorf("%q with %q: %q, %v", plan.Database, plan.Charset, plan.databases(), err)
	}
}

// A broker without plans for public endpoints has no right to make one.
func TestPolicies_PublicEndpoints_AreAPolicyOfTheirOwn(t *testing.T) {
	for _, policy := range Descriptor().Policies {
		opens := strings.Contains(string(policy.Document), "AllocateInstancePublicConnection")
		for name := range optionPlans() {
			if plan := optionPlan(t, name); opens && policy.NeededBy(plan) != (name == "MySQL") {
				t.Errorf("%s is needed by the plan %s: %v", policy.Name, name, policy.NeededBy(plan))
			}
		}
	}
}
