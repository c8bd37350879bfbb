package sealed

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Uses counts the records that need each key.
type Uses struct {
	Records int            `json:"records"` // looked at
	Keys    map[uint32]int `json:"keys"`    // records with boxes that the key sealed, by its id
	// Unknown counts records that are damaged or of a newer broker: their keys
	// are unknown.
	Unknown int `json:"unknown"`
	// Boxless counts records without a box of their own, which are accepted until
	// Reseal has run over the whole store. Altered counts records that the broker
	// refuses; the first few are named.
	Boxless int                 `json:"boxless"`
	Altered int                 `json:"altered"`
	First   []store.RecordError `json:"-"`
}

// Uses counts how many records of st, the broker's store, need each key. It
// reads all records.
func (k *Keys) Uses(ctx context.Context, st store.Store) (Uses, error) {
	return k.uses(ctx, k.state.Load(), st)
}

func (k *Keys) uses(ctx context.Context, st *state, records store.Store) (Uses, error) {
	uses := Uses{Keys: map[uint32]int{}}
	for r, err := range records.All(ctx) {
		if _, skip := errors.AsType[*store.RecordError](err); skip {
			uses.Records++
			uses.Unknown++
			continue
		}
		if err != nil {
			return uses, fmt.Errorf("count the uses of keys: %w", err)
		}
		uses.Records++
		uses.countBox(&r, k.checkBox(r.Authentication, locationOf(&r)))
		ids, ok := st.keysOf(&r)
		if !ok {
			uses.Unknown++
		}
		for id := range ids {
			uses.Keys[id]++
		}
	}
	return uses, nil
}

// countBox counts a record without a box, or one that the broker refuses with err.
func (u *Uses) countBox(r *store.Record, err error) {
	switch {
	case err != nil:
		u.Altered++
		if len(u.First) < maxAltered {
			u.First = append(u.First, store.RecordError{Key: r.Key, Err: err})
		}
	case r.Authentication.Box() == nil:
		u.Boxless++
	}
}

// maxAltered is the number of altered records that Uses names.
const maxAltered = 20

// keysOf returns the keys that a record needs; false if there may be others.
func (st *state) keysOf(r *store.Record) (ids map[uint32]bool, ok bool) {
	ids = map[uint32]bool{}
	for _, box := range boxesOf(r) {
		if id, ok := sealedBy(box.bytes); ok {
			ids[id] = true
		}
	}
	if r.Schema > store.SchemaVersion {
		return ids, false
	}
	// Members of a newer broker may be secrets: they are looked for in the
	// record as it is stored, by how a box of each key begins in base64.
	b, err := store.Encode(*r)
	if err != nil {
		return ids, false
	}
	for _, key := range st.set.entries() {
		if bytes.Contains(b, boxPrefixText(key.KeyID())) {
			ids[key.KeyID()] = true
		}
	}
	return ids, true
}

// boxPrefixText returns the beginning of a key's boxes as JSON: 36 of the 40 bits of its
// prefix, which six characters of base64 hold.
func boxPrefixText(id uint32) []byte {
	return append([]byte{'"'}, base64.StdEncoding.EncodeToString(prefix(id))[:6]...)
}

// Resealed is the progress or the result of Reseal.
type Resealed struct {
	Records  int `json:"records"`  // looked at
	Resealed int `json:"resealed"` // and sealed anew, so that they need the primary key alone
	Failed   int `json:"failed"`   // and left, all or in part
	// Boxless counts the failed records that are left without a box of their own.
	// If there are none, the keyset requires boxes from then on.
	Boxless int `json:"boxless"`
	// Left are the first hundred that failed, and why.
	Failures []store.RecordError `json:"-"`
}

const (
	resealers     = 8   // records sealed anew at a time, so that a store can write them together
	maxFailures   = 100 // failures that are named
	progressEvery = 100 // records between two calls of progress
)

