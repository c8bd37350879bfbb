package sealed_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
)

// TestSealed_OlderBroker_KeepsUnknownMembers lets this version change the
// record of a newer one as it does in a day's work.
func TestSealed_OlderBroker_KeepsUnknownMembers(t *testing.T) {
	inner, keys := openBolt(t, t.TempDir()), open(t, newMemory(t).withoutRequirement(t))
	s := sealed.New(inner, keys)
	k := store.Key{InstanceID: "i", BindingID: "b"}
	// Members that only a newer broker knows are in every object, a secret of
	// its own among them.
	later := func(place string) string {
		return fmt.Sprintf(`"later_%s":{"at":"%s","n":1.50,"text":"<&>","box":"AQIDBAU="}`, place, place)
	}
	op := func(id, place string) string {
		return fmt.Sprintf(`{"id":%q,"kind":"bind","state":"running","started":"2024-02-29T00:00:00Z",%s}`, id, later(place))
	}
	newer, err := store.Decode([]byte(`{"instance_id":"i","binding_id":"b","schema":1,"incarnation":"life","goal":"present","settled":false,` + strings.Join([]string{
		`"want":{"plan_id":"p","plan_name":"plan",` + later("want") + `}`,
		`"have":{"plan_id":"p","plan_name":"plan",` + later("have") + `}`,
		`"call":{"step":"grant","epoch":1,"until":"2024-02-29T00:00:00Z","timeout_ms":1,` + later("call") + `}`,
		`"operation":` + op("1", "operation"),
		`"results":[` + op("0", "result") + `]`,
		`"history":[{"time":"2024-02-29T00:00:00Z","op":"bind","what":"begun"},{"time":"2024-02-29T00:00:00Z","op":"bind","what":"done",` + later("event") + `}]`,
		`"earlier":[{"incarnation":"was","results":[` + op("a", "late") + `],` + later("life") + `}]`,
		later("record"),
	}, ",") + `}`))
	if err != nil {
		t.Fatal(err)
	}
	update(t, inner, k, func(r *store.Record) { *r = newer })

	update(t, s, k, func(r *store.Record) {
		r.Secrets = store.Seal([]byte(secret))
		r.Want.Parameters = store.Seal([]byte("{}"))
		r.Operation.State = store.Succeeded
		r.History = store.NewHistory(append(r.History.Events(), store.Event{Outcome: "ended"})...)
	})
	update(t, s, k, func(r *store.Record) {
		r.Have, r.Settled = r.Want, true // a reached Want becomes Have
		r.Results = append(r.Results, *r.Operation)
		r.Operation = &store.Operation{ID: "2"}
		r.History = store.NewHistory(r.History.Events()[1:]...)
	})
	if _, err := keys.Reseal(t.Context(), s, nil); err != nil {
		t.Fatal(err)
	}

	r, err := s.Get(t.Context(), k)
	must(t, err)
	stored, err := store.Encode(r)
	must(t, err)
	want := map[string]int{"record": 1, "want": 2, "call": 1, "operation": 1, "result": 1, "event": 1, "life": 1, "late": 1}
	got := map[string]int{}
	for place := range want {
		got[place] = strings.Count(string(stored), later(place))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("members of a newer broker, by where they were (-want +got):\n%s\n%s", d, stored)
	}
	if !json.Valid(stored) || r.Secrets.IsZero() {
		t.Errorf("what was stored: %s", stored)
	}
}
