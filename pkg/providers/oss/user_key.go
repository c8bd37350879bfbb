package oss

import (
	"context"
	"errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// An instance may have a key of its user's, as the instances of the first broker
// had. The key signs all calls for the bucket and its bindings, and users rotate
// it by an update. Where the cloud refuses the key because it was deleted,
// disabled or restricted, the broker's own credentials do the work in its place,
// if the bucket belongs to their account.

// factOwner is the account of a bucket that was made with a user's key. It tells
// where the broker's own credentials may act.
const factOwner = "bucket_owner"

// Sentences for users about their keys.
const (
	textKeyRefused  = "The cloud refuses the AccessKeyId of this instance, or what it may do is not enough; correct it, or set AccessKeyId and AccessKeySecret to null: the broker has credentials of its own."
	textKeyDisabled = "OSS serves the AccessKeyId of this instance no more: its cloud account is overdue, OSS is not activated for it, or its RAM user is disabled. Solve that, or set AccessKeyId and AccessKeySecret to null: the broker has credentials of its own."
	textKeyForeign  = "The new AccessKeyId belongs to another account than the bucket; send a key of the bucket's account. The one of before stays in force."
	textKeyMissing  = "The bucket of this instance does not exist any more, so the new AccessKeyId cannot be checked; delete the instance and make another."
	textOwnForeign  = "The bucket belongs to another account than the broker, so the instance needs an AccessKeyId of that account. The one of before stays in force."
)

// A userKey is a key that a user gave for an instance; empty: the broker's own
// credentials are used.
type userKey struct {
	id     string
	secret providers.Secret
}

func (p instancePlan) key() userKey { return userKey{p.AccessKeyID, p.AccessKeySecret} }

func (p parameters) key() userKey { return userKey{p.AccessKeyID, p.AccessKeySecret} }

// clients returns clients that sign with the key.
func (s service) clients(key userKey) *alicloud.Clients {
	if key.id == "" {
		return s.cloud
	}
	return s.cloud.With(alicloud.Static(alicloud.Key{ID: key.id, Secret: key.secret.Reveal()}))
}

// keyBefore returns the key that an instance had before the update that its task
// makes, and whether the update changes it.
func keyBefore(t providers.Task, plan instancePlan) (key userKey, changes bool, err error) {
	if t.Was == nil {
		return plan.key(), false, nil
	}
	before, err := parametersOf(t.Was.Parameters)
	if err != nil {
		return userKey{}, false, providers.Unreadable(err)
	}
	return before.key(), before.key() != plan.key(), nil
}

// planForBindings returns the plan of an instance with the key that is in force:
// while an update is under way, the new one may turn out to be another account's.
func planForBindings(instance providers.Task) (instancePlan, error) {
	plan, err := instancePlanOf(instance)
	if err != nil {
		return plan, err
	}
	key, _, err := keyBefore(instance, plan)
	plan.AccessKeyID, plan.AccessKeySecret = key.id, key.secret
	return plan, err
}

// withKey makes calls as the instance's key, and again as the broker itself where
// substitute allows. A refused call has no effect.
func (s service) withKey(ctx context.Context, t providers.Task, plan instancePlan, call func(bucketCalls) error) error {
	err := call(s.calls(s.clients(plan.key()), plan))
	if err == nil {
		return nil
	}
	own, failed := s.substitute(ctx, t, plan, err)
	switch {
	case failed != nil:
		return failed
	case own != nil:
		return sentences().Of(call(s.calls(own, plan)))
	case t.Goal == providers.Absent && isKeyRefused(err) && s.isGone(ctx, plan):
		return sentences().Of(call(s.calls(s.cloud, plan)))
	}
	return explain(plan, err)
}

// isGone reports whether no account has the bucket: OSS tells every caller that a
// name is free, and denies a look at another account's bucket (A083).
func (s service) isGone(ctx context.Context, plan instancePlan) bool {
	_, err := s.calls(s.cloud, plan).Info(ctx, plan.Bucket)
	return errors.Is(err, providers.ErrNotFound)
}

func (s service) calls(clients *alicloud.Clients, plan instancePlan) client {
	return s.clientIn(clients, plan.Region)
}

// substitute returns the broker's own clients if they may act for an instance in
// place of its user's key, which the cloud refuses with err; nil if they may not.
// The bucket was made with a key of the instance, so its owner is the account of
// the key. Creating a bucket is left to the user's key: without the bucket, its
// account is unknown.
func (s service) substitute(ctx context.Context, instance providers.Task, plan instancePlan, err error) (*alicloud.Clients, error) {
	if plan.AccessKeyID == "" || !isKeyRefused(err) || instance.Goal == providers.Present && !instance.Usable {
		return nil, nil
	}
	own, failed := s.cloud.Caller(ctx)
	if failed != nil {
		return nil, failed
	}
	owner := instance.Facts.Open[factOwner]
	if owner == "" {
		owner, failed = s.ownerOf(ctx, plan)
	}
	if failed != nil || owner != own {
		return nil, failed
	}
	return s.cloud, nil
}

// ownerOf returns the account of a bucket as the broker's own credentials see it;
// "" if they may not see it, or it is missing.
func (s service) ownerOf(ctx context.Context, plan instancePlan) (string, error) {
	info, err := s.calls(s.cloud, plan).Info(ctx, plan.Bucket)
	if errors.Is(err, providers.ErrDenied) || errors.Is(err, providers.ErrNotFound) {
		return "", nil
	}
	return info.Owner, err
}

// isKeyRefused reports whether err says that the key of the call is unknown,
// disabled, expired or not allowed to make the call.
func isKeyRefused(err error) bool {
	if _, verdict := errors.AsType[*providers.Failure](err); verdict {
		return false
	}
	return errors.Is(err, providers.ErrCredentials) || errors.Is(err, providers.ErrDenied) || errors.Is(err, providers.ErrArrears)
}

// explain adds our sentences to an error. Where the user brought a key, its
// refusal is the user's; refused credentials of the broker are the operator's.
func explain(plan instancePlan, err error) error {
	if plan.AccessKeyID == "" || !isKeyRefused(err) {
		return sentences().Of(err)
	}
	text := textKeyRefused
	switch e, _ := errors.AsType[*alicloud.Error](err); {
	case e == nil:
	case e.Code == codeUserDisable:
		text = textKeyDisabled
	case e.Product == productNameKMS && errors.Is(e, providers.ErrDenied):
		text = textKMSUserKey
	}
	return &providers.Failure{Kind: providers.Invalid, Text: text, Cause: err}
}

// checkNewKey checks the key of an update before it is used: it must be of the
// account that owns the bucket, since bindings are made in the account of the key.
func (s service) checkNewKey(ctx context.Context, plan instancePlan) error {
	clients := s.clients(plan.key())
	account, err := clients.Caller(ctx)
	if err != nil {
		return explain(plan, err)
	}
	calls := s.calls(clients, plan)
	info, err := calls.Info(ctx, plan.Bucket)
	switch {
	case errors.Is(err, providers.ErrNotFound):
		return invalid(textKeyMissing, err)
	case errors.Is(err, providers.ErrDenied) && plan.AccessKeyID == "":
		// The bucket is another account's, or the operator's policy refuses the
		// look at a bucket of our own.
		listed, listErr := calls.IsListed(ctx, plan.Bucket)
		if listErr != nil || listed {
			return errors.Join(err, listErr)
		}
		return invalid(textOwnForeign, err)
	case err != nil:
		return explain(plan, err)
	case info.Owner != account && plan.AccessKeyID == "":
		return invalid(textOwnForeign, nil)
	case info.Owner != account:
		return invalid(textKeyForeign, nil)
	}
	return nil
}
