package alicloud

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// SharedLists answer looks at resources that wait for the cloud from paged lists, so
// that n of them cost a page of calls each time, and not n calls. A list is a hint:
// a resource that it holds still waits, any other one is looked at singly.
//
// A list answers each resource once, and only if it began after the last look at the
// resource and after the last call for it, in the same term. Keys say which list
// holds a resource: account, region and status, for instance. SharedLists are safe
// for concurrent use.
type SharedLists[K comparable, T any] struct {
	config SharedListsConfig[K, T]

	mu     sync.Mutex
	step   uint64 // counts looks, calls and lists
	epoch  uint64 // of the term that all members below belong to
	pruned time.Time
	known  map[string]*listed[K] // by id
	size   map[K]int             // resources that wait, by key
	lists  map[K]*sharedList[T]  // the last one of each key
	broken map[K]time.Time       // keys without lists until then
	failed map[K]int             // lists in a row that failed
}

// A SharedListsConfig configures SharedLists.
type SharedListsConfig[K comparable, T any] struct {
	// Page returns a page of a list, the first one is 1, and whether more follow.
	Page func(ctx context.Context, key K, page int) (items []T, more bool, err error)
	// ID returns the id of an item.
	ID func(T) string
	// Now is the clock; nil: the real one.
	Now func() time.Time
	// MaxAge is the age up to which a list answers; 0: 30 s.
	MaxAge time.Duration
}

const (
	// fewestShared is the number of waiting resources from which on a list is read.
	fewestShared = 3
	// failedListAge is the time for which a failed list keeps others from beginning.
	failedListAge = 2 * time.Second
	// listTimeout is of a whole list, with its waits for the rate limit.
	listTimeout = 2 * time.Minute
	// brokenFor is the time without lists of a key that the cloud refuses, or after
	// mostFailedLists in a row.
	brokenFor       = 10 * time.Minute
	mostFailedLists = 5
)

// A listed is a resource with its last look or call.
type listed[K comparable] struct {
	key   K
	waits bool
	seen  uint64 // step
	at    time.Time
}

// A sharedList is a list that is being read until done is closed.
type sharedList[T any] struct {
	begun uint64 // step
	at    time.Time
	done  chan struct{}

	ended    time.Time
	items    map[string]T
	err      error
	panicked string
}

// NewSharedLists returns SharedLists.
func NewSharedLists[K comparable, T any](c SharedListsConfig[K, T]) *SharedLists[K, T] {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.MaxAge <= 0 {
		c.MaxAge = 30 * time.Second
	}
	l := &SharedLists[K, T]{config: c}
	l.reset(0)
	return l
}

// Waits notes that a resource waits in the list of a key, as a single look at it
// just told.
func (l *SharedLists[K, T]) Waits(ctx context.Context, key K, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(ctx)
	l.expect(key, id)
	l.see(id)
}

// Changed notes that a call for a resource has just ended, or that a look found it
// done. Lists that began before tell nothing about it.
func (l *SharedLists[K, T]) Changed(ctx context.Context, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(ctx)
	l.leave(id)
	l.see(id)
}

// KeyOf returns the key with which a resource waits, as the last look at it told.
// known reports whether there was a look or call lately.
func (l *SharedLists[K, T]) KeyOf(ctx context.Context, id string) (key K, waits, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(ctx)
	if one := l.known[id]; one != nil {
		return one.key, one.waits, true
	}
	return key, false, false
}

