package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// A watching is a file in use, and what was taken from it.
type watching struct {
	path  string
	taken []string
	files *Files

	registry *prometheus.Registry
}

// watch runs in a bubble of synctest: all waiting is of its clock.
func watch(t *testing.T, path, content string) *watching {
	t.Helper()
	w := &watching{path: path, registry: prometheus.NewRegistry()}
	w.write(t, content)
	var err error
	if w.files, err = NewFiles(w.registry); err != nil {
		t.Fatal(err)
	}
	err = w.files.Use("word", []string{path}, func(contents [][]byte) error {
		if len(contents) != 1 || strings.Contains(string(contents[0]), "broken") {
			return errors.New("it is broken")
		}
		w.taken = append(w.taken, string(contents[0]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	go w.files.Watch(t.Context())
	return w
}

func (w *watching) write(t *testing.T, content string) {
	t.Helper()
	if err := os.WriteFile(w.path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// last is what is in use some seconds later.
func (w *watching) last() string {
	<-time.After(3*lookEvery + lookEvery/2)
	synctest.Wait()
	return w.taken[len(w.taken)-1]
}

func (w *watching) metrics() string {
	recorder := httptest.NewRecorder()
	Ops(OpsConfig{Metrics: w.registry}).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return recorder.Body.String()
}

func TestAChangedFileIsTakenIntoUse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, path, "one")
		w.write(t, "two")
		if got := w.last(); got != "two" {
			t.Errorf("%q is in use, want two", got)
		}
		w.last()
		if len(w.taken) != 2 {
			t.Errorf("taken %q: what had not changed was taken again", w.taken)
		}
		if m := w.metrics(); !strings.Contains(m, `alibabacloud_broker_file_reloads_total{files="word",result="ok"} 1`) {
			t.Errorf("metrics %s", m)
		}
	})
}

func TestABrokenFileLeavesInUseWhatWasThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, path, "one")
		for name, breakIt := range map[string]func(){
			"refused": func() { w.write(t, "broken") },
			"missing": func() { _ = os.Remove(w.path) },
			"huge":    func() { w.write(t, strings.Repeat("x", maxFile+1)) },
		} {
			breakIt()
			if got := w.last(); got != "one" || !strings.Contains(w.metrics(), `alibabacloud_broker_files_broken{files="word"} 1`) {
				t.Errorf("%s: %q is in use, metrics %s", name, got, w.metrics())
			}
			w.write(t, "one")
			if got := w.last(); got != "one" || !strings.Contains(w.metrics(), `alibabacloud_broker_files_broken{files="word"} 0`) {
				t.Errorf("%s, mended: %q is in use, metrics %s", name, got, w.metrics())
			}
		}
		if !strings.Contains(w.metrics(), `alibabacloud_broker_file_reloads_total{files="word",result="failed"} 3`) {
			t.Errorf("metrics %s: each failure counts once", w.metrics())
		}
		w.write(t, "broken")
		w.last()
		w.write(t, "two")
		if got := w.last(); got != "two" {
			t.Errorf("%q is in use after a broken file was mended, want two", got)
		}
	})
}

func TestAFileIsNotTakenWhileItIsBeingWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, path, "one")
		<-time.After(lookEvery / 2) // it looks in the middle between two writes
		for _, half := range []string{"", "t", "tw", "two", "two-"} {
			w.write(t, half)
			<-time.After(lookEvery)
		}
		synctest.Wait()
		if len(w.taken) != 1 {
			t.Errorf("taken %q while it was being written", w.taken)
		}
		w.write(t, "two-three")
		if got := w.last(); got != "two-three" {
			t.Errorf("%q is in use", got)
		}
	})
}

// A mounted Secret is a directory of links to ..data/, which is a link that
// the kubelet moves.
func TestAMountedSecretIsReadAgainWhenItsLinkMoves(t *testing.T) {
	dir := t.TempDir()
	mount := func(version, content string) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, version, "users"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		link := filepath.Join(dir, "..data_tmp")
		if err := os.Symlink(version, link); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(link, filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	mount("..1", "one")
	path := filepath.Join(dir, "users")
	if err := os.Symlink("..data/users", path); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, path, "one")
		mount("..2", "two")
		if err := os.RemoveAll(filepath.Join(dir, "..1")); err != nil {
			t.Fatal(err)
		}
		if got := w.last(); got != "two" {
			t.Errorf("%q is in use, want two", got)
		}
	})
}

func TestFilesThatCannotBeUsedAtFirstAreRefused(t *testing.T) {
	t.Parallel()
	files, err := NewFiles(nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := files.Use("x", []string{path}, func([][]byte) error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Use = %v for a missing file", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := files.Use("x", []string{path}, func([][]byte) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("Use = %v, want what it was told", err)
	}
}
