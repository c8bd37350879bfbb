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

// The administrator's account. Its name has a dot, which no client's account may
// have. Its host is an address that no TCP connection comes from (RFC 1122,
// 3.2.1.3): MariaDB hears it from our own header, and from clients' addresses
// the proxy tells it the truth. "localhost" would not do: to MariaDB everyone
// on the socket is also that.
const (
	adminName = "emulator.admin"
	adminHost = "0.0.0.1"
)

// administrator is SQL that makes the administrator's account, one statement a
// line. It holds the password's hash, which opens nothing.
func administrator(password string) string {
	account := identifier(adminName) + "@" + identifier(adminHost)
	return "CREATE OR REPLACE USER " + account + " IDENTIFIED BY PASSWORD '" + passwordHash(password) + "';\n" +
		"GRANT ALL PRIVILEGES ON *.* TO " + account + " WITH GRANT OPTION;\n"
}

// openAdministration is the administrator's way into the server. It keeps no
// connection open.
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
	config.Logger = &mysql.NopLogger{} // a server that is starting is no news
	config.Params = map[string]string{
		// A GRANT never makes an account; a client's open transaction never
		// holds us up for long.
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

// administer gives work the turn and a connection, and says in errors what was
// to be done.
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
		if err != nil && ctx.Err() != nil { // the driver knows no causes
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

// passwordHash is what MariaDB keeps of a password (mysql_native_password), so
// that no password is in a statement, where others could see it.
func passwordHash(password string) string {
	once := sha1.Sum([]byte(password)) //nolint:gosec // as above
	twice := sha1.Sum(once[:])         //nolint:gosec // as above
	return "*" + strings.ToUpper(hex.EncodeToString(twice[:]))
}
