package rds

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// The kinds of bindings, as settings of plans and plans of bindings have them. Each is
// one package: dbaccount, sqllogin.
const kindAccount = "account"

// bindingKinds is the part of the provider that makes bindings: each by the kind of the
// plan of its instance, which the plan of the binding keeps.
type bindingKinds map[string]providers.Provider

var (
	_ providers.Claimer = bindingKinds{}
	_ providers.Expirer = bindingKinds{}
)

// bindings returns the part for bindings with all kinds.
func (i instances) bindings() providers.Provider {
	return bindingKinds{kindAccount: i.accountBindings(), kindSQL: i.sqlBindings()}
}

// errUnknownKind is the cause of a failure: a setting that is wrong, or a record of a
// later program.
var errUnknownKind = errors.New("rds: the kind of bindings is unknown")

// bindingKindOf returns the kind of the bindings of instances, by the setting
// bindingKind. Plans of before lack it: kindAccount.
func bindingKindOf(settings json.RawMessage) (string, error) {
	var s struct {
		BindingKind string `json:"bindingKind"`
	}
	if len(settings) > 0 {
		if err := providers.Decode(settings, "settings of the plan", &s); err != nil {
			return "", err
		}
	}
	if s.BindingKind == "" {
		return kindAccount, nil
	}
	return s.BindingKind, nil
}

// kind returns the kind of a name.
func (k bindingKinds) kind(name string) (providers.Provider, error) {
	if kind, ok := k[name]; ok {
		return kind, nil
	}
	return nil, providers.Unreadable(fmt.Errorf("%w: %q", errUnknownKind, name))
}

// of returns the kind that the plan of a binding names. Plans of kindAccount name none.
func (k bindingKinds) of(t providers.Task) (providers.Provider, error) {
	var plan struct {
		Kind string `json:"kind"`
	}
	if err := providers.Decode(t.Plan, "plan of the binding", &plan); err != nil {
		return nil, err
	}
	if plan.Kind == "" {
		plan.Kind = kindAccount
	}
	return k.kind(plan.Kind)
}

// Prepare prepares a binding of the kind of its instance's plan.
func (k bindingKinds) Prepare(t providers.Task) (providers.Plan, error) {
	name := kindAccount
	if t.Of != nil {
		var err error
		if name, err = bindingKindOf(t.Of.Settings); err != nil {
			return nil, err
		}
	}
	kind, err := k.kind(name)
	if err != nil {
		return nil, err
	}
	return kind.Prepare(t)
}

// Observe looks as the kind does.
func (k bindingKinds) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	kind, err := k.of(t)
	if err != nil {
		return providers.Seen{}, err
	}
	return kind.Observe(ctx, t)
}

// Next decides as the kind does.
func (k bindingKinds) Next(t providers.Task, seen providers.Seen) providers.Step {
	kind, err := k.of(t)
	if err != nil {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	return kind.Next(t, seen)
}

// Do makes the call of the kind.
func (k bindingKinds) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	kind, err := k.of(t)
	if err != nil {
		return providers.Facts{}, err
	}
	return kind.Do(ctx, t, s)
}

// CanExpire reports whether the kind of a plan can close its bindings.
func (k bindingKinds) CanExpire(settings json.RawMessage) bool {
	name, err := bindingKindOf(settings)
	if err != nil {
		return false
	}
	expirer, ok := providers.As[providers.Expirer](k[name], providers.Binding)
	return ok && expirer.CanExpire(settings)
}

// Claim returns the name that the kind claims.
func (k bindingKinds) Claim(t providers.Task) (providers.Claim, error) {
	kind, err := k.of(t)
	if err != nil {
		return providers.Claim{}, err
	}
	claimer, ok := providers.As[providers.Claimer](kind, providers.Binding)
	if !ok {
		return providers.Claim{}, nil
	}
	return claimer.Claim(t)
}
