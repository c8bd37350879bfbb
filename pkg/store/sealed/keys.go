package sealed

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

const (
	readEvery = 10 * time.Second
	// readTimeout bounds the reading of the source.
	readTimeout = 5 * time.Second
	// staleIntervals is the number of missed reloads after which sealing reloads first:
	// the process may have been stopped.
	staleIntervals = 3
	// spreadIntervals is the number of intervals that a change of the keyset needs to
	// reach every healthy process.
	spreadIntervals = 6
)

// Options are the optional settings of Keys.
type Options struct {
	// Interval is the time between readings of the source; 0: 10 s.
	Interval time.Duration
	// SingleProcess means that only this process uses the keyset, so that its
	// changes are effective at once.
	SingleProcess bool
	// Metrics registers the collectors of the keys; may be nil.
	Metrics prometheus.Registerer
	// Report receives, for the log, changes of the keys in use (err is nil) and
	// the errors of unusable keysets. It must not call Keys. May be nil.
	Report func(what string, err error)
}

// Keys are the keys in use. They follow their source: changes by another
// process or the operator take effect within seconds, and at once when a secret
// needs a key that this process has yet to load. An unusable keyset changes
// nothing: the good keys stay in use.
type Keys struct {
	source     Source
	interval   time.Duration
	spreadTime time.Duration
	report     func(what string, err error)
	metrics    *keyMetrics

	state  atomic.Pointer[state]
	readAt atomic.Pointer[time.Time] // last reload

	reloadMu    sync.Mutex // one look at the source at a time
	lastFailure string     // last reported failure; guarded by reloadMu

	updates     inFlightUpdates // updates that may be sealing
	acceptances acceptances     // altered records that operators are accepting

	findMu  sync.Mutex           // one question for an unknown key at a time
	missing map[uint32]time.Time // keys missing from the source; guarded by findMu
}

// Open returns the present keys of a source. The error is fs.ErrNotExist for a
// missing keyset, and ErrForeign for other content.
func Open(ctx context.Context, source Source, o *Options) (*Keys, error) {
	if o == nil {
		o = &Options{}
	}
	asked := time.Now()
	set, version, err := load(ctx, source)
	if err != nil {
		return nil, err
	}
	k := &Keys{source: source, interval: o.Interval, report: o.Report, missing: map[uint32]time.Time{}}
	if k.interval == 0 {
		k.interval = readEvery
	}
	if !o.SingleProcess {
		k.spreadTime = spreadIntervals * k.interval
	}
	if k.report == nil {
		k.report = func(string, error) {}
	}
	if k.metrics, err = newKeyMetrics(o.Metrics); err != nil {
		return nil, err
	}
	k.state.Store((&state{}).next(set, version, asked))
	k.readAt.Store(&asked)
	return k, nil
}

// load reads the set that a source holds now.
func load(ctx context.Context, source Source) (*keySet, string, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	b, version, err := source.Read(ctx)
	if err != nil {
		return nil, "", fmt.Errorf("read the keyset: %w", err)
	}
	set, err := parse(b)
	if err != nil {
		return nil, "", fmt.Errorf("%s: %w", source, err)
	}
	return set, version, nil
}

// Watch follows the source until ctx ends.
func (k *Keys) Watch(ctx context.Context) {
	ticker := time.NewTicker(k.interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_, _ = k.reload(ctx, nil) // reload reports its errors
		}
	}
}

// reload loads the keyset of the source and puts it into use. A set that does
// not follow from the one in use is accepted only if proof opens a box of this
// store with it.
func (k *Keys) reload(ctx context.Context, proof func(*keySet) bool) (*state, error) {
	k.reloadMu.Lock()
	defer k.reloadMu.Unlock()
	return k.reloadLocked(ctx, proof)
}

