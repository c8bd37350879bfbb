package catalog

import (
	"bytes"
	"encoding/json"
)

// decodeStrict decodes JSON and refuses unknown members.
func decodeStrict(raw []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// parse returns a valid JSON value with its numbers as json.Number.
func parse(value json.RawMessage) any {
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	var parsed any
	if err := decoder.Decode(&parsed); err != nil {
		return nil
	}
	return parsed
}

// encodeValue writes JSON without escapes for HTML.
func encodeValue(value any) (json.RawMessage, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(buffer.Bytes()), nil
}

// jsonText returns a text as a JSON string.
func jsonText(text string) json.RawMessage {
	encoded, err := encodeValue(text)
	if err != nil { // a string can always be encoded
		return nil
	}
	return encoded
}

// mergePatch patches have with change, as RFC 7396 defines it. It is our own
// because evanphx/json-patch refuses to patch null, drops null members within
// arrays, which RFC 7396 keeps, and escapes HTML.
func mergePatch(have, change json.RawMessage) json.RawMessage {
	var to, from map[string]json.RawMessage
	if json.Unmarshal(change, &from) != nil || from == nil {
		return change // anything but an object replaces the value
	}
	if json.Unmarshal(orNull(have), &to) != nil || to == nil {
		to = map[string]json.RawMessage{}
	}
	for name, value := range from {
		if string(value) == "null" {
			delete(to, name)
			continue
		}
		to[name] = mergePatch(to[name], value)
	}
	merged, err := encodeValue(to)
	if err != nil { // valid members can always be encoded
		return change
	}
	return merged
}

// withoutMember returns a validated JSON object without one of its members.
func withoutMember(object json.RawMessage, member string) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(object, &members) != nil {
		return object
	}
	delete(members, member)
	changed, err := encodeValue(members)
	if err != nil {
		return object
	}
	return changed
}

// propertiesOf returns the properties of a schema by name.
func propertiesOf(schema json.RawMessage) map[string]json.RawMessage {
	var shape struct {
		Properties map[string]json.RawMessage `json:"properties"`
	}
	if len(schema) == 0 || json.Unmarshal(schema, &shape) != nil {
		return nil
	}
	return shape.Properties
}

// withProperties returns a validated schema with other properties.
func withProperties(schema json.RawMessage, properties map[string]json.RawMessage) json.RawMessage {
	var members map[string]json.RawMessage
	err := json.Unmarshal(schema, &members)
	if err == nil {
		members["properties"], err = encodeValue(properties)
	}
	var changed json.RawMessage
	if err == nil {
		changed, err = encodeValue(members)
	}
	if err != nil {
		return schema
	}
	return changed
}

// orNull returns the value, or null for none.
func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// kindOf returns the JSON type of a value.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	default:
		return "number"
	}
}
