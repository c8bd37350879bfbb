package engine

import (
	"math/rand/v2"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/lifecycle"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// delayAfter returns the delay after the n-th failure in a row on the way to a
// goal.
func delayAfter(class providers.Class, goal store.Goal, n int) time.Duration {
	switch {
	case class == providers.Operator:
		return backoff(n, 10*time.Second, 5*time.Minute)
	case class == providers.User, class == providers.Unexplained && goal != store.Present: // a deletion or expiry continues
		return backoff(n, 30*time.Second, lifecycle.SlowRetry)
	}
	return backoff(n, time.Second, time.Minute)
}

// backoff doubles from first up to most, less up to a quarter at random so that
// simultaneous failures spread out.
func backoff(n int, first, most time.Duration) time.Duration {
	d := first << min(max(n-1, 0), 20)
	if d <= 0 || d > most {
		d = most
	}
	return d - rand.N(d/4+1) //nolint:gosec // jitter, not a secret
}
