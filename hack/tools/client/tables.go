package main

import (
	"context"
	"database/sql"
	"fmt"
	"net"

	"github.com/go-sql-driver/mysql"
)

// boundTables are a bound MySQL database; tokens are rows of a table in it.
type boundTables struct{ db *sql.DB }

// openTables also returns the name of the database, as host:port/database. It connects
// with the uri, which must say the same as the single credentials.
func openTables(secret map[string]string) (*boundTables, string, error) {
	config, err := mysqlConfig(secret["uri"])
	if err != nil {
		return nil, "", err
	}
	single := []string{secret["username"], secret["password"], net.JoinHostPort(secret["host"], secret["port"]), secret["database"]}
	for i, part := range []string{config.User, config.Passwd, config.Addr, config.DBName} {
		if part != single[i] {
			return nil, "", fmt.Errorf("%w: the uri is not made of username, password, host, port and database", errContradiction)
		}
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, "", fmt.Errorf("uri: %w", err)
	}
	return &boundTables{db: sql.OpenDB(connector)}, config.Addr + "/" + config.DBName, nil
}

func (t *boundTables) login(ctx context.Context) error { return mysqlError(t.db.PingContext(ctx)) }

func (t *boundTables) write(ctx context.Context, token string) error {
	if _, err := t.db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS binding_client (token VARCHAR(64) PRIMARY KEY)"); err != nil {
		return mysqlError(err)
	}
	if _, err := t.db.ExecContext(ctx, "INSERT INTO binding_client VALUES (?)", token); err != nil {
		return mysqlError(err)
	}
	var got string
	if err := t.db.QueryRowContext(ctx, "SELECT token FROM binding_client WHERE token = ?", token).Scan(&got); err != nil {
		return mysqlError(err)
	}
	return nil
}

func (t *boundTables) count(ctx context.Context) (int, error) {
	var tables, rows int
	err := t.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'binding_client'").Scan(&tables)
	if err != nil || tables == 0 {
		return 0, mysqlError(err)
	}
	err = t.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM binding_client").Scan(&rows)
	return rows, mysqlError(err)
}

func (t *boundTables) clean(ctx context.Context) error {
	_, err := t.db.ExecContext(ctx, "DROP TABLE IF EXISTS binding_client")
	return mysqlError(err)
}
