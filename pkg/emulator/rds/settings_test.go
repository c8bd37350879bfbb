package rds_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// call sends an action by its name, which SDKs of other years have and this one may
// lack. A member of the answer is read by its path: "Items.X.0.Y".
func (f *fixture) call(action string, pairs ...string) (answered, error) {
	r := requests.NewCommonRequest()
	r.Method, r.Domain, r.Version, r.ApiName, r.Scheme = "POST", f.srv.Addr(), "2014-08-15", action, "HTTP"
	for i := 0; i+1 < len(pairs); i += 2 {
		r.FormParams[pairs[i]] = pairs[i+1]
	}
	response, err := f.ProcessCommonRequest(r)
	if err != nil {
		return nil, err
	}
	var a answered
	return a, json.Unmarshal(response.GetHttpContentBytes(), &a)
}

type answered map[string]any

// at returns a member as text; "-" is an absent one.
func (a answered) at(path string) string {
	var v any = map[string]any(a)
	for step := range strings.SplitSeq(path, ".") {
		switch here := v.(type) {
		case map[string]any:
			v = here[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(here) {
				return "-"
			}
			v = here[i]
		}
	}
	if v == nil {
		return "-"
	}
	return fmt.Sprint(v)
}

// wantAnswer checks members of an answer: path and text by turns.
func (f *fixture) wantAnswer(a answered, pairs ...string) {
	f.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		if got := a.at(pairs[i]); got != pairs[i+1] {
			f.Errorf("%s is %q, want %q", pairs[i], got, pairs[i+1])
		}
	}
}

// refused checks that an action fails with a code, and does without one.
func (f *fixture) refused(status int, code, action string, pairs ...string) {
	f.Helper()
	_, err := f.call(action, pairs...)
	if err == nil {
		f.Errorf("%s %q succeeds, want %s", action, pairs, code)
		return
	}
	f.wantCode(err, status, code)
}

func (f *fixture) done(action string, pairs ...string) answered {
	f.Helper()
	return must(f.call(action, pairs...))(f)
}

// An engines has an instance of each engine that the settings tell apart.
type engines struct{ local, mysql8, pg, maria string }

func (f *fixture) engines() (all engines) {
	f.Helper()
	all.local = f.instance()
	all.mysql8 = f.instance(func(r *sdk.CreateDBInstanceRequest) { r.EngineVersion, r.DBInstanceClass = "8.0", "mysql.n2.medium.2c" })
	all.pg = f.instance(postgres)
	all.maria = f.instance(func(r *sdk.CreateDBInstanceRequest) {
		r.Engine, r.EngineVersion, r.DBInstanceClass = "MariaDB", "10.6", "mariadb.n2.medium.2c"
	})
	return all
}

func TestMaintenance_Settings_ReadBack(t *testing.T) {
	f := newFixture(t)
	all := f.engines()
	id, maria := all.mysql8, all.maria
	f.wantAnswer(f.done("DescribeDBInstanceAttribute", "DBInstanceId", id), "Items.DBInstanceAttribute.0.MaintainTime", "18:00Z-22:00Z")
	f.done("ModifyDBInstanceMaintainTime", "DBInstanceId", id, "MaintainTime", "22:00Z-02:00Z", "ClientToken", "t1")
	f.wantAnswer(f.done("DescribeDBInstanceAttribute", "DBInstanceId", id), "Items.DBInstanceAttribute.0.MaintainTime", "22:00Z-02:00Z")
	for _, bad := range []string{"22:00-02:00", "24:00Z-02:00Z", "22:00Z-22:00Z", "22:00Z"} {
		f.refused(400, "Abs.InvalidMaintainTime", "ModifyDBInstanceMaintainTime", "DBInstanceId", id, "MaintainTime", bad)
	}
	f.wantAnswer(f.done("DescribeDBInstanceAttribute", "DBInstanceId", id), "Items.DBInstanceAttribute.0.AutoUpgradeMinorVersion", "Auto")
	f.done("ModifyDBInstanceAutoUpgradeMinorVersion", "DBInstanceId", id, "AutoUpgradeMinorVersion", "Manual")
	f.wantAnswer(f.done("DescribeDBInstanceAttribute", "DBInstanceId", id), "Items.DBInstanceAttribute.0.AutoUpgradeMinorVersion", "Manual")
	f.refused(400, "InvalidParameter", "ModifyDBInstanceAutoUpgradeMinorVersion", "DBInstanceId", id, "AutoUpgradeMinorVersion", "auto")
	f.refused(403, "IncorrectDBInstanceType", "ModifyDBInstanceAutoUpgradeMinorVersion", "DBInstanceId", maria, "AutoUpgradeMinorVersion", "Auto")
}

