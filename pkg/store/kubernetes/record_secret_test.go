package kubernetes_test

import (
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/kubernetes"
)

var (
	instance = store.Key{InstanceID: "Instance_1"}                           //nolint:gochecknoglobals // constants
	binding  = store.Key{InstanceID: "Instance_1", BindingID: "a binding/1"} //nolint:gochecknoglobals // constants
)

func TestRecordSecret_Ids_AreInAnnotationsOnly(t *testing.T) {
	w := newEnvironment(t)
	hashed := regexp.MustCompile(`^[-a-z0-9]+$`)
	for _, k := range []store.Key{instance, binding} {
		w.put(t, k, unsettled)
		s := w.secret(t, k)
		if s == nil {
			t.Fatalf("no Secret tells the ids of %s", k)
		}
		if s.Type != "alibabacloud-servicebroker/record" || len(s.OwnerReferences) != 0 || !hashed.MatchString(s.Name) {
			t.Errorf("type %s, owners %v, name %s", s.Type, s.OwnerReferences, s.Name)
		}
		for name, value := range s.Labels {
			if strings.Contains(value, "Instance") || strings.Contains(value, "binding/") {
				t.Errorf("label %s has an id: %s", name, value)
			}
		}
		if s.Labels["alibabacloud-servicebroker/unfinished"] != "true" {
			t.Errorf("labels %v of what is not settled", s.Labels)
		}
	}
	w.put(t, instance, settled)
	if s := w.secret(t, instance); s.Labels["alibabacloud-servicebroker/unfinished"] != "" {
		t.Errorf("labels %v of what is settled", s.Labels)
	}
}

func TestRecordSecret_CloudResources_HoldAFinalizer(t *testing.T) {
	w := newEnvironment(t)
	for name, change := range map[string]func(*store.Record){
		"being made": unsettled, "made": settled,
		"being deleted": func(r *store.Record) { r.Settled, r.Goal = false, store.Absent },
	} {
		k := store.Key{InstanceID: name}
		w.put(t, k, change)
		w.remove(t, "secrets", w.secret(t, k).Name)
		before, err := w.Get(t.Context(), k)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if after := w.put(t, k, func(r *store.Record) { r.Sequence = 7 }); after.Sequence != 7 || after.Revision <= before.Revision {
			t.Errorf("%s: sequence %d, revision %d after %d", name, after.Sequence, after.Revision, before.Revision)
		}
		// The tombstone, which answers polls, is kept as well.
		w.put(t, k, tombstone)
		if r, err := w.Get(t.Context(), k); err != nil || r.Deleted.IsZero() {
			t.Errorf("%s: the tombstone: %v", name, err)
		}
		again := w.put(t, k, unsettled)
		if r, err := w.Get(t.Context(), k); err != nil || r.Revision != again.Revision {
			t.Errorf("%s: the next life: %v", name, err)
		}
		if err := w.Delete(t.Context(), k, nil); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if s := w.secret(t, k); s != nil {
			t.Errorf("%s: its Secret is left after its end: %v", name, s.ObjectMeta)
		}
	}
	w.put(t, instance, tombstone)
	if s := w.secret(t, instance); len(s.Finalizers) != 0 {
		t.Errorf("finalizers %v of a tombstone", s.Finalizers)
	}
}

func TestRecordSecret_ForeignMetadata_Stays(t *testing.T) {
	w := newEnvironment(t)
	w.put(t, instance, settled)
	w.replace(t, w.secret(t, instance), func(s *corev1.Secret) {
		s.Labels["backup"], s.Annotations["note"] = "yes", "mine"
		s.Finalizers = append(s.Finalizers, "example.com/other")
	})
	w.put(t, instance, tombstone)
	s := w.secret(t, instance)
	if s.Labels["backup"] != "yes" || s.Annotations["note"] != "mine" || !slices.Equal(s.Finalizers, []string{"example.com/other"}) {
		t.Errorf("labels %v, annotations %v, finalizers %v", s.Labels, s.Annotations, s.Finalizers)
	}
}

func TestRecordSecret_EditedByHand_IsDamagedAlone(t *testing.T) {
	for name, spoil := range map[string]func(*corev1.Secret){
		"other record": func(s *corev1.Secret) {
			s.Data["record"] = []byte(strings.Replace(string(s.Data["record"]), "present", "absent", 1))
		},
		"no record":      func(s *corev1.Secret) { delete(s.Data, "record") },
		"other checksum": func(s *corev1.Secret) { s.Data["checksum"] = []byte("00000000") },
		"no data":        func(s *corev1.Secret) { s.Data = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newEnvironment(t)
			other := store.Key{InstanceID: "other"}
			w.put(t, instance, unsettled)
			w.put(t, other, unsettled)
			w.replace(t, w.secret(t, instance), spoil)
			if _, err := w.Get(t.Context(), instance); !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("Get = %v, want ErrCorrupt", err)
			}
			_, err := w.Update(t.Context(), instance, func(*store.Record) error { t.Error("change was called"); return nil })
			if !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("Update = %v, want ErrCorrupt", err)
			}
			damaged, sound := all(t, w.Store)
			if !slices.Equal(damaged, []store.Key{instance}) || !slices.Equal(sound, []store.Key{other}) {
				t.Errorf("All = %v, and %v damaged", sound, damaged)
			}
			if keys, err := w.Unfinished(t.Context()); err != nil || !slices.Equal(keys, []store.Key{instance, other}) {
				t.Errorf("Unfinished = %v, %v", keys, err)
			}
			if err := w.Delete(t.Context(), instance, nil); err != nil || w.secret(t, instance) != nil {
				t.Errorf("Delete = %v", err)
			}
		})
	}
}

