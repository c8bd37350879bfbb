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
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = 90 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeader         = 64 << 10 // bytes
)

// Drain configures the stop of a server.
type Drain struct {
	// Delay is the time for which the server goes on, asking clients to connect
	// anew, while load balancers learn that the process is no longer ready.
	Delay time.Duration
	// Time is the time that requests in flight then have to end.
	Time time.Duration
}

// Serve serves until ctx ends and the drain's delay is over; then it closes the
// listener and waits for the requests in flight. It returns nil if all of them
// ended in time. With a TLS configuration it speaks HTTPS.
//
// net/http itself answers malformed requests, in plain text: 400 for malformed
// lines and headers, 431 for headers over 64 KiB, 417 for an unknown Expect.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, secure *tls.Config, drain Drain) error {
	var draining atomic.Bool
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if draining.Load() {
				w.Header().Set("Connection", "close")
			}
			handler.ServeHTTP(w, r)
		}),
		TLSConfig:         secure,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(glogWriter{}, "", 0),
		// OPTIONS * goes to the handler as well, so that its answer is 401 first.
		DisableGeneralOptionsHandler: true,
	}
	served := make(chan error, 1)
	go func() {
		if secure != nil {
			served <- server.ServeTLS(listener, "", "")
			return
		}
		served <- server.Serve(listener)
	}()
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
