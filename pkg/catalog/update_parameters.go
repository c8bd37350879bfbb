package catalog

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// An Update is the outcome of an update's parameters.
type Update struct {
	// Parameters are all of the instance after the update, in normal form.
	Parameters json.RawMessage
	// Changed are the parameters with another value than before, with null for
	// one that is set back to its default; nil if the update changes none.
	Changed json.RawMessage
}

// A FixedError says that an update sends another value for parameters that are
// set when an instance is made (UPD-06).
type FixedError struct{ text string }

// Error is a sentence for the user. It names the values in force but for secret
// ones.
func (e *FixedError) Error() string { return e.text }

// Update puts the parameters of an update over those that are held. to is the
// plan after the update: h.Plan, or another one for a move, which drops what it
// does not take.
//
// A parameter that is left out stays as it is (UPD-03), so that platforms may
// send all parameters or only the changed ones. null sets a parameter that
// updates may set back to its default, and is absent elsewhere. The error is a
// *FixedError, or says what is wrong with the parameters (UPD-04).
func (h Held) Update(to *Plan, sent json.RawMessage) (Update, error) {
	have, err := h.stored()
	if err != nil {
		return Update{}, err
	}
	values, unset, err := updateMembers(sent)
	if err != nil {
		return Update{}, err
	}
	moves := to != h.Plan
	if moves {
		have = to.keep(have)
	}
	form := to.instanceForm()
	wanted, problems := form.apply(values)
	takes, updates := to.taken(), to.updatable()
	known := form.withOtherNames(takes.names)
	slices.Sort(known)
	changed, fixed := Values{}, []string{}
	for name, value := range wanted {
		if !takes.has(name) {
			problems = append(problems, unknownParameter(name, known))
			continue
		}
		before, ok := have[name]
		if !moves || !updates.has(name) {
			before, ok = h.current(have, name)
		}
		switch {
		case ok && equalValues(parse(before), parse(value)):
		case updates.has(name):
			changed[name] = value
		default:
			fixed = append(fixed, fixedSentence(name, before, slices.Contains(to.Secret, name)))
		}
	}
	if len(changed) > 0 {
		wrong, err := to.problems(to.Schemas.Update, encoded(changed))
		if err != nil {
			return Update{}, err
		}
		problems = append(problems, wrong...)
	}
	switch {
	case len(problems) > 0:
		return Update{}, problemsError(problems)
	case len(fixed) > 0:
		slices.Sort(fixed)
		return Update{}, &FixedError{text: strings.Join(fixed, "; ")}
	}
	all := maps.Clone(have)
	maps.Copy(all, changed)
	for _, name := range unset {
		name = form.ownName(name)
		_, given := wanted[name]
		before, stored := have[name]
		if given || !stored || !updates.has(name) {
			continue
		}
		if value, ok := h.fallback(name); ok && !moves && equalValues(parse(before), parse(value)) {
			continue
		}
		delete(all, name)
		changed[name] = json.RawMessage("null")
	}
	return Update{Parameters: encoded(all), Changed: encoded(changed)}, nil
}

// updateMembers reads the parameters of an update: the values, and the names with
// null.
func updateMembers(sent json.RawMessage) (values Values, unset []string, err error) {
	if values, err = membersOf(sent); err != nil {
		return nil, nil, err
	}
	var members map[string]json.RawMessage
	if len(sent) > 0 {
		if err := json.Unmarshal(sent, &members); err != nil {
			return nil, nil, err
		}
	}
	for name := range members {
		if _, ok := values[name]; !ok {
			unset = append(unset, name)
		}
	}
	slices.Sort(unset)
	return values, unset, nil
}

// keep returns the parameters of another plan that p takes, in p's normal form. A
// value that updates may set, and that p refuses, is left out too.
func (p *Plan) keep(have Values) Values {
	takes, updates := p.taken(), p.updatable()
	kept, _ := p.instanceForm().apply(have)
	maps.DeleteFunc(kept, func(name string, value json.RawMessage) bool {
		return !takes.has(name) || updates.has(name) && p.CheckUpdate(encoded(Values{name: value})) != nil
	})
	return kept
}

// ownName returns the own name of a parameter that is named in any of its ways.
func (f Form) ownName(name string) string {
	for own, spelling := range f {
		if slices.Contains(spelling.Names, name) {
			return own
		}
	}
	return name
}

// fixedSentence says that a parameter cannot change, and its value in force.
func fixedSentence(name string, value json.RawMessage, secret bool) string {
	sentence := quoteUnusual(name) + " cannot change by an update"
	if value == nil || secret {
		return sentence
	}
	text := string(value)
	if word, ok := parse(value).(string); ok {
		text = quoteUnusual(word)
	}
	if len(text) > maxName {
		return sentence
	}
	return sentence + " (it is " + text + ")"
}

// quoteUnusual quotes a text unless it is a plain word, such as an id, a class or
// a version.
func quoteUnusual(text string) string {
	unusual := func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }
	if text != "" && len(text) <= maxName && !strings.ContainsFunc(text, unusual) {
		return text
	}
	return quote(text)
}

// encoded is encode for members that were valid JSON before.
func encoded(members Values) json.RawMessage {
	raw, err := encode(members)
	if err != nil {
		return nil
	}
	return raw
}
