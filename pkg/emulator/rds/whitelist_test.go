package rds_test

import (
	"fmt"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"
)

func (f *fixture) modifyIPs(id, group, mode, ips string) error {
	r := sdk.CreateModifySecurityIpsRequest()
	r.DBInstanceId, r.DBInstanceIPArrayName, r.ModifyMode, r.SecurityIps = id, group, mode, ips
	_, err := f.ModifySecurityIps(r)
	return err
}

func (f *fixture) wantIPs(id string, want map[string]string) {
	f.Helper()
	r := sdk.CreateDescribeDBInstanceIPArrayListRequest()
	r.DBInstanceId = id
	got := map[string]string{}
	for _, a := range must(f.DescribeDBInstanceIPArrayList(r))(f).Items.DBInstanceIPArray {
		got[a.DBInstanceIPArrayName] = a.SecurityIPList
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("IP groups (-want, +got):\n%s", diff)
	}
}

func TestModifySecurityIps_Modes_CoverAppendDelete(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.wantIPs(id, map[string]string{"default": "192.168.0.0/16"})
	f.ok(f.modifyIPs(id, "osb", "", "10.0.0.1"))
	f.ok(f.modifyIPs(id, "osb", "Append", "10.1.0.0/16,10.2.0.0/16"))
	f.ok(f.modifyIPs(id, "osb", "Delete", "10.0.0.1"))
	f.ok(f.modifyIPs(id, "", "Cover", "127.0.0.1"))
	f.wantIPs(id, map[string]string{"default": "127.0.0.1", "osb": "10.1.0.0/16,10.2.0.0/16"})
	f.ok(f.modifyIPs(id, "Default", "Cover", "0.0.0.0/0"))
	f.wantIPs(id, map[string]string{"default": "0.0.0.0/0", "osb": "10.1.0.0/16,10.2.0.0/16"})

	r := sdk.CreateDescribeDBInstanceNetInfoRequest()
	r.DBInstanceId = id
	nets := must(f.DescribeDBInstanceNetInfo(r))(f).DBInstanceNetInfos.DBInstanceNetInfo
	if len(nets) != 1 || nets[0].IPType != "Private" || nets[0].Port != "3306" || !strings.HasPrefix(nets[0].ConnectionString, id) || len(nets[0].SecurityIPGroups.SecurityIPGroup) != 2 {
		t.Errorf("net info %+v", nets)
	}
}

func TestModifySecurityIps_BadRequest_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	many := make([]string, 1000)
	for i := range many {
		many[i] = fmt.Sprintf("10.0.%d.%d", i/250, i%250)
	}
	for title, tc := range map[string]struct {
		id, group, mode, ips string
		status               int
		code                 string
	}{
		"unknown instance":      {"rm-x", "osb", "", "10.0.0.1", 404, "InvalidDBInstanceName.NotFound"},
		"no addresses":          {id, "osb", "", "", 400, "MissingSecurityIps"},
		"malformed address":     {id, "osb", "", "10.0.0", 400, "InvalidSecurityIPList.Format"},
		"space in the list":     {id, "osb", "", "10.0.0.1, 10.0.0.2", 400, "InvalidSecurityIPList.Format"},
		"entry twice":           {id, "osb", "", "10.0.0.1,10.0.0.1", 400, "InvalidSecurityIPList.Duplicate"},
		"append an entry twice": {id, "default", "Append", "192.168.0.0/16", 400, "InvalidSecurityIPList.Duplicate"},
		"delete the last":       {id, "default", "Delete", "192.168.0.0/16", 400, "InvalidSecurityIPList.Format"},
		"unknown mode":          {id, "osb", "Replace", "10.0.0.1", 400, "InvalidParameter"},
		"malformed group":       {id, "osb-1", "", "10.0.0.1", 400, "InvalidDBInstanceIPArrayName.Format"},
		"1001 with the others":  {id, "osb", "", strings.Join(many, ","), 400, "InvalidSecurityIPList.QuotaExceeded"},
	} {
		t.Run(title, func(t *testing.T) {
			f := &fixture{T: t, Client: f.Client}
			f.wantCode(f.modifyIPs(tc.id, tc.group, tc.mode, tc.ips), tc.status, tc.code)
		})
	}
	f.wantIPs(id, map[string]string{"default": "192.168.0.0/16"})
}
