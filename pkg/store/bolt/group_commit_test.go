package bolt

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// fresh opens a new store.
func fresh(tb testing.TB) *Store {
	tb.Helper()
	s, err := Open(filepath.Join(tb.TempDir(), "broker.db"), nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// put creates a record of about that size.
func put(s *Store, tb testing.TB, id string, size int) error {
	tb.Helper()
	_, err := s.Update(tb.Context(), store.Key{InstanceID: id}, func(r *store.Record) error {
		r.Region = strings.Repeat("x", size)
		return nil
	})
	return err
}

// lastTx is the number of the last transaction that was committed.
func lastTx(t *testing.T, s *Store) (id int) {
	t.Helper()
	if err := s.db.View(func(tx *bbolt.Tx) error { id = tx.ID(); return nil }); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestGroupCommit_WaitingWriters_ShareOneTransaction(t *testing.T) {
	s := fresh(t)
	before := lastTx(t, s)
	const others = 50
	var wg sync.WaitGroup
	_, err := s.Update(t.Context(), store.Key{InstanceID: "first"}, func(*store.Record) error {
		for w := range others {
			wg.Go(func() {
				if err := put(s, t, fmt.Sprint(w), 1); err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
			})
		}
		for s.waiting.Load() < 1+others { // until all wait behind this one
			runtime.Gosched()
		}
		return nil
	})
	if err != nil {
		t.Errorf("first writer: %v", err)
	}
	wg.Wait()
	if got := lastTx(t, s) - before; got != 1 {
		t.Errorf("%d writers took %d transactions, want 1", 1+others, got)
	}
}

func TestGroupCommit_NothingWritten_CommitsNothing(t *testing.T) {
	s := fresh(t)
	before := lastTx(t, s)
	_, err := s.Update(t.Context(), store.Key{InstanceID: "i"}, func(*store.Record) error { return errors.New("no") })
	if err == nil {
		t.Error("Update with a failing change succeeded")
	}
	if err := s.Delete(t.Context(), store.Key{InstanceID: "i"}, nil); err != nil {
		t.Error(err)
	}
	if got := lastTx(t, s) - before; got != 0 {
		t.Errorf("%d transactions were committed", got)
	}
}

func TestClose_RunningWrites_AreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broker.db")
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.waiting.Add(1) // another writer seems to wait, so the group stays open
	saved := make(chan error)
	go func() { saved <- put(s, t, "i", 1) }()
	for open := false; !open; runtime.Gosched() {
		s.writeMu.Lock()
		open = s.group != nil
		s.writeMu.Unlock()
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-saved; err != nil {
		t.Errorf("Update that Close found = %v", err)
	}
	if err := put(s, t, "j", 1); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Update after Close = %v, want ErrClosed", err)
	}
	if s, err = Open(path, nil); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Get(t.Context(), store.Key{InstanceID: "i"}); err != nil {
		t.Errorf("Get of what was saved: %v", err)
	}
}

func TestUpdate_FullDisk_FailsAndLosesNothing(t *testing.T) {
	s := fresh(t)
	if err := put(s, t, "before", 1000); err != nil {
		t.Fatal(err)
	}
	s.db.MaxSize = 1 // bbolt's own limit: the file must stay as small as it is
	if err := put(s, t, "large", 200<<10); !errors.Is(err, berrors.ErrMaxSizeReached) {
		t.Fatalf("Update on a full disk = %v, want ErrMaxSizeReached", err)
	}
	if err := s.Delete(t.Context(), store.Key{InstanceID: "nothing"}, nil); err != nil {
		t.Errorf("Delete of nothing on a full disk: %v", err)
	}
	if _, err := s.Get(t.Context(), store.Key{InstanceID: "large"}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("Get of what did not fit = %v, want ErrNotFound", err)
	}
	s.db.MaxSize = 0
	if err := put(s, t, "large", 200<<10); err != nil {
		t.Errorf("Update with room again: %v", err)
	}
	for _, id := range []string{"before", "large"} {
		if _, err := s.Get(t.Context(), store.Key{InstanceID: id}); err != nil {
			t.Errorf("Get(%s): %v", id, err)
		}
	}
}

func TestGroupCommit_FailedCommit_FailsEveryWriter(t *testing.T) {
	s := fresh(t)
	s.db.MaxSize = 1
	var wg sync.WaitGroup
	for w := range 20 {
		wg.Go(func() {
			if err := put(s, t, fmt.Sprint(w), 200<<10); err == nil {
				t.Errorf("writer %d succeeded although its record is lost", w)
			}
		})
	}
	wg.Wait()
	s.db.MaxSize = 0
	if rs, _ := list(t, s); len(rs) != 0 {
		t.Errorf("%d records are there, want none", len(rs))
	}
}

func TestGroupCommit_HalfFailedWrite_RollsBackTheGroup(t *testing.T) {
	s := fresh(t)
	s.waiting.Add(1) // another writer seems to wait, so the group stays open
	first := make(chan error)
	go func() { first <- put(s, t, "first", 1) }()
	for open := false; !open; runtime.Gosched() {
		s.writeMu.Lock()
		open = s.group != nil
		s.writeMu.Unlock()
	}
	broken := errors.New("broken")
	err := s.write(t.Context(), func(tx *bbolt.Tx) (func() error, error) {
		return func() error {
			return errors.Join(bucket(tx, recordsBucket).Put([]byte("half"), nil), broken)
		}, nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("write = %v, want its own error", err)
	}
	if err := <-first; !errors.Is(err, broken) {
		t.Errorf("Update of the same group = %v, want the error that undid it", err)
	}
	s.waiting.Add(-1)
	if err := put(s, t, "later", 1); err != nil {
		t.Errorf("Update afterwards: %v", err)
	}
	if rs, _ := list(t, s); len(rs) != 1 || rs[0].InstanceID != "later" {
		t.Errorf("All = %d records, want the later one alone", len(rs))
	}
}

func TestGroupCommit_Panic_StopsWritesWithoutHanging(t *testing.T) {
	s := fresh(t)
	if err := put(s, t, "i", 1); err != nil {
		t.Fatal(err)
	}
	err := s.write(t.Context(), func(*bbolt.Tx) (func() error, error) {
		return func() error { panic("page is not what it should be") }, nil
	})
	if !errors.Is(err, store.ErrForeign) {
		t.Errorf("write = %v, want ErrForeign", err)
	}
	if err := put(s, t, "j", 1); !errors.Is(err, store.ErrForeign) {
		t.Errorf("Update afterwards = %v, want ErrForeign", err)
	}
	if err := s.Close(); !errors.Is(err, store.ErrForeign) {
		t.Errorf("Close = %v, want ErrForeign", err)
	}
}

func TestUpdate_TooLongKey_Fails(t *testing.T) {
	s := fresh(t)
	if err := put(s, t, strings.Repeat("i", bbolt.MaxKeySize), 1); err == nil {
		t.Error("Update succeeded")
	}
	if err := put(s, t, "i", 1); err != nil {
		t.Errorf("Update of another afterwards: %v", err)
	}
}
