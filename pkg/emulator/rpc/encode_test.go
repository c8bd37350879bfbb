package rpc

import (
	"encoding/json"
	"strings"
	"testing"
)

type listed struct{ Name []string }

type object struct {
	Text  string
	Lists listed
	Left  []string `json:",omitempty"`
	Far   *listed
}

func TestEncode_EmptyLists_NeverNull(t *testing.T) {
	for name, tc := range map[string]struct {
		answer    any
		json, xml string
	}{
		"nothing":             {nil, ``, ``},
		"a list":              {listed{}, `,"Name":[]`, ``},
		"a list in a wrapper": {struct{ Names listed }{}, `,"Names":{"Name":[]}`, `<Names></Names>`},
		"an object":           {&object{}, `,"Text":"","Lists":{"Name":[]},"Far":{"Name":[]}`, `<Text></Text><Lists></Lists><Far></Far>`},
		"objects in a list":   {struct{ Item []object }{[]object{{Text: "a&b"}}}, `,"Item":[{"Text":"a&b","Lists":{"Name":[]},"Far":{"Name":[]}}]`, `<Item><Text>a&amp;b</Text><Lists></Lists><Far></Far></Item>`},
		"pointers in a list":  {struct{ Item []*listed }{[]*listed{nil}}, `,"Item":[{"Name":[]}]`, `<Item></Item>`},
		"embedded":            {struct{ listed }{}, `,"Name":[]`, ``},
		"a map":               {map[string]any{"Lists": listed{}, "Any": nil}, `,"Any":{},"Lists":{"Name":[]}`, `<Any></Any><Lists></Lists>`},
		"a map that is nil":   {struct{ Tags map[string]string }{}, `,"Tags":{}`, `<Tags></Tags>`},
		"an earlier answer":   {json.RawMessage(`{"Names":{"Name":[]}}`), `,"Names":{"Name":[]}`, `<Names></Names>`},
	} {
		_, body, err := encode("JSON", "SayResponse", "1", tc.answer)
		if want := `{"RequestId":"1"` + tc.json + `}`; err != nil || string(body) != want {
			t.Errorf("%s: %s, %v, want %s", name, body, err, want)
		}
		_, body, err = encode("XML", "SayResponse", "1", tc.answer)
		if want := `<SayResponse><RequestId>1</RequestId>` + tc.xml + `</SayResponse>`; err != nil || !strings.HasSuffix(string(body), want) {
			t.Errorf("%s: %s, %v, want %s", name, body, err, want)
		}
	}
}

func TestMarshal_NilLists_LeavesTheAnswer(t *testing.T) {
	shared := []object{{}}
	if _, err := Marshal(struct{ Item []object }{shared}); err != nil {
		t.Fatal(err)
	}
	if shared[0].Lists.Name != nil || shared[0].Far != nil {
		t.Errorf("the product's list was changed: %+v", shared)
	}
}
