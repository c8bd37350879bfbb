package sqllogin

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/lib/pq"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/dbaccount"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/effect"
)

// Facts of a binding.
const (
	factLogin = "login_made" // "true" once the login of its name is known to be its own
	// factMark is the comment on the login, once it was seen there. It is among the
	// secrets, since a sealed fact is a proof.
	factMark = "login_mark"
	// factReadable begins the name of the fact of each database that was made readable.
	factReadable = "readable_"
)

// A state is the observed state of a binding.
type state struct {
	noInstance bool
	server     dbaccount.Address
	asked      string // the step made just before
	roles      map[string]role
	databases  map[string]database
	admin      string   // the broker's own account
	own        bool     // the login belongs to the binding
	sessions   int      // of the login
	owns       []string // databases where the login has something
}

// A role is a role of the server.
type role struct {
	comment  string
	hasLogin bool
}

// A database is a database of the server, with the rights of the binding in it.
type database struct {
	owner, comment string // empty: the database is missing
	isManaged      bool   // the broker's account may work as the owner role
	isMember       bool   // the login is a member of the role that its access asks for
	worksAs        string // the setting of the login's sessions in the database
}

func (k Kind) observe(ctx context.Context, t providers.Task, p plan, s Server, at *dbaccount.Address) (providers.Seen, error) {
	var found state
	var facts providers.Facts
	found.asked, facts = effect.Asked(t)
	if at == nil {
		found.noInstance = true
		return providers.Seen{Facts: facts, State: found}, nil
	}
	if found.server = *at; at.Host == "" || at.Port == "" {
		return providers.Seen{Facts: facts, State: found}, nil
	}
	found.admin = s.AdminName
	names := namesOf(t.Of.Life, s, p)
	err := access{config: k.config, server: s, at: *at}.in(ctx, s.AdminDatabase, func(ctx context.Context, conn *sql.Conn) error {
		return read(ctx, conn, names, &found)
	})
	if err != nil {
		return providers.Seen{}, err
	}
	login, isThere := found.roles[p.Username]
	found.own = isThere && p.owns(login, t)
	if isThere && !found.own && t.Facts.Open[factLogin] != "" && !isOurs(login.comment) {
		err := fmt.Errorf("%w: the role %s is recorded as made, and its comment is not %s", providers.ErrForeign, p.Username, p.Description)
		return providers.Seen{}, err
	}
	facts = facts.Merge(found.remember(p, isThere, login))
	exists := found.own && (!t.Expire || found.isOpen(p))
	return providers.Seen{Exists: exists, Facts: facts, State: found}, nil
}

// isOpen reports whether the login may log in, or is still in.
func (s state) isOpen(p plan) bool { return s.roles[p.Username].hasLogin || s.sessions > 0 }

// owns reports whether a role is this binding's: it has our comment, or, if the comment
// was edited, the drawn name, or the sealed fact of the binding.
func (p plan) owns(r role, t providers.Task) bool {
	switch {
	case r.comment == p.Description:
		return true
	case isOurs(r.comment):
		return false
	}
	return !p.Chosen || t.Facts.Secrets[factMark] == p.Description
}

// remember returns the ownership facts. A role once seen with our comment stays ours;
// once gone, a new role of that name is not.
func (s state) remember(p plan, isThere bool, r role) providers.Facts {
	made, mark := "", ""
	switch {
	case isThere && r.comment == p.Description:
		made, mark = "true", p.Description
	case isThere || s.asked == StepLogin:
		return providers.Facts{}
	}
	facts := open(factLogin, made)
	facts.Secrets = map[string]string{factMark: mark}
	return facts
}

// names are the names that a look is about; the lists of one database have one index.
type names struct {
	login, access              string
	databases, owners, readers []string
}

func namesOf(l providers.Life, s Server, p plan) names {
	n := names{login: p.Username, access: p.Access}
	for _, d := range s.Databases {
		n.databases = append(n.databases, d.Name)
		n.owners = append(n.owners, ownerName(l, d.Name))
		n.readers = append(n.readers, readerName(l, d.Name))
	}
	return n
}

const (
	selectRoles = `SELECT rolname, rolcanlogin, COALESCE(shobj_description(oid, 'pg_authid'), '')
FROM pg_roles WHERE rolname = $1 OR rolname = ANY($2) OR rolname = ANY($3)`

	selectDatabases = `SELECT w.name, pg_get_userbyid(d.datdba), COALESCE(shobj_description(d.oid, 'pg_database'), ''),
  COALESCE(pg_has_role(current_user, o.oid, 'USAGE'), false),
  COALESCE(pg_has_role(l.oid, CASE WHEN $5 THEN o.oid ELSE r.oid END, 'USAGE'), false),
  COALESCE((SELECT array_to_string(setconfig, ',') FROM pg_db_role_setting WHERE setdatabase = d.oid AND setrole = l.oid), '')
FROM unnest($1::text[], $2::text[], $3::text[]) AS w(name, owner, reader)
JOIN pg_database d ON d.datname = w.name
LEFT JOIN pg_roles o ON o.rolname = w.owner
LEFT JOIN pg_roles r ON r.rolname = w.reader
LEFT JOIN pg_roles l ON l.rolname = $4`

	selectOwned = `SELECT DISTINCT d.datname FROM pg_shdepend s
JOIN pg_database d ON d.oid = s.dbid AND d.datallowconn
WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = (SELECT oid FROM pg_roles WHERE rolname = $1)
ORDER BY 1`

	selectSessions = `SELECT count(*) FROM pg_stat_activity WHERE usename = $1`
)

// read reads the roles and databases of a binding.
func read(ctx context.Context, conn *sql.Conn, n names, s *state) error {
	s.roles, s.databases = map[string]role{}, map[string]database{}
	err := each(ctx, conn, func(rows *sql.Rows) error {
		var name string
		var r role
		err := rows.Scan(&name, &r.hasLogin, &r.comment)
		s.roles[name] = r
		return err
	}, selectRoles, n.login, pq.Array(n.owners), pq.Array(n.readers))
	if err != nil {
		return err
	}
	err = each(ctx, conn, func(rows *sql.Rows) error {
		var name string
		var d database
		err := rows.Scan(&name, &d.owner, &d.comment, &d.isManaged, &d.isMember, &d.worksAs)
		s.databases[name] = d
		return err
	}, selectDatabases, pq.Array(n.databases), pq.Array(n.owners), pq.Array(n.readers), n.login, n.access == readWrite)
	if err != nil {
		return err
	}
	if _, isThere := s.roles[n.login]; !isThere {
		return nil
	}
	err = each(ctx, conn, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		s.owns = append(s.owns, name)
		return err
	}, selectOwned, n.login)
	if err != nil {
		return err
	}
	return conn.QueryRowContext(ctx, selectSessions, n.login).Scan(&s.sessions)
}

// each scans every row of a query.
func each(ctx context.Context, conn *sql.Conn, scan func(*sql.Rows) error, query string, args ...any) error {
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
