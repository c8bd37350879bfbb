package kubernetes

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// An outcome is what is known of a write by its answer.
type outcome int

const (
	written   outcome = iota
	conflict          // somebody else was first: nothing was written
	throttled         // the server is: nothing was written
	rejected          // and will be again: nothing was written
	unknown           // the answer was lost, or says nothing: it may have been written, or be still
)

// outcomeOf reads the answer to a write of an object, new or not.
func outcomeOf(err error, isNew bool) outcome {
	switch {
	case err == nil:
		return written
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err), apierrors.IsNotFound(err) && !isNew:
		return conflict
	case apierrors.IsTooManyRequests(err):
		return throttled
	case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsForbidden(err), apierrors.IsUnauthorized(err),
		apierrors.IsRequestEntityTooLargeError(err), apierrors.IsMethodNotSupported(err),
		apierrors.IsUnsupportedMediaType(err), apierrors.IsNotAcceptable(err), apierrors.IsNotFound(err):
		return rejected
	default:
		return unknown
	}
}

// isExpired says that a list cannot go on, and how else it can, if the server
// says so: what is now, after what was listed.
func isExpired(err error) (token string, expired bool) {
	if !apierrors.IsResourceExpired(err) && !apierrors.IsGone(err) {
		return "", false
	}
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		token = status.Status().Continue
	}
	return token, true
}

// backoff are growing, jittered waits.
type backoff struct{ next time.Duration }

const (
	firstWait = 2 * time.Millisecond
	lastWait  = 500 * time.Millisecond
)

// wait waits, or returns the cause of ctx's end.
func (b *backoff) wait(ctx context.Context) error {
	b.next = min(max(2*b.next, firstWait), lastWait)
	return sleep(ctx, b.next/2+rand.N(b.next)) //nolint:gosec // nobody gains by guessing it
}

// sleep waits for d, or returns the cause of ctx's end.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// resourceVersion is an object's resource version; empty where there is none.
func resourceVersion[T any, P interface {
	*T
	metav1.Object
}](object *T) string {
	if object == nil {
		return ""
	}
	return P(object).GetResourceVersion()
}
