package engine

import (
	"context"
	"crypto/sha1" //nolint:gosec // mysql_native_password is made of it
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// The administrator's account. The dot in its name is forbidden in clients'
// accounts. Its host is an address that no TCP connection comes from (RFC 1122,
// 3.2.1.3): MariaDB gets it from our own header, while the proxy passes on the
// true addresses of clients. "localhost" is unsuitable: to MariaDB every
// connection on the socket has that host too.
const (
	adminName = "emulator.admin"
	adminHost = "0.0.0.1"
)

// administrator returns the SQL that makes the administrator's account, one
// statement a line. It holds the password's hash, which opens no session.
func administrator(password string) string {
	account := identifier(adminName) + "@" + identifier(adminHost)
	return "CREATE OR REPLACE USER " + account + " IDENTIFIED BY PASSWORD '" + passwordHash(password) + "';\n" +
		"GRANT ALL PRIVILEGES ON *.* TO " + account + " WITH GRANT OPTION;\n"
}

// openAdministration returns the administrator's access to the server. It keeps
// no connection open.
func openAdministration(password string, dial func(context.Context) (net.Conn, error)) (*sql.DB, error) {
	config := mysql.NewConfig()
	config.User = adminName
	config.Passwd = password
	config.Net = "unix"
	config.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		from := netip.AddrPortFrom(netip.MustParseAddr(adminHost), 0)
		if _, err := io.WriteString(conn, header(from, from)); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
		return conn, nil
	}
	config.Logger = &mysql.NopLogger{} // the refusals of a starting server are expected
	config.Params = map[string]string{
		// A GRANT must not make an account; a client's open transaction must
		// not delay an administrator for long.
		"sql_mode":          "'STRICT_ALL_TABLES,NO_AUTO_CREATE_USER'",
		"lock_wait_timeout": "10",
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(0)
	return db, nil
}

// administer runs work with the lock held and a connection. Its errors name the
// task.
func (s *server) administer(ctx context.Context, what string, work func(context.Context, *sql.Conn) error) error {
	err := func() error {
		ctx, done, err := s.begin(ctx)
		if err != nil {
			return err
		}
		defer done()
		conn, err := s.db.Conn(ctx)
		if err != nil {
			return err
		}
		defer conn.Close()
		err = work(ctx, conn)
		if err != nil && ctx.Err() != nil { // the driver does not report causes
			err = fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		return err
	}()
	if err != nil {
		return fmt.Errorf("engine: %s: %s: %w", s.id, what, err)
	}
	return nil
}

// run executes statements one after the other.
func run(ctx context.Context, conn *sql.Conn, statements ...string) error {
	for _, statement := range statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// passwordHash is the form in which MariaDB stores a password
// (mysql_native_password). It keeps passwords out of statements, where others
// could read them.
func passwordHash(password string) string {
	once := sha1.Sum([]byte(password)) //nolint:gosec // as above
	twice := sha1.Sum(once[:])         //nolint:gosec // as above
	return "*" + strings.ToUpper(hex.EncodeToString(twice[:]))
}
