package osb

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
)

// Decode reads a request body into one of the request types. Member names are
// compared letter for letter, members it does not know are ignored (EXT-01),
// and null counts as absent. A json.RawMessage field takes an object, as all
// of the specification's open members are objects. Its errors are *Error with
// status 400 and name the member and the type it must have, never the value.
func Decode[T any](body []byte) (T, error) {
	var request T
	if err := decodeObject("", body, reflect.ValueOf(&request).Elem()); err != nil {
		return *new(T), err
	}
	return request, nil
}

// maxString bounds the ids in bodies and queries, in bytes: some are kept in
// records, which need room for what comes later.
const maxString = 1 << 10

// RequireString returns a 400 that names the member or query parameter if its
// value is missing or empty, which the specification treats alike (URL-05), or
// longer than any id.
func RequireString(name, value string) error {
	switch {
	case value == "":
		return ErrBadRequest("%s is missing or empty: send it as a non-empty string.", name)
	case len(value) > maxString:
		return ErrBadRequest("%s is longer than %d bytes: send a shorter one.", name, maxString)
	}
	return nil
}

// CheckObject returns a 400 unless body is exactly one JSON object in which no
// name stands twice in the same object: of two values, none can be taken in
// good faith.
func CheckObject(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return ErrBadRequest("The request has no body: send one JSON object.")
	}
	var whole json.RawMessage
	if err := json.Unmarshal(body, &whole); err != nil {
		return errNotJSON(err)
	}
	if !isObject(whole) {
		return ErrBadRequest("The body is not a JSON object: send one JSON object.")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	return checkNames(decoder)
}

// checkNames reads one JSON value, known to be valid and of bounded depth.
func checkNames(decoder *json.Decoder) error {
	token, err := decoder.Token()
	if err != nil {
		return errNotJSON(err)
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	var seen map[string]bool
	if delim == '{' {
		seen = map[string]bool{}
	}
	for decoder.More() {
		if seen != nil {
			token, err := decoder.Token()
			if err != nil {
				return errNotJSON(err)
			}
			name, _ := token.(string)
			if seen[name] {
				return ErrBadRequest("The body has the member %.64q twice in one object: send it once.", name)
			}
			seen[name] = true
		}
		if err := checkNames(decoder); err != nil {
			return err
		}
	}
	_, err = decoder.Token() // the closing bracket
	if err != nil {
		return errNotJSON(err)
	}
	return nil
}

func errNotJSON(err error) error {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return ErrBadRequest("The body is not valid JSON (error at byte %d): send one JSON object.", syntax.Offset)
	}
	return ErrBadRequest("The body is not valid JSON: send one JSON object.")
}

// decodeObject fills the struct into from the JSON object body. The path is
// that of the object, empty for the whole body.
func decodeObject(path string, body []byte, into reflect.Value) error {
	if !json.Valid(body) {
		return CheckObject(body)
	}
	if !isObject(body) {
		return errWrongType(path, "an object")
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return errWrongType(path, "an object")
	}
	for i := range into.NumField() {
		name, _, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ",")
		value, present := members[name]
		if !present || string(value) == "null" {
			continue
		}
		if path != "" {
			name = path + "." + name
		}
		if err := decodeMember(name, value, into.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func decodeMember(name string, value json.RawMessage, into reflect.Value) error {
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.New(into.Type().Elem()))
		into = into.Elem()
	}
	if raw, ok := reflect.TypeAssert[*json.RawMessage](into.Addr()); ok {
		if !isObject(value) {
			return errWrongType(name, "an object")
		}
		*raw = bytes.Clone(value)
		return nil
	}
	if into.Kind() == reflect.Struct {
		return decodeObject(name, value, into)
	}
	if err := json.Unmarshal(value, into.Addr().Interface()); err != nil {
		return errWrongType(name, article(into.Kind()))
	}
	return nil
}

func article(kind reflect.Kind) string {
	switch kind {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a boolean"
	case reflect.Slice:
		return "an array"
	default:
		return "a number"
	}
}

func errWrongType(name, want string) error {
	if name == "" {
		return ErrBadRequest("The body is not a JSON object: send one JSON object.")
	}
	return ErrBadRequest("%s must be %s.", name, want)
}

func isObject(value []byte) bool {
	value = bytes.TrimLeft(value, " \t\r\n")
	return len(value) > 0 && value[0] == '{'
}
