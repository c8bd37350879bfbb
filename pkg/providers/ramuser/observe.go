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
	Attached []Attachment
	Keys     []string
	// Taken says that the service takes the key of the record.
	Taken bool
}

// An Attachment is a policy that a user has.
type Attachment = rampolicy.Attachment

// CustomPolicy is the type of an account's own policies.
const CustomPolicy = rampolicy.Custom

func observe(ctx context.Context, calls reads, t providers.Task, p plan) (providers.Seen, error) {
	state, err := look(ctx, calls, t, p)
	if err != nil {
		return providers.Seen{}, fmt.Errorf("ramuser: observe user %s: %w", p.User, err)
	}
	seen := providers.Seen{Exists: state.User == Ours || state.Policy == Ours, State: state}
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

// look finds the user and the policy by name, which comes from the sealed plan. A bind
// leaves out the reads of what it has not yet begun to make.
func look(ctx context.Context, calls reads, t providers.Task, p plan) (s State, err error) {
	if t.IsUntouched(stepUser) {
		return s, nil
	}
	notBegun := func(step string) bool { return t.HasBegun(stepUser) && t.IsToMake(step) }
	comments, err := calls.User(ctx, p.User)
	if s.User, err = rampolicy.PresenceOf(err, comments, t.Life, t.Facts.Open[factUser] == p.User); err != nil {
		return s, err
	}
	if notBegun(stepPolicy) {
		return s, nil
	}
	description, err := calls.Policy(ctx, p.Policy)
	if s.Policy, err = rampolicy.PresenceOf(err, description, t.Life, t.Facts.Open[factPolicy] == p.Policy); err != nil || s.User != Ours {
		return s, err
	}
	if notBegun(stepAttach) {
		return s, nil
	}
	if s.Attached, err = calls.Attached(ctx, p.User); providers.UnlessMissing(err) != nil {
		return s, err
	}
	if notBegun(stepKey) {
		return s, nil
	}
	s.Keys, err = calls.Keys(ctx, p.User)
	return s, providers.UnlessMissing(err)
}
