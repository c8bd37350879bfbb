package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	installTime = 10 * time.Minute // with empty caches and a slow network
	clientTime  = 5 * time.Minute
	atOnce      = 2 // languages that run at the same time
)

// check runs the clients and prints the summary.
func check(ctx context.Context, o options, w io.Writer) error {
	clients, err := o.list()
	if err != nil {
		return err
	}
	began := time.Now()
	cloud, err := startEmulator(ctx, o.emulator, o.environment, account2024())
	if err != nil {
		return err
	}
	out := &shared{w: w}
	servers := sync.OnceValues(func() (*databases, error) { return o.startDatabases(ctx) })
	if slices.ContainsFunc(clients.Clients, func(c client) bool { return c.Databases }) {
		go func() { _, _ = servers() }() // while packages are installed; the clients read the error
	}
	s := summary{installs: map[string]time.Duration{}, skipped: clients.skipped}
	var lock sync.Mutex
	clients.eachLanguage(func(name string, of []client) {
		results, installed := o.language(ctx, clients.Languages[name], name, of, cloud, servers, out)
		lock.Lock()
		defer lock.Unlock()
		s.results = append(s.results, results...)
		s.installs[name] = installed
	})
	if slices.ContainsFunc(clients.Clients, func(c client) bool { return c.Databases }) {
		if d, err := servers(); err == nil {
			if err := d.stop(ctx); err != nil {
				s.left = append(s.left, "databases: "+err.Error())
			}
		}
	}
	slices.SortStableFunc(s.results, func(a, b result) int { return strings.Compare(a.client, b.client) })
	left, err := cloud.resources(ctx)
	s.left = append(s.left, left...)
	if err != nil {
		return errors.Join(fmt.Errorf("the state of the emulator: %w", err), cloud.stop())
	}
	s.took = time.Since(began)
	if !s.print(w) {
		return errors.Join(errors.New("the emulator differs from the cloud, or a client did not run; see above"), cloud.stop())
	}
	return cloud.stop()
}

// eachLanguage calls do for each language that has clients, a few at a time.
func (l list) eachLanguage(do func(name string, of []client)) {
	turns := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for name := range l.Languages {
		var of []client
		for _, c := range l.Clients {
			if c.Language == name {
				of = append(of, c)
			}
		}
		if len(of) == 0 {
			continue
		}
		all.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			do(name, of)
		})
	}
	all.Wait()
}

// language installs the packages of a language and runs its clients one after
// the other. A failed installation fails every scenario of each client.
func (o options) language(ctx context.Context, l language, name string, of []client, cloud *emulator, servers func() (*databases, error), out *shared) (results []result, installed time.Duration) {
	folder := filepath.Join(o.folder, name)
	began := time.Now()
	within, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	err := l.install(within, folder, filepath.Join(folder, "build", "installed"), o.environment)
	installed = time.Since(began)
	if err != nil {
		out.line("FAILED install " + name)
	}
	for _, c := range of {
		r := result{client: c.Name}
		if err != nil {
			r.failed = len(c.expected())
			r.problems = []string{fmt.Sprintf("could not be installed (%s): %v", strings.Join(c.Packages, ", "), err)}
			results = append(results, r)
			continue
		}
		began := time.Now()
		switch {
		case c.Databases:
			if d, err := servers(); err != nil {
				r.fail("the databases: " + err.Error())
			} else {
				o.logins(ctx, d, c, folder, &r, out)
			}
		case c.TLS:
			o.overTLS(ctx, l, c, folder, &r, out)
		default:
			o.client(ctx, c, folder, []string{"SDK_CHECK_ADDRESS=" + cloud.address}, &r, out)
		}
		r.took = time.Since(began)
		results = append(results, r)
	}
	return results, installed
}

// overTLS runs a client on an emulator of its own, whose clock the client may move.
func (o options) overTLS(ctx context.Context, l language, c client, folder string, r *result, out *shared) {
	dir, err := os.MkdirTemp("", "sdk-checks-")
	if err != nil {
		r.fail(err.Error())
		return
	}
	defer os.RemoveAll(dir)
	ca := filepath.Join(dir, "ca.pem")
	cloud, err := startEmulator(ctx, o.emulator, o.environment, strictTLS(ca))
	if err != nil {
		r.fail(err.Error())
		return
	}
	told := []string{"SDK_CHECK_ADDRESS=" + cloud.secure, "SDK_CHECK_PLAIN=" + cloud.address, "SDK_CHECK_CONTROL=" + cloud.control, "SDK_CHECK_CA=" + ca}
	for _, name := range l.Trust {
		told = append(told, name+"="+ca)
	}
	o.client(ctx, c, folder, told, r, out)
	left, err := cloud.resources(ctx)
	if err = errors.Join(err, cloud.stop()); err != nil {
		r.fail("its emulator: " + err.Error())
	}
	for _, resource := range left {
		r.fail("left behind: " + resource)
	}
}

// client runs the command of a client and reads its report. told is added to the
// environment of the command.
func (o options) client(ctx context.Context, c client, folder string, told []string, r *result, out *shared) {
	ctx, cancel := context.WithTimeout(ctx, clientTime)
	defer cancel()
	command := exec.CommandContext(ctx, c.Command[0], c.Command[1:]...) //nolint:gosec // clients.yaml is ours
	command.Dir = folder
	command.WaitDelay = time.Second
	command.Env = append(append(withoutCloud(o.environment), "SDK_CHECK_KEY_ID="+keyID, "SDK_CHECK_KEY_SECRET="+keySecret, "SDK_CHECK_CLIENT="+c.Name), told...)
	reader, writer := io.Pipe()
	command.Stdout, command.Stderr = writer, writer
	read := make(chan error, 1)
	go func() {
		err := r.read(reader, c.expected(), func(line string) { out.line(c.Name + ": " + line) })
		_, rest := io.Copy(io.Discard, reader) // where a line was too long
		read <- errors.Join(err, rest)
	}()
	ran := command.Run()
	_ = writer.Close() // a pipe's end reports nothing
	if err := <-read; err != nil {
		r.fail("its report: " + err.Error())
	}
	if ran != nil && r.failed == 0 || ctx.Err() != nil {
		r.fail(errors.Join(ran, ctx.Err()).Error())
	}
}

// withoutCloud drops proxies and credentials of the caller: they are for another
// cloud than the one on loopback.
func withoutCloud(environment []string) []string {
	return slices.DeleteFunc(slices.Clone(environment), func(entry string) bool {
		name, _, _ := strings.Cut(entry, "=")
		return strings.HasSuffix(strings.ToLower(name), "_proxy") ||
			strings.HasPrefix(name, "ALIBABA_CLOUD_") || strings.HasPrefix(name, "OSS_")
	})
}

// shared is a writer of whole lines for several goroutines.
type shared struct {
	lock sync.Mutex
	w    io.Writer
}

func (s *shared) line(text string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	fmt.Fprintln(s.w, text)
}
