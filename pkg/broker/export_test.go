package broker

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Stop ends a term that was never run, for tests that drive it turn by turn.
func (t *Term) Stop() {
	t.queue.ShutDown()
	t.end(t)
}

// Backoff is the delay after the n-th failure.
func Backoff(n int, first, most time.Duration) time.Duration { return backoff(n, first, most) }

// Orderly is the store as the broker writes it: by moves of a record's life
// alone.
func Orderly(st store.Store) store.Store { return orderly{st} }
