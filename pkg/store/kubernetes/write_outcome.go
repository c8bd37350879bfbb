package kubernetes

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// An outcome classifies the answer to a write.
type outcome int

const (
	written   outcome = iota
	conflict          // another writer was first: nothing was written
	throttled         // the server is overloaded: nothing was written
	rejected          // a retry fails too: nothing was written
	unknown           // no usable answer: the write may have happened, or may still happen
)

// outcomeOf classifies the answer to a write of an object; isNew: to a create.
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

// isExpired reports whether a list has expired, and the token that continues it
// with the present objects, if the server sent one.
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
	return sleep(ctx, b.next/2+rand.N(b.next)) //nolint:gosec // jitter needs no secrecy
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

// resourceVersion returns an object's resource version, empty for nil.
func resourceVersion[T any, P interface {
	*T
	metav1.Object
}](object *T) string {
	if object == nil {
		return ""
	}
	return P(object).GetResourceVersion()
}
