package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// durability holds the rules about restarts.
func durability() cases {
	return cases{
		"Store_Reopened_KeepsRecords": func(t *testing.T, s *suite) {
			want := s.put(t, instance("i"), fill)
			s.put(t, instance("gone"), fill)
			s.deleteRecord(t, instance("gone"))
			s.reopen(t)
			if d := diff(want, s.get(t, instance("i"))); d != "" {
				t.Errorf("record (-before +after):\n%s", d)
			}
			if _, err := s.Get(t.Context(), instance("gone")); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Get of what was deleted before = %v, want ErrNotFound", err)
			}
			if next := s.put(t, instance("i"), noChange); next.Revision <= want.Revision {
				t.Errorf("revision %d after reopening, %d before", next.Revision, want.Revision)
			}
		},
		"Empty_IsTrueUntilTheFirstRecord": func(t *testing.T, s *suite) {
			want := func(when string, want bool) {
				t.Helper()
				if got, err := s.Empty(t.Context()); err != nil || got != want {
					t.Errorf("%s: Empty = %t, %v, want %t", when, got, err, want)
				}
			}
			want("new", true)
			s.epoch(t)
			s.failToSettle(t, instance("i"))
			s.putBody(t, "body")
			s.deleteRecord(t, instance("i"))
			want("no record yet", true)
			s.reopen(t)
			want("reopened", true)
			s.put(t, instance("i"), noChange)
			want("one record", false)
			s.deleteRecord(t, instance("i"))
			want("record deleted", false)
			s.reopen(t)
			want("reopened after deletion", false)
		},
		"Store_Closed_Refuses": func(t *testing.T, s *suite) {
			s.put(t, instance("i"), fill)
			for range 2 {
				if err := s.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
			ctx := t.Context()
			for name, call := range map[string]func() error{
				"Get":        func() error { _, err := s.Get(ctx, instance("i")); return err },
				"Delete":     func() error { return s.Delete(ctx, instance("i"), nil) },
				"Bindings":   func() error { _, err := s.Bindings(ctx, "i"); return err },
				"Tombstones": func() error { _, err := s.Tombstones(ctx, time.Now(), 1); return err },
				"Watch":      func() error { return s.Watch(ctx, func(store.Key) {}) },
				"Lead":       func() error { return s.Lead(ctx, runNothing) },
				"All": func() error {
					for _, err := range s.All(ctx) {
						return err
					}
					return nil
				},
				"PutBody":     func() error { _, _, err := s.PutBody(ctx, []byte("body")); return err },
				"Body":        func() error { _, err := s.Body(ctx, store.BodyDigest(nil), store.Sealed{}); return err },
				"SweepBodies": func() error { _, err := s.SweepBodies(ctx, time.Now()); return err },
				"Unfinished":  func() error { _, err := s.Unfinished(ctx); return err },
				"Empty":       func() error { _, err := s.Empty(ctx); return err },
				"Update": func() error {
					_, err := s.Update(ctx, instance("i"), func(*store.Record) error { return nil })
					return err
				},
			} {
				if err := call(); !errors.Is(err, store.ErrClosed) {
					t.Errorf("%s after Close = %v, want ErrClosed", name, err)
				}
			}
			s.reopen(t)
			s.get(t, instance("i"))
		},
	}
}
