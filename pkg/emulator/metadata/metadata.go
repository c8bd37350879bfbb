// Package metadata emulates the instance metadata service of ECS (the address
// 100.100.100.200): where the instance is, and the keys of its RAM role.
package metadata

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
)

const (
	tokenHeader = "X-Aliyun-Ecs-Metadata-Token" //nolint:gosec // the name of a header
	ttlHeader   = "X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds"
	maxTTL      = 21600 // seconds
	roleLife    = 6 * time.Hour
)

// Options say what the service tells. All but AllowV1 and Role are required.
type Options struct {
	Clock                                                     *cloud.Clock
	Sessions                                                  *sts.Service
	AccountID, InstanceID, RegionID, ZoneID, VPCID, VSwitchID string
	Role                                                      string // the instance's RAM role; empty if it has none
	AllowV1                                                   bool   // answer without a token too
}

// A Service is the HTTP handler of /latest/.
type Service struct {
	options Options
	mux     *http.ServeMux

	mu     sync.Mutex
	tokens map[string]time.Time // with their ends
}

// New returns the service.
func New(o Options) *Service {
	s := &Service{options: o, mux: http.NewServeMux(), tokens: map[string]time.Time{}}
	s.mux.HandleFunc("PUT /latest/api/token", s.putToken)
	for name, value := range map[string]string{
		"region-id": o.RegionID, "zone-id": o.ZoneID, "vpc-id": o.VPCID, "vswitch-id": o.VSwitchID,
		"owner-account-id": o.AccountID, "instance-id": o.InstanceID,
	} {
		s.mux.HandleFunc("GET /latest/meta-data/"+name, s.guarded(func(w http.ResponseWriter, _ *http.Request) { text(w, value) }))
	}
	s.mux.HandleFunc("GET /latest/meta-data/ram/security-credentials/{$}", s.guarded(s.role))
	s.mux.HandleFunc("GET /latest/meta-data/ram/security-credentials/{role}", s.guarded(s.credentials))
	return s
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// putToken opens a session of the hardened mode (ECS, "Instance metadata").
func (s *Service) putToken(w http.ResponseWriter, r *http.Request) {
	ttl, err := strconv.Atoi(r.Header.Get(ttlHeader))
	if err != nil || ttl < 1 || ttl > maxTTL {
		http.Error(w, "the token's time to live is from 1 to 21600 seconds", http.StatusBadRequest)
		return
	}
	token, now := rand.Text()+rand.Text(), s.options.Clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for old, end := range s.tokens {
		if now.After(end) {
			delete(s.tokens, old)
		}
	}
	s.tokens[token] = now.Add(time.Duration(ttl) * time.Second)
	text(w, token)
}

// guarded refuses requests without a token (403, unless AllowV1) and with one
// that is wrong or expired (401).
func (s *Service) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get(tokenHeader)
		if token == "" && !s.options.AllowV1 {
			http.Error(w, "a token is required", http.StatusForbidden)
			return
		}
		if token != "" && !s.valid(token) {
			http.Error(w, "the token is not valid", http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

func (s *Service) valid(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	end, ok := s.tokens[token]
	return ok && s.options.Clock.Now().Before(end)
}

func (s *Service) role(w http.ResponseWriter, r *http.Request) {
	if s.options.Role == "" {
		http.NotFound(w, r)
		return
	}
	text(w, s.options.Role)
}

// credentials issues a new key of the role at every read; the real service
// keeps one until half an hour before it expires.
func (s *Service) credentials(w http.ResponseWriter, r *http.Request) {
	if s.options.Role == "" || r.PathValue("role") != s.options.Role {
		http.NotFound(w, r)
		return
	}
	c := s.options.Sessions.Issue(s.options.Role, s.options.InstanceID, "", roleLife)
	w.Header().Set("Content-Type", "application/json")
	body := struct{ AccessKeyId, AccessKeySecret, SecurityToken, Expiration, LastUpdated, Code string }{
		c.AccessKeyID, c.AccessKeySecret, c.SecurityToken, c.Expiration.Format(time.RFC3339), s.options.Clock.Now().Format(time.RFC3339), "Success",
	}
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}

func text(w http.ResponseWriter, value string) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte(value)) // the client may be gone
}
