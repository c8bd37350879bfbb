package catalog

import (
	"encoding/json"
	"testing"
)

// FuzzNormalInstance tries any parameters: a normal form is its own normal form,
// parameters that are sent again change nothing,
// the same for the plan of a record, and the schema finds in it the faults of the
// parameters that were sent.
func FuzzNormalInstance(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"Access":"Public Read","ACCESS":"private"}`, `{"Place":"OSS-oss- a"}`, `{"Version":8,"Size":"1e2"}`, `{"Size":"0x1p3","Version":"08"}`,
		`{"Access":"--","Note":" x "}`, `{"Access":{"a":[1]},"Colour":null}`, `{"Version":1e308,"Size":"-0"}`, `[]`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sent string) {
		plan := spelledPlan(t)
		normal, err := plan.NormalInstance(json.RawMessage(sent))
		if err != nil {
			return
		}
		if again, err := plan.NormalInstance(normal); err != nil || !Equal(again, normal) {
			t.Errorf("the normal form of %s is %s, and of that %s, %v", sent, normal, again, err)
		}
		if recorded, err := kept(t, plan).NormalInstance(json.RawMessage(sent)); err != nil || !Equal(recorded, normal) {
			t.Errorf("the plan of a record gives %s, %v; want %s", recorded, err, normal)
		}
		if plan.CheckCreate(json.RawMessage(sent)) == nil {
			for _, stored := range []json.RawMessage{normal, json.RawMessage(sent)} { // in a record of today, and of before
				h := Held{Plan: kept(t, plan), Parameters: stored}
				if got, err := h.Update(h.Plan, json.RawMessage(sent)); err != nil || got.Changed != nil || !h.Same(json.RawMessage(sent)) {
					t.Errorf("%q sent again changes %s, %v", sent, got.Changed, err)
				}
			}
			if err := plan.CheckCreate(normal); err != nil {
				t.Errorf("%s is accepted, its normal form %s is not: %v", sent, normal, err)
			}
		}
	})
}
