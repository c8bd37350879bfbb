package atomicfile_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/atomicfile"
)

func content(text string) func(string) error {
	return func(temp string) error { return os.WriteFile(temp, []byte(text), 0o600) }
}

func TestCreate_ConcurrentCallers_OneWinsAndItsFileIsWhole(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	var wg sync.WaitGroup
	var winner atomic.Value
	for i := range 10 {
		wg.Go(func() {
			text := fmt.Sprint("caller ", i)
			switch err := atomicfile.Create(path, content(text)); {
			case err == nil:
				if winner.Swap(text) != nil {
					t.Error("two callers succeeded in creating the file")
				}
			case !errors.Is(err, fs.ErrExist):
				t.Errorf("caller %d: %v, want ErrExist", i, err)
			}
		})
	}
	wg.Wait()
	if got, err := os.ReadFile(path); err != nil || string(got) != winner.Load() {
		t.Errorf("the file holds %q, %v, want %q", got, err, winner.Load())
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the file alone", entries, err)
	}
}

func TestCreate_FailingFill_LeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	broken := errors.New("broken")
	err := atomicfile.Create(filepath.Join(dir, "file"), func(temp string) error {
		return errors.Join(content("half")(temp), broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("Create = %v, want the error of fill", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("the folder holds %v, %v, want nothing", entries, err)
	}
}

func TestReplace_ConcurrentReaders_FindWholeFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	text := func(i int) string { return fmt.Sprintf("%0*d", 1<<10, i) }
	if err := atomicfile.Replace(path, content(text(0))); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			if err := atomicfile.Replace(path, content(text(i))); err != nil {
				t.Errorf("Replace: %v", err)
			}
		})
		wg.Go(func() {
			if got, err := os.ReadFile(path); err != nil || len(got) != 1<<10 {
				t.Errorf("the file holds %d bytes, %v, want %d", len(got), err, 1<<10)
			}
		})
	}
	wg.Wait()
	broken := errors.New("broken")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.Replace(path, func(string) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("Replace = %v, want the error of fill", err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("a failed Replace changed the file (%v)", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v, %v, want the file alone", entries, err)
	}
}
