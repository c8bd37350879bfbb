// Package metadata emulates the instance metadata service of ECS (the address
// 100.100.100.200): where the instance is, and the keys of its RAM role.
package metadata

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/sts"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/vpc"
)

const (
	tokenHeader = "X-Aliyun-Ecs-Metadata-Token" //nolint:gosec // the name of a header
	ttlHeader   = "X-Aliyun-Ecs-Metadata-Token-Ttl-Seconds"
	maxTTL      = 21600 // seconds
	roleLife    = 6 * time.Hour
	renewBefore = 30 * time.Minute // before its end a role's key is replaced
)

// Options describe the instance. All but AllowV1 and Role are required.
type Options struct {
	Clock                           *cloud.Clock
	Sessions                        *sts.Service
	Network                         *vpc.Service // the instance is in the first VSwitch of its region
	AccountID, InstanceID, RegionID string
	Role                            string // the instance's RAM role; empty: the instance has none
	AllowV1                         bool   // answer requests without a token too
}

// A Service is the HTTP handler of /latest/.
type Service struct {
	options Options
	subnet  subnet
	mux     *http.ServeMux

	mu       sync.Mutex
	switches Behaviour
	tokens   map[string]time.Time // with their ends
	keys     sts.Credentials      // of the role; empty until the first request
	since    time.Time            // when they were issued
}

// New returns the service.
func New(o Options) *Service {
	s := &Service{options: o, switches: Behaviour{AllowV1: o.AllowV1}, subnet: findSubnet(o.Network, o.RegionID), mux: http.NewServeMux(), tokens: map[string]time.Time{}}
	s.mux.HandleFunc("PUT /latest/api/token", s.putToken)
	for name, value := range s.facts() {
		s.mux.HandleFunc("GET /latest/meta-data/"+name, s.guarded(func(w http.ResponseWriter, _ *http.Request) { text(w, value) }))
	}
	s.mux.HandleFunc("GET /latest/meta-data/{$}", s.guarded(s.list))
	s.mux.HandleFunc("GET /latest/dynamic/instance-identity/document", s.guarded(s.document))
	s.mux.HandleFunc("GET /latest/meta-data/ram/security-credentials/{$}", s.guarded(s.role))
	s.mux.HandleFunc("GET /latest/meta-data/ram/security-credentials/{role}", s.guarded(s.credentials))
	return s
}

// A subnet is the place of the instance in the network.
type subnet struct{ zoneID, vpcID, vswitchID, vpcCIDR, vswitchCIDR string }

// findSubnet returns the first VSwitch of the region, or a zero subnet for a
// region without one.
func findSubnet(network *vpc.Service, regionID string) subnet {
	region, _ := network.Region(regionID)
	for _, v := range region.VPCs {
		if len(v.VSwitches) > 0 {
			first := v.VSwitches[0]
			return subnet{first.ZoneID, v.ID, first.ID, v.CIDR.String(), first.CIDR.String()}
		}
	}
	return subnet{}
}

// Properties of the instance that are the same in each emulator.
const (
	address      = "192.168.0.10"
	mac          = "00:16:3e:00:00:01"
	imageID      = "emulated_image"
	instanceType = "ecs.g7.large"
)

// facts are the values that have a path of their own (ECS, "Instance
// metadata").
func (s *Service) facts() map[string]string {
	o, p := s.options, s.subnet
	return map[string]string{
		"region-id": o.RegionID, "zone-id": p.zoneID, "vpc-id": p.vpcID, "vswitch-id": p.vswitchID,
		"owner-account-id": o.AccountID, "instance-id": o.InstanceID, "vpc-cidr-block": p.vpcCIDR, "vswitch-cidr-block": p.vswitchCIDR,
		"private-ipv4": address, "mac": mac, "network-type": "vpc", "hostname": o.InstanceID, "image-id": imageID, "instance/instance-type": instanceType,
		"network/interfaces/macs/": mac + "/", "network/interfaces/macs/" + mac + "/vpc-id": p.vpcID,
		"network/interfaces/macs/" + mac + "/vswitch-id": p.vswitchID, "network/interfaces/macs/" + mac + "/primary-ip-address": address,
	}
}

