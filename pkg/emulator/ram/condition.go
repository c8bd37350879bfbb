package ram

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A condition compares one key with values (RAM documentation, "Policy
// structure and syntax", Condition).
type condition struct {
	operator, key string
	values        []string
}

// A verdict is the result of the conditions for a request.
type verdict int

const (
	unmet   verdict = iota
	unclear         // the emulator lacks the operator or the key
	met
)

// facts return the values of a condition key; known is false for keys that the
// emulator lacks.
type facts func(key string) (values []string, known bool)

// requestFacts returns the keys that every request has, and the ones in more.
func requestFacts(now time.Time, c cloud.Origin, more map[string][]string) facts {
	return func(key string) ([]string, bool) {
		switch key {
		case "acs:CurrentTime":
			return []string{now.UTC().Format(time.RFC3339)}, true
		case "acs:SecureTransport":
			return []string{strconv.FormatBool(c.Secure)}, true
		case "acs:SourceIp":
			return []string{c.SourceIP.String()}, c.SourceIP.IsValid()
		case "acs:MFAPresent": // an access key is used without a second factor
			return []string{"false"}, true
		}
		values, ok := more[key]
		return values, ok
	}
}

// parseConditions reads a Condition element: operators with keys with values.
func parseConditions(raw json.RawMessage) ([]condition, error) {
	operators, err := object(raw)
	if err != nil {
		return nil, fmt.Errorf("the Condition is no object: %w", err)
	}
	var list []condition
	for operator, keys := range operators {
		members, err := object(keys)
		if err != nil {
			return nil, fmt.Errorf("the condition operator %q has no object of keys: %w", operator, err)
		}
		for key, value := range members {
			values, err := scalars(value)
			if err != nil {
				return nil, fmt.Errorf("the condition key %q: %w", key, err)
			}
			list = append(list, condition{operator, key, values})
		}
	}
	return list, nil
}

// scalars reads a string, number or boolean, or a list of them.
func scalars(raw json.RawMessage) ([]string, error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	var values []string
	for _, item := range list {
		var text string
		switch {
		case json.Unmarshal(item, &text) == nil && item[0] == '"':
			values = append(values, text)
		case len(item) > 0 && strings.IndexByte("-0123456789tf", item[0]) >= 0:
			values = append(values, string(item))
		default:
			return nil, errors.New("its values must be strings")
		}
	}
	if len(values) == 0 {
		return nil, errors.New("it has no values")
	}
	return values, nil
}

// evaluate evaluates all conditions. One unmet condition decides; else one unclear
// condition leaves the result unclear.
func evaluate(conditions []condition, values facts) verdict {
	result := met
	for _, c := range conditions {
		result = min(result, c.evaluate(values))
		if result == unmet {
			return unmet
		}
	}
	return result
}

// evaluate compares the key: one of the values must fit, and for a negated
// operator all must differ.
func (c condition) evaluate(values facts) verdict {
	compare, negated, ok := comparison(c.operator)
	if !ok {
		return unclear
	}
	actual, known := values(c.key)
	if !known {
		return unclear
	}
	fits := slices.ContainsFunc(actual, func(a string) bool {
		return slices.ContainsFunc(c.values, func(v string) bool { return compare(a, v) })
	})
	if fits != negated {
		return met
	}
	return unmet
}

// comparison finds an operator by its name.
func comparison(operator string) (compare func(actual, value string) bool, negated, ok bool) {
	switch operator {
	case "StringEquals", "StringNotEquals":
		compare = func(a, v string) bool { return a == v }
	case "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase":
		compare = strings.EqualFold
	case "StringLike", "StringNotLike":
		compare = func(a, v string) bool { return wildcard(v, a) }
	case "Bool":
		compare = strings.EqualFold
	case "IpAddress", "NotIpAddress":
		compare = inNetwork
	default:
		compare = ordered(operator)
	}
	return compare, strings.Contains(operator, "Not"), compare != nil
}

// inNetwork reports whether an address is value or in the network value.
func inNetwork(actual, value string) bool {
	ip, err := netip.ParseAddr(actual)
	if err != nil {
		return false
	}
	if network, err := netip.ParsePrefix(value); err == nil {
		return network.Contains(ip)
	}
	single, err := netip.ParseAddr(value)
	return err == nil && single.Unmap() == ip
}

// ordered returns the comparison of an operator such as NumericLessThan or
// DateGreaterThanEquals, nil for another operator.
func ordered(operator string) func(actual, value string) bool {
	order := numbers
	relation, ok := strings.CutPrefix(operator, "Numeric")
	if !ok {
		order = dates
		if relation, ok = strings.CutPrefix(operator, "Date"); !ok {
			return nil
		}
	}
	allowed, ok := map[string][]int{
		"Equals": {0}, "NotEquals": {0}, "LessThan": {-1}, "LessThanEquals": {-1, 0}, "GreaterThan": {1}, "GreaterThanEquals": {0, 1},
	}[relation]
	if !ok {
		return nil
	}
	return func(actual, value string) bool {
		c, ok := order(actual, value)
		return ok && slices.Contains(allowed, c)
	}
}

func numbers(a, b string) (int, bool) {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	switch {
	case errX != nil || errY != nil:
		return 0, false
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	}
	return 0, true
}

func dates(a, b string) (int, bool) {
	x, errX := time.Parse(time.RFC3339, a)
	y, errY := time.Parse(time.RFC3339, b)
	return x.Compare(y), errX == nil && errY == nil
}
