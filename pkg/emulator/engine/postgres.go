package engine

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/lib/pq"
)

// PostgreSQL is the Engine that runs PostgreSQL's server, for the RDS engine of
// that name. Its servers see local clients instead of true addresses:
// PostgreSQL lacks the PROXY protocol.
type PostgreSQL struct{ *host }

var _ Engine = (*PostgreSQL)(nil)

// NewPostgreSQL finds PostgreSQL 13 or newer on this machine (ErrNotInstalled
// if it is missing), prepares a folder, and removes the folders of killed
// processes. Close it at the end.
func NewPostgreSQL(options Options) (*PostgreSQL, error) {
	found, err := findPostgres()
	if err != nil {
		return nil, err
	}
	h, err := newHost(options, &postgres{program: found, password: newPassword()}, "postgres", "nobody")
	if err != nil {
		return nil, err
	}
	return &PostgreSQL{h}, nil
}

// postgres is the flavour of PostgreSQL. All servers of a host share the
// administrator's password, since it is in the template; clients can neither
// learn nor change it.
type postgres struct {
	program  postgresProgram
	password string
}

func (*postgres) name() string    { return "PostgreSQL" }
func (*postgres) kinds() []string { return []string{"PostgreSQL"} }

// signals: SIGQUIT makes PostgreSQL kill its processes, however busy they are,
// and release shared memory; SIGKILL would spare them.
func (*postgres) signals() signals { return signals{end: syscall.SIGINT, kill: syscall.SIGQUIT} }

func (p *postgres) server(s *server) Server { return &postgresServer{server: s, password: p.password} }

// A postgresServer is a server of PostgreSQL.
type postgresServer struct {
	*server
	password string // the administrator's
}

// bootstrap runs initdb.
func (p *postgres) bootstrap(ctx context.Context, t *template, data string) error {
	secret := filepath.Join(t.path, "password")
	if err := errors.Join(
		os.Mkdir(data, 0o700), t.h.owner.own(data),
		os.WriteFile(secret, []byte(p.password), 0o400), t.h.owner.own(secret),
	); err != nil {
		return err
	}
	return errors.Join(t.run(ctx, p.program.initdb(t.h.owner, data, secret), nil), os.Remove(secret))
}

// prepare is empty: data and socket are enough.
func (*postgres) prepare(*server, string) error { return nil }

func (p *postgres) command(s *server) *exec.Cmd {
	return p.program.command(s.h.owner, s.path("data"))
}

func (*postgres) socket() string { return ".s.PGSQL.5432" }

func (p *postgres) open(s *server, _ string) (*sql.DB, error) {
	return openPostgres(s, "postgres", p.password, alwaysWrites)
}

// answers: while it starts or stops, PostgreSQL refuses with a code of its own.
func (*postgres) answers(err error) bool {
	var refusal *pq.Error
	return errors.As(err, &refusal) && refusal.Code != cannotConnectNow
}

// ready makes the common role of privileged accounts, and reduces the rights of
// everyone to entering the common database.
func (*postgres) ready(ctx context.Context, s *server) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	var there bool
	err = conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", privilegedRole).Scan(&there)
	if err != nil || there {
		return err
	}
	if err := fenceRoles(ctx, conn); err != nil {
		return err
	}
	return run(ctx, conn,
		"REVOKE ALL ON DATABASE template1 FROM PUBLIC",
		"REVOKE TEMPORARY ON DATABASE postgres FROM PUBLIC",
		"REVOKE CREATE ON SCHEMA public FROM PUBLIC",
		"CREATE ROLE "+pq.QuoteIdentifier(privilegedRole)+" NOLOGIN IN ROLE pg_monitor, pg_signal_backend",
	)
}

// reservesRoles is the version from which a role that may make roles grants those
// alone that it has the administration of.
const reservesRoles = 160000

// fenceRoles takes the roles that read and write this machine's files and run its
// programs out of a server where a privileged account could give them to itself.
// PostgreSQL asks for them by their fixed numbers, which no other role can have.
func fenceRoles(ctx context.Context, conn *sql.Conn) error {
	var version int
	if err := conn.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil || version >= reservesRoles {
		return err
	}
	return run(ctx, conn,
		"SET allow_system_table_mods = on",
		"DELETE FROM pg_authid WHERE rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')",
		"RESET allow_system_table_mods",
	)
}

// protocol: the proxy encrypts; PostgreSQL itself refuses unknown messages.
func (*postgres) protocol() protocol { return protocol{wrap: wrapPostgres} }
