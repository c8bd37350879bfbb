package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// backend is a server behind a proxy that hands its connections to the test.
type backend struct {
	conns chan net.Conn
	dials chan struct{} // closed: refuse
}

func newBackend(t *testing.T) (*proxy, backend) {
	t.Helper()
	b := backend{conns: make(chan net.Conn, 10), dials: make(chan struct{})}
	p, err := newProxy(netip.MustParseAddr("127.0.0.1"), 0, mariadb{}.protocol(), func(context.Context) (net.Conn, error) {
		select {
		case <-b.dials:
			return nil, errors.New("refused")
		default:
		}
		ours, theirs := net.Pipe()
		if err := ours.SetDeadline(time.Now().Add(eventTimeout)); err != nil {
			return nil, err
		}
		b.conns <- ours
		return theirs, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p, b
}

func dialProxy(t *testing.T, p *proxy) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", p.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	must(t, conn.SetDeadline(time.Now().Add(eventTimeout)))
	return conn
}

// wantEnd requires that the other side has closed the connection and sent
// everything.
func wantEnd(t *testing.T, conn net.Conn) {
	t.Helper()
	rest, err := io.ReadAll(conn)
	if len(rest) > 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %q, %v; want the connection ended", rest, err)
	}
}

func readHeader(t *testing.T, conn net.Conn) string {
	t.Helper()
	var line []byte
	one := make([]byte, 1)
	for !strings.HasSuffix(string(line), "\r\n") {
		if _, err := io.ReadFull(conn, one); err != nil {
			t.Fatal(err)
		}
		line = append(line, one[0])
	}
	return string(line)
}

func wantRead(t *testing.T, conn net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(conn, got); err != nil || string(got) != want {
		t.Fatalf("read %q, %v; want %q", got, err, want)
	}
}

func send(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
}

func TestProxy_WithoutWhitelist_DialsNoServer(t *testing.T) {
	p, b := newBackend(t)
	wantEnd(t, dialProxy(t, p))
	p.allow([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::/0")})
	wantEnd(t, dialProxy(t, p))
	if len(b.conns) > 0 {
		t.Error("a refused client reached the server")
	}
}

func TestProxy_Session_CarriesBothWaysWithClientAddress(t *testing.T) {
	p, b := newBackend(t)
	p.allow(loopback())
	conn := dialProxy(t, p)
	server := <-b.conns
	want := header(peer(conn.LocalAddr()), peer(conn.RemoteAddr()))
	if got := readHeader(t, server); got != want {
		t.Errorf("header %q, want %q", got, want)
	}
	send(t, server, "greeting")
	wantRead(t, conn, "greeting")
	send(t, conn, "\x05\x00\x00\x01hello")
	wantRead(t, server, "\x05\x00\x00\x01hello")
	must(t, server.Close())
	wantEnd(t, conn)
}

func TestProxy_NewWhitelist_EndsRefusedSessions(t *testing.T) {
	p, b := newBackend(t)
	p.allow(loopback())
	conn := dialProxy(t, p)
	server := <-b.conns
	readHeader(t, server)
	p.allow([]netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")})
	send(t, server, "still here")
	wantRead(t, conn, "still here")
	p.allow([]netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")})
	wantEnd(t, conn)
	wantEnd(t, server)
}

func TestProxy_ForgedAddress_Refused(t *testing.T) {
	for name, forged := range map[string]string{
		"version 1": "PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n",
		"version 2": "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			p, b := newBackend(t)
			p.allow(loopback())
			conn := dialProxy(t, p)
			server := <-b.conns
			readHeader(t, server)
			send(t, conn, forged)
			wantEnd(t, server)
			wantEnd(t, conn)
		})
	}
}

func TestProxy_ServerDown_EndsTheClient(t *testing.T) {
	p, b := newBackend(t)
	p.allow(loopback())
	close(b.dials)
	wantEnd(t, dialProxy(t, p))
}

func TestProxy_Closed_EndsSessionsAndListener(t *testing.T) {
	p, b := newBackend(t)
	p.allow(loopback())
	conn := dialProxy(t, p)
	server := <-b.conns
	readHeader(t, server)
	p.close()
	wantEnd(t, conn)
	wantEnd(t, server)
	if conn, err := net.Dial("tcp", p.listener.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("a closed proxy still listens")
	}
}

func TestWhitelist_MappedAddresses_Match(t *testing.T) {
	for name, c := range map[string]struct {
		prefix, addr string
		want         bool
	}{
		"address":             {"10.1.2.3/32", "10.1.2.3", true},
		"network":             {"10.1.0.0/16", "10.1.2.3", true},
		"other network":       {"10.2.0.0/16", "10.1.2.3", false},
		"everyone":            {"0.0.0.0/0", "203.0.113.7", true},
		"mapped prefix":       {"::ffff:10.1.0.0/112", "10.1.2.3", true},
		"IPv6":                {"2001:db8::/32", "2001:db8::1", true},
		"everyone is of IPv4": {"0.0.0.0/0", "2001:db8::1", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := &proxy{}
			p.allow([]netip.Prefix{netip.MustParsePrefix(c.prefix)})
			if got := p.allows(netip.MustParseAddr(c.addr)); got != c.want {
				t.Errorf("%s in %s: %v, want %v", c.addr, c.prefix, got, c.want)
			}
		})
	}
}
