package sqllogin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/lib/pq"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
)

// Bounds of the broker's connections.
const (
	connectLimit   = 5 * time.Second
	statementLimit = 30 * time.Second
	lockLimit      = 5 * time.Second
	workLimit      = 45 * time.Second // of a look or a step
)

// An access is how a step reaches the server.
type access struct {
	config Config
	server Server
	at     dbaccount.Address
}

// in runs work on one connection of the broker's own account to a database.
func (a access) in(ctx context.Context, database string, work func(context.Context, *sql.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, workLimit)
	defer cancel()
	db, err := a.open(database)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return classifiedConnect(err)
	}
	defer conn.Close()
	return classified(work(ctx, conn))
}

// inTransaction runs work as one transaction.
func (a access) inTransaction(ctx context.Context, database string, work func(transaction) error) error {
	return a.in(ctx, database, func(ctx context.Context, conn *sql.Conn) error {
		tx, err := conn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
		t := transaction{ctx: ctx, tx: tx}
		// The owner of a database may give its sessions another role.
		if err := t.run("SET ROLE NONE"); err != nil {
			return err
		}
		if t.grantsAreChoosy, err = t.isSince16(); err != nil {
			return err
		}
		if err := work(t); err != nil {
			return err
		}
		return tx.Commit()
	})
}

// open returns the access to a database. It opens no connection yet. The settings
// outweigh the ones that the owner of a database may give it.
func (a access) open(database string) (*sql.DB, error) {
	port, err := strconv.ParseUint(a.at.Port, 10, 16)
	if err != nil {
		return nil, providers.Unreadable(fmt.Errorf("sqllogin: port %q: %w", a.at.Port, err))
	}
	milliseconds := func(limit time.Duration) string { return strconv.FormatInt(limit.Milliseconds(), 10) }
	connector, err := pq.NewConnectorConfig(pq.Config{
		Host: a.at.Host, Port: uint16(port), Database: database, User: a.server.AdminName, Password: a.server.AdminPassword.Reveal(),
		SSLMode:        pq.SSLModeDisable, // the dialer encrypts
		ConnectTimeout: connectLimit,
		Runtime: map[string]string{
			"application_name":                    "open-service-broker",
			"search_path":                         "pg_catalog",
			"statement_timeout":                   milliseconds(statementLimit),
			"lock_timeout":                        milliseconds(lockLimit),
			"idle_in_transaction_session_timeout": milliseconds(workLimit),
			"default_transaction_read_only":       "off",
			"client_min_messages":                 "error",
		},
	})
	if err != nil {
		return nil, err
	}
	connector.Dialer(dialer{a})
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(1)
	return db, nil
}

// A dialer opens encrypted connections.
type dialer struct{ access }

// classifiedConnect returns an error of a connection with its reason. A server, or a
// proxy before it, that closes a connection before the login is out of reach too.
func classifiedConnect(err error) error {
	var answer *pq.Error
	switch {
	case errors.As(err, &answer), errors.Is(err, context.Canceled), errors.Is(err, providers.ErrUnreachable):
		return classified(err)
	}
	return unreachable(err, textUnreachable)
}

func unreachable(err error, sentence string) error {
	return providers.WithSentence(fmt.Errorf("%w: %w", providers.ErrUnreachable, err), sentence)
}

// DialContext is the method that the driver calls.
func (d dialer) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	dial := d.config.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: connectLimit}).DialContext
	}
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	conn, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	encrypted, err := d.encrypt(ctx, conn)
	if err != nil {
		return nil, errors.Join(unreachable(errors.Join(ErrTLS, err), textTLS), conn.Close())
	}
	return encrypted, nil
}

// Dial is DialContext with a background context.
func (d dialer) Dial(network, address string) (net.Conn, error) {
	return d.DialContext(context.Background(), network, address)
}

// DialTimeout is Dial; its limit is connectLimit.
func (d dialer) DialTimeout(network, address string, _ time.Duration) (net.Conn, error) {
	return d.Dial(network, address)
}

// encrypt asks the server for TLS (PostgreSQL, "Message Formats", SSLRequest) where
// the service wants it.
func (d dialer) encrypt(ctx context.Context, conn net.Conn) (net.Conn, error) {
	config, err := d.server.TLS.config(d.at.Host)
	if config == nil || err != nil {
		return conn, err
	}
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte{0, 0, 0, 8, 4, 210, 22, 47}); err != nil {
		return nil, err
	}
	var answer [1]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return nil, err
	}
	if answer[0] != 'S' {
		return nil, errors.New("the server has no TLS")
	}
	encrypted := tls.Client(conn, config)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		return nil, err
	}
	return encrypted, conn.SetDeadline(time.Time{})
}

// config returns the client's part of TLS for a host; nil: none.
func (t TLS) config(host string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	switch t.Mode {
	case "", "disable":
		return nil, nil //nolint:nilnil // nil: no TLS
	case "require":
		config.InsecureSkipVerify = true // the mode says so: there is no certificate to compare with
		return config, nil
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(t.CA)) {
		return nil, errors.New("the certificates of the server's authority are unreadable")
	}
	config.RootCAs = roots
	if t.Mode == "verify-full" {
		return config, nil
	}
	config.InsecureSkipVerify = true // verifies the chain below, without the name
	config.VerifyConnection = func(s tls.ConnectionState) error {
		options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, c := range s.PeerCertificates[1:] {
			options.Intermediates.AddCert(c)
		}
		_, err := s.PeerCertificates[0].Verify(options)
		return err
	}
	return config, nil
}
