package storetest_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/sealed"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/storetest"
)

// openFaulty opens a faulty store over a new file.
func openFaulty(t *testing.T, dir string) *storetest.Faulty {
	t.Helper()
	s, err := bolt.Open(filepath.Join(dir, "broker.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return storetest.NewFaulty(s)
}

func TestFaulty_WithoutAFault_IsAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) store.Store { return openFaulty(t, dir) })
}

func TestFaulty_AlteredRecord_IsRefused(t *testing.T) {
	storetest.RunAltered(t, func(t *testing.T, dir string) (_, _ store.Store) {
		inner := openFaulty(t, dir)
		keys, err := sealed.Ensure(t.Context(), sealed.File(filepath.Join(dir, "keyset.json")), inner, nil)
		if err != nil {
			t.Fatal(err)
		}
		return sealed.New(inner, keys), inner
	})
}

// A faultyWrite is a write and how to see its effect on a store that holds "i"
// at sequence 1.
type faultyWrite struct {
	do     func(s store.Store) error
	effect func(s store.Store) bool
}

func faultyWrites(ctx context.Context) map[string]faultyWrite {
	k := store.Key{InstanceID: "i"}
	return map[string]faultyWrite{
		"Update": {
			func(s store.Store) error {
				_, err := s.Update(ctx, k, func(r *store.Record) error { r.Sequence++; return nil })
				return err
			},
			func(s store.Store) bool { r, err := s.Get(ctx, k); return err == nil && r.Sequence == 2 },
		},
		"Delete": {
			func(s store.Store) error { return s.Delete(ctx, k, nil) },
			func(s store.Store) bool { _, err := s.Get(ctx, k); return errors.Is(err, store.ErrNotFound) },
		},
		"Lead": {
			func(s store.Store) error { _, err := lead(ctx, s); return err },
			func(s store.Store) bool { epoch, err := lead(ctx, s); return err == nil && epoch > 1 },
		},
	}
}

func TestFaulty_LoseAnswer_LosesTheChosenOneOnly(t *testing.T) {
	for name, write := range faultyWrites(t.Context()) {
		t.Run(name, func(t *testing.T) {
			s := openFaulty(t, t.TempDir())
			t.Cleanup(func() { _ = s.Close() })
			s.LoseAnswer(2)
			begin := func(r *store.Record) error { r.Sequence = 1; return nil }
			if _, err := s.Update(t.Context(), store.Key{InstanceID: "i"}, begin); err != nil || s.Lost() {
				t.Fatalf("the write before the fault: %v, lost %t", err, s.Lost())
			}
			if err := write.do(s); !errors.Is(err, storetest.ErrLost) || !s.Lost() || s.Dead() {
				t.Errorf("write = %v, lost %t, dead %t, want ErrLost of one that lives", err, s.Lost(), s.Dead())
			}
			if !write.effect(s.Store) {
				t.Error("the write had no effect")
			}
			if _, err := s.Update(t.Context(), store.Key{InstanceID: "j"}, begin); err != nil || s.Writes() != 3 {
				t.Errorf("the write after the fault = %v, the %d-th", err, s.Writes())
			}
		})
	}
}

func TestFaulty_FailWrite_StaysDeadFromTheChosenOne(t *testing.T) {
	k := store.Key{InstanceID: "i"}
	ctx := t.Context()
	for name, write := range faultyWrites(ctx) {
		for _, after := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				s := openFaulty(t, t.TempDir())
				t.Cleanup(func() { _ = s.Close() })
				s.FailWrite(2, after)
				if _, err := s.Update(ctx, k, func(r *store.Record) error { r.Sequence = 1; return nil }); err != nil {
					t.Fatalf("the write before the fault: %v", err)
				}
				for range 3 {
					if err := write.do(s); !errors.Is(err, storetest.ErrDead) {
						t.Errorf("after %t: write = %v, want ErrDead", after, err)
					}
				}
				if !s.Dead() || s.Writes() != 2 {
					t.Errorf("after %t: dead %t after %d writes, want true after 2", after, s.Dead(), s.Writes())
				}
				if _, err := s.Unfinished(ctx); err != nil {
					t.Errorf("after %t: Unfinished of a dead store = %v", after, err)
				}
				s.Revive()
				if got := write.effect(s.Store); got != after {
					t.Errorf("after %t: the write had its effect: %t", after, got)
				}
				if _, err := lead(ctx, s); err != nil || s.Dead() {
					t.Errorf("after %t: revived: dead %t, Lead = %v", after, s.Dead(), err)
				}
			})
		}
	}
}

func TestFaulty_FailedChange_IsNotCounted(t *testing.T) {
	s := openFaulty(t, t.TempDir())
	t.Cleanup(func() { _ = s.Close() })
	s.FailWrite(1, false)
	conflict := errors.New("conflict")
	_, err := s.Update(t.Context(), store.Key{InstanceID: "i"}, func(*store.Record) error { return conflict })
	if !errors.Is(err, conflict) || s.Writes() != 0 || s.Dead() {
		t.Errorf("failed change: %v, %d writes, dead %t", err, s.Writes(), s.Dead())
	}
}

func lead(ctx context.Context, s store.Store) (epoch uint64, err error) {
	err = s.Lead(ctx, func(_ context.Context, l store.Lease) error {
		epoch = l.Epoch
		return nil
	})
	return epoch, err
}
