package sealed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// Ensure returns the keys of a source and verifies that they open the secrets
// of st, the store beneath the sealing. It creates a missing keyset, but only
// for a store that has never held a record. The error is fs.ErrNotExist if the
// keyset is gone, and ErrForeign if it is another one; the text says how to
// resolve it, and everything stays as it was. Of several processes that start
// together one creates the keyset, and all use it.
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

// createFirst creates the keyset of an empty store. Another process may do so
// at the same time.
func createFirst(ctx context.Context, source Source, st store.Store, o *Options) (*Keys, error) {
	empty, err := st.Empty(ctx)
	if err != nil {
		return nil, fmt.Errorf("check whether the store is empty: %w", err)
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

// Create creates the keyset of a source, of one new key (AES-256-GCM). The
// error is fs.ErrExist if one exists already, which stays as it is.
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
		return fmt.Errorf("create the keyset: %w", err)
	}
	return nil
}

// checkFit returns ErrSeal if the store holds boxes and all fail to open. It
// ignores undecodable records and single broken boxes: usually the first box
// opens, and that is all it reads. Whether records were altered is another
// matter, which stops none of the others.
func checkFit(ctx context.Context, keys *Keys, st store.Store) error {
	var wrong error
	for r, err := range st.All(ctx) {
		switch _, skip := errors.AsType[*store.RecordError](err); {
		case skip:
			continue
		case err != nil:
			return fmt.Errorf("look for a box to open: %w", err)
		}
		for _, box := range boxesOf(&r) {
			if _, err := keys.open(box.bytes, box.place); err == nil {
				return nil
			} else if wrong == nil {
				wrong = &store.RecordError{Key: r.Key, Err: err}
			}
		}
	}
	return wrong
}

// A placedBox is a box of a stored record with the place that it is sealed for.
type placedBox struct {
	bytes []byte
	place string
}

// boxesOf returns the boxes of a stored record: its own, and its secrets'.
func boxesOf(r *store.Record) []placedBox {
	at := locationOf(r)
	var found []placedBox
	if own := r.Authentication.Box(); own != nil {
		found = append(found, placedBox{own, at.associatedData(authenticationField)})
	}
	_ = r.EachSealed(func(field string, secret *store.Sealed) error {
		if !secret.IsZero() {
			found = append(found, placedBox{secret.Box(), at.associatedData(field)})
		}
		return nil
	})
	return found
}