// list names the entries of meta-data, one a line; a folder ends in a slash.
func (s *Service) list(w http.ResponseWriter, _ *http.Request) {
	names := map[string]bool{"ram/": true}
	for name := range s.facts() {
		first, _, deeper := strings.Cut(name, "/")
		if deeper {
			first += "/"
		}
		names[first] = true
	}
	text(w, strings.Join(slices.Sorted(maps.Keys(names)), "\n"))
}

// document describes the instance in one JSON object.
func (s *Service) document(w http.ResponseWriter, _ *http.Request) {
	o := s.options
	writeJSON(w, struct {
		AccountID    string `json:"owner-account-id"`
		InstanceID   string `json:"instance-id"`
		InstanceType string `json:"instance-type"`
		ImageID      string `json:"image-id"`
		RegionID     string `json:"region-id"`
		ZoneID       string `json:"zone-id"`
		MAC          string `json:"mac"`
		PrivateIPv4  string `json:"private-ipv4"`
	}{o.AccountID, o.InstanceID, instanceType, imageID, o.RegionID, s.subnet.zoneID, mac, address})
}

// ServeHTTP implements http.Handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path := folded(r.URL.Path); path != r.URL.Path {
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath = path, ""
	}
	s.mux.ServeHTTP(w, r)
}

// folded returns a path in lower case, the name of a role as it is. The cloud
// compares paths without case (A366).
func folded(path string) string {
	const keys = "/latest/meta-data/ram/security-credentials/"
	if len(path) >= len(keys) && strings.EqualFold(path[:len(keys)], keys) {
		return keys + path[len(keys):]
	}
	return strings.ToLower(path)
}

// putToken opens a session of the hardened mode (ECS, "Instance metadata").
func (s *Service) putToken(w http.ResponseWriter, r *http.Request) {
	if s.behaviour().RefuseToken {
		http.Error(w, "this service gives no tokens", http.StatusForbidden)
		return
	}
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

// guarded answers 403 to requests without a token, unless AllowV1, and 401 to a
// wrong or expired token (A123).
func (s *Service) guarded(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get(tokenHeader)
		if token == "" && !s.behaviour().AllowV1 {
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

// credentials returns the key of the role, the same until half an hour before
// it expires.
func (s *Service) credentials(w http.ResponseWriter, r *http.Request) {
	if s.options.Role == "" || r.PathValue("role") != s.options.Role {
		http.NotFound(w, r)
		return
	}
	c, since, ok := s.roleKeys()
	if !ok {
		http.NotFound(w, r)
		return
	}
	writeJSON(w, struct{ AccessKeyId, AccessKeySecret, SecurityToken, Expiration, LastUpdated, Code string }{
		c.AccessKeyID, c.AccessKeySecret, c.SecurityToken, c.Expiration.Format(time.RFC3339), since.Format(time.RFC3339), "Success",
	})
}

// roleKeys returns the current keys; ok is false if the role was deleted.
func (s *Service) roleKeys() (keys sts.Credentials, since time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.options.Clock.Now(); now.After(s.keys.Expiration.Add(-renewBefore)) || now.Before(s.since) {
		if s.keys, ok = s.options.Sessions.IssueFor(s.options.InstanceID, s.options.Role, roleLife); !ok {
			return sts.Credentials{}, time.Time{}, false
		}
		s.since = now
	}
	return s.keys, s.since, true
}

func writeJSON(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // a client that has left needs no answer
}

func text(w http.ResponseWriter, value string) {
	w.Header().Set("Content-Type", "text/plain")
	_, _ = w.Write([]byte(value)) // a client that has left needs no answer
}
