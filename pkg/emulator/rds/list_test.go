package rds_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// list returns the ids that DescribeDBInstances answers.
func (f *fixture) list(change func(*sdk.DescribeDBInstancesRequest)) ([]string, *sdk.DescribeDBInstancesResponse) {
	f.Helper()
	r := sdk.CreateDescribeDBInstancesRequest()
	change(r)
	response := must(f.DescribeDBInstances(r))(f)
	ids := []string{}
	for _, in := range response.Items.DBInstance {
		ids = append(ids, in.DBInstanceId)
	}
	return ids, response
}

func TestDescribeDBInstances_Pages_Complete(t *testing.T) {
	f := newFixture(t)
	var all []string
	for range 7 {
		all = append(all, must(f.CreateDBInstance(createRequest()))(f).DBInstanceId)
	}
	for page, want := range map[int][]string{1: all[:3], 2: all[3:6], 3: all[6:], 4: {}} {
		ids, response := f.list(func(r *sdk.DescribeDBInstancesRequest) {
			r.PageNumber, r.PageSize = requests.NewInteger(page), "3"
		})
		if diff := cmp.Diff(want, ids); diff != "" || response.TotalRecordCount != 7 || response.PageRecordCount != len(want) || response.PageNumber != page {
			t.Errorf("page %d: %d of %d records (-want, +got):\n%s", page, response.PageRecordCount, response.TotalRecordCount, diff)
		}
	}
	var walked []string
	for token, more := "", true; more; more = token != "" {
		ids, response := f.list(func(r *sdk.DescribeDBInstancesRequest) { r.MaxResults, r.NextToken = "2", token })
		walked, token = append(walked, ids...), response.NextToken
		if response.TotalRecordCount != len(ids) {
			t.Errorf("with MaxResults the total is %d, want that of the page, %d", response.TotalRecordCount, len(ids))
		}
	}
	if diff := cmp.Diff(all, walked); diff != "" {
		t.Errorf("walk by NextToken (-want, +got):\n%s", diff)
	}
	for _, size := range []string{"0", "101", "x"} {
		r := sdk.CreateDescribeDBInstancesRequest()
		r.PageSize = requests.Integer(size)
		_, err := f.DescribeDBInstances(r)
		f.wantCode(err, 400, "InvalidParameter")
	}
}

