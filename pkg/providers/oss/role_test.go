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
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

const (
	ofApp        = "system:serviceaccount:team-a:app"
	withAccount  = `{"ServiceAccount":"app"}`
	unauthorized = "AuthenticationFail."
)

func TestRole_TokenOfTheAccount_OpensTheBucketAlone(t *testing.T) {
	c := newCluster(t)
	ctx := t.Context()
	one, two := c.instance(""), c.instance("")
	c.make(one)
	c.make(two)
	binding := c.prepare(c.bound(one, withAccount))
	given := c.make(binding)
	pod, err := c.assume(given, c.token(ofApp, audience))
	c.must(err)
	c.must(pod.put(ctx, "o", "hello"))
	if got, err := pod.get(ctx, "o"); err != nil || got != "hello" {
		t.Errorf("read %q, %v", got, err)
	}
	_, err = pod.in(c.bucket(two)).list(ctx)
	c.refused("list another bucket", err, "AccessDenied")
	_, err = pod.PutBucketAcl(ctx, &sdk.PutBucketAclRequest{Bucket: &pod.bucket, Acl: sdk.BucketACLPublicRead})
	c.refused("open the bucket to everybody", err, "AccessDenied")

	for name, token := range map[string]string{
		"another namespace": c.token("system:serviceaccount:team-b:app", audience),
		"another account":   c.token("system:serviceaccount:team-a:other", audience),
		"another audience":  c.token(ofApp, "https://kubernetes.default.svc"),
		"another client id": c.token(ofApp, "another.client"),
	} {
		if _, err := c.assume(given, token); err == nil || !strings.Contains(err.Error(), unauthorized) {
			t.Errorf("a token of %s: %v, want %s", name, err, unauthorized)
		}
	}

	c.must(pod.delete(ctx, "o"))
	c.remove(binding)
	_, err = pod.list(ctx)
	c.refused("the issued credentials after the unbind", err, "AccessDenied")
	if _, err := c.assume(given, c.token(ofApp, audience)); err == nil || !strings.Contains(err.Error(), "EntityNotExist.Role") {
		t.Errorf("a token after the unbind: %v", err)
	}
	c.remove(one)
	c.remove(two)
	if !c.cloud.Empty() {
		t.Errorf("left: %+v", c.cloud.Dump())
	}
}

func TestRole_Credentials_NameTheRoleAndHoldNoSecret(t *testing.T) {
	c := newCluster(t)
	instance := c.instance("")
	c.make(instance)
	binding := c.prepare(c.bound(instance, `{"Kind":"Role","serviceAccount":"app","Prefix":"in/"}`))
	given := c.make(binding)
	if !strings.HasPrefix(given["role_arn"], "acs:ram::"+c.cloud.AccountID()+":role/osb-") {
		t.Errorf("role %q", given["role_arn"])
	}
	delete(given, "role_arn")
	want := map[string]string{
		"type": "oss", providers.CredentialProvider: providers.CloudProvider, "name": c.bucket(instance), "bucket": c.bucket(instance), "region": "cn-hangzhou", "oss_region": "oss-cn-hangzhou",
		"endpoint": c.cloud.URL(), "internal_endpoint": c.cloud.URL(), "host": c.cloud.Addr(), "prefix": "in/",
		"oidc_provider_arn": "acs:ram::" + c.cloud.AccountID() + ":oidc-provider/c1", "oidc_audience": audience, "service_account": "app",
	}
	if diff := cmp.Diff(want, given); diff != "" {
		t.Errorf("credentials (-want, +got):\n%s", diff)
	}
	if len(binding.Facts.Secrets) > 0 {
		t.Error("the record has secrets of the binding")
	}
	if roles := c.cloud.RAM().Roles(); len(roles) != 1 || roles[0].Tags[providers.TagIncarnation] != binding.Life.Incarnation {
		t.Errorf("the role lacks the tag of the incarnation: %+v", roles)
	}
}

// A rotation makes a role of its own for the same account; both work until one is
// unbound.
func TestRole_Rotation_GivesAnotherRoleOfTheSameAccount(t *testing.T) {
	c := newCluster(t)
	instance := c.instance("")
	c.make(instance)
	old, successor := c.prepare(c.bound(instance, withAccount)), c.prepare(c.bound(instance, withAccount))
	before, after := c.make(old), c.make(successor)
	if before["role_arn"] == after["role_arn"] {
		t.Error("both bindings have one role")
	}
	c.remove(old)
	pod, err := c.assume(after, c.token(ofApp, audience))
	c.must(err)
	c.must(pod.put(t.Context(), "o", "hello"))
}

// removeByHand removes a role as the account's owner does in the console.
func (c *cluster) removeByHand(role, policy string) {
	c.Helper()
	owner := providertest.Clients(c.T, c.cloud, ramuser.Product())
	detach, remove := ram.CreateDetachPolicyFromRoleRequest(), ram.CreateDeleteRoleRequest()
	detach.RoleName, detach.PolicyName, detach.PolicyType, remove.RoleName = role, policy, rampolicy.Custom, role
	c.must(owner.Do(c.Context(), alicloud.Write, detach, ram.CreateDetachPolicyFromRoleResponse()))
	c.must(owner.Do(c.Context(), alicloud.Write, remove, ram.CreateDeleteRoleResponse()))
}

