package rds_test

import (
	"fmt"
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"
)

func (f *fixture) addTags(ids, tags string) error {
	r := sdk.CreateAddTagsToResourceRequest()
	r.DBInstanceId, r.Tags = ids, tags
	_, err := f.AddTagsToResource(r)
	return err
}

// wantTags requires "key=value" with the numbers of the instances that carry
// the tag.
func (f *fixture) wantTags(ids []string, change func(*sdk.DescribeTagsRequest), want map[string][]int) {
	f.Helper()
	r := sdk.CreateDescribeTagsRequest()
	change(r)
	got := map[string][]int{}
	for _, info := range must(f.DescribeTags(r))(f).Items.TagInfos {
		for _, id := range info.DBInstanceIds.DBInstanceIds {
			for i := range ids {
				if ids[i] == id {
					got[info.TagKey+"="+info.TagValue] = append(got[info.TagKey+"="+info.TagValue], i)
				}
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("tags (-want, +got):\n%s", diff)
	}
}

func TestLegacyTags_Calls_SeeTheSameTags(t *testing.T) {
	f := newFixture(t)
	ids := []string{f.instance(), f.instance()}
	all := func(*sdk.DescribeTagsRequest) {}
	f.ok(f.addTags(ids[0]+","+ids[1], `{"k":"v","x":"1"}`))
	f.ok(f.addTags(ids[1], `{"x":"2"}`))
	f.wantTags(ids, all, map[string][]int{"k=v": {0, 1}, "x=1": {0}, "x=2": {1}})
	f.wantTags(ids, func(r *sdk.DescribeTagsRequest) { r.DBInstanceId = ids[0] }, map[string][]int{"k=v": {0}, "x=1": {0}})
	f.wantTags(ids, func(r *sdk.DescribeTagsRequest) { r.Tags = `{"x":"2"}` }, map[string][]int{"k=v": {1}, "x=2": {1}})
	remove := sdk.CreateRemoveTagsFromResourceRequest()
	remove.DBInstanceId, remove.Tag1Key, remove.Tag1Value = ids[0]+","+ids[1], "x", "1"
	must(f.RemoveTagsFromResource(remove))(f)
	f.wantTags(ids, all, map[string][]int{"k=v": {0, 1}, "x=2": {1}})
	remove = sdk.CreateRemoveTagsFromResourceRequest()
	remove.DBInstanceId, remove.Tag1Key = ids[0]+","+ids[1], "k"
	must(f.RemoveTagsFromResource(remove))(f)
	got, _ := f.tags(func(r *sdk.ListTagResourcesRequest) { r.ResourceId = &ids })
	if diff := cmp.Diff(map[string]string{ids[1] + " x": "2"}, got); diff != "" {
		t.Errorf("ListTagResources (-want, +got):\n%s", diff)
	}
}

func TestLegacyTags_BadRequest_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.wantCode(f.addTags("", `{"k":"v"}`), 400, "MissingDBInstanceId")
	f.wantCode(f.addTags(id, ""), 400, "MissingTags")
	f.wantCode(f.addTags(id, "k=v"), 400, "InvalidTags.Format")
	f.wantCode(f.addTags("rm-x", `{"k":"v"}`), 404, "InvalidDBInstanceId.NotFound")
	f.wantCode(f.addTags(id, `{"acs:k":"v"}`), 400, "InvalidTagKey.Malformed")
	f.wantCode(f.addTags(id, `{"a":"","b":"","c":"","d":"","e":"","f":""}`), 400, "NumberExceed.Tags")
	for i := range 2 {
		f.ok(f.addTags(id, fmt.Sprintf(`{"a%d":"","b%d":"","c%d":"","d%d":"","e%d":""}`, i, i, i, i, i)))
	}
	f.wantCode(f.addTags(id, `{"more":""}`), 400, "NumberExceed.Tags") // 10 with the older calls
}

// After each change the index must agree with the records.
func TestTagIndex_ChangesAndDeletions_Followed(t *testing.T) {
	f := newFixture(t)
	var ids []string
	for range 3 {
		ids = append(ids, f.instance(func(r *sdk.CreateDBInstanceRequest) {
			r.Tag = &[]sdk.CreateDBInstanceTag{{Key: "all", Value: "1"}, {Key: "n", Value: fmt.Sprint(len(ids))}}
		}))
	}
	want := func(tags string, want ...string) {
		t.Helper()
		r := sdk.CreateDescribeDBInstancesRequest()
		r.Tags = tags
		got := []string{}
		for _, in := range must(f.DescribeDBInstances(r))(f).Items.DBInstance {
			got = append(got, in.DBInstanceId)
		}
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Errorf("%s (-want, +got):\n%s", tags, diff)
		}
	}
	want(`{"all":"1"}`, ids...)
	want(`{"all":"1","n":"1"}`, ids[1])
	want(`{"all":"1","n":"9"}`)
	f.ok(f.addTags(ids[0]+","+ids[1], `{"left":"1"}`))
	f.ok(f.addTags(ids[1]+","+ids[2], `{"right":"1"}`))
	want(`{"left":"1","right":"1"}`, ids[1])
	keyOnly := sdk.CreateDescribeDBInstancesRequest()
	keyOnly.Tag1Key, keyOnly.Tag2Key, keyOnly.Tag2Value = "left", "right", "1"
	if list := must(f.DescribeDBInstances(keyOnly))(f).Items.DBInstance; len(list) != 1 || list[0].DBInstanceId != ids[1] {
		t.Errorf("a key without a value finds %d instances, want one", len(list))
	}
	byID := sdk.CreateDescribeDBInstancesRequest()
	byID.DBInstanceId, byID.Tags = ids[0], `{"right":"1"}`
	if n := must(f.DescribeDBInstances(byID))(f).TotalRecordCount; n != 0 {
		t.Errorf("an id and a tag that it has not find %d instances", n)
	}
	f.ok(f.addTags(ids[0], `{"n":"1"}`))
	want(`{"n":"1"}`, ids[0], ids[1])
	want(`{"n":"0"}`)
	f.ok(f.delete(ids[1]))
	want(`{"n":"1"}`, ids[0], ids[1]) // being deleted, it is still there
	f.srv.Clock().Advance(1 << 40)
	want(`{"n":"1"}`, ids[0])
	want(`{}`, ids[0], ids[2])
}
