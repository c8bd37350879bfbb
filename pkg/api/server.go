package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/golang/glog"
)

// Time limits of a connection (HARD-02). A request may wait 50 seconds for its
// own operation, and platforms give up after 60.
const (
	readHeaderTimeout = 5 * time.Second // with the TLS handshake
	readTimeout       = 30 * time.Second
	writeTimeout      = 90 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeader         = 32 << 10 // bytes of a header: an identity with hundreds of groups fits
	headerSlop        = 4096     // that net/http adds to its limit
)

// Bounds of connections for a port without one. A connection over TLS takes twice
// the memory.
const (
	DefaultConnections    = 1024
	DefaultTLSConnections = 512
)

// Drain configures the stop of a server.
type Drain struct {
	// Delay is the time for which the server goes on, asking clients to connect
	// anew, while load balancers learn that the process is no longer ready.
	Delay time.Duration
	// Time is the time that requests in flight then have to end.
	Time time.Duration
}

// A ServerConfig configures Serve.
type ServerConfig struct {
	// TLS is the configuration of HTTPS; nil for plain HTTP.
	TLS *tls.Config
	// Drain is the stop of the server.
	Drain Drain
	// Connections bounds the open connections; DefaultConnections by default.
	Connections *Connections
}

// Serve serves HTTP/1.1 until ctx ends and the drain's delay is over; then it
// closes the listener and waits for the requests in flight. It returns nil if all
// of them ended in time. With a TLS configuration it speaks HTTPS.
//
// Malformed requests are answered before the handler, in plain text: 400 for
// malformed lines and headers, 431 for headers over 32 KiB or 128 lines, 417 for
// an unknown Expect.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, config ServerConfig) error {
	var draining atomic.Bool
	connections, drain := config.Connections, config.Drain
	if connections == nil {
		var err error
		if connections, err = NewConnections("default", DefaultConnections, nil); err != nil {
			return err
		}
	}
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if c := connectionOf(r.Context()); c != nil {
				c.begin()
			}
			if draining.Load() {
				w.Header().Set("Connection", "close")
			}
			handler.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader - headerSlop,
		ErrorLog:          log.New(glogWriter{}, "", 0),
		ConnContext:       withConnection,
		ConnState: func(conn net.Conn, state http.ConnState) {
			if c, ok := conn.(*connection); ok {
				c.changed(state)
			}
		},
		// OPTIONS * goes to the handler as well, so that its answer is 401 first.
		DisableGeneralOptionsHandler: true,
	}
	bounded := &boundedListener{Listener: listener, connections: connections, secure: config.TLS}
	served := make(chan error, 1)
	go func() { served <- server.Serve(bounded) }()
	failed := func(err error) error { return fmt.Errorf("serve %s: %w", listener.Addr(), err) }
	select {
	case err := <-served:
		return failed(err)
	case <-ctx.Done():
	}
	draining.Store(true)
	if drain.Delay > 0 {
		select {
		case err := <-served:
			return failed(err)
		case <-time.After(drain.Delay):
		}
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain.Time)
	defer cancel()
	err := server.Shutdown(ending)
	if err != nil {
		err = fmt.Errorf("requests were still running after %v: %w", drain.Time, errors.Join(err, server.Close()))
	}
	if closed := <-served; err == nil && !errors.Is(closed, http.ErrServerClosed) {
		err = failed(closed)
	}
	return err
}

// glogWriter logs the messages of net/http about single connections.
type glogWriter struct{}

// Write logs one line.
func (glogWriter) Write(line []byte) (int, error) {
	glog.V(1).Info(string(line))
	return len(line), nil
}
