package rds_test

import (
	"fmt"
	"slices"
	"testing"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"
)

func (f *fixture) tags(change func(*sdk.ListTagResourcesRequest)) (map[string]string, string) {
	f.Helper()
	r := sdk.CreateListTagResourcesRequest()
	r.ResourceType = "INSTANCE"
	change(r)
	response := must(f.ListTagResources(r))(f)
	got := map[string]string{}
	for _, tag := range response.TagResources.TagResource {
		got[tag.ResourceId+" "+tag.TagKey] = tag.TagValue
	}
	return got, response.NextToken
}

func TestTags_AddReplaceRemove_Shown(t *testing.T) {
	f := newFixture(t)
	a, b := f.instance(), f.instance()
	add := sdk.CreateTagResourcesRequest()
	add.ResourceType, add.ResourceId = "INSTANCE", &[]string{a, b}
	add.Tag = &[]sdk.TagResourcesTag{{Key: "k1", Value: "v1"}, {Key: "k2", Value: ""}}
	must(f.TagResources(add))(f)
	add.ResourceId, add.Tag = &[]string{b}, &[]sdk.TagResourcesTag{{Key: "k1", Value: "other"}}
	must(f.TagResources(add))(f)
	remove := sdk.CreateUntagResourcesRequest()
	remove.ResourceType, remove.ResourceId, remove.TagKey = "INSTANCE", &[]string{a}, &[]string{"k2"}
	must(f.UntagResources(remove))(f)

	got, _ := f.tags(func(r *sdk.ListTagResourcesRequest) { r.ResourceId = &[]string{a, b} })
	if diff := cmp.Diff(map[string]string{a + " k1": "v1", b + " k1": "other", b + " k2": ""}, got); diff != "" {
		t.Errorf("tags (-want, +got):\n%s", diff)
	}
	got, _ = f.tags(func(r *sdk.ListTagResourcesRequest) { r.Tag = &[]sdk.ListTagResourcesTag{{Key: "k1", Value: "v1"}} })
	if diff := cmp.Diff(map[string]string{a + " k1": "v1"}, got); diff != "" {
		t.Errorf("tags of instances with k1=v1 (-want, +got):\n%s", diff)
	}
	remove = sdk.CreateUntagResourcesRequest()
	remove.ResourceType, remove.ResourceId, remove.All = "INSTANCE", &[]string{a, b}, "true"
	must(f.UntagResources(remove))(f)
	if got, _ = f.tags(func(r *sdk.ListTagResourcesRequest) { r.ResourceId = &[]string{a, b} }); len(got) != 0 {
		t.Errorf("tags %v are left", got)
	}
}

func TestListTagResources_NextToken_Continues(t *testing.T) {
	f := newFixture(t)
	for range 6 {
		f.instance(func(r *sdk.CreateDBInstanceRequest) {
			tags := make([]sdk.CreateDBInstanceTag, 20)
			for i := range tags {
				tags[i] = sdk.CreateDBInstanceTag{Key: fmt.Sprint("k", i), Value: "v"}
			}
			r.Tag = &tags
		})
	}
	found := 0
	for token, more := "", true; more; more = token != "" {
		var page map[string]string
		page, token = f.tags(func(r *sdk.ListTagResourcesRequest) {
			r.Tag, r.NextToken = &[]sdk.ListTagResourcesTag{{Key: "k0", Value: "v"}}, token
		})
		found += len(page)
	}
	if found != 120 {
		t.Errorf("%d tags found, want 120", found)
	}
}

func TestTags_BadRequest_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	add := func(kind string, ids []string, tags ...sdk.TagResourcesTag) error {
		r := sdk.CreateTagResourcesRequest()
		r.ResourceType, r.ResourceId, r.Tag = kind, &ids, &tags
		_, err := f.TagResources(r)
		return err
	}
	tag := sdk.TagResourcesTag{Key: "k", Value: "v"}
	f.wantCode(add("DISK", []string{id}, tag), 400, "InvalidParameter")
	f.wantCode(add("INSTANCE", []string{"rm-x"}, tag), 404, "InvalidDBInstanceId.NotFound")
	f.wantCode(add("INSTANCE", nil, tag), 400, "MissingResourceId")
	f.wantCode(add("INSTANCE", []string{id}), 400, "MissingTag")
	f.wantCode(add("INSTANCE", slices.Repeat([]string{id}, 51), tag), 400, "NumberExceed.ResourceIds")
	f.wantCode(add("INSTANCE", []string{id}, sdk.TagResourcesTag{Key: "aliyun:k", Value: "v"}), 400, "InvalidTagKey.Malformed")
	f.wantCode(add("INSTANCE", []string{id}, sdk.TagResourcesTag{Key: "k", Value: "http://x"}), 400, "InvalidTagValue.Malformed")
	list := sdk.CreateListTagResourcesRequest()
	list.ResourceType = "INSTANCE"
	_, err := f.ListTagResources(list)
	f.wantCode(err, 400, "MissingResourceId")
	remove := sdk.CreateUntagResourcesRequest()
	remove.ResourceType, remove.ResourceId, remove.TagKey = "INSTANCE", &[]string{id}, new(slices.Repeat([]string{"k"}, 21))
	_, err = f.UntagResources(remove)
	f.wantCode(err, 400, "NumberExceed.Tags")
}
