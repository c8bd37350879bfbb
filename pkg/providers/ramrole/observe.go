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
	seen := providers.Seen{Exists: state.Role == rampolicy.Ours || state.Policy == rampolicy.Ours, State: state}
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

// look finds the role and the policy by name, which comes from the sealed plan. To make
// a binding it reads as far as the next step needs, and nothing that is not yet begun.
func look(ctx context.Context, calls reads, t providers.Task, p plan) (s State, err error) {
	if t.IsUntouched(stepRole) {
		return s, nil
	}
	toMake := t.Goal == providers.Present
	notBegun := func(step string) bool { return t.HasBegun(stepRole) && t.IsToMake(step) }
	arn, description, err := calls.Role(ctx, p.Role)
	if s.Role, err = rampolicy.PresenceOf(err, description, t.Life, t.Facts.Open[factRole] == p.Role); err != nil || toMake && s.Role != rampolicy.Ours {
		return s, err
	}
	s.ARN = arn
	if notBegun(stepPolicy) {
		return s, nil
	}
	description, err = calls.Policy(ctx, p.Policy)
	if s.Policy, err = rampolicy.PresenceOf(err, description, t.Life, t.Facts.Open[factPolicy] == p.Policy); err != nil || s.Role != rampolicy.Ours {
		return s, err
	}
	if toMake && s.Policy != rampolicy.Ours || notBegun(stepAttach) {
		return s, nil
	}
	s.Attached, err = calls.Attached(ctx, p.Role)
	return s, providers.UnlessMissing(err)
}
