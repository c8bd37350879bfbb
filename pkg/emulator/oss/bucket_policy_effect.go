package oss

import (
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
)

// A policyVerdict is what the policy of a bucket says about a request.
type policyVerdict int

const (
	policySilent policyVerdict = iota
	policyAllows
	policyDenies
)

// judge returns the verdict of a bucket's policy; a Deny is stronger than any
// Allow (A404). Public statements count for nothing while public access is blocked
// (A406).
func (s *Service) judge(r *request, b *bucket, action, resource string) policyVerdict {
	text, there := b.documents[documentPolicy]
	if !there || s.behaviour.IgnoreBucketPolicies {
		return policySilent
	}
	policy, _ := parsePolicy([]byte(text)) // was checked when it was put
	verdict := policySilent
	for _, statement := range policy.Statement {
		if statement.isPublic() && b.isBlocked() || !statement.names(r.caller, b.owner) ||
			!statement.rule().Applies(s.cfg.Clock.Now(), r.caller.Origin, action, "acs:oss:*:"+b.owner+":"+resource) {
			continue
		}
		if statement.Effect == "Deny" {
			return policyDenies
		}
		verdict = policyAllows
	}
	return verdict
}

// rule returns what the statement says about actions, resources and conditions.
func (s bucketStatement) rule() ram.Rule {
	rule := ram.Rule{Deny: s.Effect == "Deny", Actions: s.Action, NotActions: s.NotAction, Resources: s.Resource, NotResources: s.NotResource}
	for operator, keys := range s.Condition {
		if rule.Conditions == nil {
			rule.Conditions = map[string]map[string][]string{}
		}
		rule.Conditions[operator] = map[string][]string{}
		for key, values := range keys {
			rule.Conditions[operator][key] = values
		}
	}
	return rule
}

// names reports whether the caller is a principal of the statement. All principals
// without a condition are all but the bucket's owner (A405).
func (s bucketStatement) names(caller identity, owner string) bool {
	all := s.isForAll()
	if len(s.NotPrincipal) > 0 {
		return !slices.ContainsFunc(s.NotPrincipal, caller.isNamed)
	}
	if all {
		isOwner := caller.signed && caller.Kind == cloud.Account && caller.AccountID == owner
		return !isOwner || len(s.Condition) > 0
	}
	return slices.ContainsFunc(s.Principal, caller.isNamed)
}

// isNamed reports whether a principal of a bucket policy is the caller: the number of
// an account or of a RAM user, or sessions of roles, with wildcards, as
// "arn:sts::ACCOUNT:assumed-role/ROLE/*" (OSS documentation, "Bucket Policy").
func (i identity) isNamed(principal string) bool {
	switch {
	case principal == "*":
		return true
	case !i.signed:
		return false
	}
	switch i.Kind {
	case cloud.Account:
		return principal == i.AccountID
	case cloud.User:
		return principal == i.ID
	case cloud.Role:
		session := strings.Replace(i.ARN, "acs:ram::", "arn:sts::", 1)
		return ram.MatchesWildcards(strings.ToLower(principal), strings.ToLower(session)) // A122
	}
	return false
}
