package catalog

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// Equal reports whether two sets of parameters mean the same. Objects compare in
// any order, and numbers by their exact value: 1, 1.0 and 1e0 are equal,
// 9007199254740993 and 9007199254740992 differ. Absent, null and {} are equal,
// and a top-level null member is absent. Parameters that Normalize refuses
// differ from everything.
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

// equalValues compares parsed values as Equal does.
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

// A decimal is the form that equal numbers share: significant digits without
// zeros at either end, and the power of ten of the last digit.
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
