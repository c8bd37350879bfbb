package rds_test

import (
	"testing"
	"time"
)

// parameter returns "value in use/value that is being synchronised" of a parameter.
func (f *fixture) parameter(id, name string) string {
	f.Helper()
	a := f.done("DescribeParameters", "DBInstanceId", id)
	values := map[string]string{}
	for _, list := range []string{"RunningParameters", "ConfigParameters"} {
		all, _ := a[list].(map[string]any)["DBInstanceParameter"].([]any)
		for _, p := range all {
			if p, ok := p.(map[string]any); ok && p["ParameterName"] == name {
				values[list] = answered(p).at("ParameterValue")
			}
		}
	}
	return values["RunningParameters"] + "/" + values["ConfigParameters"]
}

func (f *fixture) wantParameter(id, name, want string) {
	f.Helper()
	if got := f.parameter(id, name); got != want {
		f.Errorf("%s is %s, want %s", name, got, want)
	}
}

func TestParameters_Changed_SynchronisedAfterAMoment(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.wantParameter(id, "wait_timeout", "86400/")
	f.wantParameter(id, "max_connections", "300/") // by the class
	f.done("ModifyParameter", "DBInstanceId", id, "Parameters", `{"wait_timeout":"60","sql_mode":""}`)
	f.wantStatus(id, "Running")
	f.wantParameter(id, "wait_timeout", "86400/60")
	f.srv.Clock().Advance(20 * time.Second)
	f.wantParameter(id, "wait_timeout", "60/")
}

func TestParameters_NeedRestart_WaitForOne(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.done("ModifyParameter", "DBInstanceId", id, "Parameters", `{"back_log":"100"}`)
	f.srv.Clock().Advance(time.Hour)
	f.wantParameter(id, "back_log", "3000/100")
	f.done("ModifyParameter", "DBInstanceId", id, "Parameters", `{"back_log":"200","wait_timeout":"60"}`, "Forcerestart", "true")
	f.wantStatus(id, "Rebooting")
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantStatus(id, "Running")
	f.wantParameter(id, "back_log", "200/")
	f.done("ModifyParameter", "DBInstanceId", id, "Parameters", `{"back_log":"300"}`)
	f.ok(f.restart(id))
	f.wantParameter(id, "back_log", "200/300")
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantParameter(id, "back_log", "300/")
}

func TestParameters_BadRequest_ChangesNothing(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	for _, bad := range []string{"[]", "{}", `{"wait_timeout":60}`, `{"wait_timeout":"0"}`, `{"wait_timeout":"60","no_such":"1"}`, `{"event_scheduler":"on"}`,
		`{"default_storage_engine":"InnoDB"}`, `{"max_prepared_transactions":"1"}`, "null"} {
		f.refused(400, "InvalidParameters.Format", "ModifyParameter", "DBInstanceId", id, "Parameters", bad)
	}
	f.refused(400, "MissingParameters", "ModifyParameter", "DBInstanceId", id)
	f.wantParameter(id, "wait_timeout", "86400/")
}

func TestParameterTemplates_EachEngine_Listed(t *testing.T) {
	f := newFixture(t)
	for engine, version := range map[string]string{"mysql": "8.0", "MySQL": "5.6", "PostgreSQL": "15.0", "MariaDB": "10.6", "mssql": "2019_web", "SQLServer": "2019_web"} {
		a := f.done("DescribeParameterTemplates", "Engine", engine, "EngineVersion", version)
		list, _ := a["Parameters"].(map[string]any)["TemplateRecord"].([]any)
		if n := a.at("ParameterCount"); len(list) == 0 || n == "0" || n == "-" {
			t.Errorf("%s %s has %d parameters, says %s", engine, version, len(list), n)
		}
		f.wantAnswer(a, "EngineVersion", version, "Parameters.TemplateRecord.0.ForceModify", "true")
	}
	f.wantAnswer(f.done("DescribeParameterTemplates", "Engine", "mysql", "EngineVersion", "5.6"), "Parameters.TemplateRecord.2.ParameterName", "back_log",
		"Parameters.TemplateRecord.2.ForceRestart", "true", "Parameters.TemplateRecord.2.CheckingCode", "[0-65535]")
	f.refused(400, "InvalidEngine.Malformed", "DescribeParameterTemplates", "Engine", "oracle", "EngineVersion", "19")
	f.refused(400, "InvalidEngineVersion.Malformed", "DescribeParameterTemplates", "Engine", "mysql", "EngineVersion", "4.1")
}
