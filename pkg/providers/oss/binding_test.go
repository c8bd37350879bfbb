package oss_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

func TestBinding_Key_OpensItsOwnBucketOnly(t *testing.T) {
	w := newFixture(t)
	ctx := t.Context()
	one, two := w.instance(""), w.instance("")
	w.make(one)
	w.make(two)
	first, second := w.binding(one), w.binding(one)
	given := w.make(first)
	a, b := open(given), open(w.make(second))
	if given["bucket"] != w.bucket(one) || given["username"] == "" {
		t.Errorf("credentials: %v", given)
	}

	w.must(a.put(ctx, "dir/ö +%.txt", "hello"))
	if got, err := b.get(ctx, "dir/ö +%.txt"); err != nil || got != "hello" {
		t.Errorf("the other binding reads %q, %v", got, err)
	}
	if names, err := a.list(ctx); err != nil || !cmp.Equal(names, []string{"dir/ö +%.txt"}) {
		t.Errorf("list: %v, %v", names, err)
	}
	w.must(a.upload(ctx, "big"))
	w.must(a.delete(ctx, "dir/ö +%.txt"))

	const denied = "AccessDenied"
	other := a.in(w.bucket(two))
	_, err := other.list(ctx)
	w.refused("list another bucket", err, denied)
	w.refused("write to another bucket", other.put(ctx, "o", ""), denied)
	_, err = other.get(ctx, "o")
	w.refused("read from another bucket", err, denied)
	_, err = a.ListBuckets(ctx, &sdk.ListBucketsRequest{})
	w.refused("list all buckets", err, denied)
	_, err = a.DeleteBucket(ctx, &sdk.DeleteBucketRequest{Bucket: &a.bucket})
	w.refused("delete the own bucket", err, denied)
	_, err = a.PutBucketAcl(ctx, &sdk.PutBucketAclRequest{Bucket: &a.bucket, Acl: sdk.BucketACLPublicRead})
	w.refused("open the own bucket to everybody", err, denied)
	w.refused("turn on versions", a.version(ctx), denied)
	_, err = a.PutBucket(ctx, &sdk.PutBucketRequest{Bucket: new("one-more-bucket")})
	w.refused("make a bucket", err, denied)

	w.remove(first)
	_, err = a.list(ctx)
	w.refused("list after the unbind", err, "InvalidAccessKeyId")
	w.refused("write after the unbind", a.put(ctx, "o", ""), "InvalidAccessKeyId")
	w.must(b.put(ctx, "still", "here"))
	if d := w.cloud.Dump(); len(d.Users) != 1 || len(d.Keys) != 1 || len(d.Policies) != 1 || len(d.Groups) != 0 {
		t.Errorf("after the first unbind: %+v", d)
	}
	w.remove(second)
	for _, instance := range []*providers.Task{one, two} {
		instance.Deletion = providers.Empty
		w.remove(instance)
	}
	if !w.cloud.Empty() {
		t.Errorf("left: %+v", w.cloud.Dump())
	}
}

func TestBinding_FaultAtAnyCall_LeavesOneKeyThenNone(t *testing.T) {
	for _, action := range []string{
		"CreateUser", "CreatePolicy", "AttachPolicyToUser", "CreateAccessKey",
		"DeleteAccessKey", "DetachPolicyFromUser", "DeletePolicy", "DeleteUser",
		"GetUser", "GetPolicy", "ListPoliciesForUser", "ListAccessKeys",
	} {
		for effect, e := range effects() {
			t.Run(action+"/"+effect, func(t *testing.T) {
				w := newFixture(t)
				instance := w.instance("")
				w.make(instance)
				w.cloud.Faults().Add(cloud.Fault{Action: action, Effect: e, Times: 1})
				binding := w.binding(instance)
				w.must(open(w.make(binding)).put(t.Context(), "o", "data"))
				d := w.cloud.Dump()
				if len(d.Users) != 1 || len(d.Keys) != 1 || len(d.Policies) != 1 || len(d.Users[0].Policies) != 1 {
					t.Errorf("after the bind: %+v", d)
				}
				w.remove(binding)
				if d := w.cloud.Dump(); len(d.Users)+len(d.Keys)+len(d.Policies) != 0 {
					t.Errorf("after the unbind: %+v", d)
				}
				if _, more := w.cloud.Faults().Take(action); more {
					t.Errorf("%s was never called", action)
				}
			})
		}
	}
}

func TestBinding_SecretOfTheKey_StaysAmongSecrets(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	given := w.make(binding)
	secret := given["secret_access_key"]
	if binding.Facts.Secrets["secret_access_key"] != secret || binding.Facts.Open["access_key_id"] != given["access_key_id"] {
		t.Error("the facts are not the key that was handed out")
	}
	open, err := json.Marshal(binding.Facts.Open)
	w.must(err)
	if strings.Contains(string(open), secret) || strings.Contains(string(binding.Plan), secret) {
		t.Error("the secret is in the open facts or in the plan")
	}
}

