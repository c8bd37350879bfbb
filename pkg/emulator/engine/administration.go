package engine

import (
	"context"
	"crypto/sha1"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

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

// killPoll is the pause between two looks at sessions that are ending.
const killPoll = 5 * time.Millisecond

// nonexistingGrant is MariaDB's error for a REVOKE of what was never granted
// (ER_NONEXISTING_GRANT).
const nonexistingGrant = 1141

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

// CreateDatabase makes an empty database.
func (s *server) CreateDatabase(ctx context.Context, name, charset string) error {
	if err := errors.Join(checkDatabase(name), checkCharset(charset)); err != nil {
		return err
	}
	return s.administer(ctx, "create database "+name, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn, "CREATE DATABASE "+identifier(name)+" CHARACTER SET "+charset)
	})
}

// DropDatabase removes a database and the privileges on it, which MariaDB alone
// would keep for the next database of that name.
func (s *server) DropDatabase(ctx context.Context, name string) error {
	if err := checkDatabase(name); err != nil {
		return err
	}
	return s.administer(ctx, "drop database "+name, func(ctx context.Context, conn *sql.Conn) error {
		if err := run(ctx, conn, "DROP DATABASE IF EXISTS "+identifier(name)); err != nil {
			return err
		}
		return revokeAll(ctx, conn, name)
	})
}

// CreateAccount makes an account; a super one is made whole or not at all.
func (s *server) CreateAccount(ctx context.Context, name, password string, super bool) error {
	if err := errors.Join(checkAccount(name), checkPassword(password)); err != nil {
		return err
	}
	return s.administer(ctx, "create account "+name, func(ctx context.Context, conn *sql.Conn) error {
		err := run(ctx, conn, "CREATE USER "+account(name)+" IDENTIFIED BY PASSWORD '"+passwordHash(password)+"'")
		if err != nil || !super {
			return err
		}
		err = run(ctx, conn, "GRANT "+privilegedAccount+" ON *.* TO "+account(name)+" WITH GRANT OPTION")
		if err != nil {
			_, undo := s.db.ExecContext(context.WithoutCancel(ctx), "DROP USER IF EXISTS "+account(name))
			return errors.Join(err, undo)
		}
		return nil
	})
}

// SetPassword replaces an account's password.
func (s *server) SetPassword(ctx context.Context, name, password string) error {
	if err := errors.Join(checkAccount(name), checkPassword(password)); err != nil {
		return err
	}
	return s.administer(ctx, "set password of "+name, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn, "ALTER USER "+account(name)+" IDENTIFIED BY PASSWORD '"+passwordHash(password)+"'")
	})
}

// DropAccount removes an account, then its sessions: a login that was under way
// already bears the name and is killed like the others.
func (s *server) DropAccount(ctx context.Context, name string) error {
	if err := checkAccount(name); err != nil {
		return err
	}
	return s.administer(ctx, "drop account "+name, func(ctx context.Context, conn *sql.Conn) error {
		if err := run(ctx, conn, "DROP USER IF EXISTS "+account(name)); err != nil {
			return err
		}
		return killSessions(ctx, conn, name)
	})
}

// killSessions ends a user's sessions and waits until they are gone.
func killSessions(ctx context.Context, conn *sql.Conn, name string) error {
	poll := time.NewTicker(killPoll)
	defer poll.Stop()
	for {
		if err := run(ctx, conn, "KILL HARD CONNECTION USER "+account(name)); err != nil {
			return err
		}
		var left int
		err := conn.QueryRowContext(ctx,
			"SELECT COUNT(*) FROM information_schema.processlist WHERE BINARY user = ?", name).Scan(&left)
		if err != nil || left == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-poll.C:
		}
	}
}

// Grant gives the new privileges before it takes the old ones away, so that
// what both allow works throughout.
func (s *server) Grant(ctx context.Context, name, database, privilege string) error {
	if err := errors.Join(checkAccount(name), checkDatabase(database)); err != nil {
		return err
	}
	gain, lose, err := privileges(privilege)
	if err != nil {
		return err
	}
	return s.administer(ctx, "grant "+privilege+" on "+database+" to "+name, func(ctx context.Context, conn *sql.Conn) error {
		var there int
		err := conn.QueryRowContext(ctx,
			"SELECT COUNT(*) FROM information_schema.schemata WHERE BINARY schema_name = ?", database).Scan(&there)
		if err != nil {
			return err
		}
		if there == 0 {
			return ErrNoDatabase
		}
		if err := run(ctx, conn, "GRANT "+gain+" ON "+pattern(database)+".* TO "+account(name)); err != nil {
			return err
		}
		if lose == "" {
			return nil
		}
		return run(ctx, conn, "REVOKE "+lose+" ON "+pattern(database)+".* FROM "+account(name))
	})
}

// Revoke takes away all privileges on a database.
func (s *server) Revoke(ctx context.Context, name, database string) error {
	if err := errors.Join(checkAccount(name), checkDatabase(database)); err != nil {
		return err
	}
	return s.administer(ctx, "revoke "+database+" from "+name, func(ctx context.Context, conn *sql.Conn) error {
		return revoke(ctx, conn, account(name), database)
	})
}

func revoke(ctx context.Context, conn *sql.Conn, account, database string) error {
	err := run(ctx, conn, "REVOKE ALL PRIVILEGES ON "+pattern(database)+".* FROM "+account)
	var answer *mysql.MySQLError
	if errors.As(err, &answer) && answer.Number == nonexistingGrant {
		return nil
	}
	return err
}

// revokeAll takes the privileges on a database from all who have any.
func revokeAll(ctx context.Context, conn *sql.Conn, database string) error {
	rows, err := conn.QueryContext(ctx,
		"SELECT user, host FROM mysql.db WHERE db = ?", strings.Trim(pattern(database), "`"))
	if err != nil {
		return err
	}
	defer rows.Close()
	var accounts []string
	for rows.Next() {
		var user, host string
		if err := rows.Scan(&user, &host); err != nil {
			return err
		}
		accounts = append(accounts, identifier(user)+"@"+identifier(host))
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, account := range accounts {
		if err := revoke(ctx, conn, account, database); err != nil {
			return err
		}
	}
	return nil
}

// passwordHash is what MariaDB keeps of a password (mysql_native_password), so
// that no password is in a statement, where others could see it.
func passwordHash(password string) string {
	once := sha1.Sum([]byte(password))
	twice := sha1.Sum(once[:])
	return "*" + strings.ToUpper(hex.EncodeToString(twice[:]))
}
