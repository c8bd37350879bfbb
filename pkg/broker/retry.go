package broker

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// slowPace is how often a delete that was refused is tried again.
const slowPace = 10 * time.Minute

// A blame says who can mend an error, and so what is done about it.
type blame string

const (
	blameNobody   blame = "transient" // retried with back-off
	blameLook     blame = "look"      // an earlier try may have worked: look, and go on
	blameUser     blame = "user"      // the operation fails at once
	blameOperator blame = "operator"  // stays in progress until its deadline
)

// blameFor sorts an error of Observe or Do.
func blameFor(err error) blame {
	if failure, ok := errors.AsType[*providers.Failure](err); ok {
		if failure.Kind == providers.Broken {
			return blameOperator
		}
		return blameUser
	}
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, alicloud.ErrOutcomeUnknown), errors.Is(err, alicloud.ErrThrottled), errors.Is(err, alicloud.ErrWrongState):
		return blameNobody
	case errors.Is(err, alicloud.ErrTokenUsed), errors.Is(err, alicloud.ErrExists), errors.Is(err, alicloud.ErrNotFound):
		return blameLook
	case errors.Is(err, alicloud.ErrInvalid), errors.Is(err, alicloud.ErrSoldOut):
		return blameUser
	case errors.Is(err, alicloud.ErrDenied), errors.Is(err, alicloud.ErrCredentials),
		errors.Is(err, alicloud.ErrArrears), errors.Is(err, alicloud.ErrQuota):
		return blameOperator
	}
	return blameNobody
}

// outcomeUnknown says that a call may have had its effect although it ended in
// err, or that an earlier try of it may.
func outcomeUnknown(err error) bool {
	return errors.Is(err, alicloud.ErrOutcomeUnknown) || errors.Is(err, alicloud.ErrTokenUsed) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// sentenceFor is what the user reads of an error: never the cloud's own text.
func sentenceFor(err error) string {
	if failure, ok := errors.AsType[*providers.Failure](err); ok {
		return failure.Text
	}
	return alicloud.Sentence(err)
}

// delayAfter is how long to wait after the n-th failure in a row.
func delayAfter(b blame, n int) time.Duration {
	switch b {
	case blameOperator:
		return backoff(n, 10*time.Second, 5*time.Minute)
	case blameUser: // of a delete, which goes on
		return backoff(n, 30*time.Second, slowPace)
	default:
		return backoff(n, time.Second, time.Minute)
	}
}

// backoff doubles from first up to most, less up to a quarter at random so
// that many do not come back at once.
func backoff(n int, first, most time.Duration) time.Duration {
	d := first << min(max(n-1, 0), 20)
	if d <= 0 || d > most {
		d = most
	}
	return d - rand.N(d/4+1) //nolint:gosec // jitter, not a secret
}
