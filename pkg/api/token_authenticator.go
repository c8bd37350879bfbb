package api

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb"
)

// A NamedToken is the bearer token of an operator. Printed, it hides the token.
type NamedToken struct {
	Name  string
	Token Token
}

// A TokenAuthenticator authenticates operators by their bearer tokens. It delays
// 401s like those of platforms, and rejects every request until it has tokens.
type TokenAuthenticator struct {
	owners   atomic.Pointer[[]owner]
	failures failures
	now      func() time.Time
}

// An owner is an operator with the hash of a token.
type owner struct {
	name  string
	token digest
}

// NewTokenAuthenticator returns an authenticator without tokens. failureDelay is
// the longest delay of a 401, 1 s by default; now is time.Now by default.
func NewTokenAuthenticator(failureDelay time.Duration, now func() time.Time) *TokenAuthenticator {
	if now == nil {
		now = time.Now
	}
	return &TokenAuthenticator{failures: failures{longest: cmp.Or(failureDelay, longestDelay)}, now: now}
}

// SetTokens replaces the tokens from the next request on. One name may have
// several, so that they can be rotated. An empty list, a missing name or token,
// and one token with two names are errors and keep the present tokens.
func (a *TokenAuthenticator) SetTokens(tokens []NamedToken) error {
	if len(tokens) == 0 {
		return errors.New("the list of tokens is empty")
	}
	owners := make([]owner, 0, len(tokens))
	names := map[digest]string{}
	for _, t := range tokens {
		if t.Name == "" || t.Token == "" {
			return errors.New("a token is empty, or has no name")
		}
		sum := sha256.Sum256([]byte(t.Token))
		if name, ok := names[sum]; ok && name != t.Name {
			return errors.New("two names have the same token: give each operator a token of their own")
		}
		names[sum] = t.Name
		owners = append(owners, owner{t.Name, sum})
	}
	a.owners.Store(&owners)
	return nil
}

// HasTokens reports whether SetTokens has succeeded once.
func (a *TokenAuthenticator) HasTokens() bool { return a.owners.Load() != nil }

// Authenticate returns the name of the operator behind the request, or else a 401,
// delayed after repeated failures, or osb.ErrUnanswered when too many are delayed.
func (a *TokenAuthenticator) Authenticate(r *http.Request) (name string, err error) {
	token, sent := bearer(r)
	sum := sha256.Sum256([]byte(token))
	owners := a.owners.Load()
	if owners != nil && sent {
		for _, o := range *owners { // all of them, so that the time tells nothing
			if subtle.ConstantTimeCompare(o.token[:], sum[:]) == 1 {
				name = o.name
			}
		}
	}
	if name != "" {
		markAuthenticated(r.Context())
		return name, nil
	}
	// A request without credentials guesses nothing.
	if r.Header.Get("Authorization") != "" && !a.failures.wait(r.Context(), a.now()) {
		return "", osb.ErrUnanswered
	}
	return "", &osb.Error{Status: http.StatusUnauthorized, Code: "Unauthorized", Description: "The token is missing or wrong: send an operator's token as bearer token."}
}