// Reseal seals every record of st, the store that New gave for these keys, and
// every secret with the primary key unless it did so already. Everything else
// stays. It may be
// ended and started again at any time, also while the records are in use.
// Secrets that fail to open, and altered records, are counted and stay. After a whole run the keyset
// requires that each record has a box; the error is ErrReadOnly where the keyset
// cannot hold that from here. progress is called now and
// then and must return at once; it may be nil.
func (k *Keys) Reseal(ctx context.Context, st store.Store, progress func(Resealed)) (Resealed, error) {
	now, err := k.reload(ctx, nil)
	if err != nil {
		return Resealed{}, fmt.Errorf("reseal: %w", err)
	}
	run := &resealRun{st: st, primary: now.set.primary, progress: progress}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(resealers)
	for r, err := range st.All(within) {
		if broken, skip := errors.AsType[*store.RecordError](err); skip {
			run.count(false, broken, false)
			continue
		}
		if err != nil {
			// It may be within that has ended: then the group knows why.
			return run.total, fmt.Errorf("reseal: %w", errors.Join(group.Wait(), err))
		}
		if err := k.checkBox(r.Authentication, locationOf(&r)); err != nil {
			run.count(false, &store.RecordError{Key: r.Key, Err: err}, false)
			continue
		}
		if !run.needs(&r) {
			run.count(false, nil, false)
			continue
		}
		boxless := r.Authentication.Box() == nil
		group.Go(func() error { return run.record(within, r.Key, boxless) })
	}
	if err := group.Wait(); err != nil {
		return run.total, fmt.Errorf("reseal: %w", err)
	}
	if run.total.Boxless > 0 {
		return run.total, nil
	}
	if err := k.requireBoxes(ctx); err != nil {
		return run.total, fmt.Errorf("reseal: %w", err)
	}
	return run.total, nil
}

// resealRun is one run of Reseal.
type resealRun struct {
	st       store.Store
	primary  uint32
	progress func(Resealed)

	mu    sync.Mutex
	total Resealed
}

// needs reports whether a record lacks its box, or has boxes of other keys than
// the primary one.
func (run *resealRun) needs(r *store.Record) bool {
	return r.Authentication.Box() == nil ||
		slices.ContainsFunc(boxesOf(r), func(box placedBox) bool { return !run.isPrimary(box.bytes) })
}

// isPrimary reports whether the primary key sealed a box.
func (run *resealRun) isPrimary(box []byte) bool {
	id, ok := sealedBy(box)
	return ok && id == run.primary
}

// errUnchanged ends an update without saving.
var errUnchanged = errors.New("nothing to do")

// record seals the secrets of a record anew. An error is the store's.
func (run *resealRun) record(ctx context.Context, k store.Key, boxless bool) error {
	var left error
	_, err := run.st.Update(ctx, k, func(r *store.Record) error {
		if r.Revision == 0 {
			return errUnchanged // it was deleted
		}
		var anew bool
		anew, left = run.unseal(r)
		if !anew {
			return errUnchanged // another writer was faster
		}
		return nil
	})
	switch failed, ok := errors.AsType[*store.RecordError](err); {
	case ok:
		run.count(false, failed, boxless)
	case err != nil && !errors.Is(err, errUnchanged):
		return err
	case left != nil:
		run.count(false, &store.RecordError{Key: k, Err: left}, false)
	default:
		run.count(err == nil, nil, false)
	}
	return nil
}

// unseal makes fresh secrets of the ones sealed by other keys than the primary
// one; saving the record seals them, and the record itself. It returns whether
// there is anything to seal, and the error of a secret that fails to open.
func (run *resealRun) unseal(r *store.Record) (anew bool, left error) {
	anew = !run.isPrimary(r.Authentication.Box())
	_ = r.EachSealed(func(field string, secret *store.Sealed) error {
		if secret.IsZero() || run.isPrimary(secret.Box()) {
			return nil
		}
		if plain, err := secret.Open(); err == nil {
			*secret, anew = store.Seal(plain), true
		} else {
			left = fmt.Errorf("%s: %w", field, store.ErrSeal)
		}
		return nil
	})
	return anew, left
}

// count adds a record to the total. boxless means that a failed one has no box.
func (run *resealRun) count(resealed bool, failed *store.RecordError, boxless bool) {
	run.mu.Lock()
	defer run.mu.Unlock()
	run.total.Records++
	if resealed {
		run.total.Resealed++
	}
	if failed != nil {
		run.total.Failed++
		if boxless {
			run.total.Boxless++
		}
		if len(run.total.Failures) < maxFailures {
			run.total.Failures = append(run.total.Failures, *failed)
		}
	}
	if run.progress != nil && run.total.Records%progressEvery == 0 {
		run.progress(run.total)
	}
}
