package kubetest

import (
	"context"
	"net"
	"sync"
	"testing"

	"k8s.io/client-go/rest"
)

// A Proxy is a connection to the server that tests can interrupt.
type Proxy struct {
	listener net.Listener
	server   *Server

	mu    sync.Mutex
	cut   bool
	conns map[net.Conn]bool // both sides of each connection
	stall chan struct{}     // closed: bytes flow
}

// Proxy opens a way to the server, which ends with the test.
func (s *Server) Proxy(t testing.TB) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: l, server: s, conns: map[net.Conn]bool{}, stall: make(chan struct{})}
	close(p.stall)
	go p.serve()
	t.Cleanup(func() {
		_ = l.Close()
		p.Cut()
		p.flow()
	})
	return p
}

// Config is as that of the server, by this way.
func (p *Proxy) Config() *rest.Config {
	config := p.server.Config()
	config.Host = "https://" + p.listener.Addr().String()
	return config
}

// Cut ends all connections and refuses new ones.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.conns {
		_ = c.Close()
	}
	clear(p.conns)
}

// Stall keeps all connections and passes nothing, like a network that loses
// every packet.
func (p *Proxy) Stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stall = make(chan struct{})
}

// Heal undoes Cut and Stall.
func (p *Proxy) Heal() {
	p.mu.Lock()
	p.cut = false
	p.mu.Unlock()
	p.flow()
}

func (p *Proxy) flow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.stall:
	default:
		close(p.stall)
	}
}

func (p *Proxy) serve() {
	for {
		from, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.connect(from)
	}
}

func (p *Proxy) connect(from net.Conn) {
	to, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", p.server.Address())
	if err != nil {
		_ = from.Close()
		return
	}
	p.mu.Lock()
	refuse := p.cut
	if !refuse {
		p.conns[from], p.conns[to] = true, true
	}
	p.mu.Unlock()
	if !refuse {
		go p.pass(from, to)
		p.pass(to, from)
	}
	for _, c := range []net.Conn{from, to} {
		_ = c.Close()
		p.mu.Lock()
		delete(p.conns, c)
		p.mu.Unlock()
	}
}

// pass copies until one side ends.
func (p *Proxy) pass(from, to net.Conn) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.mu.Lock()
		stall := p.stall
		p.mu.Unlock()
		<-stall
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
