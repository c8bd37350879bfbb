package oss

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramrole"
)

// The kinds of bindings, as records have them. Each is one package: ramuser, ramrole.
const (
	kindRAM  = "ram"
	kindRole = ramrole.Name
)

// kindsOf returns the kinds of bindings that a plan allows, by its setting
// bindingKinds. Plans of before lack it: kindRAM. Unknown kinds are the operator's
// mistake.
func kindsOf(settings json.RawMessage) ([]string, error) {
	var s struct {
		BindingKinds []string `json:"bindingKinds"`
	}
	if len(settings) > 0 {
		if err := providers.Decode(settings, "settings of the plan", &s); err != nil {
			return nil, err
		}
	}
	if len(s.BindingKinds) == 0 {
		return []string{kindRAM}, nil
	}
	for _, kind := range s.BindingKinds {
		if kind != kindRAM && kind != kindRole {
			return nil, providers.Unreadable(fmt.Errorf("oss: the setting bindingKinds has the unknown kind %q: use ram, role or both", kind))
		}
	}
	return s.BindingKinds, nil
}

// inTheirPlace tells users of the kinds that a plan allows how to bind.
func inTheirPlace(allowed []string) string {
	if slices.Contains(allowed, kindRAM) {
		return "Leave out Kind and ServiceAccount: the binding is then a RAM user with a key."
	}
	return "It makes those of the kind role: leave out Kind, and name a Kubernetes service account in ServiceAccount."
}

// chooseKind returns the kind of a new binding: the user's, or the one that the
// other parameters mean. A service account means kindRole, and no other kind takes
// one.
func chooseKind(p bindParameters, settings json.RawMessage) (string, error) {
	allowed, err := kindsOf(settings)
	if err != nil {
		return "", err
	}
	kind := p.Kind
	switch {
	case kind == "" && p.ServiceAccount != "":
		kind = kindRole
	case kind == "" && slices.Contains(allowed, kindRAM):
		kind = kindRAM
	case kind == "":
		kind = allowed[0]
	}
	switch {
	case !slices.Contains(allowed, kind):
		return "", invalid("This plan makes no bindings of the kind "+kind+". "+inTheirPlace(allowed), nil)
	case kind == kindRole && p.ServiceAccount == "":
		return "", invalid("A binding of the kind role is for one Kubernetes service account: name it in ServiceAccount.", nil)
	case kind != kindRole && p.ServiceAccount != "":
		return "", invalid("ServiceAccount is for bindings of the kind role: set Kind to role, or leave out one of the two.", nil)
	}
	return kind, nil
}
