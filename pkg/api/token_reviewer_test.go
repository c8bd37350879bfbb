package api

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/osb/osbtest"
)

const controller = "system:serviceaccount:catalog:controller"

// A cluster is an API server with tokens.
type cluster struct {
	*httptest.Server
	mu     sync.Mutex
	tokens map[string]tokenReviewStatus
	status int // of its answers; 0: 201
	asked  []tokenReview
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{tokens: map[string]tokenReviewStatus{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /apis/authentication.k8s.io/v1/tokenreviews", func(w http.ResponseWriter, r *http.Request) {
		var review tokenReview
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.asked = append(c.asked, review)
		if c.status != 0 {
			w.WriteHeader(c.status)
			return
		}
		review.Status = c.tokens[review.Spec.Token]
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(review)
	})
	c.Server = httptest.NewServer(mux)
	t.Cleanup(c.Close)
	return c
}

// knows makes the token of a user good for the audiences.
func (c *cluster) knows(token, user string, audiences ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	status := tokenReviewStatus{Authenticated: true, Audiences: audiences}
	status.User.Username = user
	c.tokens[token] = status
}

func (c *cluster) forgets(token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.tokens, token)
}

func (c *cluster) answers(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

func (c *cluster) reviews() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.asked)
}

// A clock stands still until a test moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func reviewing(t *testing.T, cluster *cluster, clock *clock, audiences ...string) *harness {
	t.Helper()
	reviewer, err := NewTokenReviewer(TokenReviewConfig{
		Client: cluster.Client(), URL: cluster.URL + "/", Audiences: audiences, Users: []string{"another", controller}, Now: clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return start(t, nil, func(c *Config) { c.Users, c.Tokens, c.Reviewer = nil, nil, reviewer })
}

func TestTokenReviewer_Token_IsReviewed(t *testing.T) {
	t.Parallel()
	osbtest.Proves(t, "AUTH-03")
	cluster := newCluster(t)
	cluster.knows("good", controller, "broker")
	cluster.knows("of a stranger", "system:serviceaccount:default:pod", "broker")
	cluster.knows("for another", controller, "vault")
	cluster.knows("audiences ignored", controller)
	h := reviewing(t, cluster, &clock{now: time.Now()}, "osb", "broker")
	for token, status := range map[string]int{
		"good": 200, "of a stranger": 401, "for another": 401, "audiences ignored": 401, "unknown": 401, "": 401,
	} {
		got := h.send(t, "GET", instancePath, "", with("Authorization", "Bearer "+token))
		if got.status != status {
			t.Errorf("token %q: status %d, want %d", token, got.status, status)
		}
	}
	h.send(t, "GET", instancePath, "").wantError(t, http.StatusUnauthorized) // with Basic
	cluster.mu.Lock()
	defer cluster.mu.Unlock()
	for _, review := range cluster.asked {
		if review.Kind != "TokenReview" || review.APIVersion != "authentication.k8s.io/v1" || len(review.Spec.Audiences) != 2 {
			t.Errorf("asked %+v", review)
		}
	}
}

func TestTokenReviewer_Verdict_IsCachedForAShortTime(t *testing.T) {
	t.Parallel()
	cluster, clock := newCluster(t), &clock{now: time.Now()}
	cluster.knows("good", controller)
	h := reviewing(t, cluster, clock)
	want := func(token string, status, reviews int) {
		t.Helper()
		got := h.send(t, "GET", instancePath, "", with("Authorization", "Bearer "+token))
		if got.status != status || cluster.reviews() != reviews {
			t.Errorf("token %q: status %d after %d reviews, want %d after %d", token, got.status, cluster.reviews(), status, reviews)
		}
	}
	want("good", 200, 1)
	want("bad", 401, 2)
	cluster.forgets("good")
	cluster.knows("bad", controller)
	want("good", 200, 2)
	want("bad", 401, 2)
	clock.pass(refusedFor)
	want("bad", 200, 3)
	clock.pass(allowedFor)
	want("good", 401, 4)
	want("good", 401, 4)
}

func TestTokenReviewer_NoVerdict_Is503(t *testing.T) {
	t.Parallel()
	cluster, clock := newCluster(t), &clock{now: time.Now()}
	cluster.knows("good", controller)
	h := reviewing(t, cluster, clock)
	cluster.answers(http.StatusForbidden)
	h.send(t, "GET", instancePath, "", with("Authorization", "Bearer good")).wantError(t, http.StatusServiceUnavailable)
	cluster.answers(0)
	if got := h.send(t, "GET", instancePath, "", with("Authorization", "Bearer good")); got.status != http.StatusOK {
		t.Errorf("status %d once the API server answers: an error must not be remembered", got.status)
	}
}

// A roundTrip is an API server without a network, so that waits follow the clock
// of synctest.
type roundTrip func(r *http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTokenReviewer_Guesses_DoNotDelayGoodTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reviewer, err := NewTokenReviewer(TokenReviewConfig{
			URL: "http://cluster", Users: []string{controller, "oidc:ci"}, // tokens of the latter have any form
			Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				asked, err := io.ReadAll(r.Body)
				if err != nil {
					return nil, err
				}
				if !strings.Contains(string(asked), "good") {
					<-r.Context().Done() // it hangs
					return nil, r.Context().Err()
				}
				answer := `{"status":{"authenticated":true,"user":{"username":"` + controller + `"}}}`
				return &http.Response{StatusCode: http.StatusCreated, Body: io.NopCloser(strings.NewReader(answer))}, nil
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		want := func(token string) {
			t.Helper()
			begin := time.Now()
			if allowed, err := reviewer.Allows(t.Context(), token, "192.0.2.1"); !allowed || err != nil || time.Since(begin) != 0 {
				t.Errorf("%s token: allowed %t, %v, after %v", token, allowed, err, time.Since(begin))
			}
		}
		want("good")
		<-time.After(2 * allowedFor)
		begin := time.Now()
		var guesses sync.WaitGroup
		for range 2 * mostReviews {
			guesses.Go(func() {
				if allowed, err := reviewer.Allows(t.Context(), "guess", "192.0.2.2"); allowed || err == nil {
					t.Errorf("a guess: allowed %t, %v", allowed, err)
				}
			})
		}
		synctest.Wait()
		want("good")
		guesses.Wait()
		if took := time.Since(begin); took != reviewTimeout {
			t.Errorf("guesses took %v, want the time-out", took)
		}
	})
}

// jwt returns a token with these claims, without a good signature.
func jwt(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("signature"))
}

