package vpc_test

import (
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/vpc"
	"github.com/google/go-cmp/cmp"
)

// tags lists the tags of a network by key.
func (f *fixture) tags(kind, id string) map[string]string {
	f.Helper()
	r := sdk.CreateListTagResourcesRequest()
	r.ResourceType, r.ResourceId = kind, &[]string{id}
	answer, err := f.ListTagResources(r)
	if err != nil {
		f.Fatal(err)
	}
	tags := map[string]string{}
	for _, t := range answer.TagResources.TagResource {
		if t.ResourceId != id || t.ResourceType != kind {
			f.Errorf("tag %+v, want one of %s %s", t, kind, id)
		}
		tags[t.TagKey] = t.TagValue
	}
	return tags
}

func (f *fixture) wantTags(kind, id string, want map[string]string) {
	f.Helper()
	if diff := cmp.Diff(want, f.tags(kind, id)); diff != "" {
		f.Errorf("tags of %s (-want, +got):\n%s", id, diff)
	}
}

func TestTags_Networks_SetListedAndRemoved(t *testing.T) {
	f := newFixture(t)
	f.wantTags("VPC", f.vpc, map[string]string{"a": "1", "b": ""})
	f.wantTags("VSWITCH", f.subnet, map[string]string{"a": "2"})
	tag := sdk.CreateTagResourcesRequest()
	tag.ResourceType, tag.ResourceId, tag.Tag = "VSwitch", &[]string{f.subnet}, &[]sdk.TagResourcesTag{{Key: "a", Value: "3"}, {Key: "c", Value: "4"}}
	if _, err := f.TagResources(tag); err != nil {
		t.Fatal(err)
	}
	tag.ResourceType, tag.ResourceId = "ROUTETABLE", &[]string{f.table}
	if _, err := f.TagResources(tag); err != nil {
		t.Fatal(err)
	}
	f.wantTags("VSWITCH", f.subnet, map[string]string{"a": "3", "c": "4"})
	f.wantTags("ROUTETABLE", f.table, map[string]string{"a": "3", "c": "4"})
	remove := sdk.CreateUnTagResourcesRequest()
	remove.ResourceType, remove.ResourceId, remove.TagKey = "VPC", &[]string{f.vpc}, &[]string{"a", "none"}
	if _, err := f.UnTagResources(remove); err != nil {
		t.Fatal(err)
	}
	remove = sdk.CreateUnTagResourcesRequest() // a request keeps the parameters of its first sending
	remove.ResourceType, remove.ResourceId, remove.All = "VSWITCH", &[]string{f.subnet}, "true"
	if _, err := f.UnTagResources(remove); err != nil {
		t.Fatal(err)
	}
	f.wantTags("VPC", f.vpc, map[string]string{"b": ""})
	f.wantTags("VSWITCH", f.subnet, map[string]string{})
	f.wantTags("EIP", "eip-1", map[string]string{})
}

func TestTags_BadInput_RefusedWithoutEffect(t *testing.T) {
	f := newFixture(t)
	network := f.srv.Network()
	before, _ := network.Snapshot()
	tag := func(change func(*sdk.TagResourcesRequest)) error {
		r := sdk.CreateTagResourcesRequest()
		r.ResourceType, r.ResourceId, r.Tag = "VPC", &[]string{f.vpc}, &[]sdk.TagResourcesTag{{Key: "x", Value: "1"}}
		change(r)
		_, err := f.TagResources(r)
		return err
	}
	wantCode(t, tag(func(r *sdk.TagResourcesRequest) { r.ResourceType = "" }), 400, "MissingResourceType")
	wantCode(t, tag(func(r *sdk.TagResourcesRequest) { r.ResourceId = nil }), 400, "MissingResourceId")
	wantCode(t, tag(func(r *sdk.TagResourcesRequest) { r.Tag = nil }), 400, "MissingTag")
	wantCode(t, tag(func(r *sdk.TagResourcesRequest) { r.ResourceId = &[]string{f.vpc, "vpc-none"} }), 404, "InvalidVpcId.NotFound")
	wantCode(t, tag(func(r *sdk.TagResourcesRequest) { r.ResourceType = "VSWITCH" }), 404, "InvalidVSwitchId.NotFound")
	wantCode(t, tag(func(r *sdk.TagResourcesRequest) { r.ResourceType = "ROUTETABLE" }), 404, "InvalidRouteTableId.NotFound")
	wantCode(t, tag(func(r *sdk.TagResourcesRequest) { r.ResourceType = "EIP" }), 404, "InvalidResourceId.NotFound")
	wantCode(t, tag(func(r *sdk.TagResourcesRequest) { r.Tag = &[]sdk.TagResourcesTag{{Key: "x"}, {Key: "x"}} }), 400, "Duplicate.TagKey")
	list := sdk.CreateListTagResourcesRequest()
	list.ResourceType = "VPC"
	_, err := f.ListTagResources(list)
	wantCode(t, err, 400, "MissingResourceId")
	list.ResourceId, list.NextToken = &[]string{f.vpc}, "9"
	_, err = f.ListTagResources(list)
	wantCode(t, err, 400, "InvalidParameter.NextToken")
	list.NextToken, list.MaxResults = "", "51"
	_, err = f.ListTagResources(list)
	wantCode(t, err, 400, "InvalidParameter")
	create := sdk.CreateCreateVpcRequest()
	create.Tag = &[]sdk.CreateVpcTag{{Key: "aliyun-x"}}
	_, err = f.CreateVpc(create)
	wantCode(t, err, 400, "InvalidTagKey")
	if after, _ := network.Snapshot(); string(after) != string(before) {
		t.Errorf("the state is %s, was %s", after, before)
	}
}

func TestListTagResources_Pages_ListEachTagOnce(t *testing.T) {
	f := newFixture(t)
	r := sdk.CreateListTagResourcesRequest()
	r.ResourceType, r.ResourceId, r.MaxResults = "VPC", &[]string{f.vpc}, "1"
	var keys []string
	for {
		page, err := f.ListTagResources(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range page.TagResources.TagResource {
			keys = append(keys, tag.TagKey)
		}
		if r.NextToken = page.NextToken; r.NextToken == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"a", "b"}, keys); diff != "" {
		t.Errorf("keys (-want, +got):\n%s", diff)
	}
}
