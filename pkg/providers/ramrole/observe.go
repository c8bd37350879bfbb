package ramrole

import (
	"context"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// Facts of a binding.
const (
	factRole   = "role"
	factARN    = "role_arn"
	factPolicy = "policy"
)

// A State is the observed state of a binding.
type State struct {
	Role   rampolicy.Presence
	Policy rampolicy.Presence
	// ARN and Attached are of our role, else empty.
	ARN      string
	Attached []rampolicy.Attachment
}

func observe(ctx context.Context, calls reads, t providers.Task, p plan) (providers.Seen, error) {
	state, err := look(ctx, calls, t, p)
	if err != nil {
		return providers.Seen{}, fmt.Errorf("ramrole: observe role %s: %w", p.Role, err)
	}
	isSeen := func(p rampolicy.Presence, step string) bool { return p == rampolicy.Ours && !isMade(t, step) }
	seen := providers.Seen{Exists: isSeen(state.Role, stepRole) || isSeen(state.Policy, stepPolicy), State: state}
	open := map[string]string{}
	if state.Role == rampolicy.Ours {
		open[factRole], open[factARN] = p.Role, state.ARN
	}
	if state.Policy == rampolicy.Ours {
		open[factPolicy] = p.Policy
	}
	if len(open) > 0 {
		seen.Facts.Open = open
	}
	return seen, nil
}

// isMade reports whether a step of a bind that made its own role needs no look.
func isMade(t providers.Task, step string) bool { return t.HasMade(stepRole) && t.HasMade(step) }

// look finds the role and the policy by name, which comes from the sealed plan. To make
// a binding it reads as far as the next step needs, nothing that is not yet begun, and
// nothing that was just made: the cloud refuses the next step without it, and then
// everything is looked at.
func look(ctx context.Context, calls reads, t providers.Task, p plan) (s State, err error) {
	if t.IsUntouched(stepRole) {
		return s, nil
	}
	toMake := t.Goal == providers.Present
	notBegun := func(step string) bool { return t.HasBegun(stepRole) && t.IsToMake(step) }
	if s.Role, s.ARN, err = lookAtRole(ctx, calls, t, p); err != nil || toMake && s.Role != rampolicy.Ours || notBegun(stepPolicy) {
		return s, err
	}
	if s.Policy, err = lookAtPolicy(ctx, calls, t, p); err != nil || s.Role != rampolicy.Ours {
		return s, err
	}
	if toMake && s.Policy != rampolicy.Ours || notBegun(stepAttach) {
		return s, nil
	}
	if isMade(t, stepAttach) {
		s.Attached = []rampolicy.Attachment{{Type: rampolicy.Custom, Policy: p.Policy}}
		return s, nil
	}
	s.Attached, err = calls.Attached(ctx, p.Role)
	return s, providers.UnlessMissing(err)
}

func lookAtRole(ctx context.Context, calls reads, t providers.Task, p plan) (seen rampolicy.Presence, arn string, err error) {
	if arn = t.Facts.Open[factARN]; arn != "" && isMade(t, stepRole) {
		return rampolicy.Ours, arn, nil
	}
	arn, description, err := calls.Role(ctx, p.Role)
	if seen, err = rampolicy.PresenceOf(err, description, t.Life, t.Facts.Open[factRole] == p.Role); err != nil || t.Goal == providers.Present && seen != rampolicy.Ours {
		return seen, "", err
	}
	return seen, arn, nil
}

func lookAtPolicy(ctx context.Context, calls reads, t providers.Task, p plan) (rampolicy.Presence, error) {
	if isMade(t, stepPolicy) {
		return rampolicy.Ours, nil
	}
	description, err := calls.Policy(ctx, p.Policy)
	return rampolicy.PresenceOf(err, description, t.Life, t.Facts.Open[factPolicy] == p.Policy)
}
