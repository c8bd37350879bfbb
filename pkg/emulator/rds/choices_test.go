package rds_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// members returns the one instance in the answer of a read, as JSON.
func (f *fixture) members(list string, content string) map[string]any {
	f.Helper()
	var answer struct {
		Items map[string][]map[string]any
	}
	if err := json.Unmarshal([]byte(content), &answer); err != nil || len(answer.Items[list]) != 1 {
		f.Fatalf("%v in %s", err, content)
	}
	return answer.Items[list][0]
}

// both returns the members of an instance in DescribeDBInstanceAttribute and in
// DescribeDBInstances.
func (f *fixture) both(id string) (attribute, item map[string]any) {
	f.Helper()
	one := sdk.CreateDescribeDBInstanceAttributeRequest()
	one.DBInstanceId = id
	list := sdk.CreateDescribeDBInstancesRequest()
	list.DBInstanceId = id
	return f.members("DBInstanceAttribute", must(f.DescribeDBInstanceAttribute(one))(f).GetHttpContentString()),
		f.members("DBInstance", must(f.DescribeDBInstances(list))(f).GetHttpContentString())
}

func onCloudDisk(r *sdk.CreateDBInstanceRequest) {
	r.EngineVersion, r.DBInstanceClass, r.DBInstanceStorageType = "8.0", "mysql.x4.medium.2c", "general_essd"
}

func (f *fixture) want(what string, got map[string]any, want map[string]any) {
	f.Helper()
	for name, value := range want {
		if diff := cmp.Diff(value, got[name]); diff != "" {
			f.Errorf("%s: %s (-want, +got):\n%s", what, name, diff)
		}
	}
}

// TestDescribeDBInstanceAttribute_Plain_IsWhole names the members that crash Terraform's
// provider when they are absent or null, and those that it shows.
func TestDescribeDBInstanceAttribute_Plain_IsWhole(t *testing.T) {
	f := newFixture(t)
	attribute, item := f.both(f.instance(onCloudDisk))
	none := map[string]any{"ReadOnlyDBInstanceId": []any{}}
	f.want("attribute", attribute, map[string]any{
		"ServerlessConfig": map[string]any{}, "SlaveZones": map[string]any{"SlaveZone": []any{map[string]any{"ZoneId": zone}}}, "ReadOnlyDBInstanceIds": none,
		"ResourceGroupId": "rg-acfmdefault00000", "AutoUpgradeMinorVersion": "Auto", "CurrentKernelVersion": "rds_20250130", "BurstingEnabled": false, "ColdDataEnabled": false,
		"PGBouncerEnabled": "false", "MasterInstanceId": "", "kindCode": "18", "TimeZone": "", "Collation": "", "MaintainTime": "18:00Z-22:00Z",
		"OptimizedWritesInfo": `{"optimized_writes":false,"init_optimized_writes":true}`, "ConnectionMode": "Standard", "IoAccelerationEnabled": "0",
		"DBClusterNodes": map[string]any{"DBClusterNode": []any{}}, "BabelfishConfig": map[string]any{}, "DBInstanceClassType": "d", "InstructionSetArch": "x86",
	})
	if extra, ok := attribute["Extra"].(map[string]any); !ok || extra["RecoveryModel"] != "" {
		t.Errorf("Extra is %v", attribute["Extra"])
	}
	f.want("list", item, map[string]any{"ReadOnlyDBInstanceIds": none, "ResourceGroupId": "rg-acfmdefault00000", "VpcName": "default", "MutriORsignle": false, "AutoRenewal": false})
}

