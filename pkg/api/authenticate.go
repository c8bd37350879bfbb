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

// SetAccounts replaces the users and tokens that are accepted, from the next
// request on. It fails, and changes nothing, if one of them is malformed or if
// nobody could call any more.
func (a *Handler) SetAccounts(users []User, tokens []Token) error {
	accepted, err := newCredentials(users, tokens)
	if err != nil {
		return fmt.Errorf("api: %w", err)
	}
	some := len(users)+len(tokens) > 0 || a.reviewer != nil
	switch {
	case some && a.open:
		return errors.New("api: users or tokens are configured, and everybody is let in without: choose one")
	case !some && !a.open:
		return errors.New("api: there are no users and no tokens: nobody could use the broker")
	}
	a.accepted.Store(&accepted)
	return nil
}

// authenticate reports whether the request carries accepted credentials
// (AUTH-01, AUTH-03), or what to answer: a 401, held back where failures
// repeat, or a 503 where it cannot be known now.
func (a *Handler) authenticate(r *http.Request) (refusal osb.Answer, ok bool) {
	if a.open {
		return osb.Answer{}, true
	}
	accepted := a.accepted.Load()
	scheme := "none"
	if name, password, ok := r.BasicAuth(); ok {
		if anyEqual(accepted.basic, name+":"+password) {
			return osb.Answer{}, true
		}
		scheme = "basic"
	} else if token, ok := bearer(r); ok {
		if anyEqual(accepted.bearer, token) {
			return osb.Answer{}, true
		}
		scheme = "bearer"
		if a.reviewer != nil && token != "" {
			switch allowed, err := a.reviewer.Allows(r.Context(), token); {
			case err != nil:
				return osb.Answer{Err: osb.ErrUnavailable(err)}, false
			case allowed:
				return osb.Answer{}, true
			}
		}
	} else if r.Header.Get("Authorization") != "" {
		scheme = "other"
	}
	a.metrics.refusals.WithLabelValues(scheme).Inc()
	if scheme != "none" { // without credentials nothing was guessed
		a.failures.wait(r.Context(), a.now())
	}
	refusal = osb.Answer{Err: osb.ErrUnauthorized(), Header: http.Header{"Www-Authenticate": accepted.challenges(a.reviewer != nil)}}
	return refusal, false
}

func bearer(r *http.Request) (string, bool) {
	scheme, token, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return token, ok && strings.EqualFold(scheme, "Bearer")
}

// challenges are the values of WWW-Authenticate (AUTH-04).
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

// How 401s are held back.
const (
	freeFailures = 10 // within forgetAfter of each other: somebody mistypes, a checker checks
	firstDelay   = 10 * time.Millisecond
	longestDelay = time.Second
	forgetAfter  = time.Minute
	mostWaiting  = 100 // at once; the others are answered at once
)

// failures slow down those who guess. They are counted for the whole process,
// since all of a platform comes from one address, as may its attackers; who
// sends good credentials never waits.
type failures struct {
	longest time.Duration

	mu      sync.Mutex
	count   int
	last    time.Time
	waiting int
}

// wait counts a failure and holds its answer back.
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

// begin returns how long to wait; if that is not 0, one more is waiting.
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