func TestSecurityGroups_Set_ReadBackAndCleared(t *testing.T) {
	f := newFixture(t)
	all := f.engines()
	id, maria := all.mysql8, all.maria
	f.wantAnswer(f.done("DescribeSecurityGroupConfiguration", "DBInstanceId", id), "DBInstanceName", id, "Items.EcsSecurityGroupRelation", "[]")
	f.wantAnswer(f.done("ModifySecurityGroupConfiguration", "DBInstanceId", id, "SecurityGroupId", "sg-one,sg-two"),
		"DBInstanceName", id, "Items.EcsSecurityGroupRelation.1.SecurityGroupId", "sg-two")
	f.wantAnswer(f.done("DescribeSecurityGroupConfiguration", "DBInstanceId", id), "Items.EcsSecurityGroupRelation.0.SecurityGroupId", "sg-one",
		"Items.EcsSecurityGroupRelation.0.NetworkType", "VPC", "Items.EcsSecurityGroupRelation.0.RegionId", region, "Items.EcsSecurityGroupRelation.0.SecurityGroupName", "")
	for _, bad := range []string{"one", strings.Repeat("sg-one,", 10) + "sg-two", "sg-one,"} {
		f.refused(400, "InvalidParameter", "ModifySecurityGroupConfiguration", "DBInstanceId", id, "SecurityGroupId", bad)
	}
	for _, none := range []string{"Empty", ""} {
		f.done("ModifySecurityGroupConfiguration", "DBInstanceId", id, "SecurityGroupId", "sg-one")
		f.done("ModifySecurityGroupConfiguration", "DBInstanceId", id, "SecurityGroupId", none)
		f.wantAnswer(f.done("DescribeSecurityGroupConfiguration", "DBInstanceId", id), "Items.EcsSecurityGroupRelation", "[]")
	}
	f.done("ModifySecurityGroupConfiguration", "DBInstanceId", maria, "SecurityGroupId", "sg-one")
	f.wantAnswer(f.done("DescribeSecurityGroupConfiguration", "DBInstanceId", maria), "Items.EcsSecurityGroupRelation.0.SecurityGroupId", "sg-one")
}

