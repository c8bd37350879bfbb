package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The bars of token review.
const (
	account       = "system:serviceaccount:catalog:controller"
	audience      = "broker"
	reviewLatency = 50 * time.Millisecond // of the API server
	anonymous     = 450                   // connections
	reviewTime    = 8 * time.Second
	mostReviewed  = 2000 // ms, for a new token of a platform
)

// An apiServer reviews tokens at the pace of a busy one.
type apiServer struct {
	*http.Server

	address string
	reviews atomic.Int64
}

// attackReview sends tokens from anonymous connections of another address, and
// measures how long new tokens of the platform take meanwhile.
func attackReview(ctx context.Context, l *lab) error {
	var sequence atomic.Int64
	forged := func() string { return token(account, audience, time.Hour, fmt.Sprint("forged-", sequence.Add(1))) }
	for _, c := range []struct {
		name     string
		token    func() string
		hopeless bool // it needs no review
	}{
		{"garbage", func() string { return fmt.Sprint("garbage-", sequence.Add(1)) }, true},
		{"expired tokens", func() string { return token(account, audience, -time.Hour, fmt.Sprint("forged-", sequence.Add(1))) }, true},
		{"tokens for another audience", func() string { return token(account, "vault", time.Hour, fmt.Sprint("forged-", sequence.Add(1))) }, true},
		{"tokens of another account", func() string {
			return token("system:serviceaccount:default:pod", audience, time.Hour, fmt.Sprint("forged-", sequence.Add(1)))
		}, true},
		{"forged tokens", forged, false},
	} {
		if !l.isChosen(c.name) {
			continue
		}
		if err := l.reviewCase(ctx, c.name, c.token, c.hopeless); err != nil {
			return err
		}
	}
	return nil
}

func (l *lab) reviewCase(ctx context.Context, name string, forge func() string, hopeless bool) error {
	cluster, err := startAPIServer()
	if err != nil {
		return err
	}
	defer func() { _ = cluster.Close() }()
	dir, err := os.MkdirTemp("", "attack-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	kubeconfig := filepath.Join(dir, "kubeconfig")
	if err := os.WriteFile(kubeconfig, fmt.Appendf(nil, kubeconfigForm, cluster.address), 0o600); err != nil {
		return err
	}
	s, err := l.start(ctx, setup{args: []string{
		"--token-review", "--kubeconfig", kubeconfig, "--token-review-users", account, "--token-review-audience", audience,
	}})
	if err != nil {
		return err
	}
	defer s.close()
	url := "http://" + s.platforms + "/v2/catalog"
	platform := fresh("")
	var sequence atomic.Int64
	login := func(ctx context.Context) (int, error) {
		good := token(account, audience, time.Hour, fmt.Sprint("good-", sequence.Add(1)))
		found, _, err := send(ctx, platform, http.MethodGet, url, nil, bearer(good))
		return found, err
	}
	if found, err := login(ctx); found != http.StatusOK {
		return fmt.Errorf("a good token is answered %d, %w", found, err)
	}
	before := cluster.reviews.Load()
	attack, end := context.WithTimeout(ctx, reviewTime)
	defer end()
	var all sync.WaitGroup
	var wrong atomic.Int64
	for range anonymous {
		client := fresh("127.0.0.2") // platforms are on 127.0.0.1
		all.Go(func() {
			for attack.Err() == nil {
				found, _, err := send(attack, client, http.MethodGet, url, nil, bearer(forge()))
				if err == nil && found != http.StatusUnauthorized && found != http.StatusServiceUnavailable {
					wrong.Add(1)
				}
			}
		})
	}
	pause(ctx, time.Second)
	var good int64
	found := probe(attack, 200*time.Millisecond, map[string]func() (int, error){"good": func() (int, error) {
		good++
		return login(attack)
	}})()
	all.Wait()
	sent, failed := len(found.took["good"]), found.failed["good"]
	l.holds(name+": new tokens of the platform accepted", fmt.Sprintf("%d of %d %s", sent-failed, sent, found.first["good"]), failed == 0 && sent > 0)
	l.atMost(name+": slowest of them", found.quantile("good", 1), mostReviewed, "ms")
	l.holds(name+": answers to them other than 401 and 503", fmt.Sprint(wrong.Load()), wrong.Load() == 0)
	if hopeless {
		l.atMost(name+": reviews of them", float64(max(0, cluster.reviews.Load()-before-good)), 0, "")
	}
	return nil
}

func bearer(token string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
}

// token returns a JWT. Its signature is its id, by which the API server knows it.
func token(subject, audience string, lasts time.Duration, id string) string {
	encode := base64.RawURLEncoding.EncodeToString
	claims, _ := json.Marshal(map[string]any{"sub": subject, "aud": []string{audience}, "exp": time.Now().Add(lasts).Unix()}) // texts and numbers encode
	return encode([]byte(`{"alg":"RS256"}`)) + "." + encode(claims) + "." + encode([]byte(id))
}

const kubeconfigForm = `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "http://%s"}}]
users: [{name: u, user: {token: broker}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`

// startAPIServer serves TokenReview: a token is good if its signature says so.
func startAPIServer() (*apiServer, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &apiServer{address: listener.Addr().String()}
	c.Server = &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.reviews.Add(1)
		var review struct {
			Spec struct {
				Token string `json:"token"`
			} `json:"spec"`
		}
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		pause(r.Context(), reviewLatency)
		id, _ := base64.RawURLEncoding.DecodeString(review.Spec.Token[strings.LastIndex(review.Spec.Token, ".")+1:])
		status := map[string]any{"authenticated": false}
		if strings.HasPrefix(string(id), "good") {
			status = map[string]any{"authenticated": true, "audiences": []string{audience}, "user": map[string]string{"username": account}}
		}
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "status": status})
	})}
	go func() {
		if err := c.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "attack: the API server:", err)
		}
	}()
	return c, nil
}