func TestDescribeDBInstances_Filters_Apply(t *testing.T) {
	f := newFixture(t)
	red := f.instance(func(r *sdk.CreateDBInstanceRequest) {
		r.DBInstanceDescription, r.Tag = "osb-red", &[]sdk.CreateDBInstanceTag{{Key: "colour", Value: "red"}, {Key: "broker", Value: "b1"}}
	})
	blue := must(f.CreateDBInstance(func() *sdk.CreateDBInstanceRequest {
		r := createRequest()
		r.DBInstanceDescription, r.EngineVersion, r.DBInstanceClass = "osb-blue", "5.7", "rds.mysql.s2.large"
		r.Tag = &[]sdk.CreateDBInstanceTag{{Key: "colour", Value: "blue"}, {Key: "broker", Value: "b1"}}
		return r
	}()))(f).DBInstanceId
	type request = sdk.DescribeDBInstancesRequest
	cases := map[string]struct {
		change func(*request)
		want   []string
	}{
		"none":                 {func(*request) {}, []string{red, blue}},
		"Tags as JSON":         {func(r *request) { r.Tags = `{"broker":"b1","colour":"blue"}` }, []string{blue}},
		"Tag.N.key":            {func(r *request) { r.Tag1Key, r.Tag1Value, r.Tag2Key, r.Tag2Value = "broker", "b1", "colour", "red" }, []string{red}},
		"Tag.N.key alone":      {func(r *request) { r.Tag1Key = "broker" }, []string{red, blue}},
		"Tag.N.Key":            {func(r *request) { r.QueryParams["Tag.1.Key"], r.QueryParams["Tag.1.Value"] = "colour", "red" }, []string{red}},
		"tags in no use":       {func(r *request) { r.Tags = `{"broker":"b2"}` }, []string{}},
		"status Running":       {func(r *request) { r.DBInstanceStatus = "Running" }, []string{red}},
		"status Creating":      {func(r *request) { r.DBInstanceStatus = "Creating" }, []string{blue}},
		"id":                   {func(r *request) { r.DBInstanceId = blue }, []string{blue}},
		"SearchKey of an id":   {func(r *request) { r.SearchKey = red[3:] }, []string{red}},
		"SearchKey of a label": {func(r *request) { r.SearchKey = "-blu" }, []string{blue}},
		"version":              {func(r *request) { r.EngineVersion = "5.7" }, []string{blue}},
		"class":                {func(r *request) { r.DBInstanceClass = "rds.mysql.t1.small" }, []string{red}},
		"VSwitch":              {func(r *request) { r.VSwitchId = "vsw-cnhangzhou0i" }, []string{}},
		"another region":       {func(r *request) { r.RegionId = "cn-shanghai" }, []string{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := &fixture{T: t, srv: f.srv, Client: f.Client}
			ids, _ := f.list(tc.change)
			if diff := cmp.Diff(tc.want, ids); diff != "" {
				t.Errorf("instances (-want, +got):\n%s", diff)
			}
		})
	}
	refused := map[string]struct {
		change func(*request)
		status int
		code   string
	}{
		"unknown id":      {func(r *request) { r.DBInstanceId = "rm-x" }, 400, "InvalidDBInstanceId.NotFound"},
		"six tags":        {func(r *request) { r.Tags = `{"a":"","b":"","c":"","d":"","e":"","f":""}` }, 400, "NumberExceed.Tags"},
		"Tags of no JSON": {func(r *request) { r.Tags = `a=b` }, 400, "InvalidTags.Format"},
		"unknown region":  {func(r *request) { r.RegionId = "cn-nowhere" }, 404, "InvalidRegionId.NotFound"},
	}
	for name, tc := range refused {
		t.Run(name, func(t *testing.T) {
			r := sdk.CreateDescribeDBInstancesRequest()
			tc.change(r)
			_, err := f.DescribeDBInstances(r)
			(&fixture{T: t}).wantCode(err, tc.status, tc.code)
		})
	}
}

func TestBehaviour_ListLag_HidesFromLists(t *testing.T) {
	f := newFixture(t)
	f.srv.RDS().Behave(func(b *rds.Behaviour) { b.Lag = time.Minute })
	id := must(f.CreateDBInstance(createRequest()))(f).DBInstanceId
	if ids, _ := f.list(func(*sdk.DescribeDBInstancesRequest) {}); len(ids) != 0 {
		t.Errorf("instances %v are visible before the lag has passed", ids)
	}
	r := sdk.CreateDescribeDBInstanceAttributeRequest()
	r.DBInstanceId = id
	_, err := f.DescribeDBInstanceAttribute(r)
	f.wantCode(err, 404, "InvalidDBInstanceId.NotFound")
	f.srv.Clock().Advance(time.Minute)
	f.wantStatus(id, "Creating")
}

func TestDescribeDBInstances_DeletedOnes_LeaveTheList(t *testing.T) {
	f := newFixture(t)
	var ids []string
	for i := range 5 {
		ids = append(ids, f.instance(func(r *sdk.CreateDBInstanceRequest) { r.DBInstanceDescription = fmt.Sprint("osb-", i) }))
	}
	for _, i := range []int{3, 0} {
		if err := f.delete(ids[i]); err != nil {
			t.Fatal(err)
		}
	}
	f.srv.Clock().Advance(2 * time.Minute)
	got, _ := f.list(func(*sdk.DescribeDBInstancesRequest) {})
	if !slices.Equal(got, []string{ids[1], ids[2], ids[4]}) {
		t.Errorf("instances %v, want the second, third and fifth of %v", got, ids)
	}
}