// What Terraform's provider reads of every instance, in the types that it reads.
func TestAnswersForNone_EachEngine_AreThere(t *testing.T) {
	f := newFixture(t)
	all := f.engines()
	local, mysql8, pg, maria := all.local, all.mysql8, all.pg, all.maria
	for _, id := range []string{local, mysql8, pg, maria} {
		f.wantAnswer(f.done("DescribeTasks", "DBInstanceId", id, "SourceIp", "", "SecureTransport", "true"), "Items.TaskProgressInfo", "[]", "TotalRecordCount", "0")
		f.wantAnswer(f.done("DescribeSQLCollectorPolicy", "DBInstanceId", id), "SQLCollectorStatus", "Disabled", "StoragePeriod", "0")
		f.wantAnswer(f.done("DescribeSQLCollectorRetention", "DBInstanceId", id), "ConfigValue", "30")
		f.wantAnswer(f.done("DescribeHASwitchConfig", "DBInstanceId", id), "HAConfig", "Auto", "ManualHATime", "")
		f.wantAnswer(f.done("DescribeHADiagnoseConfig", "DBInstanceId", id), "TcpConnectionType", "SHORT")
		f.wantAnswer(f.done("DescribeDBInstanceEncryptionKey", "DBInstanceId", id), "EncryptionKey", "", "EncryptionKeyList", "[]")
		f.wantAnswer(f.done("DescribeInstanceLinkedWhitelistTemplate", "InsName", id), "Data.Templates", "[]", "Data.InsName", id)
		f.wantAnswer(f.done("DescribeDBInstanceHAConfig", "DBInstanceId", id), "DBInstanceId", id, "HostInstanceInfos.NodeInfo.0.NodeType", "Master")
	}
	between := []string{"DBInstanceId", pg, "StartTime", "2026-01-01T00:00Z", "EndTime", "2026-02-01T00:00Z"} // the SDKs demand them
	f.wantAnswer(f.done("DescribeTasks", between...), "Items.TaskProgressInfo", "[]")
	f.wantAnswer(f.done("DescribeTasks", append(between, "PageNumber", "2", "PageSize", "50")...), "PageNumber", "2")
	f.refused(400, "InvalidParameter", "DescribeTasks", "DBInstanceId", pg, "PageNumber", "0")
	f.refused(400, "InvalidStartTime.Malformed", "DescribeTasks", "DBInstanceId", pg, "StartTime", "yesterday")
	f.wantAnswer(f.done("DescribeDBInstanceMonitor", "DBInstanceId", pg), "Period", "60")
	f.wantAnswer(f.done("DescribeDBInstanceMonitor", "DBInstanceId", maria), "Period", "300")
	f.wantAnswer(f.done("DescribeDBInstanceHAConfig", "DBInstanceId", pg), "HostInstanceInfos.NodeInfo.1", "-", "SyncMode", "-")
	f.wantAnswer(f.done("DescribeDBInstanceHAConfig", "DBInstanceId", mysql8), "HostInstanceInfos.NodeInfo.1.NodeType", "Slave", "SyncMode", "Semi-sync")
	f.wantAnswer(f.done("DescribeDBInstanceTDE", "DBInstanceId", pg), "TDEStatus", "Disabled", "Databases.Database", "[]")
	f.refused(403, "IncorrectDBInstanceType", "DescribeDBInstanceTDE", "DBInstanceId", maria)
	f.wantAnswer(f.done("DescribePGHbaConfig", "DBInstanceId", pg), "DBInstanceId", pg, "RunningHbaItems.HbaItem.1.Database", "replication")
	f.refused(403, "IncorrectDBInstanceType", "DescribePGHbaConfig", "DBInstanceId", mysql8)
	for _, action := range []string{"DescribeTasks", "DescribeDBInstanceMonitor", "DescribeBackupPolicy", "DescribeParameters", "DescribeDBInstanceSSL", "DescribeDBInstanceHAConfig"} {
		f.refused(404, "InvalidDBInstanceId.NotFound", action, "DBInstanceId", "rm-none")
	}
	f.refused(404, "InvalidDBInstanceId.NotFound", "DescribeInstanceLinkedWhitelistTemplate", "InsName", "rm-none")
}

func TestWordSettings_Set_ReadBack(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	for _, tc := range [][5]string{
		{"ModifyDBInstanceMonitor", "DescribeDBInstanceMonitor", "Period", "300", "30"},
		{"ModifySQLCollectorPolicy", "DescribeSQLCollectorPolicy", "SQLCollectorStatus", "Enable", "Enabled"},
		{"ModifySQLCollectorRetention", "DescribeSQLCollectorRetention", "ConfigValue", "180", "31"},
		{"ModifyHADiagnoseConfig", "DescribeHADiagnoseConfig", "TcpConnectionType", "LONG", "long"},
		{"ModifyHASwitchConfig", "DescribeHASwitchConfig", "HAConfig", "Manual", "manual"},
	} {
		f.done(tc[0], "DBInstanceId", id, tc[2], tc[3])
		f.refused(400, "InvalidParameter", tc[0], "DBInstanceId", id, tc[2], tc[4])
		f.wantAnswer(f.done(tc[1], "DBInstanceId", id), tc[2], tc[3])
	}
	f.done("ModifyHASwitchConfig", "DBInstanceId", id, "HAConfig", "Manual", "ManualHATime", "2026-05-08T15:00:00Z")
	f.wantAnswer(f.done("DescribeHASwitchConfig", "DBInstanceId", id), "ManualHATime", "2026-05-08T15:00:00Z")
	f.refused(400, "InvalidParameter", "ModifyHASwitchConfig", "DBInstanceId", id, "HAConfig", "Manual", "ManualHATime", "tomorrow")
	f.done("ModifyHASwitchConfig", "DBInstanceId", id, "HAConfig", "Auto")
	f.wantAnswer(f.done("DescribeHASwitchConfig", "DBInstanceId", id), "HAConfig", "Auto", "ManualHATime", "")
}

