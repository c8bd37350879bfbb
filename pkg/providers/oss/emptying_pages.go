package oss

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// A removal counts the work of one run over the content of a bucket.
type removal struct {
	Removed int
	Kept    int  // by OSS, in spite of the removal: retention and legal hold
	End     bool // the run has come to the end of the list
}

func (r *removal) add(other removal) {
	r.Removed += other.Removed
	r.Kept += other.Kept
}

// A place is a position in a list of OSS; the zero place is its beginning.
type place struct{ key, id string }

func placeAfter(isTruncated bool, key, id *string) place {
	if !isTruncated || key == nil {
		return place{}
	}
	p := place{key: *key}
	if id != nil {
		p.id = *id
	}
	return p
}

func (p place) keyMarker() *string { return unlessEmpty(p.key) }
func (p place) idMarker() *string  { return unlessEmpty(p.id) }

func unlessEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// pagesAtOnce is the number of pages that a run removes at once. A removal of a page
// takes OSS far longer than a list of one.
const pagesAtOnce = 8

// removePages lists from the beginning, so that no place has to be stored, and
// removes each page, until the list ends, a call fails or the time is over. The
// counts are true beside an error, too.
func removePages[T any](until time.Time, list func(place) ([]T, place, error), remove func([]T) (removal, error)) (removal, error) {
	var (
		pages  errgroup.Group
		mu     sync.Mutex
		total  removal
		failed atomic.Bool
	)
	pages.SetLimit(pagesAtOnce)
	var from place
	var listErr error
	for {
		page, next, err := list(from)
		if listErr = err; err != nil {
			break
		}
		if len(page) > 0 {
			pages.Go(func() error {
				r, err := remove(page)
				mu.Lock()
				defer mu.Unlock()
				total.add(r)
				failed.CompareAndSwap(false, err != nil)
				return err
			})
		}
		if next == (place{}) {
			total.End = true // pages adds to the counts alone
			break
		}
		if from = next; failed.Load() || time.Now().After(until) {
			break
		}
	}
	err := pages.Wait()
	return total, errors.Join(listErr, err)
}
