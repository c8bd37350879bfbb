package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// audience is that of tokens for STS, and the client id of the OIDC provider.
const audience = "sts.aliyuncs.com"

// trustCluster makes an OIDC provider in the account with the issuer and the public
// keys of this cluster's API server, as ACK does, and returns the values that tell
// the broker of it.
func trustCluster(t *testing.T) (values string) {
	t.Helper()
	var discovery struct {
		Issuer string `json:"issuer"`
	}
	if err := json.Unmarshal([]byte(kubectl(t, "get", "--raw", "/.well-known/openid-configuration")), &discovery); err != nil {
		t.Fatal(err)
	}
	keys := kubectl(t, "get", "--raw", "/openid/v1/jwks")
	here.cloud.ask(t, http.MethodPost, "/oidc-providers", fmt.Sprintf(`{"name":"e2e","issuer":%q,"clientIds":[%q],"jwks":%s}`, discovery.Issuer, audience, keys), nil)
	id := clusterID(t)
	t.Logf("cluster %s, issuer %s, keys %s", id, discovery.Issuer, keys)
	return fmt.Sprintf(`[{"id": %q, "issuer": %q, "providers": ["acs:ram::%s:oidc-provider/e2e"]}]`, id, discovery.Issuer, here.cloud.account)
}

// clusterID is the id that Service Catalog sends, from the ConfigMap that it keeps.
func clusterID(t *testing.T) string {
	t.Helper()
	var list struct {
		Items []struct {
			Metadata struct{ Name string }
			Data     map[string]string
		}
	}
	get(t, &list, "configmaps", "-A", "--field-selector=metadata.name=cluster-info")
	for _, m := range list.Items {
		if id := m.Data["id"]; id != "" {
			return id
		}
	}
	t.Fatal("Service Catalog has no ConfigMap cluster-info with an id")
	return ""
}

// An assumer is a pod that assumes the role of a binding.
type assumer struct {
	namespace, account, audience string // of the token
	do                           string
}

// run runs the client for tests in a pod, with a token that the kubelet projects and
// the official credentials library.
func (a assumer) run(t *testing.T, name, secret string) (int, clientReport) {
	t.Helper()
	startPod(t, a.namespace, name, fmt.Sprintf(`serviceAccountName: %s,
containers: [{name: app, image: %salibabacloud-broker-client:%s, args: [binding, --prefix=OSS_, --do=%s], %s,
  envFrom: [{prefix: OSS_, secretRef: {name: %s}}],
  env: [
    {name: ALIBABA_CLOUD_OIDC_TOKEN_FILE, value: /var/run/secrets/ack.alibabacloud.com/rrsa-tokens/token},
    {name: ALIBABA_CLOUD_STS_ENDPOINT, value: %q}, {name: SSL_CERT_FILE, value: /etc/cloud/ca.crt}],
  volumeMounts: [{name: token, mountPath: /var/run/secrets/ack.alibabacloud.com/rrsa-tokens, readOnly: true}, {name: cloud, mountPath: /etc/cloud, readOnly: true}]}],
volumes: [
  {name: token, projected: {sources: [{serviceAccountToken: {path: token, audience: %q, expirationSeconds: 3600}}]}},
  {name: cloud, configMap: {name: cloud}}]`,
		a.account, here.prefix, here.tag, a.do, restrictedContainer, secret, here.cloud.https, a.audience))
	defer removePod(t, a.namespace, name)
	code, report := ended(t, a.namespace, name)
	t.Logf("pod %s, token of %s/%s for %s: exit code %d: %+v", name, a.namespace, a.account, a.audience, code, report)
	return code, report
}

// A service account assumes the role of its binding with a token of the real API
// server; every other token, and every token after the unbind, is refused.
func TestRole_TokensOfTheCluster_OpenTheBucketOfTheirAccount(t *testing.T) {
	r := theBroker(t)
	registered(t, r)
	r.upgrade(t, "--set-json", "cloud.clusters="+trustCluster(t))
	t.Cleanup(func() { r.upgrade(t) }) // the next test finds the pods of the shared settings
	mine, others := namespace(t, "e2e-role"), namespace(t, "e2e-role-other")
	for _, ns := range []string{mine, others} {
		kubectl(t, "-n", ns, "create", "configmap", "cloud", "--from-literal=ca.crt="+here.cloud.ca)
		kubectl(t, "-n", ns, "create", "serviceaccount", "app")
	}
	kubectl(t, "-n", mine, "create", "serviceaccount", "other")

	bucket(t, mine, "bucket")
	ready(t, time.Minute, mine, "serviceinstance", "bucket")
	apply(t, fmt.Sprintf(`{apiVersion: servicecatalog.k8s.io/v1beta1, kind: ServiceBinding, metadata: {name: role, namespace: %s},
spec: {instanceRef: {name: bucket}, parameters: {ServiceAccount: app}}}`, mine))
	ready(t, 90*time.Second, mine, "servicebinding", "role")
	given := secretData(t, mine, "role")
	if given["access_key_id"] != "" || given["secret_access_key"] != "" || given["role_arn"] == "" || given["oidc_provider_arn"] == "" {
		t.Errorf("the Secret has %v", given)
	}
	if s := here.cloud.state(t); len(s.Roles) != 1 || len(s.Keys) != 0 || !strings.Contains(s.Roles[0].Trust, "system:serviceaccount:"+mine+":app") {
		t.Errorf("the cloud has %+v", s)
	} else {
		t.Logf("trust policy of role %s: %s", s.Roles[0].Name, s.Roles[0].Trust)
	}
	keep(t, mine, "role", "kept")
	keepIn(t, mine, "role", others, "role")

	pod := assumer{mine, "app", audience, "write"}
	if code, report := pod.run(t, "reads-and-writes", "role"); code != clientOK || report.Found != 1 {
		t.Errorf("the account's token: %d, %+v", code, report)
	}
	for name, a := range map[string]assumer{
		"of-another-namespace": {others, "app", audience, "login"},
		"of-another-account":   {mine, "other", audience, "login"},
		"for-another-audience": {mine, "app", "https://kubernetes.default.svc", "login"},
	} {
		if code, report := a.run(t, name, "role"); code != clientDenied || !strings.Contains(report.Error, "AuthenticationFail.") {
			t.Errorf("a token %s: %d, %+v", name, code, report)
		}
	}
	pod.do = "clean"
	if code, report := pod.run(t, "cleans", "role"); code != clientOK {
		t.Errorf("emptying the bucket: %d, %+v", code, report)
	}
	remove(t, mine, "servicebinding/role")
	pod.do = "login"
	if code, report := pod.run(t, "after-the-unbind", "kept"); code != clientDenied {
		t.Errorf("the account's token after the unbind: %d, %+v", code, report)
	}
	remove(t, mine, "serviceinstance/bucket")
}

// keepIn copies a Secret into another namespace.
func keepIn(t *testing.T, namespace, from, other, to string) {
	t.Helper()
	args := []string{"-n", other, "create", "secret", "generic", to}
	for key, value := range secretData(t, namespace, from) {
		args = append(args, "--from-literal="+key+"="+value)
	}
	kubectl(t, args...)
}
