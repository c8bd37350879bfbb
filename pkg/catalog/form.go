package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// NormalInstance returns the parameters of an instance, as its users sent them,
// in normal form. Parameters that Normalize refuses are an error.
func (p *Plan) NormalInstance(parameters json.RawMessage) (json.RawMessage, error) {
	return p.instanceForm().Normal(parameters)
}

// NormalBinding returns the parameters of a binding in normal form, as
// NormalInstance does for instances.
func (p *Plan) NormalBinding(parameters json.RawMessage) (json.RawMessage, error) {
	return formOfSchema(p.Schemas.Bind).Normal(parameters)
}

// BindingValues returns the parameters of a binding in normal form, with the
// defaults of the bind schema in the place of absent ones.
func (p *Plan) BindingValues(parameters json.RawMessage) (json.RawMessage, error) {
	normal, err := p.NormalBinding(parameters)
	defaults := defaultsOfSchema(p.Schemas.Bind)
	if err != nil || len(defaults) == 0 {
		return normal, err
	}
	members, err := membersOf(normal)
	if err != nil {
		return nil, err
	}
	for name, value := range members {
		if string(value) != "null" {
			defaults[name] = value
		}
	}
	return encode(defaults)
}

// SameBinding reports whether two sets of a binding's parameters mean the same
// (BIND-09, BIND-11). A default that is written out, and a value that others imply,
// equals an absent parameter.
func (p *Plan) SameBinding(a, b json.RawMessage) bool {
	valuesA, errA := p.bindingMeaning(a)
	valuesB, errB := p.bindingMeaning(b)
	return errA == nil && errB == nil && Equal(valuesA, valuesB)
}

// bindingMeaning is BindingValues with the implied values of absent parameters.
func (p *Plan) bindingMeaning(parameters json.RawMessage) (json.RawMessage, error) {
	values, err := p.BindingValues(parameters)
	if err != nil {
		return nil, err
	}
	members, err := membersOf(values)
	if err != nil {
		return nil, err
	}
	return encode(formOfSchema(p.Schemas.Bind).withImplied(members))
}

// instanceForm returns the spellings of an instance's parameters: all of the
// create schema, or for a plan from a record the two parts that it keeps.
func (p *Plan) instanceForm() Form {
	if p.Form == nil {
		return formOfSchema(p.Schemas.Create)
	}
	form := maps.Clone(p.Form)
	for name, spelling := range formOfSchema(p.Schemas.Update) {
		if _, ok := form[name]; !ok {
			form[name] = spelling
		}
	}
	return form
}

// Normal returns the parameters in normal form; nil if nothing is left. Where a
// parameter has several names, its own name wins.
func (f Form) Normal(parameters json.RawMessage) (json.RawMessage, error) {
	members, err := membersOf(parameters)
	if err != nil {
		return nil, err
	}
	normal, _ := f.apply(members)
	return encode(normal)
}

// formOf reads the spellings of a schema's properties. Its errors continue the
// schema's place.
func formOf(properties map[string]json.RawMessage) (Form, error) {
	form := Form{}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		var property struct {
			Spelling json.RawMessage `json:"x-normal"`
			Enum     []any           `json:"enum"`
		}
		if err := json.Unmarshal(properties[name], &property); err != nil {
			continue // the compiler reports it
		}
		if property.Spelling == nil {
			continue
		}
		var spelling Spelling
		if err := decodeStrict(property.Spelling, &spelling); err != nil {
			return nil, fmt.Errorf(".properties.%s.%s: %w", name, spellingKeyword, err)
		}
		spelling.Enum = property.Enum
		form[name] = spelling
	}
	return form, nil
}

// formOfSchema is formOf for a schema that was validated before.
func formOfSchema(raw json.RawMessage) Form {
	var shape struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &shape) != nil {
		return nil
	}
	form, err := formOf(shape.Properties)
	if err != nil {
		return nil
	}
	return form
}

// replaceTypes replaces the types of the rendered schema by the type that a value
// has in normal form.
func (f Form) replaceTypes(schema any) {
	object, _ := schema.(map[string]any)
	properties, _ := object["properties"].(map[string]any)
	for name, spelling := range f {
		if property, ok := properties[name].(map[string]any); ok && spelling.Type != "" {
			property["type"] = spelling.Type
		}
	}
}

// names returns the names of all parameters, other names included, sorted.
func (f Form) names(properties map[string]json.RawMessage) []string {
	names := slices.Collect(maps.Keys(properties))
	for _, spelling := range f {
		names = append(names, spelling.Names...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// withOtherNames returns the names and every other name of the parameters.
func (f Form) withOtherNames(names []string) []string {
	all := slices.Clone(names)
	for _, name := range names {
		for _, other := range f[name].Names {
			if !slices.Contains(all, other) {
				all = append(all, other)
			}
		}
	}
	return all
}

// validateParameters checks the spellings and defaults of a compiled schema:
// each value of an enumeration is its own normal form, each name belongs to one
// parameter, and a default is a value that the schema accepts.
func validateParameters(raw json.RawMessage, schema *inputSchema) error {
	var shape struct {
		Properties map[string]struct {
			Default json.RawMessage `json:"default"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(raw, &shape); err != nil {
		return fmt.Errorf(": %w", err)
	}
	taken := map[string]bool{}
	for name := range shape.Properties {
		taken[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(shape.Properties)) {
		spelling := schema.form[name]
		for _, other := range spelling.Names {
			if taken[other] {
				return fmt.Errorf(".properties.%s.%s: the name %q is taken", name, spellingKeyword, other)
			}
			taken[other] = true
		}
		if err := spelling.validate(); err != nil {
			return fmt.Errorf(".properties.%s: %w", name, err)
		}
		if value := shape.Properties[name].Default; value != nil && string(value) != "null" {
			if err := schema.checkDefault(name, value); err != nil {
				return fmt.Errorf(".properties.%s.default: %w", name, err)
			}
		}
	}
	return nil
}

// validate reports a spelling that contradicts itself or its enumeration.
func (s Spelling) validate() error {
	if !slices.Contains([]string{"", "string", "number"}, s.Type) {
		return fmt.Errorf("%s.type is %q: write string or number", spellingKeyword, s.Type)
	}
	for _, value := range s.Enum {
		text, ok := value.(string)
		if !ok {
			continue
		}
		if member, ok := s.member(text); !ok || member != text {
			return fmt.Errorf("enum: %q is also a spelling of %q", text, member)
		}
	}
	for _, value := range slices.Sorted(maps.Keys(s.Synonyms)) {
		if !slices.Contains(s.Enum, any(value)) {
			return fmt.Errorf("%s.synonyms: %q is no value of enum", spellingKeyword, value)
		}
	}
	for _, word := range slices.Sorted(maps.Keys(s.Refuse)) {
		if member, ok := s.member(word); ok {
			return fmt.Errorf("%s.refuse: %q is a spelling of %q", spellingKeyword, word, member)
		}
	}
	return nil
}

// checkDefault reports a default that is not a value of the schema in normal
// form.
func (s *inputSchema) checkDefault(name string, value json.RawMessage) error {
	single := map[string]json.RawMessage{name: value}
	normal, _ := s.form.apply(single)
	if !equalValues(parse(normal[name]), parse(value)) {
		return fmt.Errorf("write it as %s", normal[name])
	}
	for _, f := range s.findings(map[string]any{name: parse(value)}) {
		if len(f.place) > 0 && f.place[0] == name {
			return errors.New(f.want)
		}
	}
	return nil
}
