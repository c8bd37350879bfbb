package descriptor_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

// policyOf returns a policy of one statement.
func policyOf(name, action, resource string) descriptor.Policy {
	return descriptor.Policy{Name: name, Document: json.RawMessage(fmt.Sprintf(
		`{"Version":"1","Statement":[{"Effect":"Allow","Action":%s,"Resource":%s}]}`, action, resource))}
}

func TestMergedDocuments_SameResource_OneStatement(t *testing.T) {
	documents, err := descriptor.MergedDocuments([]descriptor.Policy{
		policyOf("a", `["s:A","s:B"]`, `"acs:s:*:*:x"`), policyOf("b", `["s:B","s:C"]`, `["acs:s:*:*:x"]`), policyOf("c", `"s:D"`, `["acs:s:*:*:x","acs:s:*:*:y"]`),
	})
	if err != nil || len(documents) != 1 {
		t.Fatalf("%d documents, %v", len(documents), err)
	}
	var compact any
	if err := json.Unmarshal(documents[0], &compact); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(compact)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Statement":[{"Action":["s:A","s:B","s:C"],"Effect":"Allow","Resource":"acs:s:*:*:x"},` +
		`{"Action":"s:D","Effect":"Allow","Resource":["acs:s:*:*:x","acs:s:*:*:y"]}],"Version":"1"}`
	if string(got) != want {
		t.Errorf("merged into %s", got)
	}
}

// What RAM takes no more is another document.
func TestMergedDocuments_LongOnes_AreSplit(t *testing.T) {
	var policies []descriptor.Policy
	var actions []string
	for i := range 100 {
		action := fmt.Sprintf("service:DescribeNumber%03dOf%s", i, strings.Repeat("Many", 20))
		actions = append(actions, action)
		policies = append(policies, policyOf("p", `"`+action+`"`, fmt.Sprintf(`"acs:service:*:*:%03d"`, i)))
	}
	documents, err := descriptor.MergedDocuments(policies)
	if err != nil || len(documents) < 2 {
		t.Fatalf("%d documents, %v", len(documents), err)
	}
	var got []string
	for _, text := range documents {
		if len(text) > 6144 {
			t.Errorf("a document has %d characters", len(text))
		}
		var d struct{ Statement []struct{ Action string } }
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		for _, s := range d.Statement {
			got = append(got, s.Action)
		}
	}
	if !slices.Equal(got, actions) {
		t.Errorf("%d actions in %d documents, want each of %d once", len(got), len(documents), len(actions))
	}
}

// A member that the merge would drop is an error.
func TestMergedDocuments_UnknownMember_IsRefused(t *testing.T) {
	p := descriptor.Policy{Name: "p", Document: json.RawMessage(`{"Version":"1","Statement":[{"Effect":"Allow","NotAction":"a:B","Resource":"*"}]}`)}
	if documents, err := descriptor.MergedDocuments([]descriptor.Policy{p}); err == nil {
		t.Errorf("merged into %s", documents)
	}
}

func TestPoliciesFor_CatalogAndServices_Choose(t *testing.T) {
	const plans = `offerings: [{id: %[1]s, name: %[1]s, description: d, provider: %[1]s, bindable: true, plans: [{id: %[1]s-p, name: p, description: d, free: false, deadline: 1h, deletion: %[2]s}]}]`
	empties := func(p *catalog.Plan) bool { return p.Deletion == "empty" }
	list := descriptor.List{
		{Name: "one", Policies: []descriptor.Policy{{Name: "one"}, {Name: "one-empty", NeededBy: empties}}},
		{Name: "two", Policies: []descriptor.Policy{{Name: "two"}, {Name: "two-empty", NeededBy: empties}}},
		{Name: "three", Policies: []descriptor.Policy{{Name: "three"}}}, // has no plan
	}
	c, err := catalog.Load(
		catalog.Embedded("one", fmt.Appendf(nil, plans, "one", "refuse")), catalog.Embedded("two", fmt.Appendf(nil, plans, "two", "empty")))
	if err != nil {
		t.Fatal(err)
	}
	for services, want := range map[string]string{"": "one two two-empty", "one": "one", "two one": "one two two-empty", "three": ""} {
		policies, err := list.PoliciesFor(c, strings.Fields(services)...)
		var names []string
		for _, p := range policies {
			names = append(names, p.Name)
		}
		if got := strings.Join(names, " "); err != nil || got != want {
			t.Errorf("of %q: %q, %v, want %q", services, got, err, want)
		}
	}
	if _, err := list.PoliciesFor(c, "one", "four"); err == nil || !strings.Contains(err.Error(), "one, two, three") {
		t.Errorf("of an unknown service: %v, want the known ones", err)
	}
}
