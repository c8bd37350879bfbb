package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// MariaDB is the Engine that runs MariaDB's server, mariadbd.
type MariaDB struct {
	program   program
	owner     identity
	files     *runDir
	launcher  *launcher
	template  *template
	listen    netip.Addr
	advertise netip.Addr

	life context.Context //nolint:containedctx // its own life, which ends with Close
	end  context.CancelFunc

	starting sync.WaitGroup
	closing  sync.Once
	closed   error // of the first Close

	mu      sync.Mutex
	servers map[string]*server // nil while starting
	count   int                // servers ever started, for their folders' names
	done    bool
}

var _ Engine = (*MariaDB)(nil)

// NewMariaDB finds MariaDB on this machine (ErrNotInstalled if it is not
// there), prepares a folder, and removes the folders of processes that were
// killed. Close it at the end.
func NewMariaDB(options Options) (*MariaDB, error) {
	found, err := findProgram()
	if err != nil {
		return nil, err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, err
	}
	listen, advertise, err := addresses(options)
	if err != nil {
		return nil, err
	}
	files, err := openRunDir(options.Dir, owner)
	if err != nil {
		return nil, err
	}
	m := &MariaDB{
		program:   found,
		owner:     owner,
		files:     files,
		launcher:  newLauncher(),
		listen:    listen,
		advertise: advertise,
		servers:   make(map[string]*server),
	}
	m.template = newTemplate(m)
	m.life, m.end = context.WithCancel(context.Background())
	return m, nil
}

// addresses resolves where the proxies listen and what they tell.
func addresses(options Options) (listen, advertise netip.Addr, err error) {
	host := options.ListenHost
	if host == "" {
		host = "127.0.0.1"
	}
	if listen, err = resolve(host); err != nil {
		return listen, advertise, err
	}
	if options.AdvertiseHost != "" {
		advertise, err = resolve(options.AdvertiseHost)
	} else {
		advertise = listen
	}
	if err == nil && advertise.IsUnspecified() {
		err = fmt.Errorf("%w: AdvertiseHost must be an address that clients can reach, not %s", ErrInvalid, advertise)
	}
	return listen, advertise, err
}

// resolve turns an address or a name into an address, IPv4 if there is one.
func resolve(host string) (netip.Addr, error) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Unmap(), nil
	}
	addrs, err := net.DefaultResolver.LookupNetIP(context.Background(), "ip", host)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("engine: resolve %q: %w", host, err)
	}
	for _, addr := range addrs {
		if addr.Unmap().Is4() {
			return addr.Unmap(), nil
		}
	}
	return addrs[0], nil
}

// Start starts a server; see Engine.
func (m *MariaDB) Start(ctx context.Context, id string) (Server, error) {
	folder, err := m.reserve(id)
	if err != nil {
		return nil, err
	}
	defer m.starting.Done()

	ctx, cancel := within(ctx, m.life)
	defer cancel()
	s, err := startServer(ctx, m, id, folder)
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		delete(m.servers, id)
		return nil, fmt.Errorf("engine: start %s: %w", id, err)
	}
	m.servers[id] = s
	return s, nil
}

// reserve takes the id for a server about to start and names its folder.
func (m *MariaDB) reserve(id string) (folder string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.done {
		return "", ErrStopped
	}
	if _, taken := m.servers[id]; taken {
		return "", fmt.Errorf("%w: %s", ErrRunning, id)
	}
	m.servers[id] = nil
	m.starting.Add(1)
	m.count++
	return fmt.Sprint(m.count), nil
}

// forget frees the id of a server that is stopped.
func (m *MariaDB) forget(s *server) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.servers[s.id] == s {
		delete(m.servers, s.id)
	}
}

// Close stops all servers, also those that are starting, and removes all
// files. When it returns, no process is left.
func (m *MariaDB) Close() error {
	m.closing.Do(func() { m.closed = m.close() })
	return m.closed
}

func (m *MariaDB) close() error {
	m.mu.Lock()
	m.done = true
	m.mu.Unlock()
	m.end()
	m.starting.Wait()

	m.mu.Lock()
	var running []*server
	for _, s := range m.servers {
		running = append(running, s)
	}
	m.mu.Unlock()

	var stops sync.WaitGroup
	failed := make([]error, len(running))
	for i, s := range running {
		stops.Go(func() { failed[i] = s.Stop(context.Background()) })
	}
	stops.Wait()
	m.launcher.close()
	return errors.Join(errors.Join(failed...), m.files.remove())
}

// within derives a context that ends with ctx or with life, whichever is first.
// The cause of the second is ErrStopped.
func within(ctx, life context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if life.Err() != nil {
		cancel(ErrStopped)
	}
	stop := context.AfterFunc(life, func() { cancel(ErrStopped) })
	return ctx, func() {
		stop()
		cancel(context.Canceled)
	}
}
