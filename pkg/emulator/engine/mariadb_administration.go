package engine

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// killPoll is the pause between two looks at sessions that are ending.
const killPoll = 5 * time.Millisecond

// nonexistingGrant is MariaDB's error for a REVOKE without a grant
// (ER_NONEXISTING_GRANT).
const nonexistingGrant = 1141

// CreateDatabase makes an empty database.
func (s *mariadbServer) CreateDatabase(ctx context.Context, name, charset string) error {
	if err := errors.Join(checkDatabase(name), checkCharset(charset)); err != nil {
		return err
	}
	return s.administer(ctx, "create database "+name, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn, "CREATE DATABASE "+identifier(name)+" CHARACTER SET "+charset)
	})
}

// DropDatabase removes a database and the privileges on it, which MariaDB alone
// would keep for the next database of that name.
func (s *mariadbServer) DropDatabase(ctx context.Context, name string) error {
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
func (s *mariadbServer) CreateAccount(ctx context.Context, name, password string, super bool) error {
	if err := errors.Join(checkAccount(name), checkPassword(password)); err != nil {
		return err
	}
	return s.administer(ctx, "create account "+name, func(ctx context.Context, conn *sql.Conn) error {
		err := run(ctx, conn, "CREATE USER "+account(name)+" IDENTIFIED BY PASSWORD '"+passwordHash(password)+"'")
		if err != nil || !super {
			return err
		}
		err = run(ctx, conn, "GRANT "+privileged+" ON *.* TO "+account(name)+" WITH GRANT OPTION")
		if err != nil {
			return errors.Join(err, run(ctx, conn, "DROP USER IF EXISTS "+account(name)))
		}
		return nil
	})
}

// SetPassword replaces an account's password.
func (s *mariadbServer) SetPassword(ctx context.Context, name, password string) error {
	if err := errors.Join(checkAccount(name), checkPassword(password)); err != nil {
		return err
	}
	return s.administer(ctx, "set password of "+name, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn, "ALTER USER "+account(name)+" IDENTIFIED BY PASSWORD '"+passwordHash(password)+"'")
	})
}

// LockAccount closes or opens an account for logins.
func (s *mariadbServer) LockAccount(ctx context.Context, name string, locked bool) error {
	if err := checkAccount(name); err != nil {
		return err
	}
	state := " ACCOUNT UNLOCK"
	if locked {
		state = " ACCOUNT LOCK"
	}
	return s.administer(ctx, "lock or unlock "+name, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn, "ALTER USER "+account(name)+state)
	})
}

// DropAccount removes an account, then its sessions: a login that was under way
// already bears the name and is killed like the others.
func (s *mariadbServer) DropAccount(ctx context.Context, name string) error {
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

// killSessions ends a user's sessions and waits for their end.
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

// Grant adds the new privileges before it removes the old ones, so that the
// common ones work throughout.
func (s *mariadbServer) Grant(ctx context.Context, name, database, privilege string) error {
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
func (s *mariadbServer) Revoke(ctx context.Context, name, database string) error {
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

// revokeAll removes the privileges on a database from all accounts.
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
