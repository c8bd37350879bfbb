package sealed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Ensure returns the keyset in the file path, which must fit what st, the
// store beneath the sealing, holds. Where there is no such file it is made, but
// only for a store that has never held a record. An error that is
// fs.ErrNotExist (the keyset is gone) or ErrForeign (it is another one) says
// what to do; nothing was changed then.
func Ensure(ctx context.Context, path string, st store.Store) (*Keyset, error) {
	keys, err := OpenKeyset(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return create(ctx, path, st)
	case err != nil:
		return nil, err
	}
	err = fits(ctx, keys, st)
	switch {
	case errors.Is(err, store.ErrSeal):
		return nil, errWrong(path, err)
	case err != nil:
		return nil, err
	}
	return keys, nil
}

// create makes the keyset of an empty store.
func create(ctx context.Context, path string, st store.Store) (*Keyset, error) {
	empty, err := st.Empty(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("is the store empty: %w", err)
	case !empty:
		return nil, errMissing(path)
	}
	return CreateKeyset(path)
}

// fits fails with ErrSeal if there are secrets and none of them opens. Records
// that do not decode, and single secrets that do not open, are not for it to
// judge: mostly the first secret opens, and that is all it reads.
func fits(ctx context.Context, keys *Keyset, st store.Store) error {
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
