package engine

import (
	"math/rand/v2"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A blame is a class of errors.
type blame = providers.Class

const (
	blameNobody   = providers.Transient
	blameLook     = providers.Look
	blameUser     = providers.User
	blameOperator = providers.Operator
)

// blameFor sorts an error of Observe or Do.
func blameFor(err error) blame { return providers.ClassOf(err) }

// outcomeUnknown says that a call may have had its effect although it ended in
// err, or that an earlier try of it may.
func outcomeUnknown(err error) bool { return providers.IsOutcomeUnknown(err) }

// sentenceFor is what the user reads of an error: never the cloud's own text.
func sentenceFor(err error) string { return providers.Sentence(err) }

// delayAfter is how long to wait after the n-th failure in a row.
func delayAfter(b blame, n int) time.Duration {
	switch b {
	case blameOperator:
		return backoff(n, 10*time.Second, 5*time.Minute)
	case blameUser: // of a delete, which goes on
		return backoff(n, 30*time.Second, lifecycle.SlowRetry)
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
