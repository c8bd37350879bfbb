package chart_test

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// kept are the objects that an upgrade must leave as they are, by kind and
// name.
func kept(o objects) map[string]any {
	found := map[string]any{}
	for _, kind := range []string{"Secret", "ConfigMap", "ClusterServiceBroker"} {
		for _, object := range o.all(kind, "") {
			found[kind+" "+object.GetName()] = object.Object
		}
	}
	return found
}

func TestUpgrade_SameValues_KeepsIdentityAndCertificates(t *testing.T) {
	t.Parallel()
	r := release{name: "broker", namespace: "ns", values: "auth: {bearer: true}"}
	first := must(t, r)
	r.cluster = first
	if diff := cmp.Diff(kept(first), kept(must(t, r))); diff != "" {
		t.Errorf("an upgrade changes (-before, +after):\n%s", diff)
	}
	if cmp.Equal(kept(first), kept(must(t, release{name: "broker", namespace: "ns", values: r.values}))) {
		t.Error("two installs have the same secrets")
	}
}

// Operators' additions to the Secret during a rotation stay there.
func TestUpgrade_AddedUsers_AreKept(t *testing.T) {
	t.Parallel()
	r := release{name: "broker", namespace: "ns"}
	r.cluster = must(t, r)
	const rotated = "YnJva2VyOm9sZApicm9rZXI6bmV3Cg==" // two users
	data, ok := r.cluster.find(t, "Secret", "-auth").Object["data"].(map[string]any)
	if !ok {
		t.Fatal("the Secret has no data")
	}
	data["users"] = rotated
	data, ok = must(t, r).find(t, "Secret", "-auth").Object["data"].(map[string]any)
	if !ok || data["users"] != rotated {
		t.Errorf("data = %v", data)
	}
}

func TestAuth_Password_IsOneOfTheUsers(t *testing.T) {
	t.Parallel()
	rendered := install(t, "auth: {bearer: true}")
	auth := typed[*corev1.Secret](t, rendered, "Secret", "-auth").Data
	if string(auth["users"]) != string(auth["username"])+":"+string(auth["password"])+"\n" || len(auth["password"]) < 24 {
		t.Error("username and password are not in users")
	}
	if string(auth["tokens"]) != string(auth["token"])+"\n" || len(auth["token"]) < 24 {
		t.Error("token is not in tokens")
	}
	operator := typed[*corev1.Secret](t, rendered, "Secret", "-operator").Data
	if string(operator["tokens"]) != "helm:"+string(operator["token"])+"\n" {
		t.Error("the operator's token is not in its tokens")
	}
}

// Facts that platforms and the cloud rely on are fixed.
func TestUpgrade_LosingInstances_IsRefused(t *testing.T) {
	t.Parallel()
	first := release{name: "broker", namespace: "ns", values: "{broker: {id: mine}, catalog: {prefix: a-}}"}
	cluster := must(t, first)
	for values, ok := range map[string]bool{
		"{catalog: {prefix: a-}}":                            true, // the id is remembered
		"{broker: {id: mine}, catalog: {prefix: a-}}":        true,
		"{broker: {id: other}, catalog: {prefix: a-}}":       false,
		"{broker: {id: mine}}":                               false,
		"{catalog: {prefix: a-}, store: {name: other}}":      false,
		"{catalog: {prefix: a-}, fullnameOverride: another}": false,

		"{catalog: {prefix: a-}, store: {type: bolt}, replicas: 1}": false,
	} {
		rendered, err := release{name: "broker", namespace: "ns", values: values, cluster: cluster}.render(t)
		if (err == nil) != ok {
			t.Errorf("%s: %v", values, err)
		}
		if err == nil && identity(t, rendered)["broker-id"] != "mine" {
			t.Errorf("%s: broker id = %s", values, identity(t, rendered)["broker-id"])
		}
	}
}

