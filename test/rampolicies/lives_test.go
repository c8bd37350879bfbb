package rampolicies_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/all"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

// A life is a part of the broker's work: one service, under plans for buckets with a
// word for deletion.
type life struct {
	name, service, deletion string

	walk func(t *testing.T, s *stack.Stack) error
}

// lives are the lives of every plan as it ships, with every binding and every option,
// the ends of buckets by each word for deletion, and what happens in rougher clouds.
func lives(t *testing.T) []life {
	t.Helper()
	list := []life{
		{"a rough database", "rds", "refuse", func(t *testing.T, s *stack.Stack) error { return walkDatabase(t, s, true) }},
		{"a rough bucket", "oss", "empty", func(t *testing.T, s *stack.Stack) error { return walkBucket(t, s, true) }},
		{"a role", "oss", "refuse", walkRole},
	}
	for _, deletion := range []string{"refuse", "empty", "delete", "retain"} {
		list = append(list, life{"a full bucket, " + deletion, "oss", deletion, func(t *testing.T, s *stack.Stack) error { return walkFullBucket(t, s, deletion) }})
	}
	for _, o := range catalogWith(t, "refuse").Offerings() {
		for _, p := range o.Plans {
			list = append(list,
				life{p.Name, o.Provider, "refuse", func(t *testing.T, s *stack.Stack) error { return walkPlan(t, s, o, p) }},
				life{p.Name + " with options", o.Provider, "refuse", func(t *testing.T, s *stack.Stack) error { return walkOptions(t, s, o, p) }})
		}
	}
	return list
}

