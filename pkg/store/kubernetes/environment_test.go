package kubernetes_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
)

// An environment is a store and the namespace that it is in.
type environment struct {
	*kubernetes.Store

	namespace string
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	namespace := cluster.Server(t).Namespace(t)
	return &environment{open(t, options(t, namespace)), namespace}
}

func (e *environment) put(t *testing.T, k store.Key, change func(*store.Record)) store.Record {
	t.Helper()
	r, err := e.Update(t.Context(), k, func(r *store.Record) error { change(r); return nil })
	if err != nil {
		t.Fatalf("Update(%s): %v", k, err)
	}
	return r
}

// path returns the API path of a Secret or Lease.
func (e *environment) path(kind, name string) string {
	group := "/api/v1"
	if kind == "leases" {
		group = "/apis/coordination.k8s.io/v1"
	}
	return group + "/namespaces/" + e.namespace + "/" + kind + "/" + name
}

// secrets returns all Secrets of the namespace.
func (e *environment) secrets(t *testing.T) []corev1.Secret {
	t.Helper()
	var list corev1.SecretList
	decodeJSON(t, cluster.Server(t).Request(t, http.MethodGet, e.path("secrets", ""), nil), &list)
	return list.Items
}

// secret returns the Secret of a record.
func (e *environment) secret(t *testing.T, k store.Key) *corev1.Secret {
	t.Helper()
	for _, s := range e.secrets(t) {
		if s.Annotations["alibabacloud-servicebroker/instance-id"] == k.InstanceID && s.Annotations["alibabacloud-servicebroker/binding-id"] == k.BindingID {
			return &s
		}
	}
	return nil
}

// replace changes an object by hand.
func (e *environment) replace(t *testing.T, s *corev1.Secret, change func(*corev1.Secret)) {
	t.Helper()
	change(s)
	s.ResourceVersion = "" // replaces any version
	cluster.Server(t).Request(t, http.MethodPut, e.path("secrets", s.Name), s)
}

func (e *environment) remove(t *testing.T, kind, name string) {
	t.Helper()
	cluster.Server(t).Request(t, http.MethodDelete, e.path(kind, name), nil)
}

func decodeJSON(t *testing.T, b []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

func settled(r *store.Record)   { r.Settled, r.Goal = true, store.Present }
func unsettled(r *store.Record) { r.Settled, r.Goal = false, store.Present }

func tombstone(r *store.Record) {
	r.Settled, r.Goal, r.Deleted = true, store.Absent, time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
}

// all returns the keys of damaged and of sound records.
func all(t *testing.T, s store.Store) (damaged, sound []store.Key) {
	t.Helper()
	for r, err := range s.All(t.Context()) {
		var of *store.RecordError
		switch {
		case err == nil:
			sound = append(sound, r.Key)
		case errors.As(err, &of) && errors.Is(err, store.ErrCorrupt):
			damaged = append(damaged, of.Key)
		default:
			t.Errorf("All: %v", err)
		}
	}
	return damaged, sound
}
