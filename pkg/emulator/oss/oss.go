// Package oss emulates Object Storage Service: the REST and XML interface with
// its signatures, buckets, objects and multipart uploads, as an http.Handler.
// It answers 501 to unknown requests and lists them.
//
// Facts come from the OSS API reference; a comment marks the behaviour that is
// known by observation or guessed.
package oss

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A Config configures a Service. Keys and Authorizer are required.
type Config struct {
	// Clock is the emulator's time; nil means real time.
	Clock *cloud.Clock
	// Wall is the time by which clients sign; nil means real time.
	Wall func() time.Time
	// Keys finds the access key of a signature.
	Keys cloud.Keys
	// Authorizer decides for RAM users and roles.
	Authorizer cloud.Authorizer
	// Faults and Journal may be nil.
	Faults  *cloud.Faults
	Journal *cloud.Journal
	// Region is the region of a new bucket if host and signature of the request
	// lack one; empty means "cn-hangzhou".
	Region string
	// Regions are listed by DescribeRegions; nil means Region alone.
	Regions []string
	// Unknown receives each unknown request, once; it may be nil.
	Unknown func(what string)
	// UnknownNotFound reports whether unknown requests are refused with 400, which
	// clients take as final, instead of 501; nil means 501.
	UnknownNotFound func() bool
	// KMS has the keys that objects are encrypted with; nil: every id is an enabled key.
	KMS KeyStates
	// Behaviour is the behaviour at first.
	Behaviour Behaviour
}

// KeyStates tells of keys of Key Management Service in a region.
type KeyStates interface {
	State(region, id string) (exists, enabled bool)
}

// A Service is one emulated OSS for all regions. It is safe for concurrent
// use.
type Service struct {
	cfg   Config
	table *table

	mu        sync.Mutex
	behaviour Behaviour
	buckets   map[string]*bucket
	// blockedAccounts block public access to all their buckets.
	blockedAccounts map[string]bool
	deleted         map[string]time.Time // buckets whose names are not free again
	unknown         map[string]bool
}

// New returns a Service without buckets.
func New(cfg Config) *Service {
	if cfg.Clock == nil {
		cfg.Clock = cloud.NewClock()
	}
	if cfg.Wall == nil {
		cfg.Wall = time.Now
	}
	if cfg.Faults == nil {
		cfg.Faults = new(cloud.Faults)
	}
	if cfg.Journal == nil {
		cfg.Journal = new(cloud.Journal)
	}
	if cfg.Region == "" {
		cfg.Region = "cn-hangzhou"
	}
	if cfg.Regions == nil {
		cfg.Regions = []string{cfg.Region}
	}
	return &Service{cfg: cfg, behaviour: cfg.Behaviour, table: newTable(), buckets: make(map[string]*bucket), blockedAccounts: make(map[string]bool), deleted: make(map[string]time.Time), unknown: make(map[string]bool)}
}

// Unknown lists the requests that were answered 501, sorted: method, level and
// sub-resource, as "GET bucket ?website".
func (s *Service) Unknown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.unknown))
}

func (s *Service) noteUnknown(what string) {
	s.mu.Lock()
	first := !s.unknown[what]
	s.unknown[what] = true
	s.mu.Unlock()
	if first && s.cfg.Unknown != nil {
		s.cfg.Unknown(what)
	}
}

// A BucketState describes a bucket to tests.
type BucketState struct {
	Name         string            `json:"name"`
	Owner        string            `json:"owner"` // account id
	Region       string            `json:"region"`
	ACL          string            `json:"acl"`
	Blocked      bool              `json:"publicBlocked,omitempty"` // public access, by the bucket's own setting
	StorageClass string            `json:"storageClass"`
	Created      time.Time         `json:"created"`
	Tags         map[string]string `json:"tags,omitempty"`
	Objects      int               `json:"objects"`  // keys whose latest version is no delete marker
	Versions     int               `json:"versions"` // versions and delete markers, the latest ones included
	Uploads      int               `json:"uploads"`  // multipart uploads not ended
	// Options are the bucket's further options by sub-resource, as they are answered,
	// secrets masked.
	Options map[string]string `json:"options,omitempty"`
}

// Buckets lists all buckets by name, also the ones of other accounts.
func (s *Service) Buckets() []BucketState {
	s.mu.Lock()
	defer s.mu.Unlock()
	states := make([]BucketState, 0, len(s.buckets))
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		s.runLifecycle(name)
		b := s.buckets[name]
		state := BucketState{
			Name: b.name, Owner: b.owner, Region: b.region, ACL: b.acl, Blocked: b.publicBlocked, StorageClass: b.storageClass,
			Created: b.created, Uploads: len(b.uploads), Options: s.optionsOf(b),
		}
		for _, t := range b.tags {
			if state.Tags == nil {
				state.Tags = make(map[string]string)
			}
			state.Tags[t.Key] = t.Value
		}
		for _, versions := range b.objects.all() {
			state.Versions += len(versions)
			if !versions[len(versions)-1].marker {
				state.Objects++
			}
		}
		states = append(states, state)
	}
	return states
}

// BlockAccount blocks public access to all buckets of an account, or lifts that
// block, as its owner does in the console (OSS API, PutPublicAccessBlock).
func (s *Service) BlockAccount(accountID string, block bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blockAccount(accountID, block)
}

// AddForeignBucket plants a private bucket that belongs to another account.
func (s *Service) AddForeignBucket(name, accountID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := newBucket(name, accountID, s.cfg.Region, s.cfg.Clock.Now())
	s.buckets[name] = b
}
