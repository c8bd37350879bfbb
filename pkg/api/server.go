package api

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
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

// LoadTLS reads a certificate and its key, both PEM files.
func LoadTLS(certFile, keyFile string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// Serve serves until ctx ends; then it takes no more connections, and waits
// for the requests in flight, at most for the drain time. It returns nil if
// all of them ended in time. With a TLS configuration it speaks HTTPS.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, secure *tls.Config, drain time.Duration) error {
	server := &http.Server{
		Handler:           handler,
		TLSConfig:         secure,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          log.New(glogWriter{}, "", 0),
	}
	served := make(chan error, 1)
	go func() {
		if secure != nil {
			served <- server.ServeTLS(listener, "", "")
			return
		}
		served <- server.Serve(listener)
	}()
	select {
	case err := <-served:
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	draining, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := server.Shutdown(draining)
	if err != nil {
		err = fmt.Errorf("requests were still running after %v: %w", drain, errors.Join(err, server.Close()))
	}
	<-served
	return err
}

// glogWriter takes what net/http has to say of single connections.
type glogWriter struct{}

// Write logs one line.
func (glogWriter) Write(line []byte) (int, error) {
	glog.V(1).Info(string(line))
	return len(line), nil
}