func TestPGHba_Lines_ChangedByPriority(t *testing.T) {
	f := newFixture(t)
	all := f.engines()
	id := all.pg
	line := func(ops, n, priority, kind, user string) []string {
		p := "HbaItem." + n + "."
		return []string{"DBInstanceId", id, "OpsType", ops, p + "PriorityId", priority, p + "Type", kind, p + "Database", "all", p + "User", user, p + "Address", "10.0.0.0/8", p + "Method", "md5"}
	}
	want := func(users string) {
		t.Helper()
		a := f.done("DescribePGHbaConfig", "DBInstanceId", id)
		var got []string
		for i := range 5 {
			if user := a.at(fmt.Sprintf("RunningHbaItems.HbaItem.%d.User", i)); user != "-" {
				got = append(got, a.at(fmt.Sprintf("RunningHbaItems.HbaItem.%d.PriorityId", i))+user)
			}
		}
		if strings.Join(got, " ") != users {
			t.Errorf("lines %q, want %q", got, users)
		}
	}
	want("0all 1all")
	f.done("ModifyPGHbaConfig", line("add", "1", "7", "host", "app")...)
	f.refused(400, "InvalidParameter", "ModifyPGHbaConfig", line("add", "1", "7", "host", "app")...)
	f.done("ModifyPGHbaConfig", line("modify", "1", "1", "hostnossl", "web")...)
	f.done("ModifyPGHbaConfig", "DBInstanceId", id, "OpsType", "delete", "HbaItem.1.PriorityId", "0")
	want("1web 7app")
	f.refused(400, "InvalidParameter", "ModifyPGHbaConfig", line("modify", "1", "9", "host", "web")...)
	f.refused(400, "InvalidParameter", "ModifyPGHbaConfig", line("modify", "1", "7", "hostssl", "web")...) // without SSL
	f.refused(400, "InvalidParameter", "ModifyPGHbaConfig", line("replace", "1", "7", "host", "web")...)
	f.refused(400, "MissingHbaItem.1.PriorityId", "ModifyPGHbaConfig", "DBInstanceId", id, "OpsType", "update")
	f.done("ModifyPGHbaConfig", line("update", "1", "3", "host", "one")...)
	want("3one")
	f.wantAnswer(f.done("DescribePGHbaConfig", "DBInstanceId", id), "DefaultHbaItems.HbaItem.1.Database", "replication", "LastModifyStatus", "success", "HbaModifyTime", "2026-05-04T03:22:01Z")
	id = all.mysql8
	f.refused(403, "IncorrectDBInstanceType", "ModifyPGHbaConfig", line("add", "1", "7", "host", "app")...)
}

func TestSettings_SavedState_KeepsThem(t *testing.T) {
	f := newFixture(t)
	id := f.instance(postgres)
	host := f.attribute(id).ConnectionString
	f.done("ModifyBackupPolicy", "DBInstanceId", id, "PreferredBackupPeriod", "Monday,Sunday")
	f.done("ModifyDBInstanceMaintainTime", "DBInstanceId", id, "MaintainTime", "22:00Z-02:00Z")
	f.done("ModifyDBInstanceAutoUpgradeMinorVersion", "DBInstanceId", id, "AutoUpgradeMinorVersion", "Manual")
	f.done("ModifySecurityGroupConfiguration", "DBInstanceId", id, "SecurityGroupId", "sg-one")
	f.done("ModifyParameter", "DBInstanceId", id, "Parameters", `{"jit":"on","wal_level":"logical"}`)
	f.done("ModifyDBInstanceMonitor", "DBInstanceId", id, "Period", "5")
	f.done("ModifyPGHbaConfig", "DBInstanceId", id, "OpsType", "delete", "HbaItem.1.PriorityId", "1")
	f.srv.Clock().Advance(time.Minute)
	f.done("ModifyDBInstanceSSL", "DBInstanceId", id, "ConnectionString", host, "SSLEnabled", "1")
	saved, err := f.srv.RDS().Snapshot()
	f.ok(err)
	other := emulatortest.New(t, emulatortest.WithClock(f.srv.Clock()))
	f.ok(other.RDS().Restore(saved))
	before, after := f.srv.RDS().Instances(), other.RDS().Instances()
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("state (-before, +after):\n%s", diff)
	}
	s := after[0].Settings
	if s.SSL != host || s.Parameters["jit"] != "on" || s.Pending["wal_level"] != "logical" || s.BackupPeriod != "Monday,Sunday" || s.MaintainTime != "22:00Z-02:00Z" || !slices.Equal(s.SecurityGroups, []string{"sg-one"}) {
		t.Errorf("settings %+v", s)
	}
	again, err := other.RDS().Snapshot()
	f.ok(err)
	if diff := cmp.Diff(string(saved), string(again)); diff != "" {
		t.Errorf("saved (-first, +second):\n%s", diff)
	}
}
