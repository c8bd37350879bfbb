package oss

import (
	"context"
	"errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// userBindings returns the kind "ram": a RAM user with a key.
func (s service) userBindings() ramuser.Kind {
	return ramuser.New(ramuser.Config{
		Access:      s.accessForBindings(),
		Document:    policyOf,
		Credentials: s.credentialsOfUser,
		Try:         s.tryKey,
	})
}

// tryKey looks at the bucket with the new key of a binding. Every access allows that
// call, which works at each endpoint and tells nothing of the objects. It tells the
// bucketInfo.
func (s service) tryKey(ctx context.Context, binding providers.Task, key ramuser.Key) (any, error) {
	plan, err := instancePlanOf(*binding.Of)
	if err != nil {
		return nil, err
	}
	if s, err = s.of(*binding.Of); err != nil {
		return nil, err
	}
	info, err := s.calls(s.clients(userKey{key.ID, key.Secret}), plan).Info(ctx, plan.Bucket)
	if errors.Is(err, providers.ErrNotFound) {
		return nil, invalid(textBucketGone, err)
	}
	return info, err
}

// credentialsOfUser returns the credentials of an application with the key of a user.
func (s service) credentialsOfUser(binding providers.Task, user string, key ramuser.Key) (map[string]string, error) {
	plan, at, shown, err := s.bucketOf(binding)
	if err != nil {
		return nil, err
	}
	return withPrefix(binding, credentialsOf(at, shown, plan, user, key))
}

// bucketOf returns the bucket of a binding, and where the binding's application reaches
// it.
func (s service) bucketOf(binding providers.Task) (plan instancePlan, at endpoints, shown shown, err error) {
	if plan, err = instancePlanOf(*binding.Of); err != nil {
		return plan, at, shown, err
	}
	if s, err = s.of(*binding.Of); err != nil {
		return plan, at, shown, err
	}
	at = s.endpoints(plan.Region)
	shown, err = at.shownFor(binding, plan.Bucket)
	return plan, at, shown, err
}