func TestCreateDBInstance_Choices_KeptAndShown(t *testing.T) {
	f := newFixture(t)
	id := f.instance(func(r *sdk.CreateDBInstanceRequest) {
		onCloudDisk(r)
		r.ResourceGroupId, r.ConnectionMode, r.IoAccelerationEnabled, r.BurstingEnabled, r.ColdDataEnabled = "rg-team", "Safe", "1", "true", "true"
		r.AutoRenew, r.PayType, r.Period, r.UsedTime = "true", "Prepaid", "Month", "1"
		r.StorageAutoScale, r.StorageThreshold, r.StorageUpperBound = "Enable", "30", "100"
		r.ZoneIdSlave1, r.VSwitchId = otherZone, vswitch+","+otherVSwitch
		r.QueryParams["OptimizedWrites"] = "optimized"
	})
	check := func(f *fixture) {
		f.Helper()
		attribute, item := f.both(id)
		f.want("attribute", attribute, map[string]any{
			"ResourceGroupId": "rg-team", "ConnectionMode": "Safe", "IoAccelerationEnabled": "1", "BurstingEnabled": true, "ColdDataEnabled": true,
			"OptimizedWritesInfo": `{"optimized_writes":true,"init_optimized_writes":true}`,
		})
		f.want("list", item, map[string]any{"ResourceGroupId": "rg-team", "ConnectionMode": "Safe", "AutoRenewal": true, "MutriORsignle": true})
		state := f.srv.RDS().Instances()[0]
		if diff := cmp.Diff(map[string]any{"threshold": 30, "upperBound": 100}, map[string]any{"threshold": state.Choices.Threshold, "upperBound": state.Choices.UpperBound}); diff != "" {
			f.Errorf("state (-want, +got):\n%s", diff)
		}
	}
	check(f)
	saved := must(f.srv.RDS().Snapshot())(f)
	next := newFixture(t)
	if err := next.srv.RDS().Restore(saved); err != nil {
		t.Fatal(err)
	}
	check(next)

	if ids, _ := f.list(func(r *sdk.DescribeDBInstancesRequest) { r.ResourceGroupId = "rg-team" }); len(ids) != 1 {
		t.Errorf("%d instances in the group", len(ids))
	}
	for _, change := range []func(*sdk.DescribeDBInstancesRequest){
		func(r *sdk.DescribeDBInstancesRequest) { r.ResourceGroupId = "rg-acfmdefault00000" },
		func(r *sdk.DescribeDBInstancesRequest) { r.ConnectionMode = "Standard" },
	} {
		if ids, _ := f.list(change); len(ids) != 0 {
			t.Errorf("a filter of other instances finds %v", ids)
		}
	}
}

func TestModify_ChoicesOneByOne_KeptAndShown(t *testing.T) {
	f := newFixture(t)
	id := f.instance(onCloudDisk)
	f.done("ModifyResourceGroup", "DBInstanceId", id, "ResourceGroupId", "rg-team")
	f.done("ModifyDasInstanceConfig", "DBInstanceId", id, "StorageAutoScale", "Enable", "StorageThreshold", "20", "StorageUpperBound", "200")
	_, err := f.call("ModifyDasInstanceConfig", "DBInstanceId", id, "StorageAutoScale", "Enable", "StorageUpperBound", "15")
	f.wantCode(err, 400, "InvalidParameter")
	_, err = f.call("ModifyResourceGroup", "DBInstanceId", id, "ResourceGroupId", "none")
	f.wantCode(err, 400, "EntityNotExist.ResourceGroup")
	attribute, _ := f.both(id)
	f.want("attribute", attribute, map[string]any{"ResourceGroupId": "rg-team"})
	if c := f.srv.RDS().Instances()[0].Choices; !c.AutoScale || c.Threshold != 20 || c.UpperBound != 200 {
		t.Errorf("choices %+v", c)
	}
}

func TestCreateDBInstance_ServerChoices_Shown(t *testing.T) {
	f := newFixture(t)
	id := f.instance(func(r *sdk.CreateDBInstanceRequest) {
		onCloudDisk(r)
		r.DBTimeZone, r.DBIsIgnoreCase, r.TargetMinorVersion = "-05:30", "false", "rds_20241130"
	})
	f.wantParameter(id, "default_time_zone", "-05:30/")
	f.wantParameter(id, "lower_case_table_names", "0/")
	attribute, _ := f.both(id)
	f.want("attribute", attribute, map[string]any{"CurrentKernelVersion": "rds_20241130", "LatestKernelVersion": "rds_20250130"})
	pg := f.instance(func(r *sdk.CreateDBInstanceRequest) {
		postgres(r)
		r.DBTimeZone = "America/New_York"
	})
	f.wantParameter(pg, "timezone", "America/New_York/")
}

func TestCreateDBInstance_DefaultValues_Pass(t *testing.T) {
	f := newFixture(t)
	f.instance(func(r *sdk.CreateDBInstanceRequest) {
		r.BurstingEnabled, r.ColdDataEnabled, r.DBIsIgnoreCase, r.AutoCreateProxy, r.StorageAutoScale = "false", "false", "true", "False", "Disable"
		r.BpeEnabled, r.IoAccelerationEnabled, r.ConnectionMode, r.AutoRenew = "false", "0", "Standard", "false"
		r.QueryParams["OptimizedWrites"] = "none"
	})
}

