package emulator

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/metadata"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rpc"
)

// A port is one address that the emulator serves.
type port struct {
	name, address string
	to            *net.Listener
	handler       http.Handler
	mayChange     func(*http.Request) bool
}

// listen opens all ports before it serves any, so that a port in use leaves
// nothing running.
func (s *Server) listen() error {
	if s.config.TLSListen != "" {
		var err error
		if s.ca, err = newAuthority(); err != nil {
			return err
		}
	}
	front := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.route(r).ServeHTTP(w, r) })
	ports := []port{
		{"cloud", s.config.Listen, &s.listener, front, s.mayChange},
		{"HTTPS", s.config.TLSListen, &s.tlsListener, front, s.mayChange},
		{"metadata", s.config.MetadataListen, &s.metadataListener, s.product(metadata.Name).Handler, s.mayChange},
		{"control", s.config.ControlListen, &s.control, s.controlHandler(), notGet},
	}
	var open []net.Listener
	for _, p := range ports {
		if p.address == "" || p.handler == nil {
			continue
		}
		l, err := net.Listen("tcp", p.address)
		if err != nil {
			errs := []error{fmt.Errorf("emulator: %s: %w", p.name, err)}
			for _, l := range open {
				errs = append(errs, l.Close())
			}
			return errors.Join(errs...)
		}
		*p.to = l
		open = append(open, l)
	}
	for _, p := range ports {
		switch l := *p.to; {
		case l == nil:
		case p.to == &s.tlsListener:
			s.serve(tls.NewListener(l, s.ca.config()), p)
		default:
			s.serve(l, p)
		}
	}
	return nil
}

func (s *Server) serve(l net.Listener, p port) {
	server := &http.Server{ReadHeaderTimeout: 30 * time.Second, ErrorLog: log.New(serverLog{s.config.Report}, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.inflight.RLock()
		defer s.inflight.RUnlock()
		if s.keeper != nil && p.mayChange(r) {
			defer s.keeper.touch() // also if the handler drops the connection
		}
		p.handler.ServeHTTP(w, r)
	})}
	s.servers = append(s.servers, server)
	s.serving.Go(func() { _ = server.Serve(l) }) // ends with ErrServerClosed
}

// A serverLog reports the lines that net/http logs, as the panic of a handler.
// Broken TLS handshakes are left to the clients to report.
type serverLog struct{ report func(error) }

func (c serverLog) Write(line []byte) (int, error) {
	if c.report != nil && !bytes.Contains(line, []byte("TLS handshake error")) {
		c.report(fmt.Errorf("emulator: %s", bytes.TrimSpace(line)))
	}
	return len(line), nil
}

// route returns the handler of a request to the cloud.
func (s *Server) route(r *http.Request) http.Handler {
	if p := s.productFor(r); p != nil {
		return p.Handler
	}
	return s.gateway
}

// mayChange reports whether a request to the cloud can change the state. In
// doubt it can.
func (s *Server) mayChange(r *http.Request) bool {
	if p := s.productFor(r); p != nil {
		return p.MayChange == nil || p.MayChange(r)
	}
	return s.gateway.MayChange(r)
}

// productFor returns the product with a Handler that serves a request, or nil for
// the RPC gateway.
func (s *Server) productFor(r *http.Request) *Product {
	var rest *Product
	for i := range s.products {
		switch p := &s.products[i]; {
		case p.Handler == nil:
		case p.Serves == nil:
			rest = p
		case p.Serves(r):
			return p
		}
	}
	if rpc.Matches(r) {
		return nil
	}
	return rest
}

func notGet(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }
