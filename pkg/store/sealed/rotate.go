package sealed

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Errors of changing keys, beside the ones of the source.
var (
	// ErrNoKey: the keyset has no such enabled key.
	ErrNoKey = errors.New("there is no such key")
	// ErrPrimary: the key seals, so it must stay.
	ErrPrimary = errors.New("the key is the primary one")
	// ErrTooEarly: some process may still have the keyset from before the last
	// change.
	ErrTooEarly = errors.New("too early")
	// ErrInUse: some records open only with the key. It comes as an
	// *InUseError.
	ErrInUse = errors.New("the key is in use")
)

// A Key is the public part of a key.
type Key struct {
	ID      uint32    `json:"id"`
	Primary bool      `json:"primary"` // it seals
	Status  string    `json:"status"`  // enabled, disabled or destroyed: only an enabled one opens
	Known   time.Time `json:"known"`   // since when this process has it
}

// An InUseError says why a key must stay.
type InUseError struct {
	ID      uint32
	Records int // with boxes that it sealed, their own or a secret's
	Unknown int // damaged or of a newer broker: their keys are unknown
}

// Error names the next step.
func (e *InUseError) Error() string {
	if e.Records == 0 {
		return fmt.Sprintf("key %d may be in use: %d records are damaged or of a newer broker: repair or purge them first", e.ID, e.Unknown)
	}
	return fmt.Sprintf("key %d is in use: it sealed %d records or secrets of them: reseal them first", e.ID, e.Records)
}

// Is matches ErrInUse.
func (e *InUseError) Is(target error) bool { return target == ErrInUse }

// List returns the keys of the source, oldest first. If the source fails, the
// error says why and the keys are the ones in use.
func (k *Keys) List(ctx context.Context) ([]Key, error) {
	_, err := k.reload(ctx, nil)
	st := k.state.Load()
	keys := make([]Key, 0, st.set.handle.Len())
	for _, key := range st.set.entries() {
		keys = append(keys, st.describeKey(key))
	}
	return keys, err
}

// describeKey returns the public part of a key.
func (st *state) describeKey(key *keyset.Entry) Key {
	status := map[keyset.KeyStatus]string{keyset.Enabled: "enabled", keyset.Disabled: "disabled", keyset.Destroyed: "destroyed"}
	return Key{
		ID: key.KeyID(), Primary: key.IsPrimary(),
		Status: status[key.KeyStatus()], Known: st.ages[key.KeyID()].known,
	}
}

// Add draws a new key (AES-256-GCM) that opens and does not seal yet: the first
// step of a rotation. The error is ErrReadOnly if the source is.
func (k *Keys) Add(ctx context.Context) (Key, error) {
	var id uint32
	err := k.editKeyset(ctx, func(st *state) (*keySet, error) {
		return st.set.edited(func(m *keyset.Manager) (err error) {
			id, err = m.Add(aead.AES256GCMKeyTemplate())
			return err
		})
	})
	if err != nil {
		return Key{}, fmt.Errorf("add a key: %w", err)
	}
	return Key{ID: id, Status: "enabled", Known: k.state.Load().ages[id].known}, nil
}

// Promote makes a key the primary one, which seals from now on: the second
// step. The error is ErrNoKey, or ErrTooEarly while some process may lack the
// key. Promoting the primary key changes nothing.
func (k *Keys) Promote(ctx context.Context, id uint32) error {
	err := k.editKeyset(ctx, func(st *state) (*keySet, error) {
		switch {
		case !st.set.canOpen(id):
			return nil, ErrNoKey
		case st.set.primary == id:
			return nil, nil
		}
		if err := k.checkSpread(st.ages[id].known); err != nil {
			return nil, err
		}
		return st.set.edited(func(m *keyset.Manager) error { return m.SetPrimary(id) })
	})
	if err != nil {
		return fmt.Errorf("promote key %d: %w", id, err)
	}
	return nil
}

// Drop removes a key that st, the broker's store, no longer needs. It reads all
// records. The error is ErrNoKey, ErrPrimary, ErrInUse, or ErrTooEarly while
// some process may still seal with the key.
func (k *Keys) Drop(ctx context.Context, st store.Store, id uint32) error {
	err := k.editKeyset(ctx, func(now *state) (*keySet, error) {
		if i, _ := now.set.find(id); i < 0 {
			return nil, ErrNoKey
		}
		if now.set.primary == id {
			return nil, ErrPrimary
		}
		if err := k.checkSpread(now.ages[id].idle); err != nil {
			return nil, err
		}
		// Updates that began while the key sealed must be visible in the store.
		if err := k.updates.waitForEarlier(ctx); err != nil {
			return nil, err
		}
		uses, err := k.uses(ctx, now, st)
		if err != nil {
			return nil, err
		}
		if uses.Keys[id] > 0 || uses.Unknown > 0 {
			return nil, &InUseError{ID: id, Records: uses.Keys[id], Unknown: uses.Unknown}
		}
		return now.set.edited(func(m *keyset.Manager) error { return m.Delete(id) })
	})
	if err != nil {
		return fmt.Errorf("drop key %d: %w", id, err)
	}
	return nil
}

// checkSpread returns ErrTooEarly while a change that this process saw at since
// may be unknown to another.
func (k *Keys) checkSpread(since time.Time) error {
	if left := k.spreadTime - time.Since(since); left > 0 {
		return fmt.Errorf("%w: not every replica may have read the last change of the keyset; try again in %s",
			ErrTooEarly, left.Round(time.Second))
	}
	return nil
}

// maxEdits bounds the attempts of an edit against other editors.
const maxEdits = 10

// editKeyset reads the keyset, edits it and puts it back, again after losing a
// race. edit returns nil for no change.
func (k *Keys) editKeyset(ctx context.Context, edit func(*state) (*keySet, error)) error {
	for try := 1; ; try++ {
		now, err := k.reload(ctx, nil)
		if err != nil {
			return err
		}
		next, err := edit(now)
		if err != nil || next == nil {
			return err
		}
		b, err := next.bytes()
		if err != nil {
			return err
		}
		switch err := k.source.Replace(ctx, b, now.version); {
		case errors.Is(err, ErrChanged) && try < maxEdits:
			continue
		case err != nil:
			return err
		}
		_, _ = k.reload(ctx, nil) // it is done; should the source fail now, the next look finds it
		return nil
	}
}
