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

// CreateAccount makes an account. A super one may make databases, work in all
// of them and end others' sessions. Unlike RDS's it may not make accounts in
// SQL, unless Options.MakesRoles says so.
func (s *postgresServer) CreateAccount(ctx context.Context, name, password string, super bool) error {
	if err := errors.Join(checkPostgresAccount(name), checkPassword(password)); err != nil {
		return err
	}
	secret, err := verifier(password)
	if err != nil {
		return err
	}
	statement := "CREATE ROLE " + pq.QuoteIdentifier(name) + " LOGIN PASSWORD " + pq.QuoteLiteral(secret)
	if super && s.makesRoles {
		statement += " CREATEROLE"
	}
	if super {
		statement += " CREATEDB IN ROLE " + pq.QuoteIdentifier(privilegedRole)
	}
	return s.administer(ctx, "create account "+name, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn, statement)
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

// Grant makes an account a member of the database's owner. DBOwner is the only
// privilege of RDS for PostgreSQL.
func (s *postgresServer) Grant(ctx context.Context, name, database, privilege string) error {
	if err := errors.Join(checkPostgresAccount(name), checkPostgresDatabase(database)); err != nil {
		return err
	}
	if privilege != "DBOwner" {
		return fmt.Errorf("%w: privilege %q", ErrInvalid, privilege)
	}
	return s.administer(ctx, "grant "+privilege+" on "+database+" to "+name, func(ctx context.Context, conn *sql.Conn) error {
		owner, err := ownerOf(ctx, conn, database)
		if err != nil {
			return err
		}
		owner, account := pq.QuoteIdentifier(owner), pq.QuoteIdentifier(name)
		return run(ctx, conn,
			"GRANT "+owner+" TO "+account,
			"ALTER ROLE "+account+" IN DATABASE "+pq.QuoteIdentifier(database)+" SET role = "+owner,
		)
	})
}

// Revoke takes the membership away and ends the account's sessions in the
// database: they still work as its owner.
func (s *postgresServer) Revoke(ctx context.Context, name, database string) error {
	if err := errors.Join(checkPostgresAccount(name), checkPostgresDatabase(database)); err != nil {
		return err
	}
	return s.administer(ctx, "revoke "+database+" from "+name, func(ctx context.Context, conn *sql.Conn) error {
		owner, err := ownerOf(ctx, conn, database)
		if errors.Is(err, ErrNoDatabase) {
			return nil
		}
		var id int64
		if err == nil {
			err = conn.QueryRowContext(ctx, "SELECT oid FROM pg_roles WHERE rolname = $1", name).Scan(&id)
		}
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		account := pq.QuoteIdentifier(name)
		err = run(ctx, conn,
			"REVOKE "+pq.QuoteIdentifier(owner)+" FROM "+account,
			"ALTER ROLE "+account+" IN DATABASE "+pq.QuoteIdentifier(database)+" RESET ALL",
		)
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
