package rds_test

import (
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
)

func spec(id string, change ...func(*sdk.ModifyDBInstanceSpecRequest)) *sdk.ModifyDBInstanceSpecRequest {
	r := sdk.CreateModifyDBInstanceSpecRequest()
	r.DBInstanceId, r.PayType, r.DBInstanceClass = id, "Postpaid", "rds.mysql.s2.large"
	for _, c := range change {
		c(r)
	}
	return r
}

func TestModifyDBInstanceSpec_Duration_ChangingThenRunning(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	must(f.ModifyDBInstanceSpec(spec(id, func(r *sdk.ModifyDBInstanceSpecRequest) { r.DBInstanceStorage = "30" })))(f)
	if a := f.attribute(id); a.DBInstanceStatus != "DBInstanceClassChanging" || a.DBInstanceClass != "rds.mysql.t1.small" || a.DBInstanceStorage != 20 {
		t.Errorf("during the change: %s, %s, %d GB", a.DBInstanceStatus, a.DBInstanceClass, a.DBInstanceStorage)
	}
	_, err := f.ModifyDBInstanceSpec(spec(id))
	f.wantCode(err, 403, "OperationDenied.DBInstanceStatus")
	f.wantCode(f.delete(id), 403, "OperationDenied.DBInstanceStatus")
	f.srv.Clock().Advance(8 * time.Minute)
	if a := f.attribute(id); a.DBInstanceStatus != "Running" || a.DBInstanceClass != "rds.mysql.s2.large" || a.DBInstanceStorage != 30 || a.DBInstanceMemory != 4096 {
		t.Errorf("after the change: %s, %s, %d GB, %d MB", a.DBInstanceStatus, a.DBInstanceClass, a.DBInstanceStorage, a.DBInstanceMemory)
	}
}

func TestModifyDBInstanceSpec_RepeatedToken_ChangesOnce(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	withToken := func(r *sdk.ModifyDBInstanceSpecRequest) { r.ClientToken = "t" }
	first := must(f.ModifyDBInstanceSpec(spec(id, withToken)))(f)
	again := must(f.ModifyDBInstanceSpec(spec(id, withToken)))(f) // accepted, although the change is in progress
	if first.OrderId != again.OrderId {
		t.Errorf("orders %d and %d, want one", first.OrderId, again.OrderId)
	}
}

func TestModifyDBInstanceSpec_BadRequest_Refused(t *testing.T) {
	type request = sdk.ModifyDBInstanceSpecRequest
	f := newFixture(t)
	id := f.instance()
	cases := map[string]struct {
		change func(*request)
		status int
		code   string
	}{
		"unknown instance":        {func(r *request) { r.DBInstanceId = "rm-x" }, 404, "InvalidDBInstanceName.NotFound"},
		"no pay type":             {func(r *request) { r.PayType = "" }, 400, "MissingPayType"},
		"another pay type":        {func(r *request) { r.PayType = "Prepaid" }, 400, "OperationDenied.PayType"},
		"nothing to change":       {func(r *request) { r.DBInstanceClass = "" }, 400, "InvalidParameter"},
		"storage between steps":   {func(r *request) { r.DBInstanceStorage = "31" }, 400, "InvalidStorage.Format"},
		"bursting on local disk":  {func(r *request) { r.BurstingEnabled = "true" }, 400, "InvalidParameter"},
		"acceleration of words":   {func(r *request) { r.IoAccelerationEnabled = "yes" }, 400, "InvalidParameter"},
		"unknown class":           {func(r *request) { r.DBInstanceClass = "x" }, 400, "InvalidDBInstanceClass.Malformed"},
		"class of other versions": {func(r *request) { r.DBInstanceClass = "mysql.n2.medium.1" }, 404, "InvalidDBInstanceClass.NotFound"},
		"disk not for the class":  {func(r *request) { r.DBInstanceStorageType = "cloud_essd" }, 400, "InvalidInstanceLevel.DiskType"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := f.ModifyDBInstanceSpec(spec(id, tc.change))
			(&fixture{T: t}).wantCode(err, tc.status, tc.code)
		})
	}
	f.wantStatus(id, "Running")
}

func TestModifyDBInstanceSpec_LessStorage_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance(func(r *sdk.CreateDBInstanceRequest) { r.DBInstanceStorage = requests.NewInteger(30) })
	_, err := f.ModifyDBInstanceSpec(spec(id, func(r *sdk.ModifyDBInstanceSpecRequest) { r.DBInstanceStorage = "25" }))
	f.wantCode(err, 400, "InvalidStorageSize.Direction")
}

func TestDeleteDBInstance_Protected_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance(func(r *sdk.CreateDBInstanceRequest) { r.DeletionProtection = "true" })
	if !f.attribute(id).DeletionProtection {
		t.Error("DeletionProtection is not shown")
	}
	f.wantCode(f.delete(id), 400, "OperationDenied.DeletionProtection")
	r := sdk.CreateModifyDBInstanceDeletionProtectionRequest()
	r.DBInstanceId, r.DeletionProtection = id, "false"
	must(f.ModifyDBInstanceDeletionProtection(r))(f)
	if err := f.delete(id); err != nil {
		t.Error(err)
	}
}

func TestDeleteDBInstance_Prepaid_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance(func(r *sdk.CreateDBInstanceRequest) { r.PayType, r.Period, r.UsedTime = "Prepaid", "Month", "1" })
	f.wantCode(f.delete(id), 403, "OperationDenied.PayType")
}

func TestDeleteDBInstance_BadRequest_Refused(t *testing.T) {
	f := newFixture(t)
	f.wantCode(f.delete("rm-x"), 404, "InvalidDBInstanceId.NotFound")
	f.wantCode(f.delete(""), 400, "MissingDBInstanceId")
	r := sdk.CreateDeleteDBInstanceRequest()
	r.DBInstanceId, r.ReleasedKeepPolicy = f.instance(), "Latest" // the API spells it Lastest
	_, err := f.DeleteDBInstance(r)
	f.wantCode(err, 400, "InvalidReleasedKeepPolicy.Format")
}
