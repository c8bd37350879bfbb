package kubernetes_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

const bodyName = "alibabacloud-servicebroker-b-" // and the digest

// firstSweep is the time of the first sweep of a test.
func firstSweep() time.Time { return time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC) }

// putBody puts a body, which must succeed.
func (e *environment) putBody(t *testing.T, content string) (digest string) {
	t.Helper()
	digest, _, err := e.PutBody(t.Context(), []byte(content))
	if err != nil {
		t.Fatalf("PutBody: %v", err)
	}
	return digest
}

// sweep sweeps, which must delete so many bodies.
func (e *environment) sweep(t *testing.T, at time.Time, want int) {
	t.Helper()
	if n, err := e.SweepBodies(t.Context(), at); err != nil || n != want {
		t.Errorf("SweepBodies = %d, %v, want %d", n, err, want)
	}
}

func naming(digest string) func(*store.Record) {
	return func(r *store.Record) { r.Bodies = map[string]store.Sealed{digest: {}} }
}

// body returns the Secret of a body.
func (e *environment) body(t *testing.T, digest string) *corev1.Secret {
	t.Helper()
	var s corev1.Secret
	decodeJSON(t, cluster.Server(t).Request(t, http.MethodGet, e.path("secrets", bodyName+digest), nil), &s)
	return &s
}

func TestBodySecret_LargestBody_HasATypeOfItsOwn(t *testing.T) {
	e := newEnvironment(t)
	content := strings.Repeat("x", store.MaxBody)
	digest := e.putBody(t, content)
	s := e.body(t, digest)
	if s.Type != "alibabacloud-servicebroker/body" || s.Labels["alibabacloud-servicebroker/store"] == "" || len(s.OwnerReferences) != 0 {
		t.Errorf("type %s, labels %v, owners %v", s.Type, s.Labels, s.OwnerReferences)
	}
	if got, err := e.Body(t.Context(), digest, store.Sealed{}); err != nil || string(got) != content {
		t.Errorf("Body = %d bytes, %v, want %d", len(got), err, len(content))
	}
	e.put(t, instance, naming(digest))
	if s := e.secret(t, instance); s.Labels["alibabacloud-servicebroker/bodies"] != "true" {
		t.Errorf("labels %v of a record that names a body", s.Labels)
	}
	e.put(t, instance, func(r *store.Record) { r.Bodies = nil })
	if s := e.secret(t, instance); s.Labels["alibabacloud-servicebroker/bodies"] != "" {
		t.Errorf("labels %v of a record that names no body", s.Labels)
	}
}

func TestBodySecret_EditedByHand_IsFoundAndPutRepairsIt(t *testing.T) {
	e := newEnvironment(t)
	digest := e.putBody(t, "body")
	e.replace(t, e.body(t, digest), func(s *corev1.Secret) { s.Data["body"] = []byte("b0dy") })
	if _, err := e.Body(t.Context(), digest, store.Sealed{}); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Body = %v, want ErrCorrupt", err)
	}
	e.putBody(t, "body")
	if got, err := e.Body(t.Context(), digest, store.Sealed{}); err != nil || string(got) != "body" {
		t.Errorf("Body after PutBody = %q, %v", got, err)
	}
}

func TestSweep_MarkEditedByHand_WaitsAnew(t *testing.T) {
	e := newEnvironment(t)
	digest := e.putBody(t, "body")
	e.sweep(t, firstSweep(), 0)
	e.replace(t, e.body(t, digest), func(s *corev1.Secret) { s.Annotations["alibabacloud-servicebroker/unnamed-at"] = "long ago" })
	e.sweep(t, firstSweep().Add(store.BodyAge), 0)
	e.sweep(t, firstSweep().Add(2*store.BodyAge), 1)
}

func TestSweep_DamagedRecordWithBodies_StopsTheSweep(t *testing.T) {
	e := newEnvironment(t)
	digest := e.putBody(t, "body")
	e.put(t, instance, naming(digest))
	e.replace(t, e.secret(t, instance), func(s *corev1.Secret) { s.Data = nil })
	for i := range 2 {
		_, err := e.SweepBodies(t.Context(), firstSweep().Add(time.Duration(i)*store.BodyAge))
		if !errors.Is(err, store.ErrCorrupt) {
			t.Errorf("SweepBodies = %v, want ErrCorrupt", err)
		}
	}
	if _, err := e.Body(t.Context(), digest, store.Sealed{}); err != nil {
		t.Errorf("Body = %v", err)
	}
	if err := e.Delete(t.Context(), instance, nil); err != nil {
		t.Fatal(err)
	}
	e.sweep(t, firstSweep(), 0)
	e.sweep(t, firstSweep().Add(store.BodyAge), 1)
}

// A writer that names a marked body changes it before it saves its record, so
// the deletion of the version that the sweep has listed fails.
func TestSweep_BodyNamedMeanwhile_IsKept(t *testing.T) {
	e := newEnvironment(t)
	digest := e.putBody(t, "body")
	e.sweep(t, firstSweep(), 0)
	if _, marked := e.body(t, digest).Annotations["alibabacloud-servicebroker/unnamed-at"]; !marked {
		t.Error("the first sweep left no mark")
	}
	e.put(t, instance, naming(digest))
	if mark, marked := e.body(t, digest).Annotations["alibabacloud-servicebroker/unnamed-at"]; marked {
		t.Errorf("a named body has the mark %s", mark)
	}
	e.sweep(t, firstSweep().Add(store.BodyAge), 0)
	if _, err := e.Body(t.Context(), digest, store.Sealed{}); err != nil {
		t.Errorf("Body = %v", err)
	}
}
