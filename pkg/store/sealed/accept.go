package sealed

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Errors of Accept, beside the ones of the store.
var (
	// ErrAuthentic: the broker wrote the record as it is.
	ErrAuthentic = errors.New("the record is as the broker wrote it")
	// ErrOtherDigest: the record has other bytes than the ones to accept.
	ErrOtherDigest = errors.New("the record has other bytes by now: look at it again")
)

// An Inspection is the result of checking a stored record and its secrets.
type Inspection struct {
	Digest []byte // SHA-256 of the stored bytes without the box
	// Problem says why the broker refuses the record; nil: it uses the record.
	Problem error
	// Unopened names the fields whose secrets do not open in this record.
	Unopened []string
}

// Inspect checks a record as it was read from a store.
func (k *Keys) Inspect(r *store.Record) Inspection {
	at := locationOf(r)
	found := Inspection{Digest: r.Authentication.Digest(), Problem: k.checkBox(r.Authentication, at)}
	_ = r.EachSealed(func(field string, secret *store.Sealed) error {
		if secret.IsZero() {
			return nil
		}
		if _, err := k.tryOpen(secret.Box(), at.associatedData(field)); err != nil {
			found.Unopened = append(found.Unopened, field)
		}
		return nil
	})
	return found
}

// Accept makes a record of st, the store that New gave for these keys, authentic
// as it is stored: the record is saved unchanged, with a box. digest names the
// bytes that an operator has looked at, see Inspection; other bytes stay refused.
// The error is ErrAuthentic, ErrOtherDigest, store.ErrNotFound, or the store's.
func (k *Keys) Accept(ctx context.Context, st store.Store, key store.Key, digest []byte) (store.Record, error) {
	defer k.acceptances.begin(key, digest)()
	r, err := st.Update(ctx, key, func(r *store.Record) error {
		switch {
		case r.Revision == 0:
			return &store.RecordError{Key: key, Err: store.ErrNotFound}
		case k.checkBox(r.Authentication, locationOf(r)) == nil:
			return ErrAuthentic
		case !bytes.Equal(r.Authentication.Digest(), digest):
			return ErrOtherDigest
		}
		return nil
	})
	if errors.Is(err, store.ErrAltered) {
		err = ErrOtherDigest
	}
	if err != nil {
		return store.Record{}, fmt.Errorf("accept %s: %w", key, err)
	}
	return r, nil
}

// acceptances are the stored bytes that operators are accepting.
type acceptances struct {
	mu  sync.Mutex
	now map[acceptance]int // running calls of Accept
}

type acceptance struct {
	key    store.Key
	digest string
}

// begin adds an acceptance and returns the function that ends it.
func (a *acceptances) begin(k store.Key, digest []byte) (end func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now == nil {
		a.now = map[acceptance]int{}
	}
	accepted := acceptance{k, string(digest)}
	a.now[accepted]++
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.now[accepted]--; a.now[accepted] == 0 {
			delete(a.now, accepted)
		}
	}
}

func (a *acceptances) has(k store.Key, digest []byte) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now[acceptance{k, string(digest)}] > 0
}
