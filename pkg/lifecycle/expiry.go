package lifecycle

import (
	"slices"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// ExpiryOf returns the time at which the engine has to end the login of r, or zero
// where it ends none: r is no binding of a plan that says so, is being made or
// deleted, or has expired.
func ExpiryOf(r *store.Record) time.Time {
	if !r.IsBinding() || !r.Ends || StageOf(r) != Ready {
		return time.Time{}
	}
	return r.Expires
}

// IsBound reports whether r is a binding that was made and exists: its credentials
// are the answer to the platform, also after its login has ended.
func IsBound(r *store.Record) bool {
	stage := StageOf(r)
	return stage == Ready || stage == Expiring || stage == Expired
}

// EndLogin ends an expire: the login is refused, and the record keeps its facts and
// credentials for the unbind.
func EndLogin(r *store.Record, now time.Time) {
	r.Settled = true
	r.Call, r.Frozen, r.Refused, r.Unsettled = nil, nil, nil, nil
	r.MissingSince, r.Unseen = time.Time{}, time.Time{}
	if r.Operation.State.Finished() { // it was reported as failed, and its work went on
		Note(r, now, "", "cleaned", "")
		return
	}
	finish(r, store.Succeeded, "", now)
}

// PlatformOperation returns the last operation of r that a platform requested: the
// current one, or the one before an expire, which platforms know nothing of.
func PlatformOperation(r *store.Record) store.Operation {
	if r.Operation.Kind != store.Expire {
		return *r.Operation
	}
	for _, result := range slices.Backward(r.Results) {
		if result.Kind != store.Expire {
			return result
		}
	}
	return store.Operation{Kind: store.Bind, State: store.Succeeded}
}
