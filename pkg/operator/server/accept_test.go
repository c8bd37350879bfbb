package server_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// alter changes a fact of a record past the sealing.
func (w *fixture) alter(k store.Key, value string) {
	w.t.Helper()
	_, err := w.file.Update(w.t.Context(), k, func(r *store.Record) error {
		r.Facts = map[string]string{"instance_id": value}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestAccept_AlteredRecords_AreShownThenAcceptedOnce(t *testing.T) {
	w := newFixture(t, nil)
	i, b := store.Key{InstanceID: "i"}, store.Key{InstanceID: "i", BindingID: "b"}
	for _, k := range []store.Key{i, b} {
		w.put(k, func(r *store.Record) { r.Secrets = store.Seal([]byte("hush")) })
	}
	if found, err := w.client.Altered(t.Context(), "i"); err != nil || found.Records == nil || len(found.Records) != 0 {
		t.Errorf("Altered = %+v, %v, want none", found, err)
	}
	if _, err := w.client.Accept(t.Context(), "i", "00"); refused(t, err) != "NothingToAccept" {
		t.Errorf("Accept of an authentic instance = %v", err)
	}
	w.alter(i, "rm-evil")
	w.alter(b, "rm-evil")

	shown, err := w.client.Show(t.Context(), "i", false)
	if err != nil || shown.Altered == "" || shown.Bindings[0].Altered == "" || shown.Facts["instance_id"] != "rm-evil" {
		t.Errorf("Show = %+v, %v, want both refused", shown, err)
	}
	list, err := w.client.Keys(t.Context())
	if err != nil || list.Altered != 2 || len(list.FirstAltered) != 2 || !list.BoxesRequired {
		t.Errorf("Keys = %+v, %v, want two altered records, named", list, err)
	}
	found, err := w.client.Altered(t.Context(), "i")
	if err != nil || len(found.Records) != 2 || found.Records[0].Facts["instance_id"] != "rm-evil" || found.Records[0].Altered == "" {
		t.Fatalf("Altered = %+v, %v, want both", found, err)
	}
	if again, err := w.client.Altered(t.Context(), "i"); err != nil || len(again.Records) != 2 {
		t.Errorf("a look accepted a record: %+v, %v", again, err)
	}
	for name, tc := range map[string]struct{ digest, want string }{
		"no digest": {"", "BadRequest"}, "no hex": {"rm-evil", "BadRequest"}, "another digest": {"00ff", "OtherDigest"},
	} {
		if _, err := w.client.Accept(t.Context(), "i", tc.digest); refused(t, err) != tc.want {
			t.Errorf("%s: Accept = %v, want %s", name, err, tc.want)
		}
	}
	if _, err := w.client.Accept(t.Context(), "other", found.Records[0].Digest); refused(t, err) != "NotFound" {
		t.Errorf("Accept of another instance = %v", err)
	}

	// A deletion of the instance may wait for the accepted binding.
	var retried []string
	w.engine.retry = func(id string) ([]store.Key, error) {
		retried = append(retried, id)
		return nil, engine.ErrNothingToDo
	}
	accepted, err := w.client.Accept(t.Context(), "i", strings.ToUpper(found.Records[1].Digest))
	if err != nil || accepted.BindingID != "b" || accepted.Altered != "" {
		t.Fatalf("Accept = %+v, %v", accepted, err)
	}
	if len(retried) != 1 || retried[0] != "i" {
		t.Errorf("retried %q, want the instance once", retried)
	}
	line := w.logged()
	for _, want := range []string{"action=accept", "outcome=ok", `operator="alice"`, `binding="b"`, found.Records[1].Digest, "instance_id rm-evil"} {
		if !strings.Contains(line, want) {
			t.Errorf("the audit line lacks %q: %s", want, line)
		}
	}
	if w.counted("accept", "ok") != 1 || w.counted("altered", "ok") == 0 {
		t.Error("the calls are not counted")
	}
	rest, err := w.client.Altered(t.Context(), "i")
	if err != nil || len(rest.Records) != 1 || rest.Records[0].BindingID != "" {
		t.Errorf("left to accept: %+v, %v, want the instance", rest, err)
	}
	r, err := w.store.Get(t.Context(), b)
	if err != nil || r.Authenticate() != nil {
		t.Errorf("the accepted record: %v, %v", err, r.Authenticate())
	}
}

func TestAccept_UnreadableRecord_IsRefused(t *testing.T) {
	k := store.Key{InstanceID: "i"}
	w := newFixture(t, func(st store.Store) store.Store { return faultyStore{Store: st, damaged: k} })
	w.put(k, func(*store.Record) {})
	if status, text := w.send(http.MethodGet, "/operator/v1/instances/i/accept", "sesame"); status != http.StatusConflict || !strings.Contains(text, "Damaged") || strings.Contains(text, "hush") {
		t.Errorf("%d %s", status, text)
	}
}

func TestReseal_AlteredRecord_IsNamedAndLeft(t *testing.T) {
	w := newFixture(t, nil)
	w.put(store.Key{InstanceID: "i"}, func(*store.Record) {})
	w.alter(store.Key{InstanceID: "i"}, "rm-evil")
	var last operator.Progress
	err := w.client.Reseal(t.Context(), func(p operator.Progress) error { last = p; return nil })
	if err != nil || last.Failed != 1 || len(last.Left) != 1 || last.Left[0].InstanceID != "i" {
		t.Errorf("Reseal = %+v, %v, want the altered record named", last, err)
	}
}
