package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// Bounds of the memory that bodies take, in bytes (HARD-01).
const (
	maxBody   = 1 << 20  // of one body
	maxBodies = 16 << 20 // of the bodies of all requests that are being read or decoded
	largeBody = 64 << 10 // larger bodies are decoded one at a time
)

// bodyPatience is the longest that a request waits for the bodies of others.
const bodyPatience = 10 * time.Second

// bodies bounds the memory that the bodies of all requests take together.
// Decoding takes many times the size of a body that has many small members.
type bodies struct {
	budget   *semaphore.Weighted
	patience time.Duration
	large    sync.Mutex // held while a large body is decoded
}

func newBodies() *bodies {
	return &bodies{budget: semaphore.NewWeighted(maxBodies), patience: bodyPatience}
}

// read reads the body of an authenticated request to its end and calls decode
// with it; the body belongs to decode only until it returns. While the bodies of
// other requests take all memory, it waits, and at last returns a 503.
func (b *bodies) read(r *http.Request, decode func(body []byte) error) error {
	size := r.ContentLength
	if size > maxBody {
		return osb.ErrTooLarge(maxBody)
	}
	if size < 0 { // unknown
		size = maxBody
	}
	waiting, cancel := context.WithTimeout(r.Context(), b.patience)
	defer cancel()
	if err := b.budget.Acquire(waiting, size); err != nil {
		return osb.ErrUnavailable(fmt.Errorf("the bodies of other requests fill %d bytes: %w", maxBodies, err))
	}
	defer b.budget.Release(size)
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	switch {
	case err != nil:
		return osb.ErrBadRequest("The body could not be read to its end: send the request again.")
	case len(body) > maxBody:
		return osb.ErrTooLarge(maxBody)
	}
	if len(body) > largeBody {
		b.large.Lock()
		defer b.large.Unlock()
	}
	return decode(body)
}