func catalogWith(t *testing.T, deletion string) *catalog.Catalog {
	t.Helper()
	var sources []catalog.Source
	for i, document := range plansWith(deletion) {
		sources = append(sources, catalog.Embedded(fmt.Sprintf("document %d", i+1), document))
	}
	c, err := catalog.Load(sources...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// printed returns the policy of a life, as the command ram-policy prints it.
func (l life) printed(t *testing.T) []document {
	t.Helper()
	policies, err := all.Services().PoliciesFor(catalogWith(t, l.deletion), l.service)
	if err != nil {
		t.Fatal(err)
	}
	texts, err := descriptor.MergedDocuments(policies)
	if err != nil {
		t.Fatal(err)
	}
	var documents []document
	for _, text := range texts {
		documents = append(documents, parsed(t, text))
	}
	return documents
}

// walkPlan takes an instance of a plan through its life, with every binding that the
// plan makes.
func walkPlan(t *testing.T, s *stack.Stack, o *catalog.Offering, p *catalog.Plan) error {
	t.Helper()
	w := newWalker(t, s, o.ID, p.ID)
	var bound []string
	work := []func() error{func() error {
		if p.Takes("Region") { // another one is looked up
			return w.provision(`,"parameters":{"Region":"us-west-1"}`)
		}
		return w.provision("")
	}}
	for i, parameters := range bindings(p) {
		first, second := fmt.Sprintf("b%d", i), fmt.Sprintf("r%d", i)
		rotates := p.Rotatable && (parameters == "" || parameters == roleBinding) // once of each kind
		work = append(work, func() error { return w.bind(first, parameters) }, func() error { return w.rotate(first, second, rotates) })
		if rotates {
			bound = append(bound, second)
		} else {
			bound = append(bound, first)
		}
	}
	for _, id := range bound {
		work = append(work, func() error { return w.unbind(id) })
	}
	return steps(append(work, w.deprovision)...)
}

// bindings are the bodies of binds: each value of each enumeration, and each kind.
func bindings(p *catalog.Plan) []string {
	bodies := []string{""}
	for name, values := range enumerations(p.Schemas.Bind) {
		for _, value := range values {
			if value == nil || name == "Kind" { // the service account means a kind
				continue
			}
			bodies = append(bodies, fmt.Sprintf(`,"parameters":{%q:%q}`, name, value))
		}
	}
	if strings.Contains(string(p.Settings), `"role"`) {
		bodies = append(bodies, roleBinding)
	}
	return bodies
}

// roleBinding is the body of a bind of the kind role.
const roleBinding = `,"parameters":{"ServiceAccount":"app"},"context":{"platform":"kubernetes","namespace":"team-a","clusterid":"` + environment.ClusterID + `"}`

func walkRole(t *testing.T, s *stack.Stack) error {
	t.Helper()
	w := newWalker(t, s, "oss-997b8372-8dac-40ac-ae65-758b4a502222", "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221")
	return steps(
		func() error { return w.provision("") },
		func() error { return w.bind("a", roleBinding) },
		func() error { return w.unbind("a") },
		w.deprovision,
	)
}

// enumerations are the values of the parameters of a schema, by parameter.
func enumerations(schema json.RawMessage) map[string][]any {
	var shape struct {
		Properties map[string]struct {
			Enum []any `json:"enum"`
		} `json:"properties"`
	}
	found := map[string][]any{}
	if json.Unmarshal(schema, &shape) != nil {
		return found
	}
	for name, property := range shape.Properties {
		if len(property.Enum) > 0 {
			found[name] = property.Enum
		}
	}
	return found
}

// properties are the names of a schema's parameters.
func properties(schema json.RawMessage) map[string]any {
	var shape struct {
		Properties map[string]any `json:"properties"`
	}
	_ = json.Unmarshal(schema, &shape) // a plan without the schema takes none
	return shape.Properties
}

// walkOptions makes an instance with every parameter of its plan, and updates each
// that can change.
func walkOptions(t *testing.T, s *stack.Stack, o *catalog.Offering, p *catalog.Plan) error {
	t.Helper()
	s.Cloud().OSS().AddForeignBucket(logBucket, account)
	begin, change := map[string]any{}, map[string]any{}
	updatable := properties(p.Schemas.Update)
	for name := range properties(p.Schemas.Create) {
		values, ok := samples()[name]
		if !ok {
			t.Errorf("there is no sample of the parameter %s: add one to samples", name)
		}
		if private, isPrivate := privateSamples()[name]; isPrivate && strings.Contains(string(p.Settings), `"public":false`) {
			values = private
		}
		for word, names := range unfit() {
			if strings.Contains(string(p.Settings), word) && slices.Contains(names, name) {
				values = nil
			}
		}
		if len(values) > 0 {
			begin[name] = values[0]
		}
		if _, may := updatable[name]; may && len(values) > 1 {
			change[name] = values[1]
		}
	}
	w := newWalker(t, s, o.ID, p.ID)
	return steps(
		func() error { return w.provision(`,"parameters":` + jsonOf(t, begin)) },
		func() error {
			if len(change) == 0 {
				return nil
			}
			return w.update("{" + w.ids + `,"parameters":` + jsonOf(t, change) + "}")
		},
		w.deprovision,
	)
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// walkFullBucket deletes an instance whose bucket holds objects and an upload. A plan
// that refuses that gets them removed by the account.
func walkFullBucket(t *testing.T, s *stack.Stack, deletion string) error {
	t.Helper()
	w := newWalker(t, s, "oss-997b8372-8dac-40ac-ae65-758b4a502222", "oss-edc2badc-d93b-4d9c-9d8e-da2f1c8c2221")
	return steps(
		func() error { return w.provision("") },
		func() error { return fill(t, s.Cloud()) },
		func() error {
			if deletion == "empty" { // a run that fails counts what is left
				s.Cloud().Faults().Add(cloud.Fault{Action: "oss:DeleteMultipleObjects", Effect: cloud.FailBefore, Code: "InternalError", Times: 1})
			}
			err := w.deprovision()
			if _, denied := err.(*refusal); denied || deletion != "refuse" { //nolint:errorlint // refused returns it bare
				return err
			}
			if err == nil {
				return errors.New("a full bucket was deleted under a plan that refuses that")
			}
			return steps(func() error { return unfill(t, s.Cloud()) }, w.deprovision)
		},
	)
}
