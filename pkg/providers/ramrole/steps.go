package ramrole

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// The steps. A detachment that is repeated has the same request each time, and
// finds the next policy by a look of its own.
const (
	stepRole         = "role" // with tags: TagStep
	stepPolicy       = "policy"
	stepAttach       = "attach"
	stepDetach       = "detach"
	stepDeletePolicy = "delete-policy"
	stepDeleteRole   = "delete-role"
)

// Sentences for users.
const (
	textForeign = "The name that was drawn for the binding's RAM role or policy is in use elsewhere. Delete this binding and make another."
	textRefused = "The cloud refuses a request of the broker. Ask the operator of the broker."
	textAccount = "The OIDC provider of this cluster belongs to another cloud account than the role of this binding, which can trust none but its own. Bind without ServiceAccount, or ask the operator of the broker."
	textTrust   = "The cloud refuses the trust policy of this binding's role, which names the OIDC provider of the cluster. Ask the operator of the broker to check the clusters file; the broker goes on by itself."
	textQuota   = "The cloud account has as many RAM roles or policies as it may have. The operator of the broker raises the quota or removes some, and the broker goes on by itself."
)

// request is the request of every step; a step reads the members it needs.
type request struct {
	Role     string `json:"role,omitempty"`
	Policy   string `json:"policy,omitempty"`
	Document string `json:"document,omitempty"`
	Trust    string `json:"trust,omitempty"`
	Mark     string `json:"mark,omitempty"`
	Tags     []tag  `json:"tags,omitempty"`
}

// nextToMake returns the next step towards a binding that exists. The caller adds
// the credentials to Done. No look can tell whether the permissions of the role
// count already (A401): the service account alone assumes it.
func nextToMake(t providers.Task, p plan, s State) providers.Step {
	var step providers.Step
	switch {
	case s.Role == rampolicy.Foreign || s.Policy == rampolicy.Foreign:
		return providers.FailStep(providers.Broken, textForeign)
	case s.Role == rampolicy.Missing:
		name, tags := t.TagStep(stepRole)
		step = providers.CallStep(name, request{Role: p.Role, Trust: p.Trust, Mark: p.Mark, Tags: tagsOf(tags)})
	case !isOfAccount(s.ARN, p.Provider):
		return providers.FailStep(providers.Invalid, textAccount)
	case s.Policy == rampolicy.Missing:
		step = providers.CallStep(stepPolicy, request{Policy: p.Policy, Document: p.Document, Mark: p.Mark})
	case !slices.Contains(s.Attached, rampolicy.Attachment{Type: rampolicy.Custom, Policy: p.Policy}):
		step = providers.CallStep(stepAttach, request{Role: p.Role, Policy: p.Policy})
	default:
		return providers.DoneStep(nil)
	}
	if slices.Contains(t.Refused, step.Name) {
		return providers.FailStep(providers.Broken, textRefused)
	}
	return step
}

// isOfAccount reports whether a role is in the account of an OIDC provider.
func isOfAccount(role, provider string) bool {
	return strings.HasPrefix(role, "acs:ram::"+descriptor.AccountOf(provider)+":role/")
}

// nextToRemove takes access away first. A role and a policy that the record has
// as made are removed once even if RAM does not show them, since its answers may
// lag. Attachments are safe from that: RAM refuses to delete a role or policy that
// still has one.
func nextToRemove(t providers.Task, p plan, s State) providers.Step {
	made := func(seen rampolicy.Presence, fact string) bool {
		return seen == rampolicy.Ours || seen == rampolicy.Missing && t.Facts.Open[fact] != ""
	}
	switch {
	case len(s.Attached) > 0:
		return providers.CallStep(stepDetach, request{Role: p.Role})
	case made(s.Policy, factPolicy):
		return providers.CallStep(stepDeletePolicy, request{Policy: p.Policy})
	case made(s.Role, factRole):
		return providers.CallStep(stepDeleteRole, request{Role: p.Role})
	default:
		return providers.DoneStep(nil)
	}
}

func do(ctx context.Context, calls calls, s providers.Step) (providers.Facts, error) {
	var r request
	if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
		return providers.Facts{}, err
	}
	facts, err := call(ctx, calls, s.Name, r)
	switch {
	case errors.Is(err, providers.ErrQuota):
		err = providers.WithSentence(err, textQuota)
	case errors.Is(err, providers.ErrInvalid) && providers.IsTagStep(s.Name, stepRole):
		// Everything that RAM may refuse in the role comes from the broker's settings.
		err = &providers.Failure{Kind: providers.Broken, Text: textTrust, Cause: err}
	}
	if err != nil {
		return facts, fmt.Errorf("ramrole: %s of role %q, policy %q: %w", s.Name, r.Role, r.Policy, err)
	}
	return facts, nil
}

func call(ctx context.Context, calls calls, step string, r request) (providers.Facts, error) {
	var none providers.Facts
	if providers.IsTagStep(step, stepRole) {
		arn, err := calls.CreateRole(ctx, r)
		if err != nil {
			return providers.TagsRefused(step, none, err)
		}
		return providers.Facts{Open: map[string]string{factRole: r.Role, factARN: arn}}, nil
	}
	switch step {
	case stepPolicy:
		if err := calls.CreatePolicy(ctx, r.Policy, r.Document, r.Mark); err != nil {
			return none, err
		}
		return rampolicy.OpenFact(factPolicy, r.Policy), nil
	case stepAttach:
		return none, calls.Attach(ctx, r.Role, rampolicy.Attachment{Type: rampolicy.Custom, Policy: r.Policy})
	case stepDetach:
		return none, rampolicy.DetachOne(ctx, calls, r.Role)
	case stepDeletePolicy:
		return rampolicy.Forgotten(factPolicy, calls.DeletePolicy(ctx, r.Policy))
	case stepDeleteRole:
		return rampolicy.Forgotten(factRole, calls.DeleteRole(ctx, r.Role))
	default:
		return none, errUnknownStep
	}
}

// errUnknownStep is a mistake of the broker: Next gives no such step.
var errUnknownStep = errors.New("there is no such step")
