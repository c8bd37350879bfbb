package engine

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"net"
	"time"

	"github.com/lib/pq"
)

// privilegedRole is the common role of privileged accounts. As in the
// administrator's name, its dot is forbidden in clients' accounts.
const privilegedRole = "emulator.privileged"

// cannotConnectNow is PostgreSQL's error while it starts or stops.
const cannotConnectNow = "57P03"

func newPassword() string { return rand.Text() }

// alwaysWrites is the administrator's setting on a server that is read-only.
const alwaysWrites = "default_transaction_read_only=off"

// openPostgres returns the administrator's access to a database, with a setting. It
// keeps no connection open.
func openPostgres(s *server, database, password, setting string) (*sql.DB, error) {
	connector, err := pq.NewConnector(fmt.Sprintf(
		"host=localhost sslmode=disable user='%s' password='%s' dbname='%s' lock_timeout=10s %s", adminName, password, database, setting))
	if err != nil {
		return nil, err
	}
	connector.Dialer(dialer(s.dial))
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(0)
	return db, nil
}

// A dialer opens connections to one fixed address.
type dialer func(context.Context) (net.Conn, error)

// DialContext is the method that the driver calls.
func (d dialer) DialContext(ctx context.Context, _, _ string) (net.Conn, error) { return d(ctx) }

// Dial is DialContext with a background context.
func (d dialer) Dial(_, _ string) (net.Conn, error) { return d(context.Background()) }

// DialTimeout is the form with a limit.
func (d dialer) DialTimeout(_, _ string, limit time.Duration) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return d(ctx)
}

// inside gives work a connection to another database of the server, for the
// lock that the caller holds.
func (s *postgresServer) inside(ctx context.Context, database string, work func(context.Context, *sql.Conn) error) error {
	db, err := openPostgres(s.server, database, s.password, alwaysWrites)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return work(ctx, conn)
}

// verifier is the form in which PostgreSQL stores a password (RFC 5803). It
// keeps passwords out of statements, where others could read them.
func verifier(password string) (string, error) {
	const rounds = 4096
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // always succeeds
	salted, err := pbkdf2.Key(sha256.New, password, salt, rounds, sha256.Size)
	if err != nil {
		return "", err
	}
	mac := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", rounds, text(salt), text(stored[:]), text(mac("Server Key"))), nil
}
