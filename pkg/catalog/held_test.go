package catalog

import (
	"encoding/json"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

// PROV-10, PROV-11: a repeated provision is the same if it means the same.
func TestHeld_Same_ComparesMeaning(t *testing.T) {
	osbtest.Proves(t, "PROV-10", "PROV-11")
	t.Parallel()
	for name, tc := range map[string]struct {
		stored, sent string
		want         bool
	}{
		"nothing":                      {``, `{}`, true},
		"null and empty":               {``, `{"Access":null,"Place":" "}`, true},
		"other spellings":              {`{"Access":"public-read","Version":"8.0","Size":25,"Place":"a"}`, `{"ACCESS":"Public Read","Version":8,"Size":"25","Place":"OSS-A"}`, true},
		"the default written out":      {``, `{"Access":"Closed","Version":5.6,"Size":"20"}`, true},
		"the default left out":         {`{"Access":"private","Size":20}`, ``, true},
		"another value":                {`{"Size":25}`, `{"Size":30}`, false},
		"another than the default":     {``, `{"Size":30}`, false},
		"one left out":                 {`{"Size":25}`, ``, false},
		"one without default, added":   {``, `{"Place":"a"}`, false},
		"one without default, removed": {`{"Place":"a"}`, ``, false},
		"unknown":                      {``, `{"Colour":1}`, false},
		"without a name":               {``, `{"":1}`, false},
		"two names, two values":        {`{"Access":"private"}`, `{"Access":"private","ACCESS":"public-read"}`, false},
		"no object":                    {``, `[]`, false},
		"a record of before":           {`{"ACCESS":"private","Access":"Public Read"}`, `{"Access":"public-read"}`, true},
		"one of before, the lost name": {`{"ACCESS":"private","Access":"Public Read"}`, `{"Access":"private"}`, false},
		"one of before, after a move":  {`{"Gone":"x"}`, ``, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := heldParameters(t, tc.stored).Same(json.RawMessage(tc.sent)); got != tc.want {
				t.Errorf("Same = %v, want %v", got, tc.want)
			}
		})
	}
}

// A catalog that changes its defaults changes no record.
func TestHeld_DefaultOfTheCatalogChanges_StaysTheRecords(t *testing.T) {
	t.Parallel()
	later := spelledPlan(t, "default: 20", "default: 25", "default: private", "default: public-read")
	h := heldParameters(t, ``)
	if !h.Same(nil) || !h.Same(json.RawMessage(`{"Size":20,"Access":"private"}`)) || h.Same(json.RawMessage(`{"Size":25}`)) {
		t.Error("a repeat is compared with the defaults of today")
	}
	if got, err := h.Update(h.Plan, json.RawMessage(`{"Size":20,"Access":null}`)); err != nil || got.Changed != nil {
		t.Errorf("update = %s, %v", got.Changed, err)
	}
	h = Held{Plan: kept(t, later)}
	if h.Same(json.RawMessage(`{"Size":20}`)) || !h.Same(json.RawMessage(`{"Size":25}`)) {
		t.Error("a repeat is compared with the defaults of before")
	}
}

// FI-07.
func TestShownInstance_EachParameter_IsShownOnce(t *testing.T) {
	osbtest.Proves(t, "FI-07")
	t.Parallel()
	plan := kept(t, spelledPlan(t))
	plan.Secret = []string{"Note"}
	for name, tc := range map[string]struct{ stored, want string }{
		"in normal form":            {`{"Access":"private","Exact":"x","Note":"hunter2","Size":20}`, `{"Access":"private","Exact":"x","Size":20}`},
		"one of before":             {`{"ACCESS":"private","Version":8}`, `{"ACCESS":"private","Version":8}`},
		"one of before, two names":  {`{"ACCESS":"private","Access":"Public Read"}`, `{"Access":"Public Read"}`},
		"one of before, after move": {`{"Class":"x","Size":20}`, `{"Size":20}`},
		"nothing":                   {``, ``},
		"unreadable":                {`[`, ``},
	} {
		if got := string(plan.ShownInstance(json.RawMessage(tc.stored))); got != tc.want {
			t.Errorf("%s: shown %s, want %s", name, got, tc.want)
		}
	}
}

// An open create schema takes any name, in the record too.
func TestTaken_OpenSchema_TakesAnyName(t *testing.T) {
	t.Parallel()
	open := &Plan{Schemas: Schemas{Create: json.RawMessage(`{"type":"object","additionalProperties":true,"properties":{"A":{"type":"string"}}}`)}}
	for name, p := range map[string]*Plan{"catalog": open, "record": kept(t, open), "record of a record": kept(t, kept(t, open))} {
		if takes := p.taken(); !takes.has("A") || !takes.has("B") {
			t.Errorf("the plan of the %s takes %v", name, takes)
		}
		if got, err := (Held{Plan: p}).Update(p, json.RawMessage(`{"":1}`)); err == nil {
			t.Errorf("an update of a parameter without a name gives %s", got.Parameters)
		}
		if p.updatable().has("B") {
			t.Errorf("updates of the plan of the %s set any name", name)
		}
	}
}
