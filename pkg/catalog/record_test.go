package catalog

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecorded_KeepsWhatOperationsNeed_AndNoMore(t *testing.T) {
	t.Parallel()
	p := spelledPlan(t)
	raw, err := p.Recorded()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"Everything has", "Many words", "New words", "What is made", "As in create", "$schema", "cannot be secret", "description", "title", "metadata", "create"} {
		if strings.Contains(string(raw), text) {
			t.Errorf("the record holds %q, which only platforms read:\n%s", text, raw)
		}
	}
	got := kept(t, p)
	want := *p
	want.Description, want.Metadata, want.Maintenance = "", nil, &Maintenance{Version: "1.2.3"}
	want.Settings = json.RawMessage(`{"access":"private","size":20,"stripes":2,"version":"5.6"}`)
	want.Secret, want.Fresh = []string{"Access", "ACCESS"}, []string{"User"}
	want.Schemas, want.Form, want.Exact = got.Schemas, got.Form, []string{"Exact"}
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("plan of the record (-want, +got):\n%s", diff)
	}
	again, err := got.Recorded()
	if err != nil || string(again) != string(raw) {
		t.Errorf("recorded again: %s, %v; want %s", again, err, raw)
	}
}

// A record's plan checks exactly as the catalog's plan does.
func TestRecorded_Schemas_CheckAsBefore(t *testing.T) {
	t.Parallel()
	p := spelledPlan(t)
	record := kept(t, p)
	for _, sent := range []string{
		``, `{}`, `{"Access":"Public Read"}`, `{"Access":"everybody"}`, `{"Access":1}`, `{"ACCESS":"private"}`, `{"Size":"25"}`, `{"Size":26}`,
		`{"Size":"x"}`, `{"Colour":1}`, `{"Place":"a"}`, `{"Size":null}`, `[]`,
	} {
		if got, want := text(record.CheckUpdate(json.RawMessage(sent))), text(p.CheckUpdate(json.RawMessage(sent))); got != want {
			t.Errorf("CheckUpdate(%s) = %q, want %q", sent, got, want)
		}
	}
	for _, sent := range []string{`{"User":"u"}`, `{"User":" u "}`, `{"User":"much too long"}`, `{"User":1}`, `{"Name":"u"}`} {
		if got, want := text(record.CheckBind(json.RawMessage(sent))), text(p.CheckBind(json.RawMessage(sent))); got != want {
			t.Errorf("CheckBind(%s) = %q, want %q", sent, got, want)
		}
	}
	small := smallPlan(t)
	if got, want := text(kept(t, small).CheckBind(json.RawMessage(`{"Username":1}`))), text(small.CheckBind(json.RawMessage(`{"Username":1}`))); got != want || want == "" {
		t.Errorf("CheckBind = %q, want %q", got, want)
	}
	bare := &Plan{ID: "bare"}
	if err := kept(t, bare).CheckUpdate(json.RawMessage(`{"a":1}`)); err == nil {
		t.Error("a plan without schemas takes a parameter")
	}
}

// Names of parameters may be words of JSON schema.
func TestRecorded_ParametersNamedLikeKeywords_Stay(t *testing.T) {
	t.Parallel()
	p := &Plan{Schemas: Schemas{Update: json.RawMessage(`{"$schema":"http://json-schema.org/draft-04/schema#","type":"object","additionalProperties":{"type":"string","title":"x"},
		"properties":{"title":{"type":"string","title":"x"},"enum":{"type":"object","properties":{"description":{"type":"string","description":"x"}}}},
		"dependencies":{"title":["default"]},"required":["title"]}`)}}
	for sent, ok := range map[string]bool{
		`{"title":"a","default":"b"}`: true, `{"title":"a"}`: false, `{"title":1,"default":"b"}`: false, `{"default":"b"}`: false,
		`{"title":"a","default":"b","enum":{"description":1}}`: false, `{"title":"a","default":1}`: false,
	} {
		if err := kept(t, p).CheckUpdate(json.RawMessage(sent)); (err == nil) != ok {
			t.Errorf("CheckUpdate(%s) = %v", sent, err)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