func TestTokenReviewer_HopelessTokens_AreNotReviewed(t *testing.T) {
	t.Parallel()
	now := time.Now()
	in := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).Unix(), 10) }
	const ours = `"sub":"` + controller + `","aud":["osb"]`
	for _, tc := range []struct {
		name, token string
		users       []string
		audiences   []string
		reviewed    bool
	}{
		{"good", jwt(`{` + ours + `,"exp":` + in(time.Hour) + `}`), []string{controller}, []string{"osb"}, true},
		{"without expiry", jwt(`{` + ours + `}`), []string{controller}, []string{"osb"}, true},
		{"expired within the leeway", jwt(`{` + ours + `,"exp":` + in(-expiryLeeway+time.Minute) + `}`), []string{controller}, []string{"osb"}, true},
		{"expired", jwt(`{` + ours + `,"exp":` + in(-expiryLeeway-time.Minute) + `}`), []string{controller}, []string{"osb"}, false},
		{"expired, any user", jwt(`{"exp":` + in(-time.Hour) + `.5}`), []string{"oidc:ci"}, nil, false},
		{"another audience", jwt(`{` + ours + `}`), []string{controller}, []string{"vault", "broker"}, false},
		{"another audience, none configured", jwt(`{` + ours + `}`), []string{controller}, nil, true},
		{"one audience as a text", jwt(`{"sub":"` + controller + `","aud":"osb"}`), []string{controller}, []string{"osb"}, true},
		{"legacy token without audience", jwt(`{"sub":"` + controller + `"}`), []string{controller}, []string{"osb"}, true},
		{"another subject", jwt(`{"sub":"system:serviceaccount:default:pod"}`), []string{controller}, nil, false},
		{"no subject", jwt(`{}`), []string{controller}, nil, false},
		{"another subject, users of other kinds", jwt(`{"sub":"1234"}`), []string{controller, "oidc:ci"}, nil, true},
		{"no JWT", "opaque", []string{controller}, nil, false},
		{"no JWT, users of other kinds", "opaque", []string{controller, "oidc:ci"}, nil, true},
		{"claims that are no object", jwt(`[]`), []string{controller}, nil, false},
		{"claims that are no base64", "a.%%%.c", []string{controller}, nil, false},
	} {
		reviews := 0
		reviewer, err := NewTokenReviewer(TokenReviewConfig{
			URL: "http://cluster", Users: tc.users, Audiences: tc.audiences, Now: func() time.Time { return now },
			Client: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
				reviews++
				answer := `{"status":{"authenticated":true,"audiences":["osb"],"user":{"username":"` + controller + `"}}}`
				return &http.Response{StatusCode: http.StatusCreated, Body: io.NopCloser(strings.NewReader(answer))}, nil
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		allowed, err := reviewer.Allows(t.Context(), tc.token, "192.0.2.1")
		if err != nil || allowed != tc.reviewed || (reviews > 0) != tc.reviewed {
			t.Errorf("%s: allowed %t, %v, after %d reviews; want reviewed %t", tc.name, allowed, err, reviews, tc.reviewed)
		}
	}
}

// TestTokenReviewer_FloodFromOneAddress_LeavesPlaces has an API server that decides
// one review at a time: forged tokens of one address fill the waiting places, and a
// new token of an address that had a good one, and one of a new address, are
// reviewed at once and next.
func TestTokenReviewer_FloodFromOneAddress_LeavesPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		decide := make(chan struct{})
		var mu sync.Mutex
		var order []string
		reviewer, err := NewTokenReviewer(TokenReviewConfig{
			URL: "http://cluster", Users: []string{controller},
			Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				var review tokenReview
				if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
					return nil, err
				}
				claims, err := claimsOf(review.Spec.Token)
				if err != nil {
					return nil, err
				}
				mu.Lock()
				order = append(order, claims.Audiences[0])
				mu.Unlock()
				select {
				case <-decide:
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
				good := strconv.FormatBool(strings.HasPrefix(claims.Audiences[0], "good"))
				answer := `{"status":{"authenticated":` + good + `,"user":{"username":"` + controller + `"}}}`
				return &http.Response{StatusCode: http.StatusCreated, Body: io.NopCloser(strings.NewReader(answer))}, nil
			})},
		})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		failed := 0
		ask := func(name, address string) {
			all.Go(func() {
				allowed, err := reviewer.Allows(t.Context(), jwt(`{"sub":"`+controller+`","aud":"`+name+`"}`), address)
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					failed++
				}
				if allowed != strings.HasPrefix(name, "good") && err == nil {
					t.Errorf("%s: allowed %t", name, allowed)
				}
			})
			synctest.Wait()
		}
		seen := func() []string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(order)
		}
		ask("good first", "platform")
		decide <- struct{}{}
		synctest.Wait()
		const flood = 450
		for i := range flood {
			ask(fmt.Sprint("forged ", i), "flood")
		}
		ask("good rotated", "platform")
		if got := seen(); got[len(got)-1] != "good rotated" {
			t.Errorf("a new token of the platform waits behind %d forged ones", flood)
		}
		ask("good of a new one", "another platform")
		for range mostReviews + 2 { // those under review, then one of each address
			decide <- struct{}{}
			synctest.Wait()
		}
		if !slices.Contains(seen(), "good of a new one") {
			t.Errorf("a token of a new address waits behind forged ones; reviewed: %v", seen())
		}
		<-time.After(reviewTimeout) // the API server hangs
		all.Wait()
		if failed < flood-2*mostReviews || failed > flood {
			t.Errorf("%d of %d forged tokens have no verdict", failed, flood)
		}
		<-time.After(2 * rememberFor)
		if reviewer.queueOf("platform") != reviewer.others {
			t.Error("an address keeps its places for ever")
		}
	})
}

func TestTokenReviewer_Cache_IsBounded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	verdicts := map[digest]time.Time{}
	for i := range 3 * mostVerdicts {
		put(verdicts, digest{byte(i), byte(i >> 8)}, now, time.Minute)
	}
	if len(verdicts) != mostVerdicts {
		t.Errorf("%d are remembered, want %d", len(verdicts), mostVerdicts)
	}
	put(verdicts, digest{255, 255, 255}, now.Add(time.Hour), time.Minute)
	if len(verdicts) != 1 {
		t.Errorf("%d are remembered, want the one that is not old", len(verdicts))
	}
}

func TestTokenReviewer_WithoutUsers_IsRejected(t *testing.T) {
	t.Parallel()
	if _, err := NewTokenReviewer(TokenReviewConfig{Client: http.DefaultClient, URL: "http://x"}); err == nil {
		t.Error("NewTokenReviewer took a configuration without users")
	}
}
