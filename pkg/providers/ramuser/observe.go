package ramuser

import (
	"context"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// Facts of a binding.
const (
	factUser   = "username"
	factPolicy = "policy"
	factKeyID  = "access_key_id"
	factSecret = "secret_access_key" // among the secrets
)

// keyOf returns the key in the record. Its ID is empty if there is none, or
// none with a secret.
func keyOf(f providers.Facts) Key {
	k := Key{ID: f.Open[factKeyID], Secret: providers.Secret(f.Secrets[factSecret])}
	if k.ID == "" || k.Secret == "" {
		return Key{}
	}
	return k
}

// A Presence says whether a user or policy of a name exists, and is ours.
type Presence = rampolicy.Presence

// The presences.
const (
	Missing = rampolicy.Missing
	Ours    = rampolicy.Ours
	Foreign = rampolicy.Foreign // left alone
)

// A State is the observed state of a binding.
type State struct {
	User   Presence
	Policy Presence
	// Attached and Keys are of our user, else empty.
	Attached []rampolicy.Attachment
	Keys     []string
	// Taken says that the service takes the key of the record, and Told is what it
	// told of itself then; nil: it was not asked in this look.
	Taken bool
	Told  any
}

func observe(ctx context.Context, calls reads, t providers.Task, p plan) (providers.Seen, error) {
	state, err := look(ctx, calls, t, p)
	if err != nil {
		return providers.Seen{}, fmt.Errorf("ramuser: observe user %s: %w", p.User, err)
	}
	isSeen := func(p Presence, step string) bool { return p == Ours && !isMade(t, step) }
	seen := providers.Seen{Exists: isSeen(state.User, stepUser) || isSeen(state.Policy, stepPolicy), State: state}
	open := map[string]string{}
	if state.User == Ours {
		open[factUser] = p.User
	}
	if state.Policy == Ours {
		open[factPolicy] = p.Policy
	}
	if len(open) > 0 {
		seen.Facts.Open = open
	}
	return seen, nil
}

// isMade reports whether a step of a bind that made its own user needs no look.
func isMade(t providers.Task, step string) bool { return t.HasMade(stepUser) && t.HasMade(step) }

// look finds the user and the policy by name, which comes from the sealed plan. A bind
// leaves out the reads of what it has not yet begun to make, and of what it has just
// made: the cloud refuses the next step without it, and then everything is looked at.
func look(ctx context.Context, calls reads, t providers.Task, p plan) (s State, err error) {
	if t.IsUntouched(stepUser) {
		return s, nil
	}
	notBegun := func(step string) bool { return t.HasBegun(stepUser) && t.IsToMake(step) }
	if s.User, err = lookAtUser(ctx, calls, t, p); err != nil || notBegun(stepPolicy) {
		return s, err
	}
	if s.Policy, err = lookAtPolicy(ctx, calls, t, p); err != nil || s.User != Ours || notBegun(stepAttach) {
		return s, err
	}
	if isMade(t, stepAttach) {
		s.Attached = []rampolicy.Attachment{{Type: rampolicy.Custom, Policy: p.Policy}}
	} else if s.Attached, err = calls.Attached(ctx, p.User); providers.UnlessMissing(err) != nil {
		return s, err
	}
	if notBegun(stepKey) {
		return s, nil
	}
	// A CreateAccessKey that was repeated on its way made two keys, and answered once.
	s.Keys, err = calls.Keys(ctx, p.User)
	return s, providers.UnlessMissing(err)
}

func lookAtUser(ctx context.Context, calls reads, t providers.Task, p plan) (Presence, error) {
	if isMade(t, stepUser) {
		return Ours, nil
	}
	comments, err := calls.User(ctx, p.User)
	return rampolicy.PresenceOf(err, comments, t.Life, t.Facts.Open[factUser] == p.User)
}

func lookAtPolicy(ctx context.Context, calls reads, t providers.Task, p plan) (Presence, error) {
	if isMade(t, stepPolicy) {
		return Ours, nil
	}
	description, err := calls.Policy(ctx, p.Policy)
	return rampolicy.PresenceOf(err, description, t.Life, t.Facts.Open[factPolicy] == p.Policy)
}
