package sqllogin

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/lib/pq"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// A transaction runs statements of one step, all or none of them.
type transaction struct {
	ctx context.Context //nolint:containedctx // a transaction lives as long as its step
	tx  *sql.Tx
	// grantsAreChoosy says that a membership states what it gives, and that the maker of
	// a role has nothing but the right to grant it (PostgreSQL 16, release notes).
	grantsAreChoosy bool
}

// isSince16 reports whether the server is PostgreSQL 16 or newer.
func (t transaction) isSince16() (bool, error) {
	return t.ask("SELECT current_setting('server_version_num')::int >= 160000")
}

func (t transaction) run(statements ...string) error {
	for _, s := range statements {
		if _, err := t.tx.ExecContext(t.ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// ask reads the answer of a question.
func (t transaction) ask(question string, args ...any) (yes bool, err error) {
	err = t.tx.QueryRowContext(t.ctx, question, args...).Scan(&yes)
	return yes, err
}

// list reads a column of text.
func (t transaction) list(query string, args ...any) ([]string, error) {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

func quote(name string) string { return pq.QuoteIdentifier(name) }

func text(value string) string { return pq.QuoteLiteral(value) }

// membership grants a role to another one, which then has its rights.
func (t transaction) membership(granted, member string) string {
	s := "GRANT " + quote(granted) + " TO " + member
	if t.grantsAreChoosy {
		s += " WITH INHERIT TRUE, SET TRUE"
	}
	return s
}

// commentOf returns the comment on a role; found is false where it is missing.
func (t transaction) commentOf(name string) (comment string, found bool, err error) {
	err = t.tx.QueryRowContext(t.ctx, "SELECT COALESCE(shobj_description(oid, 'pg_authid'), '') FROM pg_roles WHERE rolname = $1", name).Scan(&comment)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return comment, err == nil, err
}

// check returns ErrForeign for a role whose comment is another one than the look saw.
func (t transaction) check(name, comment string) (found bool, err error) {
	is, found, err := t.commentOf(name)
	if err == nil && found && is != comment {
		err = fmt.Errorf("%w: the comment on the role %s is not %s", providers.ErrForeign, name, comment)
	}
	return found, err
}

// role makes a role with a comment, if it is missing.
func (t transaction) role(name, comment, options string) error {
	found, err := t.check(name, comment)
	if found || err != nil {
		return err
	}
	return t.run("CREATE ROLE "+quote(name)+" "+options, "COMMENT ON ROLE "+quote(name)+" IS "+text(comment))
}

// call runs the transaction of a step.
func (k Kind) call(ctx context.Context, a access, p plan, s providers.Step) (providers.Facts, error) {
	switch s.Name {
	case stepOwner, stepDatabase, stepSchema, stepReadable:
		var r databaseRequest
		if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
			return providers.Facts{}, err
		}
		return doDatabase(ctx, a, s.Name, r)
	case stepDisown:
		var r disownRequest
		if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
			return providers.Facts{}, err
		}
		return providers.Facts{}, disown(ctx, a, r)
	}
	var r loginRequest
	if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
		return providers.Facts{}, err
	}
	switch s.Name {
	case StepLogin:
		if err := makeLogin(ctx, a, r, p.Password); err != nil {
			return providers.Facts{}, err
		}
		return open(factLogin, "true"), nil
	case stepClose:
		return providers.Facts{}, closeLogin(ctx, a, r)
	case stepDrop:
		return providers.Facts{}, drop(ctx, a, r)
	}
	return providers.Facts{}, fmt.Errorf("there is no step %q", s.Name)
}

// makeLogin makes the login with its rights, or gives the rights again to one that
// has lost some.
func makeLogin(ctx context.Context, a access, r loginRequest, password providers.Secret) error {
	secret, err := verifier(password)
	if err != nil {
		return err
	}
	return a.inTransaction(ctx, a.server.AdminDatabase, func(t transaction) error {
		_, found, err := t.commentOf(r.Name)
		if err != nil {
			return err
		}
		login := quote(r.Name)
		if !found {
			if err := t.run("CREATE ROLE "+login+" LOGIN PASSWORD "+text(secret), "COMMENT ON ROLE "+login+" IS "+text(r.Comment)); err != nil {
				return err
			}
		}
		for _, d := range r.Databases {
			statements := []string{t.membership(d.Reader, login)}
			if r.Access == readWrite {
				statements = []string{
					t.membership(d.Owner, login),
					"ALTER ROLE " + login + " IN DATABASE " + quote(d.Database.Name) + " SET role = " + text(d.Owner),
				}
			}
			if err := t.run(statements...); err != nil {
				return err
			}
		}
		return nil
	})
}

// closeLogin refuses new sessions and ends the open ones.
func closeLogin(ctx context.Context, a access, r loginRequest) error {
	return a.inTransaction(ctx, a.server.AdminDatabase, func(t transaction) error {
		found, err := t.check(r.Name, r.Comment)
		if !found || err != nil {
			return err
		}
		// Members of a role may end its sessions.
		if err := t.run("ALTER ROLE "+quote(r.Name)+" NOLOGIN", t.membership(r.Name, "CURRENT_USER")); err != nil {
			return err
		}
		_, err = t.list("SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity WHERE usename = $1", r.Name)
		return err
	})
}

// disown hands what a login owns in a database to an owner role, and takes every right
// there from it.
func disown(ctx context.Context, a access, r disownRequest) error {
	return a.inTransaction(ctx, r.Database, func(t transaction) error {
		found, err := t.check(r.Name, r.Comment)
		if !found || err != nil {
			return err
		}
		login := quote(r.Name)
		err = t.run(t.membership(r.Name, "CURRENT_USER"), "REASSIGN OWNED BY "+login+" TO "+quote(r.Owner), "DROP OWNED BY "+login)
		if err != nil || r.Reader == "" {
			return err
		}
		return t.makeReadable(r.Owner, r.Reader)
	})
}

// drop drops a login, and its rights on databases, which belong to none of them.
func drop(ctx context.Context, a access, r loginRequest) error {
	return a.inTransaction(ctx, a.server.AdminDatabase, func(t transaction) error {
		is, found, err := t.commentOf(r.Name)
		if !found || err != nil {
			return err
		}
		if is != r.Comment && isOurs(is) {
			return fmt.Errorf("%w: the role %s belongs to another binding", providers.ErrForeign, r.Name)
		}
		return t.run(t.membership(r.Name, "CURRENT_USER"), "DROP OWNED BY "+quote(r.Name), "DROP ROLE "+quote(r.Name))
	})
}

// makeReadable lets a reader role read all that the owner role has.
func (t transaction) makeReadable(owner, reader string) error {
	for _, kind := range []struct{ grant, query string }{
		{"USAGE ON SCHEMA", selectSchemas},
		{"SELECT ON TABLE", selectTables},
		{"SELECT ON SEQUENCE", selectSequences},
	} {
		for {
			names, err := t.list(kind.query, owner, reader)
			if err != nil {
				return err
			}
			if len(names) == 0 {
				break
			}
			if err := t.run("SET LOCAL ROLE "+quote(owner), "GRANT "+kind.grant+" "+strings.Join(names, ", ")+" TO "+quote(reader), "SET LOCAL ROLE NONE"); err != nil {
				return err
			}
		}
	}
	return nil
}

const (
	selectSchemas = `SELECT quote_ident(nspname) FROM pg_namespace
WHERE pg_get_userbyid(nspowner) = $1 AND NOT has_schema_privilege($2, oid, 'USAGE') ORDER BY 1 LIMIT 100`

	selectTables = `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE pg_get_userbyid(c.relowner) = $1 AND c.relkind IN ('r', 'v', 'm', 'f', 'p') AND n.nspname !~ '^pg_'
  AND NOT has_table_privilege($2, c.oid, 'SELECT') ORDER BY 1 LIMIT 100`

	selectSequences = `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE pg_get_userbyid(c.relowner) = $1 AND n.nspname !~ '^pg_'
  AND CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege($2, c.oid, 'SELECT') ELSE false END ORDER BY 1 LIMIT 100`
)
