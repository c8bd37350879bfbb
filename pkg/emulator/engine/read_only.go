package engine

import (
	"context"
	"database/sql"
	"time"
)

// ReadOnly makes the server refuse writes with error 1290, which RDS for MySQL gives too.
// Accounts of clients lack the privilege to write all the same.
func (s *mariadbServer) ReadOnly(ctx context.Context, on bool) error {
	return s.administer(ctx, "read-only "+onOff(on), func(ctx context.Context, conn *sql.Conn) error {
		err := run(ctx, conn, "SET GLOBAL read_only = "+onOff(on))
		if err == nil {
			s.readOnly = on // for the command line of the next start
		}
		return err
	})
}

// ReadOnly makes transactions read-only unless they ask for more. It returns once new
// sessions have the setting; open ones get it with their next statement. PostgreSQL keeps
// it with the data.
func (s *postgresServer) ReadOnly(ctx context.Context, on bool) error {
	return s.administer(ctx, "read-only "+onOff(on), func(ctx context.Context, conn *sql.Conn) error {
		err := run(ctx, conn, "ALTER SYSTEM SET default_transaction_read_only = "+onOff(on), "SELECT pg_reload_conf()")
		if err != nil {
			return err
		}
		return s.awaitReadOnly(ctx, on)
	})
}

// awaitReadOnly waits until a new session without a setting of its own has the server's.
func (s *postgresServer) awaitReadOnly(ctx context.Context, on bool) error {
	db, err := openPostgres(s.server, "postgres", s.password, "")
	if err != nil {
		return err
	}
	defer db.Close()
	poll := time.NewTicker(killPoll)
	defer poll.Stop()
	for {
		var now string
		err := db.QueryRowContext(ctx, "SHOW default_transaction_read_only").Scan(&now)
		if err != nil || now == onOff(on) {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-poll.C:
		}
	}
}

// onOff is the word of a setting of either database.
func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}
