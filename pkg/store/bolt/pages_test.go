package bolt

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// All holds one page of records, however many there are. The test changes one
// record in fifty after the first came: a changed record that comes with its
// old content was read before, in the same page.
func TestAll_ManyRecords_HoldsOnePage(t *testing.T) {
	const records, sample = 10_000, 50
	s, err := Open(filepath.Join(t.TempDir(), "broker.db"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	key := func(i int) store.Key { return store.Key{InstanceID: fmt.Sprintf("%05d", i)} }
	value, err := encode(store.Record{Settled: true, Facts: map[string]string{"filler": strings.Repeat("x", 1<<10)}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	err = s.db.Update(func(tx *bbolt.Tx) error { // by way of Update it would take ten times as long
		for i := range records {
			if err := bucket(tx, recordsBucket).Put(encodeKey(key(i)), value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	seen, held := map[store.Key]bool{}, 0
	for r, err := range s.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[r.Key] {
			t.Errorf("%s came twice", r.Key)
		}
		for i := 0; i < records && len(seen) == 0; i += sample {
			if _, err := s.Update(t.Context(), key(i), func(r *store.Record) error { r.Sequence++; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if r.Sequence == 0 && r.Key == key(len(seen)) && len(seen)%sample == 0 {
			held += sample
		}
		seen[r.Key] = true
	}
	if len(seen) != records || held > pageSize {
		t.Errorf("%d records came of %d; %d were held at once, want %d at most", len(seen), records, held, pageSize)
	}
}
