// Package kubernetes keeps records in a Kubernetes cluster, for brokers that
// run there in several replicas.
//
// Each record is a Secret of a type of its own. Its name is a hash of the
// record's key; labels say what it is found by, and hold hashes too; the ids
// are annotations. It has no owner, so that nothing deletes it with another
// object, and a finalizer while anything of it may exist in the cloud, so that
// nobody deletes it by hand before that is gone.
//
// The resource version is the record's revision and what writers compare and
// swap by. Reads ask for what is stored now, never for what a cache holds.
// One watch, of the metadata of what is not settled, tells of work; one Lease
// says which replica may do it. A last Secret says whose store this is,
// whether it ever held a record, and the last epoch.
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

// Options say where a store is and how to speak to it.
type Options struct {
	// Config leads to the API server. Required. Its QPS, Burst and Timeout
	// count for nothing.
	Config *rest.Config
	// Namespace is where the store's objects are. Required.
	Namespace string
	// Name begins the names of all objects of the store: at most 40 characters,
	// as DNS-1123 labels are. Two stores of a namespace have different names.
	// Empty is DefaultName.
	Name string
	// QPS and Burst bound the requests of this process a second, those for the
	// lease apart. Zero is DefaultQPS and DefaultBurst.
	QPS   float32
	Burst int
	// Timeout is how long one request may take, and how long a write whose
	// answer was lost is looked for. Zero is DefaultTimeout.
	Timeout time.Duration
	// Lease is how long after its last sign of life the holder of the lease is
	// taken for dead. It renews eight times as often, and gives up after 5/8 of
	// it. At least a second; zero is DefaultLease.
	Lease time.Duration
	// Warn is told of what the store rides out: a lost connection, a lost
	// lease, an object that nobody can name. Nil: nobody is. It must not wait.
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

// errOptions refuses options that no store can have.
var errOptions = errors.New("a store in Kubernetes")

// Open opens the store of that name, and makes it where there is none. The
// error is ErrForeign if its objects are another's or of another version.
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
		return fmt.Errorf("%w: the way to the API server is missing", errOptions)
	case o.Namespace == "":
		return fmt.Errorf("%w: the namespace is missing", errOptions)
	case len(o.Name) > 40 || !regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`).MatchString(o.Name):
		return fmt.Errorf("%w: the name %q is not one of up to 40 small letters, digits and hyphens", errOptions, o.Name)
	case o.Lease < time.Second:
		return fmt.Errorf("%w: a lease of %s is too short", errOptions, o.Lease)
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

// Close implements store.Store. It does not wait for what leads: its lease is
// lost, and is released when its run has returned.
func (s *Store) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.end()
	s.running.Wait()
	s.api.close()
	return nil
}