// reloadLocked is reload with reloadMu held.
func (k *Keys) reloadLocked(ctx context.Context, proof func(*keySet) bool) (*state, error) {
	asked, now, lost := time.Now(), k.state.Load(), false
	set, version, err := load(ctx, k.source)
	if err != nil && ctx.Err() != nil {
		return nil, err // the caller gave up
	}
	defer k.readAt.Store(&asked)
	switch {
	case err != nil:
	case version == now.version:
		set = now.set
	case !set.follows(now.set) && (proof == nil || !proof(set)):
		lost = true
		err = fmt.Errorf("%w: the keyset in %s has lost the primary key %d: put back the keyset that belongs to this store, "+
			"or restart the broker if it is this one", store.ErrForeign, k.source, now.set.primary)
	}
	if err != nil {
		k.state.Store(now.withFailure(lost, err))
		k.reportFailure(err)
		return nil, err
	}
	next := now.next(set, version, asked)
	k.state.Store(next)
	k.reportSuccess(now, next)
	return next, nil
}

// reportFailure reports a new failure of the source, once. reloadMu is held.
func (k *Keys) reportFailure(err error) {
	k.metrics.broken.Set(1)
	if k.lastFailure == err.Error() {
		return
	}
	k.lastFailure = err.Error()
	k.metrics.reloads.WithLabelValues("failed").Inc()
	k.report("the keyset cannot be used, the keys known before stay in use", err)
}

// reportSuccess reports the keys in use if they changed or recovered. reloadMu
// is held.
func (k *Keys) reportSuccess(before, now *state) {
	k.metrics.broken.Set(0)
	is := now.set.describe()
	if k.lastFailure == "" && before.set.describe() == is {
		return
	}
	k.lastFailure = ""
	k.metrics.reloads.WithLabelValues("ok").Inc()
	k.report("keyset in use: "+is, nil)
}

// seal puts plain into a box for a place, with the primary key.
func (k *Keys) seal(plain []byte, place string) ([]byte, error) {
	k.reloadIfStale()
	now := k.state.Load()
	if now.sealingErr != nil {
		return nil, now.sealingErr // a restarted broker could not open new boxes
	}
	return now.set.seal(plain, place)
}

// reloadIfStale reloads if the last reload is too old. A process that was
// stopped must not seal with a key that was dropped meanwhile.
func (k *Keys) reloadIfStale() {
	long := func() bool { return time.Since(*k.readAt.Load()) > staleIntervals*k.interval }
	if !long() {
		return
	}
	k.reloadMu.Lock()
	defer k.reloadMu.Unlock()
	if long() {
		_, _ = k.reloadLocked(context.Background(), nil) // reloadLocked reports its errors
	}
}

// open opens a box that was sealed for the place, by any key that this process
// knows or its source has. The error is ErrSeal.
func (k *Keys) open(box []byte, place string) ([]byte, error) {
	plain, err := k.tryOpen(box, place)
	if err != nil {
		k.metrics.unopened.Inc()
	}
	return plain, err
}

// tryOpen is open for a box whose failure is counted elsewhere, or not at all.
func (k *Keys) tryOpen(box []byte, place string) ([]byte, error) {
	plain, err := k.state.Load().open(box, place)
	if err == nil {
		return plain, nil
	}
	if id, ok := sealedBy(box); ok && !k.state.Load().set.canOpen(id) {
		k.findKey(id, func(s *keySet) bool { _, err := s.open(box, place); return err == nil })
		if plain, err = k.state.Load().open(box, place); err == nil {
			return plain, nil
		}
		if !k.state.Load().set.canOpen(id) {
			err = fmt.Errorf("%w: the keyset in use has no key %d", err, id)
		}
	}
	return nil, err
}

const (
	// findAgain is the time that a key counts as missing after a search: a key is in
	// the source before it seals.
	findAgain = time.Second
	// maxMissing bounds how many missing keys are remembered.
	maxMissing = 100
)

// findKey looks for a key in the source.
func (k *Keys) findKey(id uint32, proof func(*keySet) bool) {
	k.findMu.Lock()
	defer k.findMu.Unlock()
	if at, ok := k.missing[id]; k.state.Load().set.canOpen(id) || ok && time.Since(at) < findAgain {
		return // another caller has just searched
	}
	if _, err := k.reload(context.Background(), proof); err == nil && k.state.Load().set.canOpen(id) {
		return
	}
	if len(k.missing) >= maxMissing {
		clear(k.missing)
	}
	k.missing[id] = time.Now()
}

// String hides the keys.
func (*Keys) String() string { return "keys" }

// GoString hides the keys.
func (*Keys) GoString() string { return "keys" }