func TestUnbind_AdditionsOfPeople_AreRemovedToo(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	user := w.make(binding)["username"]
	clients := providertest.Clients(t, w.cloud, oss.Descriptor().Products...)
	w.addKey(user)
	attach := ram.CreateAttachPolicyToUserRequest()
	attach.UserName, attach.PolicyType, attach.PolicyName = user, "System", "AliyunOSSReadOnlyAccess"
	w.must(clients.Do(t.Context(), alicloud.Write, attach, ram.CreateAttachPolicyToUserResponse()))
	version := ram.CreateCreatePolicyVersionRequest()
	version.PolicyName = w.cloud.Dump().Policies[0].Name
	version.PolicyDocument = `{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:GetObject","Resource":"*"}]}`
	w.must(clients.Do(t.Context(), alicloud.Write, version, ram.CreateCreatePolicyVersionResponse()))

	w.remove(binding)
	if d := w.cloud.Dump(); len(d.Users)+len(d.Keys)+len(d.Policies) != 0 {
		t.Errorf("left: %+v", d)
	}
}

// Each call makes a new key. One from a late call would stay valid beside the
// binding's own.
func TestBinding_KeyOfALateCall_IsUndoneAlone(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	given := w.make(binding)
	late := providers.CallStep("key", map[string]string{"user": given["username"]})
	made, err := w.provider.Do(t.Context(), *binding, late)
	w.must(err)
	if len(w.cloud.Dump().Keys) != 2 {
		t.Fatalf("the late call made no key: %+v", w.cloud.Dump().Keys)
	}
	for range 2 { // what is not there is no error
		w.undo(binding, late, made)
	}
	w.must(open(given).put(t.Context(), "o", "data"))
	if d := w.cloud.Dump(); len(d.Keys) != 1 || d.Keys[0].ID != given["access_key_id"] {
		t.Errorf("keys: %+v, want the binding's own alone", d.Keys)
	}
	user := providers.CallStep("user", map[string]string{"user": given["username"]})
	w.undo(binding, user, providers.Facts{Open: map[string]string{"username": given["username"]}})
	w.undo(instance, providers.CallStep("bucket", struct{}{}), instance.Facts)
	w.must(open(given).put(t.Context(), "o", "more"))
}

// The process that drops a key may have been stopped, and another have made the
// binding's key meanwhile.
func TestBinding_LostKey_IsDroppedByName(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	given := w.make(binding)
	before := *binding // its key's secret was lost
	before.Facts = providers.Facts{}
	seen, err := w.provider.Observe(t.Context(), before)
	w.must(err)
	step := w.provider.Next(before, seen)
	if step.Name != "drop-key" || step.Target != given["access_key_id"] {
		t.Fatalf("next is %s of %q, want that the key is dropped", step.Name, step.Target)
	}
	if _, err = w.provider.Do(t.Context(), before, step); err != nil {
		t.Fatal(err)
	}
	binding.Facts = providers.Facts{}
	given = w.make(binding)
	_, err = w.provider.Do(t.Context(), before, step)
	w.must(err)
	w.must(open(given).put(t.Context(), "o", "data"))
}

func TestBinding_KeyBesideOurs_IsDropped(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	given := w.make(binding)
	w.addKey(given["username"])
	if diff := cmp.Diff(given, w.make(binding)); diff != "" {
		t.Errorf("credentials changed (-before, +after):\n%s", diff)
	}
	if keys := w.cloud.Dump().Keys; len(keys) != 1 || keys[0].ID != given["access_key_id"] {
		t.Errorf("keys: %+v", keys)
	}
}

func (w *fixture) addKey(user string) {
	w.Helper()
	req := ram.CreateCreateAccessKeyRequest()
	req.UserName = user
	w.must(providertest.Clients(w.T, w.cloud, oss.Descriptor().Products...).Do(w.Context(), alicloud.Write, req, ram.CreateCreateAccessKeyResponse()))
}

func TestUnbind_PolicyWithoutUser_IsRemoved(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	w.make(binding)
	n := namesOf(t, binding)
	for _, step := range []string{"delete-key", "detach", "delete-user"} {
		_, err := w.provider.Do(t.Context(), *binding, providers.CallStep(step, n))
		w.must(err)
	}
	binding.Goal = providers.Absent
	if seen, err := w.provider.Observe(t.Context(), *binding); err != nil || !seen.Exists {
		t.Errorf("seen: %+v, %v", seen, err)
	}
	w.remove(binding)
	if d := w.cloud.Dump(); len(d.Policies) != 0 {
		t.Errorf("left: %+v", d)
	}
}

