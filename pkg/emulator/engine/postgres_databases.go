package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/lib/pq"
)

// CreateDatabase makes an empty database of the administrator's, open to privileged
// accounts only. They own its schema public, also after the database has an owner (A561).
func (s *postgresServer) CreateDatabase(ctx context.Context, name, charset string) error {
	locale, err := parseLocale(charset)
	if err := errors.Join(err, checkPostgresDatabase(name)); err != nil {
		return err
	}
	return s.administer(ctx, "create database "+name, func(ctx context.Context, conn *sql.Conn) error {
		if err := locale.install(ctx, conn); err != nil {
			return err
		}
		database, privileged := pq.QuoteIdentifier(name), pq.QuoteIdentifier(privilegedRole)
		err := run(ctx, conn, "CREATE DATABASE "+database+" TEMPLATE template0 ENCODING "+pq.QuoteLiteral(locale.encoding)+
			" LC_COLLATE "+pq.QuoteLiteral(locale.collate)+" LC_CTYPE "+pq.QuoteLiteral(locale.ctype))
		if err != nil {
			return err
		}
		err = run(ctx, conn, "REVOKE ALL ON DATABASE "+database+" FROM PUBLIC", "GRANT ALL ON DATABASE "+database+" TO "+privileged)
		if err == nil {
			err = s.inside(ctx, name, func(ctx context.Context, conn *sql.Conn) error {
				return run(ctx, conn, "ALTER SCHEMA public OWNER TO "+privileged, "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
			})
		}
		if err != nil {
			return errors.Join(err, run(ctx, conn, "DROP DATABASE "+database+" WITH (FORCE)"))
		}
		return nil
	})
}

// DropDatabase removes a database with the sessions in it.
func (s *postgresServer) DropDatabase(ctx context.Context, name string) error {
	if err := checkPostgresDatabase(name); err != nil {
		return err
	}
	return s.administer(ctx, "drop database "+name, func(ctx context.Context, conn *sql.Conn) error {
		return run(ctx, conn, "DROP DATABASE IF EXISTS "+pq.QuoteIdentifier(name)+" WITH (FORCE)")
	})
}

// ownerOf returns the owner of a database, or ErrNoDatabase.
func ownerOf(ctx context.Context, conn *sql.Conn, database string) (string, error) {
	var owner string
	err := conn.QueryRowContext(ctx, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = $1", database).Scan(&owner)
	if errors.Is(err, sql.ErrNoRows) {
		return "", ErrNoDatabase
	}
	return owner, err
}

// checkPostgresDatabase refuses PostgreSQL's own databases too, and names that
// it would cut off.
func checkPostgresDatabase(name string) error {
	if !plain(name, maxPostgresName) || slices.Contains([]string{"postgres", "template0", "template1"}, name) {
		return fmt.Errorf("%w: database name %q", ErrInvalid, name)
	}
	return nil
}

// A locale is RDS's character set of a database of PostgreSQL: "UTF8", or
// "UTF8,C,en_US.utf8" with the order of text and the kinds of characters (RDS
// API, CreateDatabase).
type locale struct{ encoding, collate, ctype string }

// encodings is the form of PostgreSQL's own names of encodings. PostgreSQL refuses
// unknown ones.
var encodings = regexp.MustCompile(`^[A-Z][A-Z0-9_]{2,20}$`)

func parseLocale(charset string) (locale, error) {
	parts := strings.Split(charset, ",")
	l := locale{encoding: parts[0], collate: "C", ctype: "C"}
	if len(parts) > 1 {
		l.collate = parts[1]
	}
	if len(parts) > 2 {
		l.ctype = parts[2]
	}
	if len(parts) > 3 || !encodings.MatchString(l.encoding) {
		return locale{}, fmt.Errorf("%w: character set %q", ErrInvalid, charset)
	}
	return l, nil
}

// install replaces locales that this machine lacks by existing ones: locales of
// other languages depend on its installation. Text is then in the order of its
// bytes, and letters are the ones of UTF-8, or of ASCII.
func (l *locale) install(ctx context.Context, conn *sql.Conn) error {
	for _, name := range []*string{&l.collate, &l.ctype} {
		if *name == "C" || *name == "POSIX" {
			continue
		}
		// A name of the system's is fit for one encoding, or (-1) for any.
		var found bool
		err := conn.QueryRowContext(ctx,
			"SELECT EXISTS (SELECT FROM pg_collation WHERE collprovider = 'c' AND collcollate = $1 AND collencoding IN (-1, pg_char_to_encoding($2)))",
			*name, l.encoding).Scan(&found)
		if err != nil {
			return err
		}
		if !found {
			*name = "C"
		}
	}
	return nil
}
