package oss

import (
	"context"
	"errors"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// userCalls is what bindings ask of RAM. What is missing is ErrNotFound.
type userCalls interface {
	userLooks
	userChanges
}

type userLooks interface {
	// User returns the Comments of a user, Policy the Description of a policy.
	User(ctx context.Context, name string) (comments string, err error)
	Policy(ctx context.Context, name string) (description string, err error)
	Attached(ctx context.Context, user string) ([]attachment, error)
	Keys(ctx context.Context, user string) (ids []string, err error)
}

type userChanges interface {
	CreateUser(ctx context.Context, name, comments string) error
	CreatePolicy(ctx context.Context, name, document, description string) error
	Attach(ctx context.Context, user string, a attachment) error
	CreateKey(ctx context.Context, user string) (key, error)

	DeleteKey(ctx context.Context, user, id string) error
	Detach(ctx context.Context, user string, a attachment) error
	// DeletePolicy removes all versions of a policy.
	DeletePolicy(ctx context.Context, name string) error
	DeleteUser(ctx context.Context, name string) error
}

// An attachment is a policy that a user has.
type attachment struct{ Type, Policy string }

// customPolicy is the type of the policies that are not Alibaba Cloud's own
// (RAM API, CreatePolicy).
const customPolicy = "Custom"

// A key is what a binding is about.
type key struct {
	ID     string
	Secret providers.Secret
}

// Facts of a binding.
const (
	factUser   = "username"
	factPolicy = "policy"
	factKeyID  = "access_key_id"
	factSecret = "secret_access_key" // among the secrets
)

// keyOf returns the key that the record remembers; its ID is empty if there is
// none, or none with a secret.
func keyOf(f providers.Facts) key {
	k := key{ID: f.Open[factKeyID], Secret: providers.Secret(f.Secrets[factSecret])}
	if k.ID == "" || k.Secret == "" {
		return key{}
	}
	return k
}

// bindingPlan is the plan of a binding.
type bindingPlan struct {
	User     string `json:"user"`
	Policy   string `json:"policy"`
	Document string `json:"document"` // of the policy
	Mark     string `json:"mark"`     // Comments of the user, Description of the policy
}

func prepareBinding(t providers.Task) (bindingPlan, error) {
	instance, err := instancePlanOf(t)
	if err != nil {
		return bindingPlan{}, err
	}
	document, err := bucketPolicy(instance.Bucket)
	if err != nil {
		return bindingPlan{}, fmt.Errorf("oss: write the policy: %w", err)
	}
	return bindingPlan{User: userName(t.Life), Policy: policyName(t.Life), Document: document, Mark: mark(t.Life)}, nil
}

func bindingPlanOf(t providers.Task) (bindingPlan, error) {
	var plan bindingPlan
	err := providers.Decode(t.Plan, "plan of the binding", &plan)
	return plan, err
}

// A presence says whether something of a name is there, and whose it is.
type presence int

const (
	missing presence = iota
	ours
	foreign // never touched
)

// userState is what was seen of a binding.
type userState struct {
	User   presence
	Policy presence
	// Of our user, else empty.
	Attached []attachment
	Keys     []string
}

// observeUser looks at the user, its policy and its keys.
func observeUser(ctx context.Context, calls userLooks, t providers.Task, plan bindingPlan) (providers.Seen, error) {
	state, err := lookAtUser(ctx, calls, t, plan)
	if err != nil {
		return providers.Seen{}, fmt.Errorf("oss: look at RAM user %s: %w", plan.User, err)
	}
	seen := providers.Seen{Exists: state.User == ours || state.Policy == ours, State: state}
	open := map[string]string{}
	if state.User == ours {
		open[factUser] = plan.User
	}
	if state.Policy == ours {
		open[factPolicy] = plan.Policy
	}
	if len(open) > 0 {
		seen.Facts.Open = open
	}
	return seen, nil
}

func lookAtUser(ctx context.Context, calls userLooks, t providers.Task, plan bindingPlan) (s userState, err error) {
	// Ours is what is marked so, and what we remember to have made, should
	// somebody have changed the mark.
	comments, err := calls.User(ctx, plan.User)
	s.User = whose(err, isMarked(comments, t.Life) || t.Facts.Open[factUser] == plan.User)
	if err := providers.UnlessMissing(err); err != nil {
		return s, err
	}
	description, err := calls.Policy(ctx, plan.Policy)
	s.Policy = whose(err, isMarked(description, t.Life) || t.Facts.Open[factPolicy] == plan.Policy)
	if err := providers.UnlessMissing(err); err != nil || s.User != ours {
		return s, err
	}
	if s.Attached, err = calls.Attached(ctx, plan.User); providers.UnlessMissing(err) != nil {
		return s, err
	}
	s.Keys, err = calls.Keys(ctx, plan.User)
	return s, providers.UnlessMissing(err)
}

func whose(err error, isOurs bool) presence {
	switch {
	case errors.Is(err, providers.ErrNotFound):
		return missing
	case isOurs:
		return ours
	default:
		return foreign
	}
}
