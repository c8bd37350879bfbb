package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
)

// A host is shared by the servers of an engine: a folder, the address of the
// proxies, the thread that starts processes, and the running servers.
type host struct {
	flavour   flavour
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

// newHost prepares a folder, and removes the folders of processes that were
// killed. As root, the servers run as the first of users that exists.
func newHost(options Options, f flavour, users ...string) (*host, error) {
	owner, err := unprivileged(users...)
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
	h := &host{
		flavour:   f,
		owner:     owner,
		files:     files,
		launcher:  newLauncher(),
		listen:    listen,
		advertise: advertise,
		servers:   make(map[string]*server),
	}
	h.template = newTemplate(h)
	h.life, h.end = context.WithCancel(context.Background())
	return h, nil
}

// addresses resolves the address of the proxies and the one for clients.
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
func (h *host) Start(ctx context.Context, id, kind string) (Server, error) {
	if !h.Runs(kind) {
		return nil, fmt.Errorf("%w: %s as %s", ErrInvalid, id, kind)
	}
	folder, err := h.reserve(id)
	if err != nil {
		return nil, err
	}
	defer h.starting.Done()

	ctx, cancel := within(ctx, h.life)
	defer cancel()
	s, err := startServer(ctx, h, id, folder)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		delete(h.servers, id)
		return nil, fmt.Errorf("engine: start %s: %w", id, err)
	}
	h.servers[id] = s
	return h.flavour.server(s), nil
}

// Name is the name of the database server: "MariaDB" or "PostgreSQL".
func (h *host) Name() string { return h.flavour.name() }

// Runs reports whether it backs instances of RDS's engine kind.
func (h *host) Runs(kind string) bool { return slices.Contains(h.flavour.kinds(), kind) }

// reserve takes the id for a server about to start and names its folder.
func (h *host) reserve(id string) (folder string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.done {
		return "", ErrStopped
	}
	if _, taken := h.servers[id]; taken {
		return "", fmt.Errorf("%w: %s", ErrRunning, id)
	}
	h.servers[id] = nil
	h.starting.Add(1)
	h.count++
	return fmt.Sprint(h.count), nil
}

// forget frees the id of a stopped server.
func (h *host) forget(s *server) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.servers[s.id] == s {
		delete(h.servers, s.id)
	}
}

// Close stops all servers, also the starting ones, and removes all files. All
// processes have ended when it returns.
func (h *host) Close() error {
	h.closing.Do(func() { h.closed = h.close() })
	return h.closed
}

func (h *host) close() error {
	h.mu.Lock()
	h.done = true
	h.mu.Unlock()
	h.end()
	h.starting.Wait()

	h.mu.Lock()
	var running []*server
	for _, s := range h.servers {
		running = append(running, s)
	}
	h.mu.Unlock()

	var stops sync.WaitGroup
	failed := make([]error, len(running))
	for i, s := range running {
		stops.Go(func() { failed[i] = s.Stop(context.Background()) })
	}
	stops.Wait()
	h.launcher.close()
	return errors.Join(errors.Join(failed...), h.files.remove())
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
