package catalog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Bounds of parameters. The record keeps them, sealed, so their size is limited.
// A number beyond the exponents of a float64 is a mistake on every platform, and
// its exact arithmetic would be costly.
const (
	maxParameters = 64 << 10 // bytes
	maxExponent   = 308
)

// Normalize returns the parameters as the broker keeps them: an object with
// sorted names and without null members, since null counts as absent; nil if
// nothing is left. Numbers stay as they were written (HARD-05). Anything but an
// object of bounded size, with numbers within a float64's exponents, is an error
// with a text for the user.
func Normalize(parameters json.RawMessage) (json.RawMessage, error) {
	members, err := membersOf(parameters)
	if err != nil {
		return nil, err
	}
	return encode(members)
}

// Redact returns the parameters without the secret ones, for answers to GET
// (FI-07, FB-08); nil if nothing is left or the parameters cannot be read.
// Secrets are left out rather than masked, because a platform may send back the
// parameters that it got.
func Redact(parameters json.RawMessage, secret []string) json.RawMessage {
	members, err := membersOf(parameters)
	if err != nil {
		return nil
	}
	for _, name := range secret {
		delete(members, name)
	}
	redacted, err := encode(members)
	if err != nil {
		return nil
	}
	return redacted
}

// membersOf reads an object or null, and leaves null members out.
func membersOf(parameters json.RawMessage) (map[string]json.RawMessage, error) {
	if len(parameters) > maxParameters {
		return nil, fmt.Errorf("parameters are larger than %d bytes: send fewer or shorter ones", maxParameters)
	}
	if len(bytes.TrimSpace(parameters)) == 0 {
		return nil, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(parameters, &members); err != nil {
		return nil, errors.New("parameters must be a JSON object")
	}
	for name, value := range members {
		if string(value) == "null" {
			delete(members, name)
			continue
		}
		if !numbersInRange(parse(value)) {
			return nil, fmt.Errorf("parameter %s has a number out of range", quote(name))
		}
	}
	return members, nil
}

// encode writes an object; no members give nil.
func encode(members map[string]json.RawMessage) (json.RawMessage, error) {
	if len(members) == 0 {
		return nil, nil
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(members); err != nil {
		return nil, fmt.Errorf("encode parameters: %w", err)
	}
	return bytes.TrimSpace(buffer.Bytes()), nil
}

// numbersInRange reports whether all numbers of a value have exponents of a
// float64.
func numbersInRange(value any) bool {
	switch value := value.(type) {
	case json.Number:
		_, exponent, ok := strings.Cut(strings.ToLower(value.String()), "e")
		if !ok {
			return true
		}
		n, err := strconv.Atoi(exponent)
		return err == nil && n <= maxExponent && n >= -maxExponent
	case []any:
		return !slices.ContainsFunc(value, func(member any) bool { return !numbersInRange(member) })
	case map[string]any:
		for _, member := range value {
			if !numbersInRange(member) {
				return false
			}
		}
	}
	return true
}
