package rpc

import (
	"encoding/json"
	"fmt"

	"sigs.k8s.io/yaml"
)

// Contracts say of each action of a product what it does with its parameters and
// which members of the cloud's answer it leaves out, by the action's name. A
// product has them in an embedded file actions.yaml. The names of parameters in
// lists have N for the number: "Tag.N.Key".
type Contracts map[string]Contract

// A Contract is the part of an action that is data.
type Contract struct {
	// Implements are the parameters that have the effect that they have in the
	// cloud.
	Implements []string `json:"implements"`
	// Checks are parameters that are validated, and at most kept and shown in
	// answers.
	Checks []string `json:"checks"`
	// Defaults are parameters of which one value is taken, compared without case:
	// the one that changes nothing. Any other is refused.
	Defaults map[string]string `json:"defaults"`
	// Refuses are parameters that the cloud takes and the emulator lacks.
	Refuses []string `json:"refuses"`
	// Unanswered are the members of the cloud's answer that are left out, each
	// with the reason ("Items.DBInstanceAttribute.RecoveryModel"). An object stands
	// for all of its members.
	Unanswered map[string]string `json:"unanswered"`
	// Answer is the whole answer of an action that has no code, but for its
	// RequestId. A string "$Name" stands for the value of a parameter or for one
	// of the Subject.
	Answer any `json:"answer"`
	// Of names the Subject of an action that has no code.
	Of string `json:"of"`
}

// ReadContracts reads an actions.yaml. A name that stands twice for one action
// is an error.
func ReadContracts(text []byte) (Contracts, error) {
	var contracts Contracts
	if err := yaml.UnmarshalStrict(text, &contracts); err != nil {
		return nil, fmt.Errorf("rpc: read actions: %w", err)
	}
	for action, c := range contracts {
		if _, err := c.kinds(); err != nil {
			return nil, fmt.Errorf("rpc: action %s: %w", action, err)
		}
	}
	return contracts, nil
}

// MustReadContracts is ReadContracts for a file that is compiled in. It panics
// on an error.
func MustReadContracts(text []byte) Contracts {
	contracts, err := ReadContracts(text)
	if err != nil {
		panic(err)
	}
	return contracts
}

// A Subject is the kind of thing that actions without code are about.
type Subject struct {
	// Look finds it by the request's parameters. The values fill the places of the
	// answer ("$Engine"); a refusal is the answer of the action.
	Look func(*Request) (values map[string]string, refused *Error)
	// Resource is as in Action.
	Resource func(*Request) string
}

// Actions returns the actions of a product: the ones that have code, each with
// its contract, and the ones that are answered by their contract alone. It panics
// where code and contracts do not fit together: code without a contract, a
// contract with neither code nor answer, or with both.
func (cs Contracts) Actions(code map[string]Action, subjects map[string]Subject) map[string]Action {
	actions := make(map[string]Action, len(cs))
	for name, a := range code {
		if _, ok := cs[name]; !ok {
			panic("rpc: the action " + name + " has code and no contract")
		}
		actions[name] = a
	}
	for name, c := range cs {
		a, hasCode := actions[name]
		if hasCode == (c.Answer != nil) {
			panic("rpc: the action " + name + " needs either code or an answer")
		}
		if !hasCode {
			a = c.action(subjects)
		}
		kinds, err := c.kinds()
		if err != nil {
			panic("rpc: action " + name + ": " + err.Error())
		}
		a.Contract, a.gate = c, &gate{kinds, c.Defaults}
		actions[name] = a
	}
	return actions
}

// action makes an action of a contract that has an answer.
func (c Contract) action(subjects map[string]Subject) Action {
	subject := subjects[c.Of]
	return Action{ReadOnly: true, Resource: subject.Resource, Do: func(r *Request) (any, *Error) {
		values := map[string]string{}
		if subject.Look != nil {
			var refused *Error
			if values, refused = subject.Look(r); refused != nil {
				return nil, refused
			}
		}
		return complete(c.Answer, func(name string) string {
			if v, ok := values[name]; ok {
				return v
			}
			return r.Get(name)
		}), nil
	}}
}

// complete returns a copy of a JSON value in which each string "$Name" is replaced.
func complete(v any, value func(name string) string) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for name, member := range v {
			m[name] = complete(member, value)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = complete(element, value)
		}
		return list
	case string:
		if len(v) > 1 && v[0] == '$' {
			return value(v[1:])
		}
	case float64:
		return json.Number(fmt.Sprint(v))
	}
	return v
}
