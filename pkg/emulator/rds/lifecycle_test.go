package rds_test

import (
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func (f *fixture) restart(id string) error {
	r := sdk.CreateRestartDBInstanceRequest()
	r.DBInstanceId = id
	_, err := f.RestartDBInstance(r)
	return err
}

func TestRestartDBInstance_Duration_RebootingThenRunning(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.ok(f.restart(id))
	f.wantStatus(id, "Rebooting")
	f.wantCode(f.restart(id), 403, "IncorrectDBInstanceState")
	f.wantCode(f.modifyIPs(id, "osb", "", "10.0.0.1"), 403, "IncorrectDBInstanceState")
	f.wantCode(f.createAccount(id, "alice"), 403, "OperationDenied.DBInstanceStatus")
	f.wantCode(f.delete(id), 403, "OperationDenied.DBInstanceStatus")
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantStatus(id, "Running")
	f.wantCode(f.restart("rm-x"), 404, "InvalidDBInstanceName.NotFound")
}

func TestProfile_EachState_HasADuration(t *testing.T) {
	for name, profile := range map[string]rds.Profile{"instant": rds.Instant(), "seconds": rds.Seconds(), "realistic": rds.Realistic()} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, emulatortest.WithProfile(profile))
			during := func(state string, took time.Duration) string {
				if took == 0 {
					return "Running"
				}
				return state
			}
			id := must(f.CreateDBInstance(createRequest()))(f).DBInstanceId
			f.wantStatus(id, during("Creating", profile.Create))
			f.srv.Clock().Advance(profile.Create)
			f.ok(f.restart(id))
			f.wantStatus(id, during("Rebooting", profile.Restart))
			f.srv.Clock().Advance(profile.Restart)
			f.ok(f.allocate(id, "shop-1", "3306"))
			f.wantStatus(id, during("DBInstanceNetTypeChanging", profile.Connection))
			f.srv.Clock().Advance(profile.Connection)
			must(f.ModifyDBInstanceSpec(spec(id)))(f)
			f.wantStatus(id, during("DBInstanceClassChanging", profile.Change))
			f.srv.Clock().Advance(profile.Change)
			f.wantStatus(id, "Running")
			f.ok(f.delete(id))
			f.srv.Clock().Advance(profile.Delete)
			if !f.srv.Empty() {
				t.Error("the instance is still there")
			}
		})
	}
}

func TestCreateDBInstance_Amount_MakesSeveral(t *testing.T) {
	f := newFixture(t)
	r := createRequest()
	r.Amount, r.ClientToken = "3", "t"
	r.Tag = &[]sdk.CreateDBInstanceTag{{Key: "k", Value: "v"}}
	created := must(f.CreateDBInstance(r))(f)
	ids := strings.Split(created.DBInstanceId, ",")
	if len(ids) != 3 || created.TaskId == "" || !created.TagResult {
		t.Fatalf("CreateDBInstance answered %+v", created)
	}
	if again := must(f.CreateDBInstance(r))(f); again.DBInstanceId != created.DBInstanceId {
		t.Errorf("the repetition made %s", again.DBInstanceId)
	}
	f.srv.Clock().Advance(5 * time.Minute)
	f.ok(f.modifyIPs(ids[0], "", "", "10.0.0.1"))
	f.wantIPs(ids[1], map[string]string{"default": "192.168.0.0/16"}) // each its own
	list := sdk.CreateDescribeDBInstancesRequest()
	list.Tags = `{"k":"v"}`
	if n := must(f.DescribeDBInstances(list))(f).TotalRecordCount; n != 3 {
		t.Errorf("%d instances carry the tag, want 3", n)
	}
	all := sdk.CreateDescribeDBInstanceAttributeRequest()
	all.DBInstanceId = created.DBInstanceId + ",rm-x"
	if n := len(must(f.DescribeDBInstanceAttribute(all))(f).Items.DBInstanceAttribute); n != 3 {
		t.Errorf("%d attributes, want 3", n)
	}
}

func TestCreateDBInstance_DryRun_MakesNothing(t *testing.T) {
	f := newFixture(t)
	r := createRequest()
	r.DryRun, r.ClientToken = "true", "t"
	if answer := must(f.CreateDBInstance(r))(f); !answer.DryRun || !answer.DryRunResult || answer.DBInstanceId != "" {
		t.Errorf("the rehearsal answered %+v", answer)
	}
	if !f.srv.Empty() {
		t.Error("the rehearsal made an instance")
	}
	r.DBInstanceStorage = "21"
	_, err := f.CreateDBInstance(r)
	f.wantCode(err, 400, "InvalidStorage.Format")
	r = createRequest()
	r.ClientToken = "t" // which the rehearsal has not used
	must(f.CreateDBInstance(r))(f)
}

func TestPrepaidInstance_PaidTimeOver_Expires(t *testing.T) {
	f := newFixture(t)
	id := f.instance(func(r *sdk.CreateDBInstanceRequest) { r.PayType, r.Period, r.UsedTime = "Prepaid", "Month", "1" })
	f.wantCode(f.delete(id), 403, "OperationDenied.PayType")
	if a := f.attribute(id); a.ExpireTime != "2026-06-04T03:02:01Z" || a.LockMode != "Unlock" {
		t.Errorf("it expires at %s, and is %s", a.ExpireTime, a.LockMode)
	}
	f.srv.Clock().Advance(32 * 24 * time.Hour)
	if a := f.attribute(id); a.LockMode != "LockByExpiration" {
		t.Errorf("after its time it is %s", a.LockMode)
	}
	f.wantCode(f.createAccount(id, "alice"), 400, "IncorrectDBInstanceLockMode.ValueNotSupported")
	list := sdk.CreateDescribeDBInstancesRequest()
	list.Expired = "True"
	if n := must(f.DescribeDBInstances(list))(f).TotalRecordCount; n != 1 {
		t.Errorf("%d instances have expired, want 1", n)
	}
}

func TestModifyPayType_Change_Shown(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	change := func(to, period, used string) error {
		r := sdk.CreateTransformDBInstancePayTypeRequest()
		r.DBInstanceId, r.PayType, r.Period = id, to, period
		if used != "" {
			r.QueryParams["UsedTime"] = used
		}
		_, err := f.TransformDBInstancePayType(r)
		return err
	}
	f.wantCode(change("Postpaid", "", ""), 400, "OperationDenied.PayType")
	f.wantCode(change("Prepaid", "Year", "6"), 400, "Order.PeriodInvalid")
	f.ok(change("Prepaid", "Year", "1"))
	if a := f.attribute(id); a.PayType != "Prepaid" || a.ExpireTime == "" {
		t.Errorf("it is %s until %s", a.PayType, a.ExpireTime)
	}
	f.wantCode(f.delete(id), 403, "OperationDenied.PayType")
	back := sdk.CreateModifyDBInstancePayTypeRequest()
	back.DBInstanceId, back.PayType = id, "Postpaid"
	must(f.ModifyDBInstancePayType(back))(f)
	f.ok(f.delete(id))
}

func TestModifyDescription_Change_Shown(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	r := sdk.CreateModifyDBInstanceDescriptionRequest()
	r.DBInstanceId, r.DBInstanceDescription = id, "other-name"
	must(f.ModifyDBInstanceDescription(r))(f)
	if a := f.attribute(id); a.DBInstanceDescription != "other-name" {
		t.Errorf("the description is %s", a.DBInstanceDescription)
	}
	r.DBInstanceDescription = "1"
	_, err := f.ModifyDBInstanceDescription(r)
	f.wantCode(err, 400, "InvalidDBInstanceDescription.Format")
}
