package ram

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A trustDocument is the policy of a role about the principals that may assume
// it (RAM API, CreateRole, AssumeRolePolicyDocument).
type trustDocument struct{ statements []trustStatement }

type trustStatement struct {
	effect                  decision
	ram, service, federated []string
	actions                 []string
	conditions              []condition
}

func parseTrust(text string) (trustDocument, error) {
	list, err := parseStatements(text)
	if err != nil {
		return trustDocument{}, err
	}
	var doc trustDocument
	for i, raw := range list {
		s, err := parseTrustStatement(raw)
		if err != nil {
			return trustDocument{}, fmt.Errorf("statement %d: %w", i+1, err)
		}
		doc.statements = append(doc.statements, s)
	}
	return doc, nil
}

func parseTrustStatement(raw json.RawMessage) (s trustStatement, err error) {
	members, err := object(raw)
	if err != nil {
		return s, err
	}
	if err := onlyMembers(members, "Effect", "Principal", "Action", "Condition"); err != nil {
		return s, err
	}
	if s.effect, err = effectOf(members); err != nil {
		return s, err
	}
	if s.actions, _, err = oneOf(members, "Action", "NotAction", validAction); err != nil {
		return s, err
	}
	principals, err := object(members["Principal"])
	if err != nil || len(principals) == 0 {
		return s, errors.New("the Principal must be an object with RAM, Service or Federated")
	}
	if err := onlyMembers(principals, "RAM", "Service", "Federated"); err != nil {
		return s, err
	}
	for name, to := range map[string]*[]string{"RAM": &s.ram, "Service": &s.service, "Federated": &s.federated} {
		// A list may be empty beside another one.
		if value, ok := principals[name]; ok && string(value) != "[]" {
			if *to, err = scalars(value); err != nil {
				return s, fmt.Errorf("the Principal %s: %w", name, err)
			}
		}
	}
	if len(s.ram)+len(s.service)+len(s.federated) == 0 {
		return s, errors.New("the Principal is empty")
	}
	s.conditions, err = conditionsOf(members)
	return s, err
}

// trusts reports whether the principal may assume the role.
func (d trustDocument) trusts(p cloud.Principal, values facts) bool {
	result := ignored
	for _, s := range d.statements {
		if matchAny(s.actions, "sts:AssumeRole", matchAction) && s.names(p) {
			result = max(result, effective(s.effect, s.conditions, values))
		}
	}
	return result == allowed
}

func (s trustStatement) names(p cloud.Principal) bool {
	return slices.ContainsFunc(p.RAM, func(arn string) bool { return slices.Contains(s.ram, arn) }) ||
		p.Service != "" && slices.Contains(s.service, p.Service) ||
		p.Federated != "" && slices.Contains(s.federated, p.Federated)
}

// AssumableRole finds a role, and reports whether it trusts the principal.
func (r *RAM) AssumableRole(name string, p cloud.Principal) (info cloud.RoleInfo, exists, trusted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found, ok := r.roles[name]
	if !ok {
		return cloud.RoleInfo{}, false, false
	}
	return cloud.RoleInfo{Name: found.name, ID: found.id, MaxSession: found.maxSession}, true,
		found.trust.trusts(p, requestFacts(r.clock.Now(), p.Origin, p.Facts))
}
