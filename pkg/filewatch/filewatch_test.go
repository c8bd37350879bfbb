package filewatch

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
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// A watchedFile is a file in use, with the contents that were applied.
type watchedFile struct {
	path    string
	applied []string
	watcher *Watcher

	registry *prometheus.Registry
}

// watch starts a watcher of one file. It runs in a synctest bubble.
func watch(t *testing.T, path, content string) *watchedFile {
	t.Helper()
	w := &watchedFile{path: path, registry: prometheus.NewRegistry()}
	w.write(t, content)
	var err error
	if w.watcher, err = New(w.registry); err != nil {
		t.Fatal(err)
	}
	err = w.watcher.Use("word", []string{path}, func(contents [][]byte) error {
		if len(contents) != 1 || strings.Contains(string(contents[0]), "broken") {
			return errors.New("broken")
		}
		w.applied = append(w.applied, string(contents[0]))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	go w.watcher.Watch(t.Context())
	return w
}

func (w *watchedFile) write(t *testing.T, content string) {
	t.Helper()
	if err := os.WriteFile(w.path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// last returns the content in use some seconds later.
func (w *watchedFile) last() string {
	<-time.After(3*interval + interval/2)
	synctest.Wait()
	return w.applied[len(w.applied)-1]
}

func (w *watchedFile) metrics() string {
	recorder := httptest.NewRecorder()
	promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{}).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return recorder.Body.String()
}

func TestWatch_ChangedFile_IsApplied(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, path, "one")
		w.write(t, "two")
		if got := w.last(); got != "two" {
			t.Errorf("%q is in use, want two", got)
		}
		w.last()
		if len(w.applied) != 2 {
			t.Errorf("applied %q: unchanged content was applied again", w.applied)
		}
		if m := w.metrics(); !strings.Contains(m, `alibabacloud_broker_file_reloads_total{files="word",result="ok"} 1`) {
			t.Errorf("metrics %s", m)
		}
	})
}

func TestWatch_BrokenFile_KeepsTheOldContent(t *testing.T) {
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
				t.Errorf("%s, repaired: %q is in use, metrics %s", name, got, w.metrics())
			}
		}
		if !strings.Contains(w.metrics(), `alibabacloud_broker_file_reloads_total{files="word",result="failed"} 3`) {
			t.Errorf("metrics %s: each failure counts once", w.metrics())
		}
		w.write(t, "broken")
		w.last()
		w.write(t, "two")
		if got := w.last(); got != "two" {
			t.Errorf("%q is in use after a broken file was repaired, want two", got)
		}
	})
}

func TestWatch_HalfWrittenFile_IsLeftAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, path, "one")
		<-time.After(interval / 2) // it reads in the middle between two writes
		for _, half := range []string{"", "t", "tw", "two", "two-"} {
			w.write(t, half)
			<-time.After(interval)
		}
		synctest.Wait()
		if len(w.applied) != 1 {
			t.Errorf("applied %q while it was being written", w.applied)
		}
		w.write(t, "two-three")
		if got := w.last(); got != "two-three" {
			t.Errorf("%q is in use", got)
		}
	})
}

// A mounted Secret is a directory of links to ..data/, a link that the kubelet
// moves.
func TestWatch_MountedSecret_FollowsItsLink(t *testing.T) {
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

func TestUse_UnusableFile_ReturnsItsError(t *testing.T) {
	t.Parallel()
	watcher, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := watcher.Use("x", []string{path}, func([][]byte) error { return nil }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Use = %v for a missing file", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	if err := watcher.Use("x", []string{path}, func([][]byte) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("Use = %v, want the error of use", err)
	}
}
