// Package kubernetes keeps records in a Kubernetes cluster, for brokers that
// run there in several replicas.
//
// Each record is a Secret of a type of its own. Its name and the labels for
// selection are hashes of the record's key; annotations hold the ids. It has no
// owner, so garbage collection leaves it alone, and a finalizer while the cloud
// may hold anything of it, so that a deletion by hand waits. A large body is a
// Secret of another type, named by its digest.
//
// The resource version is the record's revision and serves compare-and-swap.
// Reads ask for the present state and bypass caches. One watch, of the metadata
// of unsettled records, reports work; one Lease names the replica that runs
// operations. A last Secret holds the store's format, whether it ever held a
// record, and the last epoch.
package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// The defaults of Options.
const (
	DefaultName    = "alibabacloud-servicebroker"
	DefaultQPS     = 400
	DefaultBurst   = 800
	DefaultTimeout = 10 * time.Second
	DefaultLease   = 8 * time.Second
)

// Options name the place of a store and the limits of its requests.
type Options struct {
	// Config leads to the API server. Required. The store sets QPS, Burst and
	// Timeout itself.
	Config *rest.Config
	// Namespace holds the store's objects. Required.
	Namespace string
	// Name begins the names of all objects of the store: at most 40 characters,
	// as DNS-1123 labels are. Two stores of a namespace have different names.
	// Empty is DefaultName.
	Name string
	// QPS and Burst bound the requests of this process a second; requests for
	// the lease come on top. Zero is DefaultQPS and DefaultBurst.
	QPS   float32
	Burst int
	// Timeout bounds one request, and the search for the result of a write
	// whose answer was lost. Zero is DefaultTimeout.
	Timeout time.Duration
	// Lease is the time after the last renewal from which another process may take
	// the lease. The holder renews eight times as often, and stops after 5/8 of it.
	// At least a second; zero is DefaultLease.
	Lease time.Duration
	// Warn receives the errors that the store recovers from: a lost connection,
	// a lost lease, an object without a readable key. It must return at once.
	// Nil drops them.
	Warn func(error)
}

// A Store is a store.Store in a cluster.
type Store struct {
	options  Options
	api      *api
	locks    objectLocks
	everUsed atomic.Bool // it is marked as having held a record

	mu      sync.Mutex // guards closed, and running against Close
	closed  bool
	running sync.WaitGroup  // calls that Close waits for
	closing context.Context //nolint:containedctx // ends with the store, not with a call
	end     context.CancelFunc
}

var _ store.Store = (*Store)(nil)

// errOptions begins the errors about Options.
var errOptions = errors.New("options of the Kubernetes store")

// Open opens the store of that name, and creates a missing one. The error is
// ErrForeign if its objects belong to another program or version.
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	api, err := newAPI(&o)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errOptions, err)
	}
	s := &Store{options: o, api: api}
	s.closing, s.end = context.WithCancel(context.Background())
	if _, err := s.meta(ctx); err != nil {
		s.end()
		return nil, fmt.Errorf("open the store %s in namespace %s: %w", o.Name, o.Namespace, err)
	}
	return s, nil
}

// setDefaults checks options and fills in the defaults.
func (o *Options) setDefaults() error {
	if o.Name == "" {
		o.Name = DefaultName
	}
	if o.QPS <= 0 {
		o.QPS = DefaultQPS
	}
	if o.Burst <= 0 {
		o.Burst = DefaultBurst
	}
	if o.Timeout <= 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Lease == 0 {
		o.Lease = DefaultLease
	}
	if o.Warn == nil {
		o.Warn = func(error) {}
	}
	switch {
	case o.Config == nil:
		return fmt.Errorf("%w: Config is missing: it must lead to the API server", errOptions)
	case o.Namespace == "":
		return fmt.Errorf("%w: Namespace is missing: name the one for the records", errOptions)
	case len(o.Name) > 40 || !regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`).MatchString(o.Name):
		return fmt.Errorf("%w: the name %q must have up to 40 small letters, digits and hyphens", errOptions, o.Name)
	case o.Lease < time.Second:
		return fmt.Errorf("%w: a lease of %s is too short: use at least 1s", errOptions, o.Lease)
	}
	return nil
}

// startCall counts a call that Close waits for, until done is called.
func (s *Store) startCall(ctx context.Context) (done func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, store.ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.running.Add(1)
	return s.running.Done, nil
}

// Close implements store.Store. A running Lead loses its lease at once and
// releases it after its run has returned.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.running.Wait()
	s.api.close()
	return nil
}
