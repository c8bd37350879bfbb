package chart_test

import (
	"crypto/x509"
	"encoding/pem"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

const (
	authorityEnd = "alibabacloud-servicebroker/not-after"     // of the authority that signs
	formerEnd    = "alibabacloud-servicebroker/old-not-after" // of the one before
)

// annotate sets an annotation of a Secret to so long from now, or takes it out.
func annotate(t *testing.T, cluster objects, secret, name string, left time.Duration) {
	t.Helper()
	o := cluster.find(t, "Secret", secret)
	notes := o.GetAnnotations()
	if delete(notes, name); left != 0 {
		notes[name] = strconv.FormatInt(time.Now().Add(left).Unix(), 10)
	}
	if len(notes) == 0 {
		notes = nil
	}
	o.SetAnnotations(notes)
}

// authorities returns the authorities that the release tells platforms to
// trust.
func authorities(t *testing.T, rendered objects) []*x509.Certificate {
	t.Helper()
	rest := typed[*corev1.Secret](t, rendered, "Secret", "-ca").Data["ca.crt"]
	var broker clusterServiceBroker
	decodeInto(t, rendered.find(t, "ClusterServiceBroker", ""), &broker)
	if diff := cmp.Diff(string(broker.Spec.CABundle), string(rest)); diff != "" {
		t.Errorf("Service Catalog is told other authorities than the Secret says:\n%s", diff)
	}
	var found []*x509.Certificate
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return found
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, c)
	}
}

// trusted reports whether a platform that trusts these authorities accepts a
// pod with the certificate.
func trusted(by []*x509.Certificate, leaf *x509.Certificate) bool {
	pool := x509.NewCertPool()
	for _, c := range by {
		pool.AddCert(c)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: "broker-alibabacloud-servicebroker.ns.svc"})
	return err == nil
}

// Between two upgrades, and before pods and platforms have seen the last one,
// every certificate in use is trusted by every platform.
func TestAuthority_Renewal_FailsNoRequest(t *testing.T) {
	t.Parallel()
	upgrade := func(cluster objects) objects {
		return must(t, release{name: "broker", namespace: "ns", values: "tls: {selfSigned: {caDays: 90, days: 60}}", cluster: cluster})
	}
	first := upgrade(nil)
	kept := upgrade(first)
	if diff := cmp.Diff(authorities(t, first), authorities(t, kept)); diff != "" || len(authorities(t, kept)) != 1 {
		t.Errorf("the authority changes before its last third:\n%s", diff)
	}
	// By now the certificate is due as well: it may not outlive its authority.
	annotate(t, first, "-ca", authorityEnd, 25*24*time.Hour)
	annotate(t, first, "-tls", "alibabacloud-servicebroker/renew-after", -time.Hour)
	second := upgrade(first)
	third := upgrade(second)
	leaf := map[string]*x509.Certificate{"first": served(t, first), "second": served(t, second), "third": served(t, third)}
	for _, c := range []struct {
		trust objects
		leaf  string
	}{{first, "second"}, {second, "first"}, {second, "third"}, {third, "second"}} {
		if !trusted(authorities(t, c.trust), leaf[c.leaf]) {
			t.Errorf("the certificate of the %s upgrade is not trusted by its neighbour's authorities", c.leaf)
		}
	}
	if left := time.Until(leaf["second"].NotAfter); left > 25*24*time.Hour {
		t.Errorf("the certificate outlives its authority: %s", left)
	}
	if a := authorities(t, third); len(a) != 2 || !trusted(a[:1], leaf["third"]) || !a[1].Equal(authorities(t, first)[0]) {
		t.Error("the certificate is not of the new authority, or the old one is forgotten")
	}
	if diff := cmp.Diff(authorities(t, second), authorities(t, third)); diff != "" {
		t.Errorf("there is a third authority:\n%s", diff)
	}
	annotate(t, third, "-ca", formerEnd, -time.Hour)
	last := upgrade(third)
	if a := authorities(t, last); len(a) != 1 || !served(t, last).Equal(leaf["third"]) {
		t.Error("the old authority is still there after its end, or the certificate changes")
	}
}

// The notes name the other clients of the broker beside Service Catalog.
func TestNotes_NewAuthority_IsNamed(t *testing.T) {
	t.Parallel()
	r := release{name: "broker", namespace: "ns"}
	r.cluster = must(t, r)
	tell := func() bool { return strings.Contains(notes(t, r), "Secret broker-alibabacloud-servicebroker-ca") }
	if tell() {
		t.Error("of one that there is not")
	}
	annotate(t, r.cluster, "-ca", authorityEnd, 30*24*time.Hour)
	if !tell() {
		t.Error("they do not")
	}
}

// An authority signs until the day before its end.
func TestAuthority_Expired_IsReplacedAtOnce(t *testing.T) {
	t.Parallel()
	r := release{name: "broker", namespace: "ns"}
	r.cluster = must(t, r)
	old := authorities(t, r.cluster)
	annotate(t, r.cluster, "-ca", authorityEnd, time.Hour)
	next := must(t, r)
	if a := authorities(t, next); len(a) != 1 || a[0].Equal(old[0]) || !trusted(a, served(t, next)) {
		t.Error("the old authority is still there, or its certificate")
	}
}

// Releases of a chart that did not record the end stay as they are.
func TestAuthority_UnknownExpiry_IsKept(t *testing.T) {
	t.Parallel()
	r := release{name: "broker", namespace: "ns"}
	r.cluster = must(t, r)
	annotate(t, r.cluster, "-ca", authorityEnd, 0)
	if diff := cmp.Diff(kept(r.cluster), kept(must(t, r))); diff != "" {
		t.Errorf("an upgrade changes (-before, +after):\n%s", diff)
	}
}
