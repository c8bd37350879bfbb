package sqllogin

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"github.com/lib/pq"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

const (
	textCharset = "The database server lacks the character set, collation or character type of the database; choose others."
	textOpen    = "On this version of PostgreSQL every login may make tables in the schema public, so that readonly cannot be kept; choose PostgreSQL 15 or newer, or bind with the access readwrite."
)

// doDatabase runs a step about one database.
func doDatabase(ctx context.Context, a access, step string, r databaseRequest) (providers.Facts, error) {
	switch step {
	case stepOwner:
		return providers.Facts{}, a.inTransaction(ctx, a.server.AdminDatabase, func(t transaction) error {
			if err := errors.Join(t.role(r.Owner, r.Mark, "NOLOGIN"), t.role(r.Reader, r.Mark, "NOLOGIN")); err != nil {
				return err
			}
			return t.run(t.membership(r.Owner, "CURRENT_USER"))
		})
	case stepDatabase:
		return providers.Facts{}, a.createDatabase(ctx, r)
	case stepSchema:
		return providers.Facts{}, a.inTransaction(ctx, r.Database.Name, func(t transaction) error { return t.setUp(r) })
	}
	err := a.inTransaction(ctx, r.Database.Name, func(t transaction) error {
		isOpen, err := t.ask("SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public' AND has_schema_privilege($1, oid, 'CREATE'))", r.Reader)
		if err != nil {
			return err
		}
		if isOpen {
			return &providers.Failure{Kind: providers.Invalid, Text: textOpen}
		}
		return t.makeReadable(r.Owner, r.Reader)
	})
	if err != nil {
		return providers.Facts{}, err
	}
	return open(factReadable+r.Owner, "true"), nil
}

// createDatabase makes a database that belongs to its owner role. template0 takes every
// character set, and holds nothing of anything else's (PostgreSQL, CREATE DATABASE).
func (a access) createDatabase(ctx context.Context, r databaseRequest) error {
	return a.in(ctx, a.server.AdminDatabase, func(ctx context.Context, conn *sql.Conn) error {
		d := r.Database
		_, err := conn.ExecContext(ctx, d.create(r.Owner))
		if isOfCharset(err) && d.Ctype == usualCtype {
			d.Collate, d.Ctype = "", ""
			_, err = conn.ExecContext(ctx, d.create(r.Owner))
		}
		if isOfCharset(err) {
			return &providers.Failure{Kind: providers.Invalid, Text: textCharset, Cause: classified(err)}
		}
		return err
	})
}

// usualCtype is the default of RDS. Servers elsewhere that lack it use their own.
const usualCtype = "en_US.utf8"

// create returns the statement that makes a database of an owner's.
func (d Database) create(owner string) string {
	var statement strings.Builder
	statement.WriteString("CREATE DATABASE " + quote(d.Name) + " OWNER " + quote(owner) + " TEMPLATE template0")
	for _, option := range []struct{ word, value string }{{"ENCODING", d.Encoding}, {"LC_COLLATE", d.Collate}, {"LC_CTYPE", d.Ctype}} {
		if option.value != "" {
			statement.WriteString(" " + option.word + " " + text(option.value))
		}
	}
	return statement.String()
}

// isOfCharset reports whether the server lacks a character set or locale:
// wrong_object_type, invalid_parameter_value, undefined_object.
func isOfCharset(err error) bool {
	var answer *pq.Error
	return errors.As(err, &answer) && (answer.Code == "42809" || answer.Code == "22023" || answer.Code == "42704")
}

// setUp gives the rights in a database, and marks it.
func (t transaction) setUp(r databaseRequest) error {
	name, owner, reader := quote(r.Database.Name), quote(r.Owner), quote(r.Reader)
	isOwned, err := t.ask("SELECT pg_get_userbyid(datdba) = $1 FROM pg_database WHERE datname = $2", r.Owner, r.Database.Name)
	if err != nil {
		return err
	}
	if !isOwned {
		if err := t.run("ALTER DATABASE " + name + " OWNER TO " + owner); err != nil {
			return err
		}
	}
	err = t.run(
		"SET LOCAL ROLE "+owner,
		"REVOKE ALL ON DATABASE "+name+" FROM PUBLIC",
		"GRANT CONNECT ON DATABASE "+name+" TO "+reader,
		"ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO "+reader,
		"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO "+reader,
		"ALTER DEFAULT PRIVILEGES GRANT SELECT ON SEQUENCES TO "+reader,
		"SET LOCAL ROLE NONE",
	)
	if err != nil {
		return err
	}
	// Before PostgreSQL 15, public belongs to the one that made the template.
	mayChange, err := t.ask("SELECT COALESCE((SELECT pg_has_role(current_user, nspowner, 'USAGE') FROM pg_namespace WHERE nspname = 'public'), false)")
	if err != nil {
		return err
	}
	if mayChange {
		err = t.run(
			"ALTER SCHEMA public OWNER TO "+owner,
			"SET LOCAL ROLE "+owner,
			"REVOKE ALL ON SCHEMA public FROM PUBLIC",
			"GRANT USAGE ON SCHEMA public TO "+reader,
			"SET LOCAL ROLE NONE",
		)
		if err != nil {
			return err
		}
	}
	if err := t.makeReadable(r.Owner, r.Reader); err != nil {
		return err
	}
	return t.run("COMMENT ON DATABASE " + name + " IS " + text(r.Mark))
}
