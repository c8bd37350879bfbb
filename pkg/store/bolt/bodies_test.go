package bolt

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// edit changes the file as another program would.
func edit(t *testing.T, s *Store, change func(tx *bbolt.Tx) error) {
	t.Helper()
	if err := s.db.Update(change); err != nil {
		t.Fatal(err)
	}
}

// putNamed puts a body and names it in a record.
func putNamed(t *testing.T, s *Store, id, content string) (digest string) {
	t.Helper()
	digest, _, err := s.PutBody(t.Context(), []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Update(t.Context(), store.Key{InstanceID: id}, func(r *store.Record) error {
		r.Bodies = map[string]store.Sealed{digest: {}}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return digest
}

// sweepTwice sweeps twice, an age apart, and returns the number of deletions.
func sweepTwice(t *testing.T, s *Store) (deleted int) {
	t.Helper()
	at := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	for i := range 2 {
		n, err := s.SweepBodies(t.Context(), at.Add(time.Duration(i)*store.BodyAge))
		if err != nil {
			t.Fatal(err)
		}
		deleted += n
	}
	return deleted
}

func TestOpen_FileOfEarlierVersion_GetsBodyBuckets(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broker.db")
	s, err := Open(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := put(s, t, "i", 1); err != nil {
		t.Fatal(err)
	}
	edit(t, s, func(tx *bbolt.Tx) error {
		var errs []error
		for _, name := range bodyBuckets() {
			errs = append(errs, tx.DeleteBucket([]byte(name)))
		}
		return errors.Join(errs...)
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err = Open(path, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	digest := putNamed(t, s, "i", "body")
	if n := sweepTwice(t, s); n != 0 {
		t.Errorf("%d bodies deleted, want none", n)
	}
	if got, err := s.Body(t.Context(), digest, store.Sealed{}); err != nil || string(got) != "body" {
		t.Errorf("Body = %q, %v", got, err)
	}
}

func TestSweep_RecordDeletedByEarlierVersion_Deletes(t *testing.T) {
	s := fresh(t)
	putNamed(t, s, "i", "body")
	edit(t, s, func(tx *bbolt.Tx) error {
		return bucket(tx, recordsBucket).Delete(encodeKey(store.Key{InstanceID: "i"}))
	})
	if n := sweepTwice(t, s); n != 1 {
		t.Errorf("%d bodies deleted, want the one of the deleted record", n)
	}
}

func TestSweep_DamagedRecord_KeepsItsBodies(t *testing.T) {
	s := fresh(t)
	digest := putNamed(t, s, "i", "body")
	rawPut(t, s, store.Key{InstanceID: "i"}, []byte("damaged"))
	if n := sweepTwice(t, s); n != 0 {
		t.Errorf("%d bodies deleted, want none", n)
	}
	if _, err := s.Body(t.Context(), digest, store.Sealed{}); err != nil {
		t.Errorf("Body = %v", err)
	}
}

func TestBody_DamagedContent_IsFoundAndPutRepairsIt(t *testing.T) {
	s := fresh(t)
	digest := putNamed(t, s, "i", "body")
	edit(t, s, func(tx *bbolt.Tx) error {
		sums, err := findBodies(tx, []string{digest})
		if err != nil {
			return err
		}
		return bucket(tx, bodiesBucket).Put(sums[0], []byte("b0dy"))
	})
	if _, err := s.Body(t.Context(), digest, store.Sealed{}); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("Body = %v, want ErrCorrupt", err)
	}
	if again := putNamed(t, s, "i", "body"); again != digest {
		t.Errorf("digest %s, then %s", digest, again)
	}
	if got, err := s.Body(t.Context(), digest, store.Sealed{}); err != nil || string(got) != "body" {
		t.Errorf("Body after PutBody = %q, %v", got, err)
	}
}

func TestBodies_LargestBody_IsKept(t *testing.T) {
	s := fresh(t)
	content := strings.Repeat("x", store.MaxBody)
	digest := putNamed(t, s, "i", content)
	if got, err := s.Body(t.Context(), digest, store.Sealed{}); err != nil || string(got) != content {
		t.Errorf("Body = %d bytes, %v, want %d", len(got), err, len(content))
	}
}
