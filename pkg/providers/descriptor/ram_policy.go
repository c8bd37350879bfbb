package descriptor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
)

// A Policy is a RAM policy. contrib/ram-policies/NAME.json and its row in the
// README there are made from it; the command ram-policy merges the ones that a
// catalog needs.
type Policy struct {
	Name     string
	Document json.RawMessage
	For      string // the work that needs it, as Markdown for operators
	// NeededBy reports whether instances of a plan need the policy. Nil: every plan
	// of the service.
	NeededBy func(*catalog.Plan) bool
}

// Policies returns the RAM policies of all services.
func (l List) Policies() []Policy {
	var policies []Policy
	for _, one := range l {
		policies = append(policies, one.Policies...)
	}
	return policies
}

// PoliciesFor returns the RAM policies that the plans of a catalog need, of the
// named services; of every service in the catalog if none is named.
func (l List) PoliciesFor(c *catalog.Catalog, services ...string) ([]Policy, error) {
	plans := map[string][]*catalog.Plan{}
	for _, o := range c.Offerings() {
		plans[o.Provider] = append(plans[o.Provider], o.Plans...)
	}
	var known []string
	var policies []Policy
	for _, one := range l {
		known = append(known, one.Name)
		if len(services) > 0 && !slices.Contains(services, one.Name) {
			continue
		}
		for _, p := range one.Policies {
			if slices.ContainsFunc(plans[one.Name], func(plan *catalog.Plan) bool { return p.NeededBy == nil || p.NeededBy(plan) }) {
				policies = append(policies, p)
			}
		}
	}
	for _, name := range services {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("no service %q in this broker: the services are %s", name, strings.Join(known, ", "))
		}
	}
	return policies, nil
}

// maxDocument is the length of a policy's document (RAM API, CreatePolicy).
const maxDocument = 6144

// MergedDocuments returns one document that allows what the policies do, in the form
// of RAM, or several where one would be longer than RAM takes.
func MergedDocuments(policies []Policy) ([]json.RawMessage, error) {
	var statements []*statement
	for _, p := range policies {
		var d document
		if err := decode(p.Document, &d); err != nil {
			return nil, fmt.Errorf("RAM policy %s: %w", p.Name, err)
		}
		for _, s := range d.Statement {
			statements = merged(statements, s)
		}
	}
	var documents []json.RawMessage
	for len(statements) > 0 {
		n := len(statements)
		text, err := write(statements)
		for ; err == nil && n > 1 && len(text) > maxDocument; text, err = write(statements[:n]) {
			n--
		}
		if err != nil {
			return nil, err
		}
		documents, statements = append(documents, text), statements[n:]
	}
	return documents, nil
}

// A document is the part of RAM's grammar that the policies of services use (RAM
// documentation, "Policy structure and syntax").
type document struct {
	Version   string       `json:"Version"`
	Statement []*statement `json:"Statement"`
}

type statement struct {
	Effect    string          `json:"Effect"`
	Action    list            `json:"Action"`
	Resource  list            `json:"Resource"`
	Condition json.RawMessage `json:"Condition,omitempty"`
}

// A list is one text or several.
type list []string

// UnmarshalJSON reads either form.
func (l *list) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

// MarshalJSON writes one text without brackets, as people do.
func (l list) MarshalJSON() ([]byte, error) {
	if len(l) == 1 {
		return json.Marshal(l[0])
	}
	return json.Marshal([]string(l))
}

// decode refuses members that the grammar here lacks, which a merge would drop.
func decode(text []byte, d *document) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(d)
}

// merged adds the actions of a statement to the one with the same resources and
// condition.
func merged(statements []*statement, s *statement) []*statement {
	for _, other := range statements {
		if other.Effect != s.Effect || !slices.Equal(other.Resource, s.Resource) || !bytes.Equal(other.Condition, s.Condition) {
			continue
		}
		for _, action := range s.Action {
			if !slices.Contains(other.Action, action) {
				other.Action = append(other.Action, action)
			}
		}
		return statements
	}
	return append(statements, s)
}

// write writes a document as people read it.
func write(statements []*statement) (json.RawMessage, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(document{Version: "1", Statement: statements})
	return text.Bytes(), err
}
