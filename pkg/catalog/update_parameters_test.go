package catalog

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// heldParameters are stored parameters of an instance of spelled.yaml, under its
// plan as the record keeps it.
func heldParameters(t *testing.T, stored string) Held {
	t.Helper()
	return Held{Plan: kept(t, spelledPlan(t)), Parameters: json.RawMessage(stored)}
}

// UPD-03: an update changes what differs in meaning.
func TestHeld_Update_ChangesMeaningOnly(t *testing.T) {
	osbtest.Proves(t, "UPD-03", "UPD-11")
	t.Parallel()
	cases := map[string]struct{ stored, sent, after, changed string }{
		"nothing asked":             {`{"Access":"private"}`, ``, `{"Access":"private"}`, ``},
		"under the other name":      {`{"Access":"private"}`, `{"ACCESS":"Public Read"}`, `{"Access":"public-read"}`, `{"Access":"public-read"}`},
		"back under the other name": {`{"Access":"public-read"}`, `{"ACCESS":"private"}`, `{"Access":"private"}`, `{"Access":"private"}`},
		"another spelling":          {`{"Access":"private","Size":25}`, `{"ACCESS":"PRIVATE","Size":"25.0 "}`, `{"Access":"private","Size":25}`, ``},
		"the default written out":   {``, `{"Access":"closed","Size":"20","Version":5.6}`, ``, ``},
		"fixed, spelled otherwise":  {`{"Version":"8.0","Place":"a","Note":"x"}`, `{"Version":8,"Place":"OSS-A","Note":" x "}`, `{"Note":"x","Place":"a","Version":"8.0"}`, ``},
		"fixed and null":            {`{"Version":"8.0"}`, `{"Version":null,"Exact":null,"Nonsense":null}`, `{"Version":"8.0"}`, ``},
		"fixed and empty":           {`{"Version":"8.0"}`, `{"Version":" "}`, `{"Version":"8.0"}`, ``},
		"null: back to the default": {`{"Access":"public-read","Size":25}`, `{"Access":null}`, `{"Size":25}`, `{"Access":null}`},
		"null under another name":   {`{"Access":"public-read"}`, `{"ACCESS":null}`, ``, `{"Access":null}`},
		"null beside a value":       {`{"Access":"private"}`, `{"ACCESS":null,"Access":"public-read"}`, `{"Access":"public-read"}`, `{"Access":"public-read"}`},
		"null for the default":      {`{"Access":"private"}`, `{"Access":null}`, `{"Access":"private"}`, ``},
		"null for an absent one":    {``, `{"Access":null}`, ``, ``},
		"one of two":                {`{"Access":"private","Size":25}`, `{"Access":"private","Size":30}`, `{"Access":"private","Size":30}`, `{"Size":30}`},
		"a record of before":        {`{"ACCESS":"private","Access":"Public Read","Size":"25"}`, `{"ACCESS":"private"}`, `{"Access":"private","Size":25}`, `{"Access":"private"}`},
		"one of before, unchanged":  {`{"ACCESS":"private","Access":"Public Read"}`, `{"ACCESS":"public-read"}`, `{"Access":"public-read"}`, ``},
		"not exact":                 {`{"Exact":"x"}`, `{"Exact":"x"}`, `{"Exact":"x"}`, ``},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := heldParameters(t, tc.stored)
			got, err := h.Update(h.Plan, json.RawMessage(tc.sent))
			if err != nil || string(got.Parameters) != tc.after || string(got.Changed) != tc.changed {
				t.Errorf("update = %s, changed %s, %v; want %s, %s", got.Parameters, got.Changed, err, tc.after, tc.changed)
			}
		})
	}
}

