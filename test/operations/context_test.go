package operations_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

// Cloud Foundry puts annotations of users into the context.
func TestRequest_LargeContext_KeepsNeededMembers(t *testing.T) {
	inBubble(t, func(w *harness) {
		const needed = `"platform":"cloudfoundry","organization_guid":"og","space_guid":"sg","instance_name":"db","namespace":"ns","clusterid":"c1"`
		large := `"context":{"organization_annotations":{"a":"` + strings.Repeat("x", 200<<10) + `"},` + needed + `}`
		whole := `"context":{"organization_annotations":{"a":"x"},` + needed + `}`
		ids := `"service_id":"fast-id","plan_id":"fast-plan","organization_guid":"o","space_guid":"s",`
		context := func(binding, sent string) {
			t.Helper()
			if got, want := string(w.record("a", binding).Context), strings.TrimPrefix(sent, `"context":`); !jsonEqual(t, got, want) {
				t.Errorf("the record of %q keeps %.200s, want %.200s", binding, got, want)
			}
		}
		w.want("provision", w.provision("a", `{`+ids+large+`}`), 201)
		context("", `{`+needed+`}`)
		w.want("the same again", w.provision("a", `{`+ids+large+`}`), 200)
		w.want("bind", w.bind("a", "x", `{`+ids+large+`}`), 201)
		context("x", `{`+needed+`}`)
		w.want("update with a small context", w.update("a", `{`+ids+whole+`}`), 200)
		context("", whole)
		w.want("update with a large one", w.update("a", `{`+ids+large+`}`), 200)
		context("", `{`+needed+`}`)
	})
}

// The context has names and annotations of users: the tombstone goes without it.
func TestTombstone_Context_IsForgotten(t *testing.T) {
	inBubble(t, func(w *harness) {
		ids := `"service_id":"fast-id","plan_id":"fast-plan","organization_guid":"o","space_guid":"s",`
		context := `"context":{"platform":"kubernetes","namespace":"payroll","instance_name":"salaries","instance_annotations":{"a":"b"}}`
		w.want("provision", w.provision("a", `{`+ids+context+`}`), 201)
		w.want("bind", w.bind("a", "x", `{`+ids+context+`}`), 201)
		w.want("unbind", w.unbind("a", "x", "fast"), 200)
		w.want("deprovision", w.deprovision("a", "fast"), 200)
		for _, binding := range []string{"x", ""} {
			if got := string(w.record("a", binding).Context); !jsonEqual(t, got, `{"platform":"kubernetes"}`) {
				t.Errorf("the tombstone of %q keeps the context %s", binding, got)
			}
		}
		w.want("a purged instance", w.provision("b", `{`+ids+context+`}`), 201)
		if _, err := w.runs.Purge(w.t.Context(), storeKey("b"), true); err != nil {
			t.Fatal(err)
		}
		if got := string(w.record("b", "").Context); !jsonEqual(t, got, `{"platform":"kubernetes"}`) {
			t.Errorf("the tombstone of a purged instance keeps the context %s", got)
		}
	})
}

func jsonEqual(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal([]byte(a), &x), json.Unmarshal([]byte(b), &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

// The part of a request in the record is bounded, so that the record has room
// for the cloud's later answers.
func TestProvision_TooLargeContext_IsRefusedBeforeStoring(t *testing.T) {
	inBubble(t, func(w *harness) {
		large := fmt.Sprintf(`"context":{"platform":"kubernetes","namespace":%q}`, strings.Repeat("n", 64<<10))
		ids := `"service_id":"fast-id","plan_id":"fast-plan","organization_guid":"o","space_guid":"s",`
		w.want("provision", w.provision("a", `{`+ids+large+`}`), 400)
		w.want("poll of what was refused", w.poll("a", "", ""), 404)
		w.made("a", "fast")
		w.want("update", w.update("a", `{`+ids+large+`}`), 400)
		w.want("bind", w.bind("a", "x", `{`+ids+large+`}`), 400)
		w.want("fetch of the binding that was refused", w.fetchBinding("a", "x"), 404)
	})
}
