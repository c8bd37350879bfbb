package engine

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

// Encryption is how a server encrypts connections.
type Encryption struct {
	// Certificate and Key are the server's, in PEM.
	Certificate, Key []byte
	// Forced refuses clients that ask for no encryption.
	Forced bool
}

// handshakeTimeout bounds the beginning of a client's connection.
const handshakeTimeout = time.Minute

// Encrypt replaces the encryption; nil ends it. MariaDB restarts for it, as MySQL of
// RDS does; in PostgreSQL it counts for new connections.
func (s *server) Encrypt(ctx context.Context, e *Encryption) error {
	ctx, done, err := s.begin(ctx)
	if err != nil {
		return fmt.Errorf("engine: encrypt %s: %w", s.id, err)
	}
	defer done()
	var config *tls.Config
	if e != nil {
		pair, err := tls.X509KeyPair(e.Certificate, e.Key)
		if err != nil {
			return fmt.Errorf("%w: certificate of %s: %w", ErrInvalid, s.id, err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	if s.h.flavour.protocol().wrap == nil { // the server itself encrypts
		if err := s.writeCertificate(e); err != nil {
			return fmt.Errorf("engine: encrypt %s: %w", s.id, err)
		}
		if err := s.reboot(ctx); err != nil {
			return fmt.Errorf("engine: encrypt %s: %w", s.id, err)
		}
	}
	s.proxy.encrypt(config, e != nil && e.Forced)
	return nil
}

// writeCertificate gives the server's user the files certificate and key.
func (s *server) writeCertificate(e *Encryption) error {
	certificate, key := s.path("certificate.pem"), s.path("key.pem")
	for _, name := range []string{certificate, key} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	if e == nil {
		return nil
	}
	owner := s.h.owner
	return errors.Join(
		os.WriteFile(certificate, e.Certificate, 0o400), owner.own(certificate),
		os.WriteFile(key, e.Key, 0o400), owner.own(key),
	)
}

// encrypts reports whether the server has a certificate.
func (s *server) encrypts() bool {
	_, err := os.Stat(s.path("key.pem"))
	return err == nil
}

// encrypt replaces the encryption of new connections.
func (p *proxy) encrypt(config *tls.Config, forced bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.config, p.forced = config, forced
}

// encryption returns the encryption of a new connection.
func (p *proxy) encryption() (config *tls.Config, forced bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.config, p.forced
}

// Requests that a client of PostgreSQL may begin with (PostgreSQL, "Message Formats"):
// each is eight bytes long.
const (
	requestTLS    = 80877103
	requestGSSAPI = 80877104
)

// wrapPostgres answers a client's requests for encryption: the server is behind a local
// socket, on which PostgreSQL encrypts nothing. It returns the connection for the rest,
// and the bytes that were read of it.
func wrapPostgres(client net.Conn, config *tls.Config) (net.Conn, []byte, error) {
	for {
		head := make([]byte, 8)
		if _, err := io.ReadFull(client, head); err != nil {
			return nil, nil, err
		}
		answer := []byte("N")
		switch code := binary.BigEndian.Uint32(head[4:]); {
		case binary.BigEndian.Uint32(head) != 8 || code != requestTLS && code != requestGSSAPI:
			return client, head, nil
		case code == requestTLS && config != nil:
			answer = []byte("S")
		}
		if _, err := client.Write(answer); err != nil {
			return nil, nil, err
		}
		if answer[0] == 'S' {
			secure := tls.Server(client, config)
			return secure, nil, secure.HandshakeContext(context.Background())
		}
	}
}

// plainRefused is MySQL's refusal of a plain connection: error 3159.
func plainRefused(number byte) []byte {
	const body = "\xff\x57\x0c#HY000" + // 0x0c57 is 3159
		"Connections using insecure transport are prohibited while --require_secure_transport=ON."
	return append([]byte{byte(len(body)), 0, 0, number}, body...)
}

// clientTLS is the bit of the first packet of a client of MySQL that asks for
// encryption (MySQL, "Capabilities Flags").
const clientTLS = 0x800
