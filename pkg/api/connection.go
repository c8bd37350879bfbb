package api

import (
	"container/list"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Limits of a connection before a password. The names and values of a header
// stay in memory while a client sends the rest, at some 100 bytes a line.
const (
	maxHeaderLines  = 128
	idleBeforeLogin = 5 * time.Second
	plainToTLS      = "HTTP/1.0 400 Bad Request\r\n\r\nThe port speaks HTTPS: use an https URL.\n"
	tooManyLines    = "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nThe header has more than 128 lines: send fewer."
	refusalTime     = time.Second / 2
)

// A connection is a client's connection below net/http and above TLS. It limits
// the lines of a request's header, and the time in which a client that has never
// authenticated may be idle.
type connection struct {
	net.Conn // TLS or plain

	raw    net.Conn
	secure *tls.Conn // nil for plain HTTP
	owner  *Connections
	cancel context.CancelFunc // of the requests' context

	// Of the owner's mutex.
	list          *list.List
	place         *list.Element // nil once it has authenticated or is gone
	bytes         int           // of its request's header
	authenticated bool          // and counted as such

	mu         sync.Mutex
	handshaken bool
	known      bool // it has authenticated
	idle       bool // between two requests
	header     headerLines
}

// newConnection wraps an accepted connection. With a TLS configuration the
// handshake is part of the first read, so that Accept never waits for a client.
func newConnection(raw net.Conn, owner *Connections, secure *tls.Config) *connection {
	c := &connection{Conn: raw, raw: raw, owner: owner, header: headerLines{inside: true}}
	if secure != nil {
		c.secure = tls.Server(raw, secure)
		c.Conn = c.secure
	}
	return c
}

// Read reads for net/http. After a header of too many lines it answers with 431
// and ends the connection.
func (c *connection) Read(p []byte) (int, error) {
	if err := c.handshake(); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	counted := c.header.inside
	fits := c.header.add(p[:n])
	c.mu.Unlock()
	if counted {
		if closing := c.owner.read(c, n); closing != nil {
			c.owner.close(closing, closedHeader)
		}
	}
	if fits {
		return n, err
	}
	c.owner.closed.WithLabelValues(closedHeader).Inc()
	_ = c.SetDeadline(time.Now().Add(refusalTime))
	_, _ = io.WriteString(c.Conn, tooManyLines) // fails only if the client is gone
	_ = c.CloseWrite()
	_, _ = io.CopyN(io.Discard, c.Conn, maxHeader) // unread data would make the kernel take the answer back
	return 0, io.EOF
}

// handshake does the TLS handshake once, within the deadline of the first read.
func (c *connection) handshake() error {
	if c.secure == nil || c.handshaken { // only the first reader changes it, before all others
		return nil
	}
	_ = c.raw.SetWriteDeadline(time.Now().Add(readHeaderTimeout))
	err := c.secure.HandshakeContext(context.Background()) // the deadlines end it
	_ = c.raw.SetWriteDeadline(time.Time{})
	c.handshaken = true
	if err == nil {
		return nil
	}
	if plain, ok := errors.AsType[tls.RecordHeaderError](err); ok && plain.Conn != nil && looksLikeHTTP(plain.RecordHeader) {
		_, _ = io.WriteString(plain.Conn, plainToTLS)
	}
	_, _ = glogWriter{}.Write([]byte("TLS handshake failed remote=" + c.raw.RemoteAddr().String() + " err=" + err.Error()))
	return io.EOF // net/http has nothing to answer
}

// looksLikeHTTP reports whether the first bytes of a TLS record are a request's.
func looksLikeHTTP(record [5]byte) bool {
	switch string(record[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "PATCH", "DELET", "OPTIO":
		return true
	}
	return false
}

// SetReadDeadline sets the deadline of reads. It shortens the idle time of a
// client that has never authenticated.
func (c *connection) SetReadDeadline(at time.Time) error {
	c.mu.Lock()
	short := c.idle && !c.known
	c.mu.Unlock()
	if short && !at.IsZero() {
		if soon := time.Now().Add(idleBeforeLogin); soon.Before(at) {
			at = soon
		}
	}
	return c.Conn.SetReadDeadline(at)
}

// CloseWrite ends what is sent; net/http calls it before it drops a client that
// still sends.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Close closes the connection and frees its place.
func (c *connection) Close() error {
	c.owner.remove(c)
	if c.cancel != nil {
		c.cancel()
	}
	return c.Conn.Close()
}

// drop closes the connection at once, without a word to the client, and cancels
// its request. The kernel forgets what was not sent yet.
func (c *connection) drop() {
	if c.cancel != nil {
		c.cancel()
	}
	if kernel, ok := c.raw.(*net.TCPConn); ok {
		_ = kernel.SetLinger(0)
	}
	_ = c.raw.Close()
}

// changed follows the states of net/http: after an idle time a new header begins.
func (c *connection) changed(state http.ConnState) {
	if state != http.StateIdle {
		return
	}
	c.mu.Lock()
	c.idle, c.header = true, headerLines{inside: true}
	c.mu.Unlock()
	c.owner.answer(c, true)
}

// begin follows the start of a handler: the header is read, and a body comes.
func (c *connection) begin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle, c.header.inside = false, false
}

// headerLines counts the lines of a header.
type headerLines struct {
	inside bool // the end of the header is still to come
	lines  int
	empty  bool // the line has no character yet
}

// add counts the lines of what was read, and reports whether they are few enough.
// The empty line ends the header; a carriage return is no character.
func (h *headerLines) add(read []byte) bool {
	for _, b := range read {
		switch {
		case !h.inside:
			return true
		case b == '\n' && h.empty && h.lines > 0:
			h.inside = false
		case b == '\n':
			h.lines++
			h.empty = true
			if h.lines > maxHeaderLines {
				return false
			}
		case b != '\r':
			h.empty = false
		}
	}
	return true
}

type connectionKey struct{}

// withConnection returns the context of a connection's requests. It ends when the
// connection is closed for another.
func withConnection(ctx context.Context, conn net.Conn) context.Context {
	c, ok := conn.(*connection)
	if !ok {
		return ctx
	}
	ctx, c.cancel = context.WithCancel(ctx)
	return context.WithValue(ctx, connectionKey{}, c)
}

// connectionOf returns the connection of a request; nil without Serve.
func connectionOf(ctx context.Context) *connection {
	c, _ := ctx.Value(connectionKey{}).(*connection)
	return c
}

// markAuthenticated keeps the connection of a request with good credentials open
// when others need its place.
func markAuthenticated(ctx context.Context) {
	c := connectionOf(ctx)
	if c == nil {
		return
	}
	c.mu.Lock()
	known := c.known
	c.known = true
	c.mu.Unlock()
	if !known {
		c.owner.authenticate(c)
	}
}

// markRefused makes the connection of a request with wrong credentials one of the
// first to be closed when others need its place.
func markRefused(ctx context.Context) {
	if c := connectionOf(ctx); c != nil {
		c.owner.answer(c, false)
	}
}