// Find returns a resource from the list of a key, or false where the resource needs
// a look of its own. An error is of the list.
func (l *SharedLists[K, T]) Find(ctx context.Context, key K, id string) (item T, found bool, err error) {
	list, err := l.join(ctx, key, id)
	if list == nil || err != nil {
		return item, false, err
	}
	select {
	case <-list.done:
	case <-ctx.Done():
		return item, false, ctx.Err()
	}
	if list.panicked != "" {
		panic(list.panicked)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.see(id)
	if item, found = list.items[id]; found {
		return item, true, nil
	}
	if list.err != nil && l.broken[key].IsZero() {
		return item, false, list.err
	}
	return item, false, nil
}

// join returns the list that answers a look, begun for it if necessary, or nil. An
// error is of the last list, which failed a moment ago.
func (l *SharedLists[K, T]) join(ctx context.Context, key K, id string) (*sharedList[T], error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter(ctx)
	now := l.config.Now()
	one := l.expect(key, id)
	if until := l.broken[key]; now.Before(until) || l.size[key] < fewestShared {
		return nil, nil //nolint:nilnil // nil: a look of its own
	}
	delete(l.broken, key)
	if list := l.lists[key]; list != nil {
		isNewer := list.begun > one.seen
		switch {
		case !list.isRead() && !isNewer: // it began before a call for the resource
			return nil, nil //nolint:nilnil // nil: a look of its own
		case !list.isRead(), isNewer && list.err == nil && now.Sub(list.at) <= l.config.MaxAge:
			return list, nil
		case list.err != nil && now.Sub(list.ended) < failedListAge:
			if isNewer {
				return list, nil
			}
			return nil, list.err
		}
	}
	l.step++
	list := &sharedList[T]{begun: l.step, at: now, done: make(chan struct{})}
	l.lists[key] = list
	go l.read(providers.WithTenant(context.WithoutCancel(ctx), ""), key, list)
	return list, nil
}

func (s *sharedList[T]) isRead() bool {
	select {
	case <-s.done:
		return true
	default:
		return false
	}
}

// read reads the pages of a list. The list serves all looks, so it outlives the
// first one. The pages before a failed one count: their items do wait.
func (l *SharedLists[K, T]) read(ctx context.Context, key K, list *sharedList[T]) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	items := map[string]T{}
	var err error
	defer func() {
		if p := recover(); p != nil {
			list.panicked = fmt.Sprintf("%v\n%s", p, debug.Stack())
		}
		list.items, list.err, list.ended = items, err, l.config.Now()
		l.judge(key, list)
		close(list.done)
	}()
	for page, more := 1, true; more && err == nil; page++ {
		var some []T
		some, more, err = l.config.Page(ctx, key, page)
		for _, item := range some {
			items[l.config.ID(item)] = item
		}
	}
}

// judge stops the lists of a key that the cloud refuses as such, or that keep
// failing: its resources are then looked at singly. A throttled list only slows
// down, and a denied one is the operator's matter.
func (l *SharedLists[K, T]) judge(key K, list *sharedList[T]) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lists[key] != list { // of another term
		return
	}
	if list.err == nil {
		delete(l.failed, key)
		return
	}
	isRefused := false
	switch class := providers.ClassOf(list.err); {
	case class == providers.User, class == providers.Look, class == providers.Unexplained:
		isRefused = true
	case class == providers.Transient && !errors.Is(list.err, providers.ErrThrottled):
		l.failed[key]++
	}
	if isRefused || l.failed[key] >= mostFailedLists {
		delete(l.failed, key)
		l.broken[key] = l.config.Now().Add(brokenFor)
	}
}

// enter begins a look or a note: another term forgets everything, and resources
// without a look for long are forgotten. The caller holds the lock.
func (l *SharedLists[K, T]) enter(ctx context.Context) {
	if epoch := providers.EpochOf(ctx); epoch != l.epoch {
		l.reset(epoch)
	}
	now := l.config.Now()
	if now.Sub(l.pruned) <= l.config.MaxAge {
		return
	}
	l.pruned = now
	for id, one := range l.known {
		if now.Sub(one.at) > 2*l.config.MaxAge {
			l.leave(id)
			delete(l.known, id)
		}
	}
	for key, list := range l.lists {
		if list.isRead() && now.Sub(list.at) > l.config.MaxAge {
			delete(l.lists, key)
		}
	}
}

func (l *SharedLists[K, T]) reset(epoch uint64) {
	l.epoch, l.pruned = epoch, l.config.Now()
	l.known, l.size, l.lists = map[string]*listed[K]{}, map[K]int{}, map[K]*sharedList[T]{}
	l.broken, l.failed = map[K]time.Time{}, map[K]int{}
}

// expect counts a resource among those that wait with a key.
func (l *SharedLists[K, T]) expect(key K, id string) *listed[K] {
	one := l.known[id]
	if one == nil {
		one = &listed[K]{}
		l.known[id] = one
	}
	if !one.waits || one.key != key {
		l.leave(id)
		one.key, one.waits = key, true
		l.size[key]++
	}
	one.at = l.config.Now()
	return one
}

// leave ends the wait of a resource.
func (l *SharedLists[K, T]) leave(id string) {
	one := l.known[id]
	if one == nil || !one.waits {
		return
	}
	one.waits = false
	if l.size[one.key]--; l.size[one.key] == 0 {
		delete(l.size, one.key)
	}
}

// see notes a look or call: lists that began before it have had their say.
func (l *SharedLists[K, T]) see(id string) {
	one := l.known[id]
	if one == nil {
		one = &listed[K]{}
		l.known[id] = one
	}
	l.step++
	one.seen, one.at = l.step, l.config.Now()
}
