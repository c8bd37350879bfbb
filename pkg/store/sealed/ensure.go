package sealed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Ensure returns the keys of a source, which must fit what st, the store beneath
// the sealing, holds. Where there is no keyset one is made, but only for a store
// that has never held a record. An error that is fs.ErrNotExist (the keyset is
// gone) or ErrForeign (it is another one) says what to do; nothing was changed
// then. Of several processes that begin together one makes the keyset, and all
// use it.
func Ensure(ctx context.Context, source Source, st store.Store, o *Options) (*Keys, error) {
	keys, err := Open(ctx, source, o)
	if errors.Is(err, fs.ErrNotExist) {
		keys, err = createFirst(ctx, source, st, o)
	}
	if err != nil {
		return nil, err
	}
	err = checkFit(ctx, keys, st)
	switch {
	case errors.Is(err, store.ErrSeal):
		return nil, fmt.Errorf("%w: the keyset %s does not open what the store holds (%w): "+
			"put back the keyset that belongs to this store", store.ErrForeign, source, err)
	case err != nil:
		return nil, err
	}
	return keys, nil
}

// createFirst makes the keyset of an empty store. Somebody else may do it now, too,
// and use it at once.
func createFirst(ctx context.Context, source Source, st store.Store, o *Options) (*Keys, error) {
	empty, err := st.Empty(ctx)
	if err != nil {
		return nil, fmt.Errorf("is the store empty: %w", err)
	}
	if empty {
		if err := Create(ctx, source); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	keys, err := Open(ctx, source, o)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the keyset %s is missing (%w), and the store holds records whose secrets only it can open: "+
			"put back the keyset that belongs to this store", source, fs.ErrNotExist)
	}
	return keys, err
}

// Create makes the keyset of a source, of one new key (AES-256-GCM). The error
// is fs.ErrExist if there is one already: it stays as it is.
func Create(ctx context.Context, source Source) error {
	set, err := newKeySet()
	if err != nil {
		return err
	}
	b, err := set.bytes()
	if err != nil {
		return err
	}
	if err := source.Create(ctx, b); err != nil {
		return fmt.Errorf("make the keyset: %w", err)
	}
	return nil
}

// checkFit fails with ErrSeal if there are secrets and none of them opens. Records
// that do not decode, and single secrets that do not open, are not for it to
// judge: mostly the first secret opens, and that is all it reads.
func checkFit(ctx context.Context, keys *Keys, st store.Store) error {
	var wrong error
	for r, err := range New(st, keys).All(ctx) {
		switch _, skip := errors.AsType[*store.RecordError](err); {
		case skip:
			continue
		case err != nil:
			return fmt.Errorf("look for a secret to open: %w", err)
		}
		for _, secret := range secrets(&r) {
			if _, err := secret.Open(); err == nil {
				return nil
			} else if wrong == nil {
				wrong = err
			}
		}
	}
	return wrong
}

// secrets returns the secrets that a record has.
func secrets(r *store.Record) []store.Sealed {
	var found []store.Sealed
	_ = r.EachSealed(func(_ string, secret *store.Sealed) error {
		if !secret.IsZero() {
			found = append(found, *secret)
		}
		return nil
	})
	return found
}
