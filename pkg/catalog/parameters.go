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

// Bounds of parameters. They are kept, sealed, in the record; and a number
// beyond the exponents of a float64 is no number that any platform can mean,
// while its exact arithmetic would be costly.
const (
	maxParameters = 64 << 10 // bytes
	maxExponent   = 308
)

// Normalize returns the parameters as the broker keeps them: an object with
// sorted names, without its members that are null, since null counts as
// absent; or nil if nothing is left. Numbers stay as they were written
// (HARD-05). What is not an object, too large or has a number beyond a
// float64's exponents is an error whose text is fit for the user.
func Normalize(parameters json.RawMessage) (json.RawMessage, error) {
	members, err := membersOf(parameters)
	if err != nil {
		return nil, err
	}
	return encode(members)
}

// Equal reports whether two sets of parameters mean the same: objects are
// compared whatever their order, and numbers by value, exactly, so that 1, 1.0
// and 1e0 are equal and 9007199254740993 and 9007199254740992 are not. Absent,
// null and {} are equal, and a top-level member that is null is absent.
// Parameters that Normalize refuses equal nothing.
func Equal(a, b json.RawMessage) bool {
	membersA, errA := membersOf(a)
	membersB, errB := membersOf(b)
	if errA != nil || errB != nil || len(membersA) != len(membersB) {
		return false
	}
	for name, valueA := range membersA {
		valueB, ok := membersB[name]
		if !ok || !equalValues(parse(valueA), parse(valueB)) {
			return false
		}
	}
	return true
}

// Redact returns the parameters without those that are named secret, for
// answers to GET (FI-07, FB-08); nil if nothing is left, or if the parameters
// cannot be read. They are left out rather than masked, because a platform may
// send back what it got.
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

// membersOf reads an object or null; members that are null are left out.
func membersOf(parameters json.RawMessage) (map[string]json.RawMessage, error) {
	if len(parameters) > maxParameters {
		return nil, fmt.Errorf("parameters are larger than %d bytes", maxParameters)
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

// encode is nil for no members.
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

func equalValues(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && decimalOf(a) == decimalOf(b)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equalValues)
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, member := range a {
			other, ok := b[name]
			if !ok || !equalValues(member, other) {
				return false
			}
		}
		return true
	default:
		return a == b
	}
}

// A decimal is a number in the one form that equal numbers share: its
// significant digits without zeros at either end, and the power of ten of the
// last of them.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

func decimalOf(number json.Number) decimal {
	text, negative := strings.CutPrefix(strings.ToLower(number.String()), "-")
	mantissa, power, _ := strings.Cut(text, "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent, _ := strconv.Atoi(power) // bounded by numbersInRange; "" is 0
	digits := strings.TrimLeft(whole+fraction, "0")
	significant := strings.TrimRight(digits, "0")
	if significant == "" {
		return decimal{}
	}
	return decimal{negative, significant, exponent - len(fraction) + len(digits) - len(significant)}
}