// UPD-04, UPD-06: wrong parameters are told apart from fixed ones.
func TestHeld_Update_TellsWrongFromFixed(t *testing.T) {
	osbtest.Proves(t, "UPD-04", "UPD-06")
	t.Parallel()
	for name, tc := range map[string]struct {
		stored, sent string
		fixed        bool
		parts        []string
	}{
		"fixed":                  {`{"Version":"8.0"}`, `{"Version":5.6}`, true, []string{"Version", "(it is 8.0)"}},
		"fixed, by default":      {``, `{"Version":8}`, true, []string{"Version", "(it is 5.6)"}},
		"fixed, never given":     {``, `{"Place":"a"}`, true, []string{"Place"}},
		"fixed beside a change":  {``, `{"Version":8,"Size":25}`, true, []string{"Version"}},
		"two fixed":              {`{"Place":"a"}`, `{"Version":8,"Place":"b"}`, true, []string{"Place cannot change by an update (it is a); Version"}},
		"exact":                  {`{"Exact":"x"}`, `{"Exact":" x"}`, true, []string{"Exact", "(it is x)"}},
		"unknown":                {``, `{"Colour":1}`, false, []string{`"Colour"`, "ACCESS, Access"}},
		"unknown, near one":      {``, `{"Verson":1}`, false, []string{`did you mean "Version"`}},
		"unknown beside fixed":   {``, `{"Version":8,"Colour":1}`, false, []string{`"Colour"`}},
		"no value":               {``, `{"Access":"everybody"}`, false, []string{`"Access" must be one of`}},
		"no value, other name":   {``, `{"ACCESS":"everybody"}`, false, []string{`"Access" must be one of`}},
		"two names, two values":  {``, `{"Access":"private","ACCESS":"public-read"}`, false, []string{"are one parameter"}},
		"no object":              {``, `[]`, false, []string{"object"}},
		"a number out of bounds": {``, `{"Size":1e999}`, false, []string{`"Size"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := heldParameters(t, tc.stored)
			_, err := h.Update(h.Plan, json.RawMessage(tc.sent))
			if err == nil {
				t.Fatal("the update is taken")
			}
			if fixed, ok := errors.AsType[*FixedError](err); ok != tc.fixed {
				t.Errorf("error %v, fixed %v", err, fixed)
			}
			for _, part := range tc.parts {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %s", err, part)
				}
			}
		})
	}
}

func TestHeld_SecretFixedParameter_IsNamedAlone(t *testing.T) {
	t.Parallel()
	h := heldParameters(t, `{"Note":"hunter2"}`)
	h.Plan.Secret = []string{"Note"}
	_, err := h.Update(h.Plan, json.RawMessage(`{"Note":"hunter3"}`))
	if err == nil || !strings.Contains(err.Error(), "Note") || strings.Contains(err.Error(), "hunter") {
		t.Errorf("error = %v", err)
	}
}

// What the instance has wins over the plan's default: it may be older than the
// plan.
func TestHeld_ValuesInForce_AreNoChange(t *testing.T) {
	t.Parallel()
	h := heldParameters(t, ``)
	h.InForce = func() Values {
		return Values{"Place": json.RawMessage(`"a-b"`), "Size": json.RawMessage(`50`)}
	}
	h.Defaults = func() Values { return Values{"Place": json.RawMessage(`"a-b"`)} }
	got, err := h.Update(h.Plan, json.RawMessage(`{"Place":"oss-a-b","Size":"50"}`))
	if err != nil || got.Changed != nil {
		t.Errorf("update = %s, %v; want no change", got.Changed, err)
	}
	if got, err = h.Update(h.Plan, json.RawMessage(`{"Size":20}`)); err != nil || string(got.Changed) != `{"Size":20}` {
		t.Errorf("update = %s, %v; want a size of 20", got.Changed, err)
	}
	if !h.Same(json.RawMessage(`{"Place":"A-B"}`)) || h.Same(json.RawMessage(`{"Place":"b"}`)) {
		t.Error("the place in force is not the same as an absent one")
	}
}

// A move drops, and takes, only what the new plan takes.
func TestHeld_Move_KeepsWhatTheNewPlanTakes(t *testing.T) {
	t.Parallel()
	narrow := spelledPlan(t, "Place: {type: string, x-normal: {lower: true, prefix: oss-}}", "", "enum: [private, public-read, public-read-write, null], x-normal", "enum: [private, null], x-normal")
	for name, tc := range map[string]struct{ stored, sent, after string }{
		"kept":                      {`{"Access":"private","Version":"8.0"}`, ``, `{"Access":"private","Version":"8.0"}`},
		"a parameter dropped":       {`{"Place":"a","Size":25}`, ``, `{"Size":25}`},
		"a value dropped":           {`{"Access":"public-read","Size":25}`, ``, `{"Size":25}`},
		"a value sent":              {`{"Place":"a"}`, `{"Size":"30","Version":5.6}`, `{"Size":30}`},
		"the default, explicitly":   {``, `{"Size":20}`, `{"Size":20}`},
		"null: to the default":      {`{"Size":25}`, `{"Size":null}`, ``},
		"in a record of before too": {`{"ACCESS":"private","Size":"25"}`, ``, `{"Access":"private","Size":25}`},
	} {
		h := heldParameters(t, tc.stored)
		got, err := h.Update(narrow, json.RawMessage(tc.sent))
		if err != nil || string(got.Parameters) != tc.after {
			t.Errorf("%s: after the move %s, %v; want %s", name, got.Parameters, err, tc.after)
		}
	}
	for _, sent := range []string{`{"Place":"a"}`, `{"Access":"public-read"}`} {
		h := heldParameters(t, `{"Place":"a","Access":"public-read"}`)
		_, err := h.Update(narrow, json.RawMessage(sent))
		if _, fixed := errors.AsType[*FixedError](err); err == nil || fixed {
			t.Errorf("a move with %s: %v, want it called wrong", sent, err)
		}
	}
}
