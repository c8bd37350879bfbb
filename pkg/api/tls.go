package api

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync/atomic"
)

// Certificates are what TLS connections begin with: they can be replaced while
// connections are served, which those that are open do not notice. The zero
// value has none.
type Certificates struct {
	own     atomic.Pointer[tls.Certificate]
	clients atomic.Pointer[x509.CertPool]
}

// SetOwn replaces the certificate chain and its key, both PEM.
func (c *Certificates) SetOwn(certificate, key []byte) error {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	c.own.Store(&pair)
	return nil
}

// SetClientCAs replaces the authorities, PEM, one of which must have signed the
// certificate of each client. Without them clients need no certificates.
func (c *Certificates) SetClientCAs(authorities []byte) error {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authorities) {
		return errors.New("there is no certificate in it")
	}
	c.clients.Store(pool)
	return nil
}

// Config is the configuration of a server that takes each connection with what
// is set then (AUTH-02). It speaks TLS 1.2 and 1.3.
func (c *Certificates) Config() *tls.Config {
	base := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	base.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		own := c.own.Load()
		if own == nil {
			return nil, errors.New("there is no certificate")
		}
		config := &tls.Config{
			MinVersion: base.MinVersion, NextProtos: base.NextProtos,
			Certificates: []tls.Certificate{*own},
		}
		if pool := c.clients.Load(); pool != nil {
			// Sessions that are resumed are checked by the authorities of now, too.
			config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, pool
		}
		return config, nil
	}
	return base
}
