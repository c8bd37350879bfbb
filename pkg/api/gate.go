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

// A NamedToken is a bearer token and whose it is. It does not print the token.
type NamedToken struct {
	Name  string
	Token Token
}

// A Gate lets in who sends one of its tokens, and knows their names. Failures
// are held back as those of platforms are. Without any tokens it lets in
// nobody.
type Gate struct {
	owners   atomic.Pointer[[]owner]
	failures failures
	now      func() time.Time
}

// An owner of a token.
type owner struct {
	name  string
	token digest
}

// NewGate returns a gate without tokens. failureDelay is the longest time that
// a refusal is held back, 1 s by default; now is time.Now by default.
func NewGate(failureDelay time.Duration, now func() time.Time) *Gate {
	if now == nil {
		now = time.Now
	}
	return &Gate{failures: failures{longest: cmp.Or(failureDelay, longestDelay)}, now: now}
}

// SetTokens replaces the tokens, from the next request on. Several may have one
// name, so that they can be rotated. It fails, and changes nothing, if one is
// without name or token, if two people have the same, or if there are none.
func (g *Gate) SetTokens(tokens []NamedToken) error {
	if len(tokens) == 0 {
		return errors.New("there are no tokens")
	}
	owners := make([]owner, 0, len(tokens))
	names := map[digest]string{}
	for _, t := range tokens {
		if t.Name == "" || t.Token == "" {
			return errors.New("a token is empty, or has no name")
		}
		sum := sha256.Sum256([]byte(t.Token))
		if name, ok := names[sum]; ok && name != t.Name {
			return errors.New("two names have the same token: nobody could say whose calls are whose")
		}
		names[sum] = t.Name
		owners = append(owners, owner{t.Name, sum})
	}
	g.owners.Store(&owners)
	return nil
}

// Open says whether anybody can pass.
func (g *Gate) Open() bool { return g.owners.Load() != nil }

// Enter returns the name of who sends the request, or the 401 to answer, held
// back where failures repeat.
func (g *Gate) Enter(r *http.Request) (name string, err error) {
	token, sent := bearer(r)
	sum := sha256.Sum256([]byte(token))
	owners := g.owners.Load()
	if owners != nil && sent {
		for _, o := range *owners { // all of them: it takes as long whoever it is
			if subtle.ConstantTimeCompare(o.token[:], sum[:]) == 1 {
				name = o.name
			}
		}
	}
	if name != "" {
		return name, nil
	}
	if r.Header.Get("Authorization") != "" { // without credentials nothing was guessed
		g.failures.wait(r.Context(), g.now())
	}
	return "", &osb.Error{Status: http.StatusUnauthorized, Code: "Unauthorized", Description: "The token is missing or wrong: send an operator's token as bearer token."}
}
