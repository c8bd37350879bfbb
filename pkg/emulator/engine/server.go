package engine

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"
)

const (
	// readyPoll is the pause between two looks at a server that is starting.
	readyPoll = 5 * time.Millisecond
	// changeLimit bounds a change to a server that has begun.
	changeLimit = time.Minute
)

// errEnded: the process ended while it should start.
var errEnded = errors.New("the server ended")

// A server is one process of a flavour and the proxy before it.
//
// Its folder belongs to us and lets the servers' user pass through:
//
//	data  the data         of the servers' user, closed to others
//	run   its socket       of the servers' user, closed to others
//	log   its output
type server struct {
	h      *host
	id     string
	folder string
	run    *os.File // the folder run
	db     *sql.DB  // as administrator
	proxy  *proxy

	life context.Context //nolint:containedctx // its own life, which ends when Stop begins
	end  context.CancelFunc

	// lock is held during a change of the server or its accounts. It guards the
	// fields below.
	lock     chan struct{}
	process  *process
	stopped  bool
	readOnly bool // MariaDB starts so
}

// startServer makes the folder and starts the server in it, or removes both
// after a failure.
func startServer(ctx context.Context, h *host, id, folder string) (*server, error) {
	s := &server{
		h:      h,
		id:     id,
		folder: filepath.Join(h.files.path, folder),
		lock:   make(chan struct{}, 1),
	}
	s.life, s.end = context.WithCancel(context.Background())
	err := s.prepare(ctx)
	if err == nil {
		err = s.boot(ctx)
	}
	if err == nil {
		s.proxy, err = newProxy(h.listen, portOf(id), h.flavour.protocol(), s.dial)
	}
	if err != nil {
		return nil, errors.Join(err, s.discard())
	}
	return s, nil
}

// portOf is the preferred port of an instance: the same at each start, so that
// bindings of before a restart of the emulator stay good. It is below the ports
// that the system gives to clients.
func portOf(id string) uint16 {
	const first, many = 15000, 15000
	h := fnv.New32a()
	h.Write([]byte(id))
	return uint16(first + h.Sum32()%many) // below 30,000
}

// prepare lays out the folder.
func (s *server) prepare(ctx context.Context) error {
	if err := os.Mkdir(s.folder, 0o700); err != nil {
		return err
	}
	owner := s.h.owner
	run := s.path("run")
	password := rand.Text()
	err := errors.Join(
		owner.grantSearch(s.folder),
		os.Mkdir(run, 0o700), owner.own(run),
		s.h.flavour.prepare(s, password),
	)
	if err != nil {
		return err
	}
	if s.run, err = os.Open(run); err != nil { //nolint:gosec // our own folder
		return err
	}
	if s.db, err = s.h.flavour.open(s, password); err != nil {
		return err
	}
	return s.h.template.copyTo(ctx, s.path("data"))
}

// boot starts the process on the data and waits until it answers.
func (s *server) boot(ctx context.Context) error {
	log, err := os.OpenFile(s.path("log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := s.h.flavour.command(s)
	cmd.Stdout, cmd.Stderr = log, log
	if s.process, err = s.h.launcher.start(cmd, s.h.flavour.signals()); err != nil {
		return err
	}
	err = s.ready(ctx)
	if err == nil {
		err = s.h.flavour.ready(ctx, s)
	}
	if err != nil {
		s.process.kill()
		return fmt.Errorf("%w%s", err, tail(log.Name()))
	}
	return nil
}

// ready waits until the server answers, has ended, or ctx has.
func (s *server) ready(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	process := s.process
	go func() {
		select {
		case <-process.exited:
			cancel(fmt.Errorf("%w: %w", errEnded, process.err))
		case <-ctx.Done():
		}
	}()
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	for {
		err := s.db.PingContext(ctx)
		if err == nil || s.h.flavour.answers(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-poll.C:
		}
	}
}

// dial opens a connection to the server's socket. The way through our own open
// folder has a short name, however deep the folder lies.
func (s *server) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	return dialer.DialContext(ctx, "unix", fmt.Sprintf("/proc/self/fd/%d/%s", s.run.Fd(), s.h.flavour.socket()))
}

func (s *server) path(name string) string { return filepath.Join(s.folder, name) }

// discard ends the existing parts of the server. The caller holds the lock.
func (s *server) discard() error {
	s.end()
	if s.proxy != nil {
		s.proxy.close()
	}
	if s.process != nil {
		s.process.kill()
	}
	var failed []error
	if s.db != nil {
		failed = append(failed, s.db.Close())
	}
	if s.run != nil {
		failed = append(failed, s.run.Close())
	}
	return errors.Join(append(failed, os.RemoveAll(s.folder))...)
}

// begin waits for the lock; done releases it. A change that has begun is
// completed, since half a change is worse than a late one: its context ends
// with the server or by changeLimit, and ignores the caller's.
func (s *server) begin(ctx context.Context) (_ context.Context, done func(), err error) {
	waiting, cancel := within(ctx, s.life)
	defer cancel()
	select {
	case <-waiting.Done():
		return nil, nil, context.Cause(waiting)
	case s.lock <- struct{}{}:
	}
	if waiting.Err() != nil { // both were ready
		<-s.lock
		return nil, nil, context.Cause(waiting)
	}
	changing, cancelLife := within(context.WithoutCancel(ctx), s.life)
	changing, cancelLimit := context.WithTimeout(changing, changeLimit)
	return changing, func() {
		cancelLimit()
		cancelLife()
		<-s.lock
	}, nil
}

// Addr returns the address for clients.
func (s *server) Addr() netip.AddrPort {
	return netip.AddrPortFrom(s.h.advertise, s.proxy.port())
}

// Allow replaces the whitelist.
func (s *server) Allow(prefixes []netip.Prefix) { s.proxy.allow(slices.Clone(prefixes)) }

// Restart stops the process in good order and starts it again.
func (s *server) Restart(ctx context.Context) error {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return fmt.Errorf("engine: restart %s: %w", s.id, err)
	}
	defer done()
	if err := s.reboot(ctx); err != nil {
		return fmt.Errorf("engine: restart %s: %w", s.id, err)
	}
	return nil
}

// reboot ends the process, and with it all sessions, and starts it again. The caller
// holds the lock.
func (s *server) reboot(ctx context.Context) error {
	if err := s.process.terminate(ctx); err != nil {
		return err
	}
	return s.boot(ctx)
}

// Stop ends the server and removes its data. Work under way is broken off.
func (s *server) Stop(ctx context.Context) error {
	s.end()
	select {
	case s.lock <- struct{}{}:
		defer func() { <-s.lock }()
	case <-ctx.Done():
		return fmt.Errorf("engine: stop %s: %w", s.id, context.Cause(ctx))
	}
	if s.stopped {
		return nil
	}
	s.stopped = true
	err := s.discard()
	s.h.forget(s)
	if err != nil {
		return fmt.Errorf("engine: stop %s: %w", s.id, err)
	}
	return nil
}
