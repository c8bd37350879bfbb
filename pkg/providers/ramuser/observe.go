package ramuser

import (
	"context"
	"errors"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
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
type Presence int

// The presences.
const (
	Missing Presence = iota
	Ours
	Foreign // left alone
)

// A State is the observed state of a binding.
type State struct {
	User   Presence
	Policy Presence
	// Attached and Keys are of our user, else empty.
	Attached []Attachment
	Keys     []string
}

// An Attachment is a policy that a user has.
type Attachment struct{ Type, Policy string }

// CustomPolicy is the type of an account's own policies (RAM API, CreatePolicy).
const CustomPolicy = "Custom"

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

// look finds the user and the policy by name. Ours carries our mark; one that
// the record has as made stays ours even if its mark was edited.
func look(ctx context.Context, calls reads, t providers.Task, p plan) (s State, err error) {
	comments, err := calls.User(ctx, p.User)
	s.User = presence(err, isMarked(comments, t.Life) || t.Facts.Open[factUser] == p.User)
	if err := providers.UnlessMissing(err); err != nil {
		return s, err
	}
	description, err := calls.Policy(ctx, p.Policy)
	s.Policy = presence(err, isMarked(description, t.Life) || t.Facts.Open[factPolicy] == p.Policy)
	if err := providers.UnlessMissing(err); err != nil || s.User != Ours {
		return s, err
	}
	if s.Attached, err = calls.Attached(ctx, p.User); providers.UnlessMissing(err) != nil {
		return s, err
	}
	s.Keys, err = calls.Keys(ctx, p.User)
	return s, providers.UnlessMissing(err)
}

func presence(err error, isOurs bool) Presence {
	switch {
	case errors.Is(err, providers.ErrNotFound):
		return Missing
	case isOurs:
		return Ours
	default:
		return Foreign
	}
}
