package ram

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// A decision is the result of a set of statements for one request.
type decision int

const (
	ignored decision = iota // the statements are silent: denied by default
	allowed
	denied
)

// A document is a parsed policy document (RAM documentation, "Policy
// structure and syntax").
type document struct {
	statements []statement
}

// A statement allows or denies actions on resources under conditions. With an
// operator or a key that the emulator lacks, an Allow does not match and a Deny
// does.
type statement struct {
	effect      decision
	actions     []string
	notAction   bool // the statement covers all actions except these
	resources   []string
	notResource bool
	conditions  []condition
}

// parseDocument reads a policy document and checks its grammar. Its errors
// are sentences for the message of MalformedPolicyDocument.
func parseDocument(text string) (document, error) {
	list, err := parseStatements(text)
	if err != nil {
		return document{}, err
	}
	var doc document
	for i, raw := range list {
		s, err := parseStatement(raw)
		if err != nil {
			return document{}, fmt.Errorf("statement %d: %w", i+1, err)
		}
		doc.statements = append(doc.statements, s)
	}
	return doc, nil
}

// parseStatements reads the frame of a document.
func parseStatements(text string) ([]json.RawMessage, error) {
	top, err := object([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("the document is no JSON object: %w", err)
	}
	if err := onlyMembers(top, "Version", "Statement"); err != nil {
		return nil, err
	}
	var version string
	if json.Unmarshal(top["Version"], &version) != nil || version != "1" {
		return nil, errors.New(`the Version must be "1"`)
	}
	var list []json.RawMessage
	if json.Unmarshal(top["Statement"], &list) != nil || len(list) == 0 {
		return nil, errors.New("the Statement must be a list with at least one statement")
	}
	return list, nil
}

func parseStatement(raw []byte) (statement, error) {
	members, err := object(raw)
	if err != nil {
		return statement{}, err
	}
	if err := onlyMembers(members, "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"); err != nil {
		return statement{}, err
	}
	var s statement
	if s.effect, err = effectOf(members); err != nil {
		return statement{}, err
	}
	if s.actions, s.notAction, err = oneOf(members, "Action", "NotAction", validAction); err != nil {
		return statement{}, err
	}
	if s.resources, s.notResource, err = oneOf(members, "Resource", "NotResource", validResource); err != nil {
		return statement{}, err
	}
	s.conditions, err = conditionsOf(members)
	return s, err
}

func conditionsOf(members map[string]json.RawMessage) ([]condition, error) {
	raw, ok := members["Condition"]
	if !ok {
		return nil, nil
	}
	return parseConditions(raw)
}

func effectOf(members map[string]json.RawMessage) (decision, error) {
	var effect string
	_ = json.Unmarshal(members["Effect"], &effect) // what is no string is no effect
	switch effect {
	case "Allow":
		return allowed, nil
	case "Deny":
		return denied, nil
	default:
		return ignored, errors.New("the Effect must be Allow or Deny")
	}
}

// oneOf reads the member name or its opposite, of which exactly one is there.
func oneOf(members map[string]json.RawMessage, name, opposite string, valid func(string) bool) (values []string, negated bool, err error) {
	raw, ok := members[name]
	other, negated := members[opposite]
	if ok == negated {
		return nil, false, fmt.Errorf("exactly one of %s and %s is needed", name, opposite)
	}
	if negated {
		name, raw = opposite, other
	}
	var single string
	if json.Unmarshal(raw, &single) == nil {
		values = []string{single}
	} else if json.Unmarshal(raw, &values) != nil || len(values) == 0 {
		return nil, false, fmt.Errorf("%s must be a string or a list of strings", name)
	}
	for _, value := range values {
		if !valid(value) {
			return nil, false, fmt.Errorf("%s has the invalid value %q", name, value)
		}
	}
	return values, negated, nil
}

// validAction reports whether value is "*" or of the form service:Action.
func validAction(value string) bool {
	if value == "*" {
		return true
	}
	service, action, ok := strings.Cut(value, ":")
	return ok && service != "" && action != ""
}

// validResource reports whether value is "*" or begins as a resource name does:
// acs:service:region:account:relative-id, of which a wildcard may replace the
// end.
func validResource(value string) bool {
	return value == "*" || strings.HasPrefix(value, "acs:") && (strings.Count(value, ":") >= 4 || strings.HasSuffix(value, "*"))
}

// decide returns the document's decision on action and resource. An explicit
// Deny overrides any Allow.
func (d document) decide(action, resource string, values facts) decision {
	result := ignored
	for _, s := range d.statements {
		if !s.covers(action, resource) {
			continue
		}
		result = max(result, effective(s.effect, s.conditions, values))
	}
	return result // denied is the greatest
}

// effective is the effect of a statement under its conditions.
func effective(effect decision, conditions []condition, values facts) decision {
	switch evaluate(conditions, values) {
	case met:
		return effect
	case unclear:
		if effect == denied {
			return denied
		}
	case unmet:
	}
	return ignored
}

// object reads a JSON object. It refuses trailing text and repeated names, of
// which other readers would see only one.
func object(raw []byte) (map[string]json.RawMessage, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if token, err := decoder.Token(); err != nil {
		return nil, err
	} else if token != json.Delim('{') {
		return nil, errors.New("it does not begin with a brace")
	}
	members := make(map[string]json.RawMessage)
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		name, _ := token.(string) // a member's name is a string, or Token fails
		if _, twice := members[name]; twice {
			return nil, fmt.Errorf("the member %q comes twice", name)
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		members[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows it")
	}
	return members, nil
}

func onlyMembers(members map[string]json.RawMessage, known ...string) error {
	for name := range members {
		found := false
		for _, k := range known {
			found = found || k == name
		}
		if !found {
			return fmt.Errorf("the member %q is not known", name)
		}
	}
	return nil
}
