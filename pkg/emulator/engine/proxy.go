package engine

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// dialTimeout bounds the way from the proxy to its server, which is a local
// socket: only a server that hangs needs it.
const dialTimeout = 10 * time.Second

// A proxy connects clients to one server. It applies the whitelist before it
// passes on a byte in either direction.
type proxy struct {
	listener *net.TCPListener
	speaks   protocol
	dial     func(context.Context) (net.Conn, error)
	life     context.Context //nolint:containedctx // its own life, which ends with close
	end      context.CancelFunc
	running  sync.WaitGroup

	mu       sync.Mutex
	allowed  []netip.Prefix
	config   *tls.Config // of connections that the proxy encrypts, or that the server does; nil: none
	forced   bool        // plain connections are refused
	sessions map[*session]struct{}
}

// A session is one client's connection. The proxy's mutex guards it.
type session struct {
	client *net.TCPConn
	from   netip.AddrPort
	server net.Conn // nil until dialled
	ended  bool
}

// newProxy listens on host, on the port if it is free, else on another. Its
// whitelist is empty.
func newProxy(host netip.Addr, port uint16, speaks protocol, dial func(context.Context) (net.Conn, error)) (*proxy, error) {
	listener, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(host, port)))
	if err != nil {
		listener, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
	}
	if err != nil {
		return nil, err
	}
	p := &proxy{listener: listener, speaks: speaks, dial: dial, sessions: make(map[*session]struct{})}
	p.life, p.end = context.WithCancel(context.Background())
	p.running.Go(p.serve)
	return p, nil
}

// port returns the listening port.
func (p *proxy) port() uint16 {
	return peer(p.listener.Addr()).Port()
}

// allow replaces the whitelist and ends the sessions that it refuses.
func (p *proxy) allow(prefixes []netip.Prefix) {
	allowed := make([]netip.Prefix, 0, len(prefixes))
	for _, prefix := range prefixes {
		if addr := prefix.Addr(); addr.Is4In6() && prefix.Bits() >= 96 {
			prefix = netip.PrefixFrom(addr.Unmap(), prefix.Bits()-96)
		}
		allowed = append(allowed, prefix)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.allowed = allowed
	for s := range p.sessions {
		if !p.allows(s.from.Addr()) {
			p.cut(s)
		}
	}
}

// close ends the proxy and all sessions and waits for them.
func (p *proxy) close() {
	p.end()
	_ = p.listener.Close()
	p.allow(nil)
	p.running.Wait()
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.AcceptTCP()
		switch {
		case err == nil:
			s := &session{client: client, from: peer(client.RemoteAddr())}
			if p.admit(s) {
				p.running.Go(func() { p.relay(s) })
			} else {
				_ = client.Close()
			}
		case p.life.Err() != nil || errors.Is(err, net.ErrClosed):
			return
		default: // as when descriptors run out: a temporary failure
			select {
			case <-p.life.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
}

// admit takes the session in if the whitelist allows it. A whitelist that comes
// later finds it among the sessions.
func (p *proxy) admit(s *session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.life.Err() != nil || !p.allows(s.from.Addr()) {
		return false
	}
	p.sessions[s] = struct{}{}
	return true
}

// allows needs the mutex.
func (p *proxy) allows(addr netip.Addr) bool {
	for _, prefix := range p.allowed {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// cut ends a session; it needs the mutex.
func (p *proxy) cut(s *session) {
	s.ended = true
	delete(p.sessions, s)
	_ = s.client.Close()
	if s.server != nil {
		_ = s.server.Close()
	}
}

// attach gives the session its server, unless it has been cut meanwhile.
func (p *proxy) attach(s *session, server net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.ended {
		_ = server.Close()
		return false
	}
	s.server = server
	return true
}

// relay carries a session's bytes until either side has had enough.
func (p *proxy) relay(s *session) {
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.cut(s)
	}()
	client, first, err := p.wrapped(s.client)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(p.life, dialTimeout)
	server, err := p.dial(ctx)
	cancel()
	if err != nil || !p.attach(s, server) {
		return
	}
	if p.speaks.header != nil {
		if _, err := io.WriteString(server, p.speaks.header(s.from, peer(s.client.LocalAddr()))); err != nil {
			return
		}
	}
	if len(first) > 0 {
		if _, err := server.Write(first); err != nil {
			return
		}
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(client, server)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.cut(s)
	})
	if p.begin(client, server) == nil {
		_, _ = io.Copy(server, client)
	}
	_ = server.Close()
	back.Wait()
}

// wrapped returns the connection of a client as the server may read it, and the bytes
// that were read of it.
func (p *proxy) wrapped(client net.Conn) (net.Conn, []byte, error) {
	if p.speaks.wrap == nil {
		return client, nil, nil
	}
	if err := client.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, nil, err
	}
	config, _ := p.encryption()
	plain, first, err := p.speaks.wrap(client, config)
	return plain, first, errors.Join(err, client.SetDeadline(time.Time{}))
}

// begin passes on the parts of a client's first message that the protocol
// interprets.
func (p *proxy) begin(client io.ReadWriter, server io.Writer) error {
	if p.speaks.first == nil {
		return nil
	}
	_, forced := p.encryption()
	first, err := p.speaks.first(client, forced)
	if err != nil {
		return err
	}
	_, err = server.Write(first)
	return err
}

// A protocol has the messages that a proxy must interpret. Each field may be nil.
type protocol struct {
	header func(from, to netip.AddrPort) string // announces the client's address to the server
	// first reads the client's first words after the server's, or refuses them. forced
	// refuses a client that asks for no encryption.
	first func(client io.ReadWriter, forced bool) ([]byte, error)
	// wrap encrypts a connection in the place of the server, before its first words. nil:
	// the server encrypts.
	wrap func(client net.Conn, config *tls.Config) (plain net.Conn, first []byte, err error)
}

// header announces the client's address to the server (PROXY protocol, version
// 1).
func header(from, to netip.AddrPort) string {
	family := "TCP6"
	if from.Addr().Is4() {
		family = "TCP4"
	}
	return fmt.Sprintf("PROXY %s %s %s %d %d\r\n", family, from.Addr(), to.Addr(), from.Port(), to.Port())
}

// firstPacket reads the beginning of the client's first message, which in MySQL's
// protocol is packet number one. It refuses others, above all a PROXY header of
// the client's own.
func firstPacket(client io.ReadWriter, forced bool) ([]byte, error) {
	head := make([]byte, 8) // three bytes of length, the number, and what the client can
	if _, err := io.ReadFull(client, head); err != nil {
		return nil, err
	}
	if head[3] != 1 {
		return nil, errors.New("engine: not a MySQL client")
	}
	if forced && binary.LittleEndian.Uint32(head[4:])&clientTLS == 0 {
		_, err := client.Write(plainRefused(2))
		return nil, errors.Join(errors.New("engine: a plain connection"), err)
	}
	return head, nil
}

// peer is the plain form of a TCP address, in which IPv4 is IPv4.
func peer(addr net.Addr) netip.AddrPort {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(tcp.AddrPort().Addr().Unmap().WithZone(""), tcp.AddrPort().Port())
}