func TestRole_RemovedByHand_IsUnboundAndBoundAnew(t *testing.T) {
	c := newCluster(t)
	instance := c.instance("")
	c.make(instance)
	binding := c.prepare(c.bound(instance, withAccount))
	given := c.make(binding)
	c.removeByHand(binding.Facts.Open["role"], binding.Facts.Open["policy"])
	if _, err := c.assume(given, c.token(ofApp, audience)); err == nil {
		t.Error("a removed role is assumed")
	}
	c.remove(binding)
	if d := c.cloud.Dump(); len(d.Policies) != 0 {
		t.Errorf("after the unbind: %+v", d)
	}
	if _, err := c.assume(c.make(c.prepare(c.bound(instance, withAccount))), c.token(ofApp, audience)); err != nil {
		t.Errorf("a new binding: %v", err)
	}
}

// A used up quota and a trust policy that RAM refuses are the operator's matter, and
// the bind goes on once they are mended.
func TestRole_RefusalOfTheAccount_IsTheOperators(t *testing.T) {
	c := newCluster(t)
	instance := c.instance("")
	c.make(instance)
	for code, tc := range map[string]struct {
		status int
		names  string // what the sentence is about
	}{
		"LimitExceeded.Role":      {409, "RAM roles"},
		"MalformedPolicyDocument": {400, "clusters file"},
		"NoPermission":            {403, "permission"},
	} {
		c.cloud.Faults().Add(cloud.Fault{Action: "CreateRole", Effect: cloud.FailBefore, Code: code, Status: tc.status, Times: 1})
		binding := c.prepare(c.bound(instance, withAccount))
		step := c.provider.Next(*binding, c.observe(binding))
		_, err := c.provider.Do(t.Context(), *binding, step)
		if providers.ClassOf(err) != providers.Operator || !strings.Contains(providers.Sentence(err), tc.names) {
			t.Errorf("%s: class %s: %s (%v)", code, providers.ClassOf(err), providers.Sentence(err), err)
		}
		c.make(binding)
	}
}

func TestRole_UnfitBind_IsRefused(t *testing.T) {
	c := newCluster(t)
	instance := c.instance("")
	c.make(instance)
	const userOnly = `{"acl":"private","storageClass":"Standard"}`
	for name, tc := range map[string]struct {
		parameters    string
		change        func(*providers.Task)
		unprocessable bool
	}{
		"a key for an account":      {parameters: `{"Kind":"ram","ServiceAccount":"app"}`},
		"a role for nobody":         {parameters: `{"Kind":"role"}`},
		"a plan of before":          {parameters: withAccount, change: func(t *providers.Task) { t.Settings = json.RawMessage(userOnly) }},
		"a plan with keys alone":    {parameters: withAccount, change: func(t *providers.Task) { t.Settings = json.RawMessage(`{"bindingKinds":["ram"]}`) }},
		"a plan with roles alone":   {parameters: `{}`, change: func(t *providers.Task) { t.Settings = json.RawMessage(`{"bindingKinds":["role"]}`) }},
		"no kind at all":            {parameters: withAccount, change: func(t *providers.Task) { t.Settings = json.RawMessage(`{"bindingKinds":[]}`) }},
		"a wildcard":                {parameters: `{"ServiceAccount":"*"}`},
		"an account with namespace": {parameters: `{"ServiceAccount":"team-b:app"}`},
		"Cloud Foundry": {parameters: withAccount, unprocessable: true, change: func(t *providers.Task) {
			t.Labels = providers.Labels{Platform: "cloudfoundry", Organization: "o", Space: "s"}
		}},
		"no context":            {parameters: withAccount, unprocessable: true, change: func(t *providers.Task) { t.Labels = providers.Labels{} }},
		"an unknown cluster":    {parameters: withAccount, unprocessable: true, change: func(t *providers.Task) { t.Labels.ClusterID = "c2" }},
		"another cloud account": {parameters: withAccount, unprocessable: true, change: func(t *providers.Task) { t.Of.Owner = "2000000000000002" }},
	} {
		t.Run(name, func(t *testing.T) {
			of := *instance
			task := c.bound(&of, tc.parameters)
			if tc.change != nil {
				tc.change(task)
			}
			_, err := c.provider.Prepare(*task)
			failure, ok := errors.AsType[*providers.Failure](err)
			if !ok || failure.Kind != providers.Invalid || failure.Text == "" || errors.Is(err, providers.ErrUnprocessable) != tc.unprocessable {
				t.Errorf("error %v, want a refusal, unprocessable: %v", err, tc.unprocessable)
			}
		})
	}
}

func TestConformance_RoleBindings_PassTheSuite(t *testing.T) {
	settings := recordedPlan(t).Settings
	providertest.Run(t, func(t *testing.T) providertest.Harness {
		t.Helper()
		server := emulatortest.New(t)
		known := clustersOf(server).ByID[clusterID]
		return providertest.Harness{
			Provider: providertest.NewProvider(t, server, oss.Descriptor(), func(d *descriptor.Deps) {
				d.Clusters = descriptor.Clusters{Default: &known}
			}),
			Cloud:        providertest.Emulated(server),
			Instance:     providertest.Spec{Settings: settings, Deletion: providers.Refuse},
			Binding:      providertest.Spec{Parameters: json.RawMessage(withAccount)},
			Resource:     oss.Descriptor().Resource,
			Unmark:       unmark(server),
			Capabilities: providertest.Capabilities{NoSecrets: true, SealedIDs: true},
		}
	})
}
