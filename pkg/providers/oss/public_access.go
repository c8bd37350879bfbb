package oss

import (
	"context"
	"errors"
	"slices"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A private bucket has public access blocked: with a key that may put objects, an
// application could publish one by x-oss-object-acl (OSS documentation, "Block
// Public Access"). A new instance is blocked before it is ready, an instance of
// before by its next update or bind. A public ACL needs the block lifted first.

// aclPrivate is the ACL whose buckets are blocked.
const aclPrivate = "private"

// factAccess is what the broker did about public access, among the facts of an
// instance or of the binding that found an instance of before.
const factAccess = "public_access"

// The values of factAccess.
const (
	accessBlocked    = "blocked"
	accessAllowed    = "allowed"
	accessNotBlocked = "not blocked: the AccessKeyId of the instance may not block it"
)

// textRefusedACL is the sentence for a public ACL that OSS refuses.
const textRefusedACL = "OSS refuses this Acl. Where public access is blocked for the whole cloud account, choose private, or ask the operator of the broker."

// isBlocked returns what OSS tells of the bucket, which people may change, or else
// what the broker did about public access.
func isBlocked(facts providers.Facts, told *bool) bool {
	if told != nil {
		return *told
	}
	return facts.Open[factAccess] == accessBlocked
}

// nextForAccess returns the next step towards the ACL and the block of public
// access that the plan states; ok is false once both are reached.
func nextForAccess(t providers.Task, plan instancePlan, s bucketState) (step providers.Step, ok bool) {
	request := bucketRequest{Bucket: plan.Bucket}
	refused := func(name string) bool { return slices.Contains(t.Refused, name) }
	isPrivate := plan.ACL == aclPrivate
	switch {
	case plan.Guarded && !isPrivate && refused(stepACL):
		if t.Was != nil && s.ACL == aclPrivate && !s.Blocked && !refused(stepBlock) {
			return providers.CallStep(stepBlock, request), true // the bucket stays private
		}
		return unlessRefused(t, providers.CallStep(stepACL, request)), true
	case plan.Guarded && !plan.blocks() && s.Blocked:
		return unlessRefused(t, providers.CallStep(stepUnblock, request)), true
	case s.ACL != "" && s.ACL != plan.ACL:
		request.ACL = plan.ACL
		return unlessRefused(t, providers.CallStep(stepACL, request)), true
	case plan.blocks() && !s.Blocked && !refused(stepBlock):
		return providers.CallStep(stepBlock, request), true
	}
	return providers.Step{}, false
}

// accessFacts returns the facts of a step that blocks public access or lifts the
// block. Where the user's key may not block it, the work goes on, and operators see
// the fact.
func accessFacts(step string, err error) providers.Facts {
	var value string
	switch failure, isVerdict := errors.AsType[*providers.Failure](err); {
	case step == stepBlock && err == nil:
		value = accessBlocked
	case step == stepBlock && isVerdict && failure.Kind == providers.Invalid:
		value = accessNotBlocked
	case step == stepUnblock && err == nil:
		value = accessAllowed
	default:
		return providers.Facts{}
	}
	return providers.Facts{Open: map[string]string{factAccess: value}}
}

// isExposed reports whether a bind must block public access of its instance first:
// the bucket is private by its plan, and neither the instance nor OSS has it as
// blocked. A bucket that the user's key may not look at counts as exposed. The error of
// a missing bucket is ErrNotFound.
func (s service) isExposed(ctx context.Context, instance providers.Task) (bool, error) {
	plan, err := planForBindings(instance)
	if err != nil {
		return false, err
	}
	if s, err = s.of(instance); err != nil {
		return false, err
	}
	isPrivate := plan.ACL == aclPrivate && !plan.Unblocked
	var info bucketInfo
	err = s.withKey(ctx, instance, plan, func(calls bucketCalls) (err error) {
		info, err = calls.Info(ctx, plan.Bucket)
		return err
	})
	if _, isVerdict := errors.AsType[*providers.Failure](err); isVerdict && !errors.Is(err, providers.ErrNotFound) {
		return isPrivate, nil
	}
	return err == nil && isExposedBy(instance, plan, info), err
}

// isExposedBy is isExposed by what OSS tells of the bucket.
func isExposedBy(instance providers.Task, plan instancePlan, info bucketInfo) bool {
	return plan.ACL == aclPrivate && !plan.Unblocked && !isBlocked(instance.Facts, info.Blocked)
}
