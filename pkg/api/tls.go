package api

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"sync/atomic"
)

// Certificates are the certificate of a server and the authorities of its
// clients. Both can be replaced while connections are served; open connections
// keep theirs. The zero value has neither.
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

// SetClientCAs replaces the authorities, PEM; one of them must have signed the
// certificate of each client. Until the first call, certificates of clients are
// optional.
func (c *Certificates) SetClientCAs(authorities []byte) error {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authorities) {
		return errors.New("the file of client authorities holds no certificate: write PEM certificates into it")
	}
	c.clients.Store(pool)
	return nil
}

// Config returns the configuration of a server that reads the certificates anew
// for each connection (AUTH-02). It speaks TLS 1.2 and 1.3. HTTP/2 is off: one of
// its connections carries hundreds of headers before the first password.
func (c *Certificates) Config() *tls.Config {
	base := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}}
	base.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		own := c.own.Load()
		if own == nil {
			return nil, errors.New("the server has no certificate yet")
		}
		config := &tls.Config{
			MinVersion: base.MinVersion, NextProtos: base.NextProtos,
			Certificates: []tls.Certificate{*own},
		}
		if pool := c.clients.Load(); pool != nil {
			// Resumed sessions are checked against the present authorities, too.
			config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, pool
		}
		return config, nil
	}
	return base
}