func TestCreateDBInstance_BadChoices_Refused(t *testing.T) {
	f := newFixture(t, emulatortest.AllowUnknown())
	type request = sdk.CreateDBInstanceRequest
	for name, tc := range map[string]struct {
		change func(*request)
		status int
		code   string
	}{
		"connection mode of nonsense":  {func(r *request) { r.ConnectionMode = "Nonsense" }, 400, "InvalidParameter"},
		"resource group of nonsense":   {func(r *request) { r.ResourceGroupId = "a group" }, 400, "EntityNotExist.ResourceGroup"},
		"writes of nonsense":           {func(r *request) { r.QueryParams["OptimizedWrites"] = "yes" }, 400, "InvalidParameter"},
		"writes on a local disk":       {func(r *request) { r.QueryParams["OptimizedWrites"] = "optimized" }, 400, "InvalidParameter"},
		"auto-renewal of nonsense":     {func(r *request) { r.AutoRenew = "maybe" }, 400, "InvalidParameter"},
		"acceleration of nonsense":     {func(r *request) { r.IoAccelerationEnabled = "2" }, 400, "InvalidParameter"},
		"acceleration on a local disk": {func(r *request) { r.IoAccelerationEnabled = "1" }, 400, "InvalidParameter"},
		"bursting on a local disk":     {func(r *request) { r.BurstingEnabled = "true" }, 400, "InvalidParameter"},
		"threshold of nonsense":        {func(r *request) { r.StorageThreshold = requests.NewInteger(35) }, 400, "InvalidParameter"},
		"scaling without bounds":       {func(r *request) { r.StorageAutoScale = "Enable" }, 400, "InvalidParameter"},
		"time zone of nonsense":        {func(r *request) { r.DBTimeZone = "+14:00" }, 400, "InvalidParameter"},
		"minor version of PostgreSQL":  {func(r *request) { r.TargetMinorVersion = "rds_postgres_1400_20220830" }, 400, "InvalidParameter"},
		"parameter group":              {func(r *request) { r.DBParamGroupId = "rpg-sys-1" }, 400, "ParamGroupsNotExistError"},
	} {
		t.Run(name, func(t *testing.T) {
			r := createRequest()
			tc.change(r)
			_, err := f.CreateDBInstance(r)
			(&fixture{T: t}).wantCode(err, tc.status, tc.code)
		})
	}
	if !f.srv.Empty() {
		t.Error("a refused request made an instance")
	}
}

func TestModifyDBInstanceSpec_Choices_Changed(t *testing.T) {
	f := newFixture(t)
	id := f.instance(onCloudDisk)
	change := func(with func(*sdk.ModifyDBInstanceSpecRequest)) {
		t.Helper()
		r := sdk.CreateModifyDBInstanceSpecRequest()
		r.DBInstanceId, r.PayType = id, "Postpaid"
		with(r)
		must(f.ModifyDBInstanceSpec(r))(f)
		f.wantStatus(id, "DBInstanceClassChanging")
		f.srv.Clock().Advance(rds.Realistic().Change)
	}
	change(func(r *sdk.ModifyDBInstanceSpecRequest) {
		r.BurstingEnabled, r.IoAccelerationEnabled, r.QueryParams["OptimizedWrites"] = "true", "1", "optimized"
	})
	attribute, _ := f.both(id)
	f.want("after", attribute, map[string]any{"BurstingEnabled": true, "IoAccelerationEnabled": "1", "OptimizedWritesInfo": `{"optimized_writes":true,"init_optimized_writes":true}`})
	change(func(r *sdk.ModifyDBInstanceSpecRequest) { // a default passes along with a change of class
		r.DBInstanceClass, r.DBInstanceStorage, r.BurstingEnabled = "mysql.x4.large.2c", "40", "false"
	})
	attribute, _ = f.both(id)
	f.want("after", attribute, map[string]any{"BurstingEnabled": false, "IoAccelerationEnabled": "1", "DBInstanceClass": "mysql.x4.large.2c"})
}

func TestRestore_StateOfBefore_StillLoads(t *testing.T) {
	f := newFixture(t)
	old := `{"serial":1,"instances":[{"id":"rm-old","region":"cn-hangzhou","zone":"` + zone + `","vpc":"` + vpcID + `","vswitch":"` + vswitch + `","engine":"MySQL",
		"version":"5.6","class":"CLASS","storage":20,"storageType":"STORAGE","payType":"Postpaid","category":"CATEGORY","private":{"port":3306,"ip":"192.168.0.5"},"serial":1,
		"created":"2026-01-01T00:00:00Z","readyAt":"2026-01-01T00:00:00Z","whitelist":[{"name":"default","entries":["127.0.0.1"]}],"busy":"NET_CREATING","busyUntil":"2026-05-05T00:00:00Z"}]}`
	for _, tc := range []struct{ class, storage, category string }{{"rds.mysql.t1.small", "local_ssd", "HighAvailability"}, {"mysql.n2.small.1", "cloud_essd", "Basic"}} {
		next := newFixture(t)
		if err := next.srv.RDS().Restore(json.RawMessage(strings.NewReplacer("CLASS", tc.class, "STORAGE", tc.storage, "CATEGORY", tc.category).Replace(old))); err != nil {
			t.Fatal(err)
		}
		if a := next.attribute("rm-old"); a.DBInstanceClass != tc.class || a.DBInstanceStatus != "NET_CREATING" || a.MaintainTime != "18:00Z-22:00Z" || len(a.SlaveZones.SlaveZone) != map[string]int{"Basic": 0, "HighAvailability": 1}[tc.category] {
			f.Errorf("restored %+v", a)
		}
	}
}