// The store of the release is fixed, also when the values omit it; a release of
// a chart that did not record its store goes on.
func TestUpgrade_Store_IsKept(t *testing.T) {
	t.Parallel()
	bolt := must(t, release{name: "broker", namespace: "ns", values: variants()["bolt"]})
	upgrade := func(cluster objects, values string) error {
		_, err := release{name: "broker", namespace: "ns", values: values, cluster: cluster}.render(t)
		return err
	}
	if err := upgrade(bolt, "image: {tag: next}"); err == nil {
		t.Error("without its values the release becomes one of another store")
	}
	if err := upgrade(bolt, variants()["bolt"]); err != nil {
		t.Error(err)
	}
	if err := upgrade(bolt, "store: {type: bolt}"); err == nil || strings.Contains(err.Error(), "kubernetes") {
		t.Errorf("two replicas on a file: %v", err)
	}
	for _, values := range []string{
		variants()["bolt in memory"],
		variants()["bolt on a claim"],
	} {
		if err := upgrade(bolt, values); err == nil {
			t.Errorf("the file is left behind by %s", values)
		}
		if err := upgrade(must(t, release{name: "broker", namespace: "ns", values: values}), values); err != nil {
			t.Errorf("%s, as before: %v", values, err)
		}
	}
	older := bolt.find(t, "ConfigMap", "-identity").DeepCopy()
	unstructured.RemoveNestedField(older.Object, "data", "store-type")
	unstructured.RemoveNestedField(older.Object, "data", "store-file")
	next := must(t, release{name: "broker", namespace: "ns", values: variants()["bolt"], cluster: objects{older}})
	if identity(t, next)["store-type"] != "bolt" || identity(t, next)["broker-id"] != identity(t, bolt)["broker-id"] {
		t.Errorf("identity = %v", identity(t, next))
	}
}

// The users in the Secret stay, so another name in the values would have no
// effect.
func TestUpgrade_OtherUser_IsRefused(t *testing.T) {
	t.Parallel()
	cluster := must(t, release{name: "broker", namespace: "ns", values: "auth: {username: platform}"})
	for values, ok := range map[string]bool{
		"auth: {username: platform}": true, "": false,
		"auth: {existingSecret: mine}": true, "auth: {basic: false, bearer: true}": true,
	} {
		if _, err := (release{name: "broker", namespace: "ns", values: values, cluster: cluster}).render(t); (err == nil) != ok {
			t.Errorf("%q: %v", values, err)
		}
	}
}

func TestUninstall_Irreplaceable_IsKept(t *testing.T) {
	t.Parallel()
	for values, kind := range map[string]string{"": "ConfigMap", variants()["bolt"]: "PersistentVolumeClaim"} {
		o := install(t, values).find(t, kind, "")
		if o.GetAnnotations()["helm.sh/resource-policy"] != "keep" {
			t.Errorf("%s %s goes with the release", kind, o.GetName())
		}
	}
}

// served checks the certificate of the chart against the authority that
// Service Catalog is given, for the address that it calls, and returns it.
func served(t *testing.T, rendered objects, names ...string) *x509.Certificate {
	t.Helper()
	var broker clusterServiceBroker
	decodeInto(t, rendered.find(t, "ClusterServiceBroker", ""), &broker)
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(broker.Spec.CABundle) {
		t.Fatal("the broker object has no authority")
	}
	secret := typed[*corev1.Secret](t, rendered, "Secret", "-tls")
	block, _ := pem.Decode(secret.Data["tls.crt"])
	if block == nil {
		t.Fatal("there is no certificate")
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(broker.Spec.URL, "https://"), ":")
	for _, name := range append(names, host) {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: authorities, DNSName: name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	return leaf
}

func TestCertificate_Names_IncludeServiceCatalogsAddress(t *testing.T) {
	t.Parallel()
	served(t, install(t, ""), "broker-alibabacloud-servicebroker.ns.svc.cluster.local")
	served(t, install(t, "tls: {extraNames: [broker.example.com, 10.0.0.7]}"), "broker.example.com", "10.0.0.7")
}

func TestCertificate_Unfit_IsRenewedBySameAuthority(t *testing.T) {
	t.Parallel()
	r := release{name: "broker", namespace: "ns"}
	first := must(t, r)
	old := served(t, first)
	for name, change := range map[string]func(*release){
		"another name": func(r *release) { r.values = "tls: {extraNames: [more]}" },
		"its last third": func(r *release) {
			notes := r.cluster.find(t, "Secret", "-tls")
			notes.SetAnnotations(map[string]string{
				"alibabacloud-servicebroker/names":       notes.GetAnnotations()["alibabacloud-servicebroker/names"],
				"alibabacloud-servicebroker/renew-after": strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10),
			})
		},
		"it is lost": func(r *release) {
			r.cluster = slices.DeleteFunc(r.cluster, func(o *object) bool { return strings.HasSuffix(o.GetName(), "-tls") })
		},
	} {
		r := release{name: "broker", namespace: "ns", cluster: must(t, release{name: "broker", namespace: "ns", cluster: first})}
		change(&r)
		next := must(t, r)
		if served(t, next).Equal(old) {
			t.Errorf("%s: the certificate is the old one", name)
		}
		if diff := cmp.Diff(first.find(t, "Secret", "-ca").Object["data"], next.find(t, "Secret", "-ca").Object["data"]); diff != "" {
			t.Errorf("%s: there is another authority", name)
		}
	}
}
