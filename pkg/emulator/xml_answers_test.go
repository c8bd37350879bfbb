package emulator_test

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sameInXML repeats a call that changes nothing and compares its answers in both
// forms: the same members have the same values, in the same order.
func (a *answers) sameInXML(t *testing.T, action string, values map[string]string) {
	t.Helper()
	inJSON, code := a.send(t, a.api, action, "JSON", values)
	inXML, codeXML := a.send(t, a.api, action, "XML", values)
	if code != "" || codeXML != "" {
		t.Fatalf("%s %v: %s %s", action, values, code, codeXML)
	}
	var object map[string]any
	if err := json.Unmarshal(inJSON, &object); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	leavesOfJSON(want, "", object)
	var root xmlElement
	if err := xml.Unmarshal(inXML, &root); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, child := range root.Children {
		child.leaves(got, "")
	}
	for _, member := range slices.Sorted(maps.Keys(want)) {
		if member != "RequestId" && !slices.Equal(got[member], want[member]) {
			t.Errorf("%s: %s is %q in JSON and %q in XML", action, member, want[member], got[member])
		}
	}
	for _, member := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[member]; !ok {
			t.Errorf("%s: %s is %q in XML, and not in JSON", action, member, got[member])
		}
	}
}

// leavesOfJSON collects the texts, numbers and truth values of an answer by their
// members. An empty list has none, an empty object an empty text, as in XML.
func leavesOfJSON(to map[string][]string, path string, v any) {
	switch v := v.(type) {
	case map[string]any:
		empty := true
		for name, member := range v {
			if list, ok := member.([]any); ok && len(list) == 0 {
				continue
			}
			empty = false
			leavesOfJSON(to, strings.TrimPrefix(path+"."+name, "."), member)
		}
		if empty {
			to[path] = append(to[path], "")
		}
	case []any:
		for _, element := range v {
			leavesOfJSON(to, path, element)
		}
	case float64:
		to[path] = append(to[path], strconv.FormatFloat(v, 'f', -1, 64))
	default:
		to[path] = append(to[path], fmt.Sprint(v))
	}
}

type xmlElement struct {
	XMLName  xml.Name
	Text     string       `xml:",chardata"`
	Children []xmlElement `xml:",any"`
}

func (e xmlElement) leaves(to map[string][]string, path string) {
	path = strings.TrimPrefix(path+"."+e.XMLName.Local, ".")
	if len(e.Children) == 0 {
		to[path] = append(to[path], e.Text)
	}
	for _, child := range e.Children {
		child.leaves(to, path)
	}
}
