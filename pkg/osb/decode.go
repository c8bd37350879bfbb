package osb

import (
	"bytes"
	jsonv1 "encoding/json"
	"errors"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Decode reads a request body into one of the request types: exactly one JSON
// object, in which each name stands once. Member names are compared letter for
// letter, unknown members are ignored (EXT-01), and null counts as absent. A
// field of type json.RawMessage takes an object, as all open members of the
// specification are objects, and keeps its bytes. Errors are *Error with status
// 400; they name the member and the type it must have, and leave its value out.
func Decode[T any](body []byte) (T, error) {
	var request T
	if err := checkObject(body); err != nil {
		return request, err
	}
	if err := json.Unmarshal(body, &request, requestForm()); err != nil {
		return *new(T), errWrongType("", body, reflect.TypeFor[T]())
	}
	return request, nil
}

// requestForm returns the options for reading requests. checkObject has looked for
// repeated names, which takes memory for each name, so reading does not repeat it.
func requestForm() json.Options {
	return json.JoinOptions(json.WithUnmarshalers(json.UnmarshalFromFunc(readObject)),
		jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
}

// checkObject returns a 400 unless body is exactly one JSON object without
// repeated names: a repeated name has two values, and either may be the one
// that is meant. Invalid UTF-8 is accepted and read as U+FFFD. Mistakes of
// syntax are reported before repeated names.
func checkObject(body []byte) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return ErrBadRequest("The request has no body: send one JSON object.")
	}
	value := jsontext.Value(body)
	if !value.IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
		return errNotJSON(body)
	}
	if value.Kind() != jsontext.KindBeginObject {
		return ErrBadRequest("The body is not a JSON object: send one JSON object.")
	}
	_, err := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowInvalidUTF8(true)).ReadValue()
	if syntactic, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		return ErrBadRequest("The body has the member %.64q twice in one object: send it once.", syntactic.JSONPointer.LastToken())
	}
	return nil
}

// errNotJSON is the 400 for a body that is no JSON. The byte it names is the
// first that cannot stand there, which encoding/json counts; jsontext counts to
// the start of a bad escape.
func errNotJSON(body []byte) error {
	if isTooDeep(body) {
		return ErrBadRequest("The body has more than %d objects and arrays inside each other: send one that is nested less deeply.", maxDepth)
	}
	var value jsonv1.RawMessage
	if syntax, ok := errors.AsType[*jsonv1.SyntaxError](jsonv1.Unmarshal(body, &value)); ok {
		return ErrBadRequest("The body is not valid JSON (error at byte %d): send one JSON object.", syntax.Offset)
	}
	return ErrBadRequest("The body is not valid JSON: send one JSON object.")
}

// maxDepth is the deepest nesting that jsontext reads.
const maxDepth = 10000

// isTooDeep reports whether the nesting is what keeps a body from being read.
func isTooDeep(body []byte) bool {
	decoder := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true))
	for {
		if _, err := decoder.ReadToken(); err != nil {
			rest := bytes.TrimLeft(body[decoder.InputOffset():], " \t\r\n,:")
			return decoder.StackDepth() == maxDepth && len(rest) > 0 && (rest[0] == '[' || rest[0] == '{')
		}
	}
}

// readObject reads an open member: an object, whose bytes are kept, or null.
func readObject(decoder *jsontext.Decoder, into *jsonv1.RawMessage) error {
	value, err := decoder.ReadValue()
	if err != nil {
		return err
	}
	switch value.Kind() {
	case jsontext.KindNull:
		*into = nil
	case jsontext.KindBeginObject:
		*into = bytes.Clone(value)
	default:
		return errors.New("no object")
	}
	return nil
}

// errWrongType is the 400 for an object with a member of another type than the
// specification's, after the path of the object. Of several such members it names
// the first of the type's fields, in whichever order the body has them. Members of
// requests are strings and objects.
func errWrongType(path string, object []byte, fields reflect.Type) error {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(object, &members, requestForm()); err != nil {
		return ErrBadRequest("The body is not valid JSON: send one JSON object.")
	}
	for field := range fields.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		value, ok := members[name]
		if !ok || json.Unmarshal(value, reflect.New(field.Type).Interface(), requestForm()) == nil {
			continue
		}
		switch {
		case field.Type.Kind() == reflect.String:
			return ErrBadRequest("%s must be a string.", path+name)
		case field.Type.Kind() == reflect.Pointer && value.Kind() == jsontext.KindBeginObject:
			return errWrongType(path+name+".", value, field.Type.Elem())
		default:
			return ErrBadRequest("%s must be an object.", path+name)
		}
	}
	return ErrBadRequest("The body is not valid JSON: send one JSON object.")
}

// maxString bounds the ids in bodies and queries, in bytes: some are kept in
// records, which need room for later additions.
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
