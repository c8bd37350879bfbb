package rpc

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed parameters.txt
var commonParameters string

// isCommon tells the parameters that every action takes: the ones of the
// protocol, and of the API products ("Common parameters"), with the address of the
// caller that Terraform's provider sends to all of RDS.
func isCommon(name string) bool { return slices.Contains(strings.Fields(commonParameters), name) }

// A kind is what an action does with a parameter.
type kind int

const (
	unknown kind = iota // no model of the action has it
	implemented
	checked
	byDefault // one value of it is taken
	refused
)

// kinds returns the kind of each parameter of the contract.
func (c Contract) kinds() (map[string]kind, error) {
	kinds := map[string]kind{}
	add := func(name string, k kind) error {
		if kinds[name] != unknown {
			return fmt.Errorf("the table has the parameter %s twice", name)
		}
		kinds[name] = k
		return nil
	}
	for k, names := range map[kind][]string{implemented: c.Implements, checked: c.Checks, refused: c.Refuses} {
		for _, name := range names {
			if err := add(name, k); err != nil {
				return nil, err
			}
		}
	}
	for name := range c.Defaults {
		if err := add(name, byDefault); err != nil {
			return nil, err
		}
	}
	return kinds, nil
}

// A gate lets the parameters of one action through.
type gate struct {
	kinds    map[string]kind
	defaults map[string]string
}

// refusal answers the first parameter, by name, that the action lacks; nil
// means that there is none.
func (g gate) refusal(action string, params map[string][]string) *Error {
	var lacking []string
	for name, values := range params {
		if isCommon(name) {
			continue
		}
		pattern := withoutNumbers(name)
		switch g.kinds[pattern] {
		case implemented, checked:
		case byDefault:
			if slices.ContainsFunc(values, func(v string) bool { return v != "" && !strings.EqualFold(v, g.defaults[pattern]) }) {
				lacking = append(lacking, name)
			}
		case unknown, refused:
			lacking = append(lacking, name)
		}
	}
	if len(lacking) == 0 {
		return nil
	}
	return Unsupported(action + "." + shortened(slices.Min(lacking)))
}

// withoutNumbers replaces the numbers in the name of a list's parameter by N.
func withoutNumbers(name string) string {
	if !strings.ContainsAny(name, "0123456789") {
		return name
	}
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if i > 0 && part != "" && strings.Trim(part, "0123456789") == "" {
			parts[i] = "N"
		}
	}
	return strings.Join(parts, ".")
}

// shortened cuts a name that came from outside to a length that an answer may
// have.
func shortened(name string) string { return cut(name, 100) }

// cut shortens a text that is longer than most bytes.
func cut(text string, most int) string {
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "..."
	}
	return text
}

// CommonParameters lists the parameters that every action takes.
func CommonParameters() []string { return strings.Fields(commonParameters) }
