package main

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// A statement is one --exec or --query, in the order of the command line.
type statement struct {
	sql  string
	rows bool // whether to print rows
}

// runMySQL opens the database at the URI in MYSQL_URI and runs the statements
// of its arguments one after another; with none it only logs in.
func runMySQL(ctx context.Context, args []string, e env) error {
	flags := flag.NewFlagSet("client mysql", flag.ContinueOnError)
	var statements []statement
	add := func(rows bool) func(string) error {
		return func(text string) error {
			statements = append(statements, statement{sql: text, rows: rows})
			return nil
		}
	}
	flags.Func("exec", "SQL to run for its effect", add(false))
	flags.Func("query", "SQL whose rows are printed, columns apart by tabs", add(true))
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	config, err := mysqlConfig(e.get("MYSQL_URI"))
	if err != nil {
		return err
	}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return fmt.Errorf("MYSQL_URI: %w", err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		return fmt.Errorf("log in to %s: %w", config.Addr, mysqlError(err))
	}
	for _, s := range statements {
		if err := s.run(ctx, db, e.out); err != nil {
			return fmt.Errorf("%s: %w", s.sql, mysqlError(err))
		}
	}
	return nil
}

// mysqlConfig reads a URI as the broker returns it:
// mysql://user:password@host:port/database, user and password percent-encoded.
// Its errors omit the URI, which is a secret.
func mysqlConfig(uri string) (*mysql.Config, error) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "mysql" || u.Host == "" || u.User == nil {
		return nil, fmt.Errorf("%w: the environment variable MYSQL_URI must be mysql://user:password@host:port/database", errUsage)
	}
	config := mysql.NewConfig()
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.Net = "tcp"
	config.Addr = u.Host
	config.DBName = strings.TrimPrefix(u.Path, "/")
	config.Timeout = timeout
	config.Logger = &mysql.NopLogger{} // a refused login is the result, and needs no line of its own
	return config, nil
}

func (s statement) run(ctx context.Context, db *sql.DB, out io.Writer) error {
	if !s.rows {
		_, err := db.ExecContext(ctx, s.sql)
		return err
	}
	rows, err := db.QueryContext(ctx, s.sql)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]sql.NullString, len(columns))
	targets := make([]any, len(columns))
	for i := range values {
		targets[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		line := make([]string, len(values))
		for i, v := range values {
			line[i] = v.String
		}
		if _, err := fmt.Fprintln(out, strings.Join(line, "\t")); err != nil {
			return err
		}
	}
	return rows.Err()
}

// deniedCodes are MySQL's errors for a wrong login (1045, 1698) and for a
// missing privilege on a database (1044), a table (1142) or at all (1227).
func deniedCodes() []uint16 { return []uint16{1044, 1045, 1142, 1227, 1698} }

func mysqlError(err error) error {
	var refused *mysql.MySQLError
	if errors.As(err, &refused) && slices.Contains(deniedCodes(), refused.Number) {
		return fmt.Errorf("%w: %w", errDenied, err)
	}
	return err
}
