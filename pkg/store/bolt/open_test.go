package bolt_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/bolt"
)

// open opens a store, which must succeed.
func open(tb testing.TB, path string) *bolt.Store {
	tb.Helper()
	s, err := bolt.Open(path, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

// filled creates a store of some records, closes it and returns its path.
func filled(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "broker.db")
	s := open(t, path)
	for i := range 101 {
		size := 10 * i
		if i == 100 { // several pages at the end of the file, read with the record alone
			size = 20_000
		}
		_, err := s.Update(t.Context(), store.Key{InstanceID: fmt.Sprintf("%03d", i)}, func(r *store.Record) error {
			r.Refused = []string{string(bytes.Repeat([]byte("x"), size))}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 3 { // so that the file ends with the large record instead of bbolt's free list
		_, err := s.Update(t.Context(), store.Key{InstanceID: "000"}, func(r *store.Record) error { r.Sequence++; return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpen_NewFile_HasMode0600(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "broker.db")
	open(t, path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o600 {
		t.Errorf("mode %v, want 0600", info.Mode())
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("making the store left %v in its folder, %v", entries, err)
	}
}

func TestOpen_FileOfAnotherProcess_IsLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "broker.db")
	first := open(t, path)
	if _, err := bolt.Open(path, &bolt.Options{LockTimeout: time.Millisecond}); !errors.Is(err, store.ErrLocked) {
		t.Errorf("Open of an open store = %v, want ErrLocked", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestOpen_MissingFolder_Fails(t *testing.T) {
	_, err := bolt.Open(filepath.Join(t.TempDir(), "missing", "broker.db"), nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open = %v, want ErrNotExist", err)
	}
}

func TestOpen_Folder_Fails(t *testing.T) {
	if _, err := bolt.Open(t.TempDir(), nil); err == nil {
		t.Error("Open of a folder succeeded")
	}
}

func TestOpen_ForeignFile_FailsAndLeavesIt(t *testing.T) {
	path := filled(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	page, used := os.Getpagesize(), bytesInUse(t, path)
	cut := func(size int) []byte { return whole[:size] }
	garble := func(from, to int) []byte {
		b := bytes.Clone(whole)
		random := rand.New(rand.NewPCG(1, 2))
		for i := from; i < to; i++ {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for name, content := range map[string][]byte{
		"empty":                   {},
		"one byte":                cut(1),
		"one page":                cut(page),
		"two pages":               cut(2 * page),
		"half":                    cut(len(whole) / 2),
		"the last page in use":    cut(used - page),
		"text":                    []byte("a file of something else\n"),
		"much text":               bytes.Repeat([]byte("text\n"), 10000),
		"zeros":                   make([]byte, len(whole)),
		"garbled":                 garble(0, len(whole)),
		"garbled behind the head": garble(2*page, len(whole)),
		"zeros behind the head":   append(bytes.Clone(whole[:2*page]), make([]byte, len(whole)-2*page)...),
		"another program's":       otherProgram(t, nil),
		"newer version's":         otherProgram(t, []byte{0, 0, 0, 0, 0, 0, 0, 2}),
	} {
		path := filepath.Join(t.TempDir(), "broker.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the first try must release the file
			if _, err := bolt.Open(path, nil); !errors.Is(err, store.ErrForeign) {
				t.Errorf("%s: Open = %v, want ErrForeign", name, err)
			}
		}
		if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, content) {
			t.Errorf("%s: the refused file was changed, or is gone (%v)", name, err)
		}
	}
}

// bytesInUse is up to where the file has pages: it may be longer.
func bytesInUse(t *testing.T, path string) (size int) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bbolt.Tx) error { size = int(tx.Size()); return nil })
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return size
}

// otherProgram returns a sound bolt file; with a version, one of a store like
// ours.
func otherProgram(t *testing.T, version []byte) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other.db")
	// Opened for writing with our options, bbolt would add a free list to it.
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		meta, err := tx.CreateBucket([]byte("meta"))
		if err != nil || version == nil {
			return err
		}
		return errors.Join(meta.Put([]byte("magic"), []byte("open-service-broker-alibabacloud")), meta.Put([]byte("version"), version))
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A page that was written wrongly may hold anything. Open refuses the file
// unless the page was unused, or in the middle of one large record, which is
// damaged then. The process survives.
func TestOpen_GarbledPage_IsFoundIfInUse(t *testing.T) {
	whole, err := os.ReadFile(filled(t))
	if err != nil {
		t.Fatal(err)
	}
	dir, page, found := t.TempDir(), os.Getpagesize(), 0
	random := rand.New(rand.NewPCG(3, 4))
	for n := range len(whole) / page {
		b := bytes.Clone(whole)
		for i := range page {
			b[n*page+i] = byte(random.Uint32())
		}
		path := filepath.Join(dir, fmt.Sprint(n))
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := bolt.Open(path, nil)
		if err != nil {
			found++
			if !errors.Is(err, store.ErrForeign) {
				t.Errorf("page %d garbled: Open = %v, want ErrForeign", n, err)
			}
			continue
		}
		// Of the two heads one is of the last transaction, the other of that
		// before it, which changed one of the records.
		var records, damaged int
		for _, err := range s.All(t.Context()) {
			records++
			if errors.Is(err, store.ErrCorrupt) {
				damaged++
			}
		}
		if records != 101 && damaged == 0 {
			t.Errorf("page %d garbled: %d records, want 101", n, records)
		}
		if err := s.Close(); err != nil {
			t.Errorf("page %d garbled: Close: %v", n, err)
		}
	}
	if found < 10 {
		t.Errorf("%d garbled pages were found", found)
	}
}
