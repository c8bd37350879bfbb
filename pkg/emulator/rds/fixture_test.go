package rds_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

const (
	region  = "cn-hangzhou"
	vpcID   = "vpc-cnhangzhou0default"
	vswitch = "vsw-cnhangzhou0h"
	zone    = "cn-hangzhou-h"
)

// A fixture is an emulator with the SDK's client and a frozen clock.
type fixture struct {
	*testing.T
	srv *emulator.Server
	*sdk.Client
}

// newFixture has a profile in which creation takes minutes; the test advances.
func newFixture(t *testing.T, opts ...emulatortest.Option) *fixture {
	t.Helper()
	clock := cloud.NewFrozenClock(time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC))
	srv := emulatortest.New(t, append([]emulatortest.Option{emulatortest.WithClock(clock), emulatortest.WithProfile(rds.Realistic())}, opts...)...)
	return &fixture{T: t, srv: srv, Client: client(t, srv)}
}

func client(t *testing.T, srv *emulator.Server) *sdk.Client {
	t.Helper()
	c, err := sdk.NewClientWithAccessKey(region, srv.AccessKey().ID, srv.AccessKey().Secret)
	if err != nil {
		t.Fatal(err)
	}
	c.Domain = srv.Addr()
	return c
}

// createRequest is a request that succeeds.
func createRequest() *sdk.CreateDBInstanceRequest {
	r := sdk.CreateCreateDBInstanceRequest()
	r.Engine, r.EngineVersion, r.DBInstanceClass = "MySQL", "5.6", "rds.mysql.t1.small"
	r.DBInstanceStorage = requests.NewInteger(20)
	r.DBInstanceNetType, r.PayType, r.SecurityIPList = "Intranet", "Postpaid", "192.168.0.0/16"
	r.InstanceNetworkType, r.VPCId, r.VSwitchId, r.ZoneId, r.ZoneIdSlave1 = "VPC", vpcID, vswitch, zone, zone
	r.DBInstanceDescription = "osb-test"
	return r
}

// instance creates an instance and advances the clock until it is Running.
func (f *fixture) instance(change ...func(*sdk.CreateDBInstanceRequest)) string {
	f.Helper()
	r := createRequest()
	for _, c := range change {
		c(r)
	}
	response := must(f.CreateDBInstance(r))(f)
	f.srv.Clock().Advance(5 * time.Minute)
	return response.DBInstanceId
}

// dropAfter loses the response to the next call of an action.
func dropAfter(action string) cloud.Fault {
	return cloud.Fault{Action: action, Effect: cloud.DropAfter, Times: 1}
}

func must[T any](v T, err error) func(*fixture) T {
	return func(f *fixture) T {
		f.Helper()
		if err != nil {
			f.Fatal(err)
		}
		return v
	}
}

// wantCode checks that a call failed with a code and an HTTP status.
func (f *fixture) wantCode(err error, status int, code string) {
	f.Helper()
	var server *sdkerrors.ServerError
	if !errors.As(err, &server) {
		f.Errorf("error = %v, want %s", err, code)
		return
	}
	if server.ErrorCode() != code || server.HttpStatus() != status {
		f.Errorf("error = %d %s, want %d %s", server.HttpStatus(), server.ErrorCode(), status, code)
	}
}

func (f *fixture) attribute(id string) sdk.DBInstanceAttribute {
	f.Helper()
	r := sdk.CreateDescribeDBInstanceAttributeRequest()
	r.DBInstanceId = id
	response := must(f.DescribeDBInstanceAttribute(r))(f)
	if len(response.Items.DBInstanceAttribute) != 1 {
		f.Fatalf("%d attributes, want 1", len(response.Items.DBInstanceAttribute))
	}
	return response.Items.DBInstanceAttribute[0]
}

func (f *fixture) wantStatus(id, want string) {
	f.Helper()
	if got := f.attribute(id).DBInstanceStatus; got != want {
		f.Errorf("instance is %s, want %s", got, want)
	}
}

func (f *fixture) delete(id string) error {
	r := sdk.CreateDeleteDBInstanceRequest()
	r.DBInstanceId = id
	_, err := f.DeleteDBInstance(r)
	return err
}

func TestInstance_Lifecycle_CreatingRunningDeleted(t *testing.T) {
	f := newFixture(t)
	created := must(f.CreateDBInstance(createRequest()))(f)
	id := created.DBInstanceId
	if !strings.HasPrefix(id, "rm-") || created.ConnectionString != id+".mysql.rds.aliyuncs.com" || created.Port != "3306" || created.RequestId == "" {
		t.Errorf("CreateDBInstance answered %+v", created)
	}
	f.wantStatus(id, "Creating")
	f.wantCode(f.delete(id), 403, "OperationDenied.DBInstanceStatus")
	f.srv.Clock().Advance(5 * time.Minute)
	f.wantStatus(id, "Running")
	if a := f.attribute(id); a.DBInstanceClass != "rds.mysql.t1.small" || a.DBInstanceStorage != 20 || a.EngineVersion != "5.6" || a.VpcId != vpcID || a.VSwitchId != vswitch || a.ZoneId != zone || a.Port != "3306" {
		t.Errorf("attribute = %+v", a)
	}
	if err := f.delete(id); err != nil {
		t.Fatal(err)
	}
	f.wantStatus(id, "Deleting")
	if f.srv.Empty() {
		t.Error("the emulator is empty while the instance is being deleted")
	}
	f.srv.Clock().Advance(2 * time.Minute)
	r := sdk.CreateDescribeDBInstanceAttributeRequest()
	r.DBInstanceId = id
	_, err := f.DescribeDBInstanceAttribute(r)
	f.wantCode(err, 404, "InvalidDBInstanceId.NotFound")
	if !f.srv.Empty() {
		t.Errorf("the emulator holds %+v after the deletion", f.srv.Dump())
	}
}
