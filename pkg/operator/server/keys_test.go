package server_test

import (
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

func TestKeys_Sequence_RotateWhileServing(t *testing.T) {
	w := newFixture(t, nil)
	k := store.Key{InstanceID: "i"}
	w.put(k, func(r *store.Record) { r.Secrets = store.Seal([]byte("hush")) })
	uses := func() map[uint32]int {
		t.Helper()
		list, err := w.client.Keys(t.Context())
		if err != nil || list.Problem != "" || list.Records != 1 {
			t.Fatalf("Keys = %+v, %v", list, err)
		}
		of := map[uint32]int{}
		for _, key := range list.Keys {
			of[key.ID] = key.Records
		}
		return of
	}
	list, err := w.client.Keys(t.Context())
	if err != nil || len(list.Keys) != 1 || !list.Keys[0].Primary {
		t.Fatalf("Keys = %+v, %v", list, err)
	}
	first := list.Keys[0].ID
	added, err := w.client.AddKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := uses(); got[first] != 1 || got[added.ID] != 0 {
		t.Errorf("after adding a key: %v", got)
	}
	if err := w.client.PromoteKey(t.Context(), 1); refused(t, err) != "NoKey" {
		t.Errorf("PromoteKey of none = %v", err)
	}
	if err := w.client.PromoteKey(t.Context(), added.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.client.DropKey(t.Context(), added.ID); refused(t, err) != "Primary" {
		t.Errorf("DropKey of the one that seals = %v", err)
	}
	if err := w.client.DropKey(t.Context(), first); refused(t, err) != "InUse" {
		t.Errorf("DropKey of one that is needed = %v", err)
	}
	var last operator.Progress
	if err := w.client.Reseal(t.Context(), func(p operator.Progress) error { last = p; return nil }); err != nil || !last.Done || last.Resealed.Resealed != 1 {
		t.Fatalf("Reseal = %+v, %v", last, err)
	}
	if got := uses(); got[first] != 0 || got[added.ID] != 1 {
		t.Errorf("after resealing: %v", got)
	}
	if err := w.client.DropKey(t.Context(), first); err != nil {
		t.Error(err)
	}
	r, err := w.store.Get(t.Context(), k)
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := r.Secrets.Open(); string(plain) != "hush" {
		t.Errorf("the secret opens as %q, %v", plain, err)
	}
}

func TestReseal_ForeignRecord_IsNamedAndLeft(t *testing.T) {
	w := newFixture(t, nil)
	w.put(store.Key{InstanceID: "own"}, func(r *store.Record) { r.Secrets = store.Seal([]byte("hush")) })
	w.store = sealed.New(w.file, newFixture(t, nil).keys)
	w.put(store.Key{InstanceID: "foreign", BindingID: "b"}, func(r *store.Record) { r.Secrets = store.Seal([]byte("hush")) })
	added, err := w.client.AddKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.client.PromoteKey(t.Context(), added.ID); err != nil {
		t.Fatal(err)
	}
	var last operator.Progress
	if err := w.client.Reseal(t.Context(), func(p operator.Progress) error { last = p; return nil }); err != nil {
		t.Fatal(err)
	}
	want := operator.Name{InstanceID: "foreign", BindingID: "b"}
	if !last.Done || last.Records != 2 || last.Resealed.Resealed != 1 || last.Failed != 1 || len(last.Left) != 1 || last.Left[0].Name != want || last.Left[0].Why == "" {
		t.Errorf("the last step: %+v", last)
	}
}
