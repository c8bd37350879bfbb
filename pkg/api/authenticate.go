package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// SetAccounts replaces the accepted users and tokens from the next request on.
// If one of them is malformed, or if every request would be rejected, it returns
// an error and keeps the present ones.
func (h *Handler) SetAccounts(users []User, tokens []Token) error {
	accepted, err := newCredentials(users, tokens)
	if err != nil {
		return fmt.Errorf("api: %w", err)
	}
	some := len(users)+len(tokens) > 0 || h.reviewer != nil
	switch {
	case some && h.noAuth:
		return errors.New("api: users or tokens are configured, and authentication is off: choose one")
	case !some && !h.noAuth:
		return errors.New("api: users and tokens are missing, so that every request would be rejected: configure one")
	}
	h.accepted.Store(&accepted)
	return nil
}

// authenticate returns nil if the request carries accepted credentials (AUTH-01,
// AUTH-03), or else the error to answer with and its header: 401, delayed after
// repeated failures, or 503 while the reviewer cannot tell.
func (h *Handler) authenticate(r *http.Request) (http.Header, error) {
	if h.noAuth {
		return nil, nil
	}
	accepted := h.accepted.Load()
	scheme := "none"
	if name, password, ok := r.BasicAuth(); ok {
		if anyEqual(accepted.basic, name+":"+password) {
			return nil, nil
		}
		scheme = "basic"
	} else if token, ok := bearer(r); ok {
		if anyEqual(accepted.bearer, token) {
			return nil, nil
		}
		scheme = "bearer"
		if h.reviewer != nil && token != "" {
			switch allowed, err := h.reviewer.Allows(r.Context(), token); {
			case err != nil:
				return nil, osb.ErrUnavailable(err)
			case allowed:
				return nil, nil
			}
		}
	} else if r.Header.Get("Authorization") != "" {
		scheme = "other"
	}
	h.metrics.refusals.WithLabelValues(scheme).Inc()
	if scheme != "none" { // a request without credentials guesses nothing
		h.failures.wait(r.Context(), h.now())
	}
	return http.Header{"Www-Authenticate": accepted.challenges(h.reviewer != nil)}, osb.ErrUnauthorized()
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, ok && strings.EqualFold(scheme, "Bearer")
}

// challenges returns the values of WWW-Authenticate (AUTH-04).
func (c *credentials) challenges(tokens bool) []string {
	const realm = ` realm="open service broker"`
	var challenges []string
	if len(c.basic) > 0 {
		challenges = append(challenges, "Basic"+realm)
	}
	if len(c.bearer) > 0 || tokens {
		challenges = append(challenges, "Bearer"+realm)
	}
	return challenges
}

// Delays of 401s.
const (
	freeFailures = 10 // within forgetAfter of each other: a mistyped password, a conformance checker
	firstDelay   = 10 * time.Millisecond
	longestDelay = time.Second
	forgetAfter  = time.Minute
	mostWaiting  = 100 // at a time; the others are answered at once
)

// failures delays 401s, so that guessing is slow. It counts them for the whole
// process: all requests of a platform come from one address, and an attacker's
// may too. A request with good credentials is served without delay.
type failures struct {
	longest time.Duration

	mu      sync.Mutex
	count   int
	last    time.Time
	waiting int
}

// wait counts a failure and delays its answer.
func (f *failures) wait(ctx context.Context, now time.Time) {
	delay := f.begin(now)
	if delay == 0 {
		return
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting--
}

// begin returns the delay; a delay above 0 is counted as waiting.
func (f *failures) begin(now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now.Sub(f.last) > forgetAfter {
		f.count = 0
	}
	f.count++
	f.last = now
	if f.count <= freeFailures || f.waiting >= mostWaiting {
		return 0
	}
	f.waiting++
	delay := firstDelay << min(f.count-freeFailures-1, 10)
	return min(delay, f.longest)
}
