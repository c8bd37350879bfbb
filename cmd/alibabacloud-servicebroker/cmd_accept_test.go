package main

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/operator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

func TestInstancesAccept_WithoutConfirm_ChangesNothing(t *testing.T) {
	w := newBrokerFixture(t, httptest.NewServer)
	k := store.Key{InstanceID: "i"}
	w.put(k)
	if out, code := w.run("instances", "accept", "i"); code != 0 || !strings.Contains(out, "as the broker wrote it") {
		t.Errorf("of an authentic instance: %d %s", code, out)
	}
	if out, code := w.run("instances", "accept", "none"); code != 1 {
		t.Errorf("of none: %d %s", code, out)
	}
	_, err := w.unsealed.Update(t.Context(), k, func(r *store.Record) error {
		r.Facts = map[string]string{"instance_id": "rm-evil"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	authentic := func() bool {
		r, err := w.store.Get(t.Context(), k)
		return err == nil && r.Authenticate() == nil
	}
	var found operator.Altered
	out, code := w.run("instances", "accept", "i", "--json")
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 || len(found.Records) != 1 {
		t.Fatalf("as JSON: %d %s", code, out)
	}
	digest := found.Records[0].Digest
	if out, code := w.run("instances", "accept", "i"); code != 0 || !strings.Contains(out, "rm-evil") || !strings.Contains(out, "--confirm "+digest) {
		t.Errorf("exit code %d, want the fact and the command that accepts it:\n%s", code, out)
	}
	if out, code := w.run("keys", "list"); code != 0 || !strings.Contains(out, "refused instance i") {
		t.Errorf("keys list: %d %s", code, out)
	}
	if out, code := w.run("reseal"); code != 1 || !strings.Contains(out, "left instance i") {
		t.Errorf("reseal: %d %s", code, out)
	}
	if out, code := w.run("instances", "accept", "i", "--confirm", strings.Repeat("0", len(digest))); code != 1 || authentic() {
		t.Errorf("with another digest: %d %s", code, out)
	}
	if out, code := w.run("instances", "accept", "--confirm", digest, "--", "i"); code != 0 || !strings.Contains(out, "rm-evil") || !authentic() {
		t.Errorf("with its digest: %d %s", code, out)
	}
	if out, code := w.run("reseal"); code != 0 {
		t.Errorf("reseal: %d %s", code, out)
	}
}
