package catalog

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// spellingKeyword is the member of a parameter's schema that states its
// Spelling. Platforms are sent schemas without it.
const spellingKeyword = "x-normal"

// A Spelling lists the ways to write one parameter and its values. All of them
// mean the one value that the schema, the provider and the cloud know. Blanks at
// both ends of a text mean nothing unless it is Exact, and an empty text counts as
// absent. Every member is optional.
type Spelling struct {
	// Names are further names of the parameter. Its own name wins where a
	// request has both.
	Names []string `json:"names,omitempty"`
	// Type is the type of a value in normal form, string or number. A number
	// becomes the value of the enumeration that equals it (8 is "8.0"), and the
	// text of a number becomes the number.
	Type string `json:"type,omitempty"`
	// Lower makes letters small, and Prefix is removed from the start as often as
	// it is there.
	Lower  bool   `json:"lower,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	// Exact takes a text as it is, with the blanks at its ends.
	Exact bool `json:"exact,omitempty"`

	// The members below belong to enumerations. AnyCase ignores letter case,
	// AnySeparator ignores blanks, hyphens, underscores and slashes.
	AnyCase      bool `json:"anyCase,omitempty"`
	AnySeparator bool `json:"anySeparator,omitempty"`
	// Suffix may follow any value, and Synonyms are further words for a value.
	Suffix   string              `json:"suffix,omitempty"`
	Synonyms map[string][]string `json:"synonyms,omitempty"`
	// Refuse gives the end of a sentence for words that need a reason of their
	// own: parameter "NetworkType" ...
	Refuse map[string]string `json:"refuse,omitempty"`

	// Setting allows the settings of a plan to state the value of a parameter that has
	// no default.
	Setting bool `json:"setting,omitempty"`
	// Shipped keeps the parameter's update schema out of records, which name it: the
	// schema is that of the provider. An overlay that changes it unsets Shipped.
	Shipped bool `json:"shipped,omitempty"`

	// Implied is the meaning of an absent parameter of a binding.
	Implied *Implied `json:"implied,omitempty"`

	// Enum is the enumeration of the parameter's schema. Load sets it.
	Enum []any `json:"enum,omitempty"`
}

// An Implied gives the value that an absent parameter stands for: one where the
// parameter By is given, and another where it is absent too.
type Implied struct {
	By        string `json:"by"`
	Given     string `json:"given"`
	Otherwise string `json:"otherwise"`
}

// A Form holds the Spelling of parameters by name. Parameters in normal form
// have one name each and one way to write each value.
type Form map[string]Spelling

// apply returns the members in normal form, and sentences about members that
// contradict each other or that a Spelling refuses.
func (f Form) apply(members map[string]json.RawMessage) (normal map[string]json.RawMessage, problems []string) {
	normal = make(map[string]json.RawMessage, len(members))
	for name, value := range members {
		spelling, ok := f[name]
		if !ok {
			normal[name] = value
			continue
		}
		if value, ok = spelling.value(value); ok {
			normal[name] = value
		}
		problems = append(problems, spelling.refused(name, members[name])...)
	}
	for _, name := range slices.Sorted(maps.Keys(f)) {
		for _, other := range f[name].Names {
			value, ok := members[other]
			if !ok {
				continue
			}
			delete(normal, other)
			problems = append(problems, f[name].refused(other, value)...)
			if value, ok = f[name].value(value); !ok {
				continue
			}
			if own, ok := normal[name]; !ok {
				normal[name] = value
			} else if !equalValues(parse(own), parse(value)) {
				problems = append(problems, "parameters "+quote(name)+" and "+quote(other)+" are one parameter and have different values: give one of them")
			}
		}
	}
	return normal, problems
}

// withImplied adds the values that absent members stand for.
func (f Form) withImplied(members map[string]json.RawMessage) map[string]json.RawMessage {
	all := make(map[string]json.RawMessage, len(members)+1)
	maps.Copy(all, members)
	for name, spelling := range f {
		if spelling.Implied == nil || members[name] != nil {
			continue
		}
		value := spelling.Implied.Otherwise
		if members[spelling.Implied.By] != nil {
			value = spelling.Implied.Given
		}
		all[name] = jsonText(value)
	}
	return all
}

// value returns a value in normal form; present is false for an empty text.
func (s Spelling) value(raw json.RawMessage) (normal json.RawMessage, present bool) {
	switch value := parse(raw).(type) {
	case string:
		return s.text(value)
	case json.Number:
		return s.number(raw, value.String()), true
	default:
		return raw, true
	}
}

// text returns the normal form of a value that was sent as a text.
func (s Spelling) text(text string) (normal json.RawMessage, present bool) {
	if s.Exact {
		return jsonText(text), text != ""
	}
	text = strings.TrimSpace(text)
	if text == "" || len(s.Enum) > 0 && s.fold(text) == "" {
		return nil, false
	}
	if member, ok := s.member(text); ok {
		return jsonText(member), true
	}
	if s.Type == "number" {
		if number, ok := plainNumber(text); ok {
			return number, true
		}
	}
	if s.Lower {
		text = strings.ToLower(text)
	}
	for { // until the text is its own normal form
		rest := strings.TrimSpace(strings.TrimPrefix(text, s.Prefix))
		if rest == "" || rest == text {
			return jsonText(text), true
		}
		text = rest
	}
}

// number returns the normal form of a value that was sent as a number.
func (s Spelling) number(raw json.RawMessage, text string) json.RawMessage {
	switch s.Type {
	case "string":
		if member, ok := s.member(text); ok {
			text = member
		}
		return jsonText(text)
	case "number":
		if number, ok := plainNumber(text); ok {
			return number
		}
	}
	return raw
}

// member returns the value of the enumeration that the text means.
func (s Spelling) member(text string) (string, bool) {
	folded := s.fold(text)
	for _, value := range s.Enum {
		member, ok := value.(string)
		if !ok {
			continue
		}
		for _, word := range append([]string{member}, s.Synonyms[member]...) {
			if folded == s.fold(word) || s.Suffix != "" && folded == s.fold(word+s.Suffix) {
				return member, true
			}
		}
		if s.Type == "string" && isSameNumber(member, text) {
			return member, true
		}
	}
	return "", false
}

// refused returns the sentence of Refuse for the value.
func (s Spelling) refused(name string, raw json.RawMessage) []string {
	text, ok := parse(raw).(string)
	if !ok {
		return nil
	}
	for word, reason := range s.Refuse {
		if s.fold(strings.TrimSpace(text)) == s.fold(word) {
			return []string{"parameter " + quote(name) + " " + reason}
		}
	}
	return nil
}

// fold returns the part of a word that all spellings of one value share.
func (s Spelling) fold(text string) string {
	if s.AnyCase {
		text = strings.ToLower(text)
	}
	if s.AnySeparator {
		text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t-_/", r) }), "")
	}
	return text
}

func isSameNumber(a, b string) bool {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	return errX == nil && errY == nil && x == y
}

// plainNumber writes a number without exponent and without needless zeros.
func plainNumber(text string) (json.RawMessage, bool) {
	number, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
		return nil, false
	}
	return json.RawMessage(strconv.FormatFloat(number, 'f', -1, 64)), true
}