func TestBindings_DamagedBinding_LeavesOthersListed(t *testing.T) {
	w := newEnvironment(t)
	key := func(binding string) store.Key { return store.Key{InstanceID: "i", BindingID: binding} }
	for _, id := range []string{"", "a", "b", "c"} {
		w.put(t, key(id), unsettled)
	}
	w.replace(t, w.secret(t, key("b")), func(s *corev1.Secret) { s.Data = nil })
	items, err := w.Bindings(t.Context(), "i")
	if err != nil || len(items) != 3 {
		t.Fatalf("Bindings = %v, %v, want three", items, err)
	}
	for i, id := range []string{"a", "b", "c"} {
		if damaged := errors.Is(items[i].Err, store.ErrCorrupt); items[i].Record.Key != key(id) || damaged != (id == "b") {
			t.Errorf("Bindings[%d] = %s, %v", i, items[i].Record.Key, items[i].Err)
		}
	}
}

func TestRecordSecret_CopiedToAnotherKey_IsDamaged(t *testing.T) {
	w := newEnvironment(t)
	w.put(t, instance, settled)
	w.put(t, binding, settled)
	taken := w.secret(t, binding)
	w.replace(t, w.secret(t, instance), func(s *corev1.Secret) { s.Data, s.Annotations, s.Labels = taken.Data, taken.Annotations, taken.Labels })
	if _, err := w.Get(t.Context(), instance); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Get = %v, want ErrCorrupt", err)
	}
	damaged, sound := all(t, w.Store)
	if len(damaged) != 1 || damaged[0] == binding || !slices.Equal(sound, []store.Key{binding}) {
		t.Errorf("All = %v, and %v damaged", sound, damaged)
	}
	if _, err := w.Get(t.Context(), binding); err != nil {
		t.Errorf("the other record: %v", err)
	}
}

func TestRecordSecret_WithoutAnnotations_IsFound(t *testing.T) {
	w := newEnvironment(t)
	w.put(t, instance, unsettled)
	w.replace(t, w.secret(t, instance), func(s *corev1.Secret) { s.Annotations = nil })
	if r, err := w.Get(t.Context(), instance); err != nil || r.Key != instance {
		t.Errorf("Get = %s, %v", r.Key, err)
	}
	if keys, err := w.Unfinished(t.Context()); err != nil || !slices.Equal(keys, []store.Key{instance}) {
		t.Errorf("Unfinished = %v, %v", keys, err)
	}
	if damaged, sound := all(t, w.Store); len(damaged) > 0 || !slices.Equal(sound, []store.Key{instance}) {
		t.Errorf("All = %v, and %v damaged", sound, damaged)
	}
	w.put(t, instance, unsettled)
	if w.secret(t, instance) == nil {
		t.Error("the next write did not mend them")
	}
}

func TestStore_ForeignObjects_AreRefusedAndKept(t *testing.T) {
	w := newEnvironment(t)
	const name = kubernetes.DefaultName + "-store"
	for what, spoil := range map[string]func(*corev1.Secret){
		"of a later version": func(s *corev1.Secret) { s.Data["format"] = []byte("2") },
		"of another type":    func(s *corev1.Secret) { s.Type = "Opaque" },
	} {
		var before, after corev1.Secret
		decodeJSON(t, cluster.Server(t).Request(t, http.MethodGet, w.path("secrets", name), nil), &before)
		spoil(&before)
		w.remove(t, "secrets", name)
		before.ObjectMeta = metav1.ObjectMeta{Name: name}
		decodeJSON(t, cluster.Server(t).Request(t, http.MethodPost, w.path("secrets", ""), before), &before)
		_, err := kubernetes.Open(t.Context(), options(t, w.namespace))
		if !errors.Is(err, store.ErrForeign) {
			t.Errorf("Open with a Secret %s = %v, want ErrForeign", what, err)
		}
		decodeJSON(t, cluster.Server(t).Request(t, http.MethodGet, w.path("secrets", name), nil), &after)
		if after.ResourceVersion != before.ResourceVersion {
			t.Errorf("the Secret %s was changed", what)
		}
		before.Type, before.ObjectMeta, before.Data["format"] = "alibabacloud-servicebroker/store", metav1.ObjectMeta{Name: name}, []byte("1")
		w.remove(t, "secrets", name)
		cluster.Server(t).Request(t, http.MethodPost, w.path("secrets", ""), before)
	}
}

func TestStore_TwoInOneNamespace_StayApart(t *testing.T) {
	w := newEnvironment(t)
	o := options(t, w.namespace)
	o.Name = "other"
	other := environment{open(t, o), w.namespace}
	w.put(t, instance, unsettled)
	if empty, err := other.Empty(t.Context()); err != nil || !empty {
		t.Errorf("Empty = %t, %v of the other", empty, err)
	}
	other.put(t, instance, tombstone)
	if keys, err := other.Unfinished(t.Context()); err != nil || len(keys) > 0 {
		t.Errorf("Unfinished = %v, %v of the other", keys, err)
	}
	if keys, err := w.Tombstones(t.Context(), time.Now(), 10); err != nil || len(keys) > 0 {
		t.Errorf("Tombstones = %v, %v", keys, err)
	}
	if err := w.Delete(t.Context(), instance, nil); err != nil {
		t.Error(err)
	}
	if _, sound := all(t, other.Store); len(sound) != 1 {
		t.Errorf("All = %v of the other", sound)
	}
}