// RAM may show one new resource before another.
func TestUnbind_ResourcesThatRAMShowsLate_AreRemoved(t *testing.T) {
	for look, code := range map[string]string{"GetPolicy": "EntityNotExist.Policy", "GetUser": "EntityNotExist.User"} {
		t.Run(look, func(t *testing.T) {
			w := newFixture(t)
			instance := w.instance("")
			w.make(instance)
			binding := w.binding(instance)
			for range 2 { // the user and its policy
				seen, err := w.provider.Observe(t.Context(), *binding)
				w.must(err)
				binding.Facts = binding.Facts.Merge(seen.Facts)
				made, err := w.provider.Do(t.Context(), *binding, w.provider.Next(*binding, seen))
				w.must(err)
				binding.Facts = binding.Facts.Merge(made)
			}
			if d := w.cloud.Dump(); len(d.Users) != 1 || len(d.Policies) != 1 {
				t.Fatalf("before the unbind: %+v", d)
			}
			w.cloud.Fail(look, code, 2)
			w.remove(binding)
			if d := w.cloud.Dump(); len(d.Users)+len(d.Policies) != 0 {
				t.Errorf("after the unbind: %+v", d)
			}
			before := len(w.cloud.Calls("DeletePolicy")) + len(w.cloud.Calls("DeleteUser"))
			w.remove(binding)
			if after := len(w.cloud.Calls("DeletePolicy")) + len(w.cloud.Calls("DeleteUser")); after != before {
				t.Error("what was removed is removed again")
			}
		})
	}
}

func TestUnbind_EditedComments_UserIsRemoved(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	binding.Plan = providers.Plan(strings.ReplaceAll(string(binding.Plan), binding.Life.Incarnation, "changed by hand"))
	w.make(binding)
	if comments := w.cloud.Dump().Users[0].Comments; strings.Contains(comments, binding.Life.Incarnation) {
		t.Fatalf("the comments were not changed: %s", comments)
	}
	w.remove(binding)
	if d := w.cloud.Dump(); len(d.Users)+len(d.Keys)+len(d.Policies) != 0 {
		t.Errorf("left: %+v", d)
	}
}

// names are the names in the plan of a binding.
type names struct {
	User   string `json:"user"`
	Policy string `json:"policy"`
}

func namesOf(t *testing.T, binding *providers.Task) names {
	t.Helper()
	var n names
	if err := json.Unmarshal(binding.Plan, &n); err != nil || n.User == "" || n.Policy == "" {
		t.Fatalf("no names in the plan: %v", err)
	}
	return n
}

func TestBinding_ForeignUserOrPolicy_IsLeftAlone(t *testing.T) {
	for name, plant := range map[string]func(*fixture, *alicloud.Clients, *providers.Task) error{
		"user": func(w *fixture, c *alicloud.Clients, b *providers.Task) error {
			req := ram.CreateCreateUserRequest()
			req.UserName, req.Comments = namesOf(w.T, b).User, "a person"
			key := ram.CreateCreateAccessKeyRequest()
			key.UserName = req.UserName
			return errors.Join(
				c.Do(w.Context(), alicloud.Write, req, ram.CreateCreateUserResponse()),
				c.Do(w.Context(), alicloud.Write, key, ram.CreateCreateAccessKeyResponse()),
			)
		},
		"policy": func(w *fixture, c *alicloud.Clients, b *providers.Task) error {
			req := ram.CreateCreatePolicyRequest()
			req.PolicyName, req.PolicyDocument = namesOf(w.T, b).Policy, `{"Version":"1","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}`
			return c.Do(w.Context(), alicloud.Write, req, ram.CreateCreatePolicyResponse())
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFixture(t)
			instance := w.instance("")
			w.make(instance)
			binding := w.binding(instance)
			w.must(plant(w, providertest.Clients(t, w.cloud, oss.Descriptor().Products...), binding))
			before := w.cloud.Dump()
			if step := w.mustEnd(binding, providers.Fail); step.Kind != providers.Broken {
				t.Errorf("failed with %s %q", step.Kind, step.Text)
			}
			w.remove(binding)
			if diff := cmp.Diff(before, w.cloud.Dump()); diff != "" {
				t.Errorf("changed (-before, +after):\n%s", diff)
			}
		})
	}
}

func TestUnbind_MissingResources_CountAsRemoved(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	for _, step := range []string{"drop-key", "delete-key", "detach", "delete-policy", "delete-user"} {
		s := providers.CallStep(step, map[string]string{"user": "osb-nobody", "policy": "osb-nothing", "key": "LTAInothing0000000"})
		if _, err := w.provider.Do(t.Context(), *binding, s); err != nil {
			t.Errorf("%s: %v", step, err)
		}
	}
	w.remove(binding)
}

func TestUnbind_DeniedReads_AreErrors(t *testing.T) {
	w := newFixture(t)
	instance := w.instance("")
	w.make(instance)
	binding := w.binding(instance)
	w.make(binding)
	binding.Goal = providers.Absent
	for _, action := range []string{"GetUser", "GetPolicy", "ListPoliciesForUser", "ListAccessKeys"} {
		w.cloud.Fail(action, "NoPermission", 0)
		if seen, err := w.provider.Observe(t.Context(), *binding); !errors.Is(err, providers.ErrDenied) {
			t.Errorf("%s is denied: seen %+v, %v", action, seen, err)
		}
		w.cloud.Faults().Clear()
	}
}
