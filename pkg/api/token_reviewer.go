package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// TokenReviewConfig configures the review of bearer tokens by a Kubernetes API
// server.
type TokenReviewConfig struct {
	// Client authenticates to the API server. Its account needs the right to
	// create tokenreviews.
	Client *http.Client
	// URL is the address of the API server.
	URL string
	// Audiences lists the audiences of accepted tokens, each of which has at
	// least one of them; empty means the API server's own.
	Audiences []string
	// Users lists the accepted users, such as
	// system:serviceaccount:catalog:controller. It is required: every pod of a
	// cluster has a genuine token.
	Users []string
	// Now is time.Now by default.
	Now func() time.Time
}

// Bounds of verdicts and reviews.
const (
	allowedFor    = time.Minute      // a revoked token works for this long
	refusedFor    = 10 * time.Second // a newly accepted token is refused for this long
	rememberFor   = time.Hour        // that a token, or one of an address, was good
	mostVerdicts  = 1000             // of each kind
	mostReviews   = 4                // at once, of tokens that were never good
	mostWaiting   = 64               // for these
	reviewTimeout = 10 * time.Second
	maxReview     = 1 << 20 // bytes of an answer
)

// A TokenReviewer asks a Kubernetes API server for the user of a bearer token
// (authentication.k8s.io/v1, TokenReview). It caches verdicts for a short time,
// by the hash of the token. Tokens that the API server would refuse for what they
// say of themselves are refused without a review.
//
// A flood of tokens delays the platforms as little as can be: a token that was
// good before is reviewed at once, addresses take turns, and an address that had a
// good token in the last hour waits apart from all others.
type TokenReviewer struct {
	config              TokenReviewConfig
	onlyServiceAccounts bool // all users are

	known, others *places // for addresses with a good token in the last hour, and without

	mu        sync.Mutex
	allowed   map[digest]time.Time // last good verdict
	refused   map[digest]time.Time
	addresses map[string]time.Time // last good verdict of an address
}

// NewTokenReviewer checks the configuration without calling the API server.
func NewTokenReviewer(config TokenReviewConfig) (*TokenReviewer, error) {
	switch {
	case config.Client == nil || config.URL == "":
		return nil, errors.New("token review: the API server's address or client is missing")
	case len(config.Users) == 0:
		return nil, errors.New("token review: name the users who may call: every pod of the cluster has a genuine token")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	config.URL = strings.TrimSuffix(config.URL, "/")
	return &TokenReviewer{
		config: config,
		onlyServiceAccounts: !slices.ContainsFunc(config.Users, func(user string) bool {
			return !strings.HasPrefix(user, serviceAccountPrefix)
		}),
		known: newPlaces(mostReviews, mostWaiting), others: newPlaces(mostReviews, mostWaiting),
		allowed: map[digest]time.Time{}, refused: map[digest]time.Time{}, addresses: map[string]time.Time{},
	}, nil
}

// Allows reports whether the token is genuine, has one of the audiences, and
// belongs to one of the users. The address is the client's, by which waiting is
// shared. An error means that the API server gave no verdict.
func (t *TokenReviewer) Allows(ctx context.Context, token, address string) (bool, error) {
	key := sha256.Sum256([]byte(token))
	verdict, known := t.remembered(key, address)
	if verdict != nil {
		return *verdict, nil
	}
	if t.isHopeless(token) {
		return false, nil
	}
	ctx, end := context.WithTimeout(ctx, reviewTimeout)
	defer end()
	if !known { // guessed tokens queue apart from tokens that were good
		queue := t.queueOf(address)
		if err := queue.take(ctx, address); err != nil {
			return false, fmt.Errorf("token review: %w", err)
		}
		defer queue.leave()
	}
	allowed, err := t.review(ctx, token)
	if err != nil {
		return false, fmt.Errorf("token review: %w", err)
	}
	t.remember(key, address, allowed)
	return allowed, nil
}

// queueOf returns the places for tokens of an address.
func (t *TokenReviewer) queueOf(address string) *places {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at, ok := t.addresses[address]; ok && t.config.Now().Sub(at) < rememberFor {
		return t.known
	}
	return t.others
}

// remembered returns the cached verdict, or nil and whether the token was once
// good.
func (t *TokenReviewer) remembered(key digest, address string) (verdict *bool, known bool) {
	now := t.config.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	at, known := t.allowed[key]
	if known && now.Sub(at) < allowedFor {
		put(t.addresses, address, now, rememberFor)
		return new(true), true
	}
	if at, ok := t.refused[key]; ok && now.Sub(at) < refusedFor {
		return new(false), known
	}
	return nil, known
}

func (t *TokenReviewer) remember(key digest, address string, allowed bool) {
	now := t.config.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	if allowed {
		delete(t.refused, key)
		put(t.allowed, key, now, rememberFor)
		put(t.addresses, address, now, rememberFor)
		return
	}
	delete(t.allowed, key)
	put(t.refused, key, now, refusedFor)
}

// put adds a verdict. In a full map it drops old verdicts first, then any.
func put[Key comparable](verdicts map[Key]time.Time, key Key, now time.Time, keep time.Duration) {
	if len(verdicts) >= mostVerdicts {
		for k, at := range verdicts {
			if now.Sub(at) > keep {
				delete(verdicts, k)
			}
		}
	}
	for k := range verdicts {
		if len(verdicts) < mostVerdicts {
			break
		}
		delete(verdicts, k)
	}
	verdicts[key] = now
}

// tokenReview has the members in use of the API's object.
type tokenReview struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Spec       tokenReviewSpec   `json:"spec"`
	Status     tokenReviewStatus `json:"status,omitzero"`
}

type tokenReviewSpec struct {
	Token     string   `json:"token"`
	Audiences []string `json:"audiences,omitempty"`
}

type tokenReviewStatus struct {
	Authenticated bool     `json:"authenticated"`
	Audiences     []string `json:"audiences"`
	User          struct {
		Username string `json:"username"`
	} `json:"user"`
}

func (t *TokenReviewer) review(ctx context.Context, token string) (bool, error) {
	body, err := json.Marshal(tokenReview{
		APIVersion: "authentication.k8s.io/v1", Kind: "TokenReview",
		Spec: tokenReviewSpec{Token: token, Audiences: t.config.Audiences},
	})
	if err != nil {
		return false, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost,
		t.config.URL+"/apis/authentication.k8s.io/v1/tokenreviews", bytes.NewReader(body))
	if err != nil {
		return false, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	response, err := t.config.Client.Do(request)
	if err != nil {
		return false, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxReview))
	if err != nil {
		return false, err
	}
	if response.StatusCode != http.StatusCreated && response.StatusCode != http.StatusOK {
		return false, fmt.Errorf("the API server answered %s", response.Status)
	}
	var review tokenReview
	if err := json.Unmarshal(answer, &review); err != nil {
		return false, fmt.Errorf("the API server's answer: %w", err)
	}
	return t.accepts(review.Status), nil
}

// accepts also checks the audiences: an API server that knows none of them
// ignores the wanted ones and returns an empty list.
func (t *TokenReviewer) accepts(status tokenReviewStatus) bool {
	if !status.Authenticated || !slices.Contains(t.config.Users, status.User.Username) {
		return false
	}
	return len(t.config.Audiences) == 0 || slices.ContainsFunc(status.Audiences, func(audience string) bool {
		return slices.Contains(t.config.Audiences, audience)
	})
}
