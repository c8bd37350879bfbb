// Package filewatch reloads files when their content changes: accounts, tokens
// and certificates are rotated while the broker runs.
//
// It is our own because fsnotify watches names: a Secret in a pod changes by a
// symbolic link two folders above, and a file may be written in place. Reading
// a few small files every second covers both.
package filewatch

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	interval = time.Second
	maxFile  = 1 << 20 // bytes
)

// A Watcher reloads groups of files.
type Watcher struct {
	groups  []*group
	reloads *prometheus.CounterVec
	broken  *prometheus.GaugeVec
}

// A group is a set of files that are used together, such as a certificate and
// its key.
type group struct {
	name     string
	paths    []string
	use      func(contents [][]byte) error
	inUse    digest
	lastSeen digest
	refused  digest
}

// A digest identifies the contents of a group.
type digest [sha256.Size]byte

// New returns a watcher. Metrics may be nil.
func New(metrics prometheus.Registerer) (*Watcher, error) {
	w := &Watcher{
		reloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "alibabacloud_broker_file_reloads_total",
			Help: "Changes of watched files, by group and whether they could be used.",
		}, []string{"files", "result"}),
		broken: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "alibabacloud_broker_files_broken",
			Help: "1 while watched files cannot be used and what was read before them is.",
		}, []string{"files"}),
	}
	if metrics != nil {
		for _, c := range []prometheus.Collector{w.reloads, w.broken} {
			if err := metrics.Register(c); err != nil {
				return nil, fmt.Errorf("watch files: register metrics: %w", err)
			}
		}
	}
	return w, nil
}

// Use reads the files of a group and calls use with their contents: now, and
// after each change once Watch runs. use applies the contents as a whole, or
// returns an error, which must not quote secrets. Use returns the error of the first call;
// later errors are logged.
func (w *Watcher) Use(name string, paths []string, use func(contents [][]byte) error) error {
	contents, err := readAll(paths)
	if err != nil {
		return err
	}
	if err := use(contents); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(paths, ", "), err)
	}
	sum := digestOf(contents, nil)
	w.groups = append(w.groups, &group{name: name, paths: paths, use: use, inUse: sum, lastSeen: sum})
	w.broken.WithLabelValues(name).Set(0)
	return nil
}

// Watch reloads the files until ctx ends. Every Use must precede it.
func (w *Watcher) Watch(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			for _, g := range w.groups {
				w.reload(g)
			}
		}
	}
}

// reload applies changed contents that two reads in a row have found: after one
// read, a file may be half written.
func (w *Watcher) reload(g *group) {
	contents, err := readAll(g.paths)
	sum := digestOf(contents, err)
	isStable := sum == g.lastSeen
	g.lastSeen = sum
	switch {
	case !isStable || sum == g.refused:
		return
	case sum == g.inUse:
		w.broken.WithLabelValues(g.name).Set(0) // a refused change was undone
		g.refused = digest{}
		return
	}
	if err == nil {
		err = g.use(contents)
	}
	if err != nil {
		g.refused = sum
		w.reloads.WithLabelValues(g.name, "failed").Inc()
		w.broken.WithLabelValues(g.name).Set(1)
		glog.Errorf("changed files refused, the old content stays in use files=%s paths=%q err=%q", g.name, g.paths, err)
		return
	}
	g.inUse, g.refused = sum, digest{}
	w.reloads.WithLabelValues(g.name, "ok").Inc()
	w.broken.WithLabelValues(g.name).Set(0)
	glog.Infof("reloaded files=%s paths=%q", g.name, g.paths)
}

func readAll(paths []string) ([][]byte, error) {
	contents := make([][]byte, 0, len(paths))
	for _, path := range paths {
		content, err := readOne(path)
		if err != nil {
			return nil, err
		}
		contents = append(contents, content)
	}
	return contents, nil
}

func readOne(path string) ([]byte, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return content, err
}

// digestOf identifies contents, or the error of reading them.
func digestOf(contents [][]byte, err error) digest {
	hash := sha256.New()
	for _, content := range contents {
		part := sha256.Sum256(content)
		hash.Write(part[:])
	}
	if err != nil {
		hash.Write([]byte(err.Error()))
	}
	return digest(hash.Sum(nil))
}
