package oss_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibaba-cloud-sdk-go/services/ram"
	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	official "github.com/aliyun/credentials-go/credentials"
	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// A cluster is a Kubernetes cluster with an OIDC provider in the emulated account.
type cluster struct {
	*fixture

	key *rsa.PrivateKey
}

const (
	clusterID = "c1"
	issuer    = "https://oidc.example/c1"
	audience  = "sts.aliyuncs.com"
)

// clustersOf are the clusters that the broker knows.
func clustersOf(server *emulator.Server) descriptor.Clusters {
	return descriptor.Clusters{ByID: map[string]descriptor.Cluster{
		clusterID: {Issuer: issuer, Audience: audience, Providers: []string{"acs:ram::" + server.AccountID() + ":oidc-provider/" + clusterID}},
	}}
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	server := emulatortest.New(t, emulatortest.WithConfig(func(c *emulator.Config) { c.TLSListen = "127.0.0.1:0" }))
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	server.STS().AddProvider(sts.Provider{Name: clusterID, Issuer: issuer, ClientIDs: []string{audience, "another.client"}, Keys: sts.JWKS{Keys: []sts.JWK{{
		KeyType: "RSA", ID: "k1", Modulus: encode(key.N.Bytes()), Exponent: encode(big.NewInt(int64(key.E)).Bytes()),
	}}}})
	trustCA(t, server.CA())
	provider := providertest.NewProvider(t, server, oss.Descriptor(), func(d *descriptor.Deps) { d.Clusters = clustersOf(server) })
	return &cluster{fixture: &fixture{T: t, cloud: server, provider: provider}, key: key}
}

// trustCA makes the default transport, which the official library clones, trust an
// authority.
func trustCA(t *testing.T, ca []byte) {
	t.Helper()
	pool := x509.NewCertPool()
	transport, ok := http.DefaultTransport.(*http.Transport)
	if !pool.AppendCertsFromPEM(ca) || !ok {
		t.Fatal("no authority")
	}
	before := transport.TLSClientConfig
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	t.Cleanup(func() { transport.TLSClientConfig = before })
}

// bound returns the unprepared task of a binding for the service account app of the
// namespace team-a.
func (c *cluster) bound(of *providers.Task, parameters string) *providers.Task {
	c.Helper()
	t := c.life(providers.Binding)
	plan := recordedPlan(c.T)
	normal, err := plan.NormalBinding(json.RawMessage(parameters))
	c.must(err)
	t.Of, t.Settings, t.Parameters = of, plan.Settings, normal
	t.Labels.Platform, t.Labels.ClusterID = "kubernetes", clusterID
	return t
}

// token returns a token as the cluster projects it into a pod.
func (c *cluster) token(subject, audience string) string {
	c.Helper()
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": issuer, "sub": subject, "aud": []string{audience}, "exp": time.Now().Add(time.Hour).Unix(),
	})
	t.Header["kid"] = "k1"
	signed, err := t.SignedString(c.key)
	c.must(err)
	return signed
}

// assume exchanges a token by the official library, as a pod with the credentials of
// a binding does.
func (c *cluster) assume(credential map[string]string, token string) (app, error) {
	c.Helper()
	file := filepath.Join(c.TempDir(), "token")
	c.must(os.WriteFile(file, []byte(token), 0o600))
	config := new(official.Config).SetType("oidc_role_arn").SetRoleArn(credential["role_arn"]).
		SetOIDCProviderArn(credential["oidc_provider_arn"]).SetRoleSessionName("pod").
		SetSTSEndpoint(strings.TrimPrefix(c.cloud.TLSURL(), "https://"))
	config.SetOIDCTokenFilePath(file)
	role, err := official.NewCredential(config)
	c.must(err)
	session, err := role.GetCredential()
	if err != nil {
		return app{}, err
	}
	return app{
		bucket: credential["bucket"],
		Client: sdk.NewClient(sdk.NewConfig().WithRegion(credential["region"]).WithEndpoint(credential["endpoint"]).WithRetryMaxAttempts(1).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(*session.AccessKeyId, *session.AccessKeySecret, *session.SecurityToken))),
	}, nil
}

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
	detach.RoleName, detach.PolicyName, detach.PolicyType, remove.RoleName = role, policy, ramuser.CustomPolicy, role
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
