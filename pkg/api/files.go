package api

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/golang/glog"
	"github.com/prometheus/client_golang/prometheus"
)

// How files are watched. Contents are compared, not times or inodes: so it does
// not matter whether a file is written in place or, as in a mounted Secret, a
// symbolic link above it is moved.
const (
	lookEvery = time.Second
	maxFile   = 1 << 20 // bytes
)

// Files are groups of files whose contents are taken into use again when they
// change: users, certificates, authorities.
type Files struct {
	groups  []*group
	reloads *prometheus.CounterVec
	broken  *prometheus.GaugeVec
}

// A group is files that make sense only together.
type group struct {
	name    string
	paths   []string
	use     func(contents [][]byte) error
	inUse   digest // what is used
	seen    digest // what was there at the last look
	refused digest // what could not be used
}

// NewFiles returns an empty set; metrics may be nil.
func NewFiles(metrics prometheus.Registerer) (*Files, error) {
	f := &Files{
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
		for _, c := range []prometheus.Collector{f.reloads, f.broken} {
			if err := metrics.Register(c); err != nil {
				return nil, fmt.Errorf("watch files: register metrics: %w", err)
			}
		}
	}
	return f, nil
}

// Use reads the files and hands their contents over, now and, once Watch runs,
// whenever one of them has changed. use takes the contents into use, or returns
// an error without secrets and leaves things as they were. Now, an error comes
// back; later it is logged.
func (f *Files) Use(name string, paths []string, use func(contents [][]byte) error) error {
	contents, err := readAll(paths)
	if err != nil {
		return err
	}
	if err := use(contents); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(paths, ", "), err)
	}
	sum := sumOf(contents, nil)
	f.groups = append(f.groups, &group{name: name, paths: paths, use: use, inUse: sum, seen: sum})
	f.broken.WithLabelValues(name).Set(0)
	return nil
}

// Watch looks at the files until ctx ends. No Use may follow.
func (f *Files) Watch(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			for _, g := range f.groups {
				f.look(g)
			}
		}
	}
}

// look takes new contents into use at the second look that finds them: at the
// first, they may be half written.
func (f *Files) look(g *group) {
	contents, err := readAll(g.paths)
	sum := sumOf(contents, err)
	settled := sum == g.seen
	g.seen = sum
	switch {
	case !settled || sum == g.refused:
		return
	case sum == g.inUse:
		f.broken.WithLabelValues(g.name).Set(0) // it was broken and came back
		g.refused = digest{}
		return
	}
	if err == nil {
		err = g.use(contents)
	}
	if err != nil {
		g.refused = sum
		f.reloads.WithLabelValues(g.name, "failed").Inc()
		f.broken.WithLabelValues(g.name).Set(1)
		glog.Errorf("%s: %s cannot be used, what was read before stays in use: %v", g.name, strings.Join(g.paths, ", "), err)
		return
	}
	g.inUse, g.refused = sum, digest{}
	f.reloads.WithLabelValues(g.name, "ok").Inc()
	f.broken.WithLabelValues(g.name).Set(0)
	glog.Infof("%s: read %s again", g.name, strings.Join(g.paths, ", "))
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
		err = errors.New(path + " is too large")
	}
	return content, err
}

// sumOf is of the contents, or else of the error that there is instead.
func sumOf(contents [][]byte, err error) digest {
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
