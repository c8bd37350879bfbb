package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"
)

// maxPostgresName is PostgreSQL's limit on names, in bytes.
const maxPostgresName = 63

func checkPostgresAccount(name string) error {
	if !plain(name, maxPostgresName) {
		return fmt.Errorf("%w: account name %q", ErrInvalid, name)
	}
	return nil
}

// CreateAccount makes an account. A super one may make databases and roles, work in
// all databases, manage the other accounts, and end the sessions of others. The roles
// that reach files and programs of this machine stay out of its reach: from
// PostgreSQL 16 on a role grants what it has the administration of, and servers of
// before lack those roles (fenceRoles).
func (s *postgresServer) CreateAccount(ctx context.Context, name, password string, super bool) error {
	if err := errors.Join(checkPostgresAccount(name), checkPassword(password)); err != nil {
		return err
	}
	secret, err := verifier(password)
	if err != nil {
		return err
	}
	statement := "CREATE ROLE " + pq.QuoteIdentifier(name) + " LOGIN PASSWORD " + pq.QuoteLiteral(secret)
	return s.administer(ctx, "create account "+name, func(ctx context.Context, conn *sql.Conn) error {
		privileged := pq.QuoteIdentifier(privilegedRole)
		if super {
			return run(ctx, conn, statement+" CREATEDB CREATEROLE IN ROLE "+privileged)
		}
		return run(ctx, conn, statement, "GRANT "+pq.QuoteIdentifier(name)+" TO "+privileged+" WITH ADMIN OPTION")
	})
}

// SetPassword replaces an account's password.
func (s *postgresServer) SetPassword(ctx context.Context, name, password string) error {
	if err := errors.Join(checkPostgresAccount(name), checkPassword(password)); err != nil {
		return err
	}
	secret, err := verifier(password)
	if err != nil {
		return err
	}
	return s.administer(ctx, "set password of "+name, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn, "ALTER ROLE "+pq.QuoteIdentifier(name)+" PASSWORD "+pq.QuoteLiteral(secret))
	})
}

// LockAccount closes or opens an account for logins.
func (s *postgresServer) LockAccount(ctx context.Context, name string, locked bool) error {
	if err := checkPostgresAccount(name); err != nil {
		return err
	}
	right := " LOGIN"
	if locked {
		right = " NOLOGIN"
	}
	return s.administer(ctx, "lock or unlock "+name, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn, "ALTER ROLE "+pq.QuoteIdentifier(name)+right)
	})
}

// DropAccount locks the account, ends its sessions, and removes it. Where an object
// depends on the account, all stays as it is.
func (s *postgresServer) DropAccount(ctx context.Context, name string) error {
	if err := checkPostgresAccount(name); err != nil {
		return err
	}
	return s.administer(ctx, "drop account "+name, func(ctx context.Context, conn *sql.Conn) error {
		var id int64
		var needed bool
		err := conn.QueryRowContext(ctx,
			"SELECT oid, EXISTS (SELECT FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass AND refobjid = pg_roles.oid) FROM pg_roles WHERE rolname = $1",
			name).Scan(&id, &needed)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return nil
		case err != nil:
			return err
		case needed:
			return ErrOwnsObjects
		}
		quoted := pq.QuoteIdentifier(name)
		if err := run(ctx, conn, "ALTER ROLE "+quoted+" NOLOGIN"); err != nil {
			return err
		}
		if err := endSessions(ctx, conn, id, ""); err != nil {
			return err
		}
		err = run(ctx, conn, "DROP ROLE "+quoted)
		var refused *pq.Error
		if errors.As(err, &refused) && refused.Code == dependentObjects { // a session that has ended made one
			return errors.Join(ErrOwnsObjects, run(ctx, conn, "ALTER ROLE "+quoted+" LOGIN"))
		}
		if err != nil {
			return err
		}
		return endSessions(ctx, conn, id, "") // of a login that was under way
	})
}

// dependentObjects is PostgreSQL's code of a refused DROP ROLE.
const dependentObjects = "2BP01"

// Grant makes an account the owner of a database, in the place of the one before.
// DBOwner is the only privilege of RDS for PostgreSQL.
func (s *postgresServer) Grant(ctx context.Context, name, database, privilege string) error {
	if err := errors.Join(checkPostgresAccount(name), checkPostgresDatabase(database)); err != nil {
		return err
	}
	if privilege != "DBOwner" {
		return fmt.Errorf("%w: privilege %q", ErrInvalid, privilege)
	}
	return s.administer(ctx, "grant "+privilege+" on "+database+" to "+name, func(ctx context.Context, conn *sql.Conn) error {
		if _, err := ownerOf(ctx, conn, database); err != nil {
			return err
		}
		return run(ctx, conn, "ALTER DATABASE "+pq.QuoteIdentifier(database)+" OWNER TO "+pq.QuoteIdentifier(name))
	})
}

// Revoke gives a database of the account back to the administrator and ends the
// account's sessions in it.
func (s *postgresServer) Revoke(ctx context.Context, name, database string) error {
	if err := errors.Join(checkPostgresAccount(name), checkPostgresDatabase(database)); err != nil {
		return err
	}
	return s.administer(ctx, "revoke "+database+" from "+name, func(ctx context.Context, conn *sql.Conn) error {
		owner, err := ownerOf(ctx, conn, database)
		if errors.Is(err, ErrNoDatabase) || err == nil && owner != name {
			return nil
		}
		var id int64
		if err == nil {
			err = conn.QueryRowContext(ctx, "SELECT oid FROM pg_roles WHERE rolname = $1", name).Scan(&id)
		}
		if err == nil {
			err = run(ctx, conn, "ALTER DATABASE "+pq.QuoteIdentifier(database)+" OWNER TO "+pq.QuoteIdentifier(adminName))
		}
		if err != nil {
			return err
		}
		return endSessions(ctx, conn, id, database)
	})
}

// endSessions ends the sessions of a role, in one database or (empty) in all,
// and waits for their end.
func endSessions(ctx context.Context, conn *sql.Conn, role int64, database string) error {
	poll := time.NewTicker(killPoll)
	defer poll.Stop()
	for {
		var left int
		err := conn.QueryRowContext(ctx,
			"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usesysid = $1 AND ($2 = '' OR datname = $2)",
			role, database).Scan(&left)
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
