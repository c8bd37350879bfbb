package engine

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/lib/pq" // the driver
)

// certificate returns a certificate that signs itself, for the address 127.0.0.1.
func certificate(t *testing.T) *Encryption {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &Encryption{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
}

// A secured is a server and the way in for a client that verifies it by the
// authorities in PEM; none: the client is plain.
type secured struct {
	server Server
	open   func(t *testing.T, host string, authorities []byte) error
}

func newSecured(t *testing.T) map[string]secured {
	t.Helper()
	ctx := t.Context()
	pg, maria := newPostgres(t), newServer(t)
	maria.Allow(loopback())
	must(t, pg.CreateAccount(ctx, "app", "Pass-1", false), maria.CreateDatabase(ctx, "shop", "utf8mb4"),
		maria.CreateAccount(ctx, "app", "Pass-1", false), maria.Grant(ctx, "app", "shop", "ReadWrite"))
	ping := func(t *testing.T, db *sql.DB, err error) error {
		t.Helper()
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		return db.PingContext(t.Context())
	}
	return map[string]secured{
		"PostgreSQL": {pg, func(t *testing.T, host string, authorities []byte) error {
			t.Helper()
			mode := "sslmode=disable"
			if authorities != nil {
				file := filepath.Join(t.TempDir(), "ca.pem")
				must(t, os.WriteFile(file, authorities, 0o600))
				mode = "sslmode=verify-full sslrootcert=" + file
			}
			db, err := sql.Open("postgres", fmt.Sprintf("host=%s hostaddr=127.0.0.1 port=%d user=app password=Pass-1 dbname=postgres connect_timeout=20 %s", host, pg.Addr().Port(), mode))
			return ping(t, db, err)
		}},
		"MariaDB": {maria, func(t *testing.T, host string, authorities []byte) error {
			t.Helper()
			c := mysql.NewConfig()
			c.User, c.Passwd, c.Net, c.Addr, c.DBName, c.Logger = "app", "Pass-1", "tcp", maria.Addr().String(), "shop", &mysql.NopLogger{}
			if authorities != nil {
				pool := x509.NewCertPool()
				pool.AppendCertsFromPEM(authorities)
				c.TLS = &tls.Config{RootCAs: pool, ServerName: host, MinVersion: tls.VersionTLS12}
			}
			connector, err := mysql.NewConnector(c)
			if err != nil {
				return err
			}
			return ping(t, sql.OpenDB(connector), nil)
		}},
	}
}

func TestEncrypt_Certificate_IsVerifiedByClients(t *testing.T) {
	for name, s := range newSecured(t) {
		t.Run(name, func(t *testing.T) {
			ctx, own := t.Context(), certificate(t)
			if s.open(t, "127.0.0.1", own.Certificate) == nil {
				t.Error("a server without a certificate encrypts")
			}
			must(t, s.server.Encrypt(ctx, own), s.open(t, "127.0.0.1", own.Certificate), s.open(t, "127.0.0.1", nil))
			if s.open(t, "127.0.0.1", certificate(t).Certificate) == nil {
				t.Error("a client with another authority connects")
			}
			if s.open(t, "localhost", own.Certificate) == nil {
				t.Error("a client that expects another name connects")
			}
			renewed := certificate(t)
			must(t, s.server.Encrypt(ctx, renewed), s.open(t, "127.0.0.1", renewed.Certificate))
			must(t, s.server.Encrypt(ctx, nil), s.open(t, "127.0.0.1", nil))
			if s.open(t, "127.0.0.1", renewed.Certificate) == nil {
				t.Error("a server whose encryption ended encrypts")
			}
			if err := s.server.Encrypt(ctx, &Encryption{Certificate: own.Certificate, Key: renewed.Key}); !errors.Is(err, ErrInvalid) {
				t.Errorf("a certificate with the key of another: %v, want ErrInvalid", err)
			}
		})
	}
}

func TestEncrypt_Forced_RefusesPlainClients(t *testing.T) {
	s := newSecured(t)["MariaDB"]
	own := certificate(t)
	own.Forced = true
	must(t, s.server.Encrypt(t.Context(), own), s.open(t, "127.0.0.1", own.Certificate))
	var refused *mysql.MySQLError
	if err := s.open(t, "127.0.0.1", nil); !errors.As(err, &refused) || refused.Number != 3159 {
		t.Errorf("a plain client gets %v, want error 3159", err)
	}
}
