package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Demands of CAT-39 on every schema.
const (
	draft04       = "http://json-schema.org/draft-04/schema#"
	maxSchemaSize = 64 << 10 // bytes, serialised
)

// An inputSchema is one compiled schema, ready to check parameters in normal
// form. The zero value takes no parameters.
type inputSchema struct {
	schema *jsonschema.Schema
	form   Form
	names  []string // of parameters, other names included, sorted
	open   bool     // other names are accepted too
}

// validate checks all schemas and returns the names of their parameters.
func (s Schemas) validate() ([]string, error) {
	var names []string
	var problems []error
	for _, input := range []struct {
		place string
		raw   json.RawMessage
	}{{"schemas.create", s.Create}, {"schemas.update", s.Update}, {"schemas.bind", s.Bind}} {
		compiled, err := validateInput(input.raw)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s%w", input.place, err))
			continue
		}
		names = append(names, compiled.names...)
	}
	return names, errors.Join(problems...)
}

// validateInput checks the demands of CAT-39, then the spellings and defaults of
// the schema. Its errors continue the schema's place.
func validateInput(raw json.RawMessage) (*inputSchema, error) {
	if len(raw) == 0 {
		return &inputSchema{}, nil
	}
	if len(raw) > maxSchemaSize {
		return nil, fmt.Errorf(" is larger than %d bytes", maxSchemaSize)
	}
	var shape struct {
		Dialect              string          `json:"$schema"`
		Type                 string          `json:"type"`
		AdditionalProperties json.RawMessage `json:"additionalProperties"`
	}
	if err := json.Unmarshal(raw, &shape); err != nil {
		return nil, fmt.Errorf(" is not an object schema: %w", err)
	}
	if shape.Dialect != draft04 {
		return nil, fmt.Errorf(".$schema must be %q", draft04)
	}
	if shape.Type != "object" {
		return nil, errors.New(".type must be \"object\"")
	}
	if shape.AdditionalProperties == nil {
		return nil, errors.New(".additionalProperties is missing: write false, so that platforms know that other names are refused")
	}
	schema, err := compileInput(raw)
	if err != nil {
		return nil, err
	}
	return schema, validateParameters(raw, schema)
}

// compileInput compiles a schema of the catalog or of a record. It takes well
// under a millisecond, so each request compiles anew: the work that it starts
// takes seconds. Its errors continue the schema's place.
func compileInput(raw json.RawMessage) (*inputSchema, error) {
	if len(raw) == 0 {
		return &inputSchema{}, nil
	}
	var shape struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(raw, &shape); err != nil {
		return nil, fmt.Errorf(" is not an object schema: %w", err)
	}
	form, err := formOf(shape.Properties)
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	if ref := externalReference(document); ref != "" {
		return nil, fmt.Errorf(" refers to %q: platforms do not follow external references", ref)
	}
	form.replaceTypes(document)
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft4)
	compiler.UseLoader(noLoader{})
	const name = "urn:parameters" // a name without a scheme would be a file of the working folder
	if err := compiler.AddResource(name, document); err != nil {
		return nil, fmt.Errorf(": %w", err)
	}
	schema, err := compiler.Compile(name)
	if err != nil {
		return nil, fmt.Errorf(" is not valid draft-04: %w", err)
	}
	return &inputSchema{
		schema: schema,
		form:   form,
		names:  form.names(shape.Properties),
		open:   isOpen(raw),
	}, nil
}

// isOpen reports whether a schema accepts names beyond its properties.
func isOpen(raw json.RawMessage) bool {
	var shape struct {
		PatternProperties    json.RawMessage `json:"patternProperties"`
		AdditionalProperties json.RawMessage `json:"additionalProperties"`
	}
	if len(raw) == 0 || json.Unmarshal(raw, &shape) != nil {
		return false
	}
	return shape.AdditionalProperties != nil && string(shape.AdditionalProperties) != "false" || shape.PatternProperties != nil
}

// externalReference returns a "$ref" that leaves the document, or the empty
// string.
func externalReference(value any) string {
	switch value := value.(type) {
	case map[string]any:
		if ref, ok := value["$ref"].(string); ok && !strings.HasPrefix(ref, "#") {
			return ref
		}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			if ref := externalReference(value[name]); ref != "" {
				return ref
			}
		}
	case []any:
		for _, member := range value {
			if ref := externalReference(member); ref != "" {
				return ref
			}
		}
	}
	return ""
}

// noLoader keeps the compiler away from files and networks.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("external schema %s is not loaded", url)
}
