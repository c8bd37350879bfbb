package catalog

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// stripped returns a schema without the keywords that check nothing.
func stripped(schema json.RawMessage) (json.RawMessage, error) {
	if len(schema) == 0 {
		return nil, nil
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(schema))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if object, ok := value.(map[string]any); ok {
		forRecord(object)
	}
	return encodeValue(strip(value, false))
}

// forRecord leaves out the facts that hold for every recorded schema: parameters
// are an object, other names are refused unless the schema allows them, and each
// value has the type of its normal form and is never null.
func forRecord(schema map[string]any) {
	delete(schema, "type")
	if schema["additionalProperties"] == false {
		delete(schema, "additionalProperties")
	}
	properties, _ := schema["properties"].(map[string]any)
	for _, property := range properties {
		property, ok := property.(map[string]any)
		if !ok {
			continue
		}
		types, _ := property["type"].([]any)
		types = withoutNull(types, "null")
		if spelling, ok := property[spellingKeyword].(map[string]any); ok && spelling["type"] != nil {
			types = []any{spelling["type"]}
		}
		if len(types) == 1 {
			property["type"] = types[0]
		} else if len(types) > 1 {
			property["type"] = types
		}
		if enum, ok := property["enum"].([]any); ok {
			property["enum"] = withoutNull(enum, nil)
		}
	}
}

// strip removes the keywords that only readers of a schema need. named marks an
// object with names of the schema's own choice for members, such as
// "properties".
func strip(value any, named bool) any {
	switch value := value.(type) {
	case []any:
		for i := range value {
			value[i] = strip(value[i], false)
		}
	case map[string]any:
		for _, keyword := range slices.Collect(maps.Keys(value)) {
			switch {
			case named:
				value[keyword] = strip(value[keyword], false)
			case isAnnotation(keyword):
				delete(value, keyword)
			case keyword == "enum", keyword == spellingKeyword: // data, no schemas
			default:
				value[keyword] = strip(value[keyword], slices.Contains([]string{"properties", "patternProperties", "definitions", "dependencies"}, keyword))
			}
		}
	}
	return value
}

// isAnnotation reports whether a keyword describes without checking.
func isAnnotation(keyword string) bool {
	return slices.Contains([]string{"$schema", "id", "title", "description", "default", "examples", "example"}, keyword) ||
		strings.HasPrefix(keyword, "x-") && keyword != spellingKeyword
}
