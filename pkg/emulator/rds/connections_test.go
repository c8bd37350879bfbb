package rds_test

import (
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"
)

func (f *fixture) allocate(id, prefix, port string) error {
	r := sdk.CreateAllocateInstancePublicConnectionRequest()
	r.DBInstanceId, r.ConnectionStringPrefix, r.Port = id, prefix, port
	_, err := f.AllocateInstancePublicConnection(r)
	return err
}

func (f *fixture) release(id, current string) error {
	r := sdk.CreateReleaseInstancePublicConnectionRequest()
	r.DBInstanceId, r.CurrentConnectionString = id, current
	_, err := f.ReleaseInstancePublicConnection(r)
	return err
}

func (f *fixture) modifyConnection(id, current, prefix, port string) error {
	r := sdk.CreateModifyDBInstanceConnectionStringRequest()
	r.DBInstanceId, r.CurrentConnectionString, r.ConnectionStringPrefix, r.Port = id, current, prefix, port
	_, err := f.ModifyDBInstanceConnectionString(r)
	return err
}

// wantNets requires the connections, as "type host:port".
func (f *fixture) wantNets(id string, want ...string) {
	f.Helper()
	r := sdk.CreateDescribeDBInstanceNetInfoRequest()
	r.DBInstanceId = id
	var got []string
	for _, n := range must(f.DescribeDBInstanceNetInfo(r))(f).DBInstanceNetInfos.DBInstanceNetInfo {
		got = append(got, n.IPType+" "+strings.ReplaceAll(n.ConnectionString, id, "ID")+":"+n.Port)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("connections (-want, +got):\n%s", diff)
	}
}

func TestPublicConnection_AllocateAndRelease_Shown(t *testing.T) {
	f := newFixture(t)
	id, other := f.instance(), f.instance()
	private := id + ".mysql.rds.aliyuncs.com"
	f.wantNets(id, "Private ID.mysql.rds.aliyuncs.com:3306")
	f.ok(f.allocate(id, "shop-one", "3307"))
	f.wantStatus(id, "DBInstanceNetTypeChanging")
	f.wantCode(f.delete(id), 403, "OperationDenied.DBInstanceStatus")
	f.srv.Clock().Advance(time.Minute)
	f.wantStatus(id, "Running")
	f.wantNets(id, "Private ID.mysql.rds.aliyuncs.com:3306", "Public shop-one.mysql.rds.aliyuncs.com:3307")
	f.wantCode(f.allocate(id, "shop-2", "3306"), 400, "NetTypeExists")
	f.wantCode(f.allocate(other, "shop-one", "3306"), 400, "InvalidConnectionStringPrefix.Duplicate")

	f.ok(f.modifyConnection(id, private, id, "3308"))
	f.srv.Clock().Advance(time.Minute)
	f.wantCode(f.modifyConnection(id, private, other, "3308"), 400, "InvalidConnectionStringPrefix.Duplicate")
	f.ok(f.modifyConnection(id, private, "innermost", "3308"))
	f.wantStatus(id, "DBInstanceNetTypeChanging")
	f.srv.Clock().Advance(time.Minute)
	f.ok(f.modifyConnection(id, "shop-one.mysql.rds.aliyuncs.com", "shop-one", "3309"))
	f.srv.Clock().Advance(time.Minute)
	f.wantNets(id, "Private innermost.mysql.rds.aliyuncs.com:3308", "Public shop-one.mysql.rds.aliyuncs.com:3309")
	if a := f.attribute(id); a.ConnectionString != "innermost.mysql.rds.aliyuncs.com" || a.Port != "3308" {
		t.Errorf("the attribute shows %s:%s", a.ConnectionString, a.Port)
	}

	f.wantCode(f.release(id, "innermost.mysql.rds.aliyuncs.com"), 400, "AtLeastOneNetTypeExists")
	f.wantCode(f.release(id, private), 404, "InvalidCurrentConnectionString.NotFound")
	f.ok(f.release(id, "shop-one.mysql.rds.aliyuncs.com"))
	f.srv.Clock().Advance(time.Minute)
	f.wantNets(id, "Private innermost.mysql.rds.aliyuncs.com:3308")
	f.ok(f.allocate(other, "shop-one", "3306"))
}

func TestConnections_BadRequest_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	private := id + ".mysql.rds.aliyuncs.com"
	f.wantCode(f.allocate("rm-x", "shop-1", "3306"), 404, "InvalidDBInstanceName.NotFound")
	f.wantCode(f.allocate(id, "", "3306"), 400, "MissingConnectionStringPrefix")
	f.wantCode(f.allocate(id, "shop-1", ""), 400, "MissingPort")
	for _, prefix := range []string{"four", "1shop", "Shop-1", "shop-", strings.Repeat("s", 41)} {
		f.wantCode(f.allocate(id, prefix, "3306"), 400, "InvalidConnectionStringPrefix.Format")
	}
	for _, port := range []string{"999", "6000", "port"} {
		f.wantCode(f.allocate(id, "shop-1", port), 400, "InvalidPort.Malformed")
	}
	f.wantCode(f.modifyConnection(id, private, "", "3307"), 400, "MissingConnectionStringPrefix")
	f.wantCode(f.modifyConnection(id, private, "shop-one", ""), 400, "MissingPort")
	for _, prefix := range []string{"seven-7", "1shop-one", strings.Repeat("s", 65)} {
		f.wantCode(f.modifyConnection(id, private, prefix, "3307"), 400, "InvalidConnectionStringPrefix.Format")
	}
	f.wantCode(f.modifyConnection(id, "other.mysql.rds.aliyuncs.com", "shop-one", "3307"), 404, "InvalidCurrentConnectionString.NotFound")
	f.wantNets(id, "Private ID.mysql.rds.aliyuncs.com:3306")
}
