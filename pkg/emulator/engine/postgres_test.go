package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// PostgreSQL's error codes that tests expect.
const (
	invalidPassword       = "28P01"
	invalidAuthorization  = "28000" // a role that may not log in
	insufficientPrivilege = "42501"
)

func newPostgreSQL(t *testing.T, options Options) *PostgreSQL {
	t.Helper()
	if options.Dir == "" {
		options.Dir = testDir(t)
	}
	p, err := NewPostgreSQL(options)
	wanted(t, err, func() error { return p.Close() })
	return p
}

// newPostgres returns a server of an engine of its own that admits loopback.
func newPostgres(t *testing.T) *postgresServer {
	t.Helper()
	started, err := newPostgreSQL(t, Options{}).Start(t.Context(), "pgm-test", "PostgreSQL")
	if err != nil {
		t.Fatal(err)
	}
	s, ok := started.(*postgresServer)
	if !ok {
		t.Fatalf("a server is a %T", started)
	}
	s.Allow(loopback())
	return s
}

// openClient is a client's connections to PostgreSQL.
func openClient(addr netip.AddrPort, account, password, database string) (*sql.DB, error) {
	connector, err := pq.NewConnector(fmt.Sprintf("host=%s port=%d sslmode=disable connect_timeout=20 user='%s' password='%s' dbname='%s'",
		addr.Addr(), addr.Port(), account, strings.ReplaceAll(strings.ReplaceAll(password, `\`, `\\`), "'", `\'`), database))
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// enter tries one new connection to PostgreSQL.
func enter(t *testing.T, s *postgresServer, account, password, database string) error {
	t.Helper()
	db, err := openClient(s.Addr(), account, password, database)
	must(t, err)
	defer func() { _ = db.Close() }()
	return db.PingContext(t.Context())
}

// pgSession opens one lasting connection of an account with the password
// Pass-1.
func pgSession(t *testing.T, s *postgresServer, account, database string) *sql.Conn {
	t.Helper()
	db, err := openClient(s.Addr(), account, "Pass-1", database)
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	must(t, err)
	return conn
}

// wantState requires an error of PostgreSQL with that code.
func wantState(t *testing.T, err error, code pqerror.Code) {
	t.Helper()
	var answer *pq.Error
	if !errors.As(err, &answer) || answer.Code != code {
		t.Errorf("got error %v, want PostgreSQL's error %s", err, code)
	}
}

func TestPostgreSQL_Account_ConnectsWithItsPasswordOnly(t *testing.T) {
	s := newPostgres(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "app", "Right-1", false), enter(t, s, "app", "Right-1", "postgres"))
	for name, attempt := range map[string]struct{ account, password string }{
		"wrong password":     {"app", "Wrong-1"},
		"unknown account":    {"nobody", "Right-1"},
		"postgres":           {"postgres", "postgres"},
		"administrator":      {adminName, "Right-1"},
		"role of privileged": {privilegedRole, "Right-1"},
	} {
		t.Run(name, func(t *testing.T) {
			wantState(t, enter(t, s, attempt.account, attempt.password, "postgres"), invalidPassword)
		})
	}
	if err := s.CreateAccount(ctx, "app", "Second-1", false); err == nil {
		t.Error("a second account of the same name was made")
	}
	must(t, s.SetPassword(ctx, "app", `New'\"-1`), enter(t, s, "app", `New'\"-1`, "postgres"))
	wantState(t, enter(t, s, "app", "Right-1", "postgres"), invalidPassword)
	must(t, s.LockAccount(ctx, "app", true))
	wantState(t, enter(t, s, "app", `New'\"-1`, "postgres"), invalidAuthorization)
	must(t, s.LockAccount(ctx, "app", false), enter(t, s, "app", `New'\"-1`, "postgres"))
	if err := s.SetPassword(ctx, "missing", "New-1"); err == nil {
		t.Error("the password of a missing account was set")
	}
}

func TestPostgreSQL_Owner_HasTheDatabaseAlone(t *testing.T) {
	s := newPostgres(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "my-shop", "UTF8,C,en_US.utf8"), s.CreateDatabase(ctx, "other", "SQL_ASCII"))
	for _, name := range []string{"one", "two"} {
		must(t, s.CreateAccount(ctx, name, "Pass-1", false))
	}
	must(t, s.Grant(ctx, "one", "my-shop", "DBOwner"), s.Grant(ctx, "one", "my-shop", "DBOwner"))
	one := pgSession(t, s, "one", "my-shop")
	wantState(t, run(ctx, one, "CREATE TABLE notes (n INT)"), insufficientPrivilege) // in public
	execute(t, one, "CREATE SCHEMA mine", "CREATE TABLE mine.notes (n INT)", "INSERT INTO mine.notes VALUES (1)")
	wantState(t, enter(t, s, "two", "Pass-1", "my-shop"), insufficientPrivilege)
	wantState(t, enter(t, s, "one", "Pass-1", "other"), insufficientPrivilege)
	wantState(t, enter(t, s, "one", "Pass-1", "template1"), insufficientPrivilege)

	must(t, s.Grant(ctx, "two", "my-shop", "DBOwner")) // it moves
	two := pgSession(t, s, "two", "my-shop")
	wantState(t, run(ctx, two, "SELECT n FROM mine.notes"), insufficientPrivilege)
	wantState(t, enter(t, s, "one", "Pass-1", "my-shop"), insufficientPrivilege)

	must(t, s.Revoke(ctx, "two", "my-shop"), s.Revoke(ctx, "one", "my-shop"), s.Revoke(ctx, "one", "missing"), s.Revoke(ctx, "missing", "other"))
	if err := two.PingContext(ctx); err == nil {
		t.Error("a session outlived its permission")
	}
	if err := s.Grant(ctx, "one", "missing", "DBOwner"); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("grant on a missing database: %v", err)
	}
	must(t, s.DropDatabase(ctx, "my-shop"), s.DropDatabase(ctx, "my-shop"), s.CreateDatabase(ctx, "my-shop", "UTF8"))
}

func TestPostgreSQL_DropAccount_EndsSessionsRefusesOwners(t *testing.T) {
	s := newPostgres(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "shop", "UTF8"), s.CreateAccount(ctx, "one", "Pass-1", false), s.Grant(ctx, "one", "shop", "DBOwner"))
	idle, busy := pgSession(t, s, "one", "shop"), pgSession(t, s, "one", "postgres")
	execute(t, idle, "CREATE SCHEMA its_own", "CREATE TABLE its_own.made (n INT)")
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, eventTimeout)
		defer cancel()
		_, err := busy.ExecContext(ctx, "SELECT pg_sleep(3600)")
		ended <- err
	}()
	eventually(t, "the busy session is busy", func() bool {
		var n int
		err := s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'").Scan(&n)
		return err == nil && n == 1
	})
	if err := s.DropAccount(ctx, "one"); !errors.Is(err, ErrOwnsObjects) {
		t.Errorf("an account with a database is dropped with %v, want ErrOwnsObjects", err)
	}
	execute(t, idle, "DROP SCHEMA its_own CASCADE") // its session goes on
	must(t, s.DropDatabase(ctx, "shop"), s.DropAccount(ctx, "one"), s.DropAccount(ctx, "one"))
	if err := <-ended; err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the busy session ended with %v, want its connection lost", err)
	}
	if err := idle.PingContext(ctx); err == nil {
		t.Error("the idle session lives")
	}
	wantState(t, enter(t, s, "one", "Pass-1", "postgres"), invalidPassword)
	must(t, s.CreateAccount(ctx, "one", "Pass-1", false))
}

func TestPostgreSQL_SuperAccount_MakesRolesAndManagesAccounts(t *testing.T) {
	s := newPostgres(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "chief", "Pass-1", true), s.CreateAccount(ctx, "app", "Pass-1", false),
		s.CreateDatabase(ctx, "shop", "UTF8"), s.Grant(ctx, "app", "shop", "DBOwner"))
	execute(t, pgSession(t, s, "app", "shop"), "CREATE SCHEMA mine", "CREATE TABLE mine.notes (n INT)")
	chief := pgSession(t, s, "chief", "postgres")
	execute(t, chief, "CREATE ROLE owner NOLOGIN", "GRANT owner TO chief", "CREATE ROLE login LOGIN PASSWORD 'Pass-1' IN ROLE owner", "GRANT login TO chief",
		"COMMENT ON ROLE login IS 'marked'", "CREATE DATABASE own OWNER owner TEMPLATE template0", "ALTER ROLE login IN DATABASE own SET role = owner")
	execute(t, pgSession(t, s, "login", "own"), "CREATE SCHEMA its", "CREATE TABLE its.things (n INT)")
	execute(t, pgSession(t, s, "chief", "own"), "SELECT n FROM its.things", "REASSIGN OWNED BY login TO owner", "DROP OWNED BY login")
	execute(t, pgSession(t, s, "chief", "shop"), "REASSIGN OWNED BY app TO owner", "GRANT CREATE ON SCHEMA public TO owner")
	execute(t, chief, "ALTER ROLE login NOLOGIN", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'login'", "DROP ROLE login")
	must(t, s.DropAccount(ctx, "app"))
}

func TestPostgreSQL_SuperAccount_StaysInsideTheInstance(t *testing.T) {
	s := newPostgres(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "before", "UTF8"), s.CreateAccount(ctx, "chief", "Pass-1", true), s.CreateAccount(ctx, "app", "Pass-1", false),
		s.CreateDatabase(ctx, "after", "UTF8"))
	for _, database := range []string{"before", "after"} {
		execute(t, pgSession(t, s, "chief", database), "CREATE TABLE t (n INT)")
	}
	conn, app := pgSession(t, s, "chief", "postgres"), pgSession(t, s, "app", "postgres")
	execute(t, conn, "CREATE DATABASE own", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
	if err := app.PingContext(ctx); err == nil {
		t.Error("the super account could not end another's session")
	}
	for _, statement := range []string{
		"SELECT pg_read_file('/etc/passwd')", "COPY (SELECT 1) TO PROGRAM 'true'", "COPY (SELECT 1) TO '/tmp/engine-test-outfile'",
		"GRANT pg_execute_server_program TO chief", "GRANT pg_read_server_files TO chief", "GRANT pg_write_server_files TO chief",
		"CREATE ROLE above SUPERUSER", "ALTER ROLE chief SUPERUSER", `GRANT "emulator.admin" TO chief`, "CREATE ROLE pg_execute_server_program",
		"CREATE FUNCTION f() RETURNS int AS '/lib/x86_64-linux-gnu/libc.so.6', 'abs' LANGUAGE C", "ALTER SYSTEM SET log_min_messages = 'debug1'",
		`ALTER ROLE "emulator.admin" PASSWORD 'Known-1'`, `SET ROLE "emulator.admin"`,
	} {
		if err := run(ctx, conn, statement); err == nil {
			t.Errorf("%s: allowed", statement)
		}
	}
	if err := s.DropAccount(ctx, "chief"); !errors.Is(err, ErrOwnsObjects) {
		t.Errorf("the owner of a database is dropped with %v, want ErrOwnsObjects", err)
	}
	must(t, s.DropDatabase(ctx, "own"), s.DropDatabase(ctx, "before"), s.DropDatabase(ctx, "after"), s.DropAccount(ctx, "chief"))
}

func TestPostgreSQL_Restart_KeepsAllButSessions(t *testing.T) {
	s := newPostgres(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "shop", "UTF8"), s.CreateAccount(ctx, "app", "Pass-1", false), s.Grant(ctx, "app", "shop", "DBOwner"))
	before, addr := pgSession(t, s, "app", "shop"), s.Addr()
	execute(t, before, "CREATE SCHEMA app", "CREATE TABLE items (n INT)", "INSERT INTO items VALUES (1)")
	must(t, s.Restart(ctx))
	if err := before.PingContext(ctx); err == nil || s.Addr() != addr {
		t.Errorf("after the restart the session ends with %v, at %s, want an error, at %s", err, s.Addr(), addr)
	}
	s.process.kill() // and from a crash it comes back too
	if err := enter(t, s, "app", "Pass-1", "shop"); err == nil {
		t.Error("a dead server answers")
	}
	must(t, s.Restart(ctx))
	if n := count(t, pgSession(t, s, "app", "shop"), "SELECT COUNT(*) FROM items"); n != 1 {
		t.Errorf("%d rows after the restart, want 1", n)
	}
	s.Allow([]netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	if err := enter(t, s, "app", "Pass-1", "shop"); err == nil {
		t.Error("a refused client logged in")
	}
}

func TestPostgreSQL_StopAndClose_LeaveNothing(t *testing.T) {
	dir := testDir(t)
	p := newPostgreSQL(t, Options{Dir: dir})
	one, err := p.Start(t.Context(), "pgm-1", "PostgreSQL")
	must(t, err)
	two, err := p.Start(t.Context(), "pgm-2", "PostgreSQL")
	must(t, err)
	one.Allow(loopback())
	two.Allow(loopback())
	must(t, one.CreateAccount(t.Context(), "app", "Pass-1", false))
	s, ok := two.(*postgresServer)
	if !ok {
		t.Fatalf("a server is a %T", two)
	}
	wantState(t, enter(t, s, "app", "Pass-1", "postgres"), invalidPassword) // servers are apart
	must(t, one.Stop(t.Context()))
	if _, err := p.Start(t.Context(), "rm-1", "MySQL"); !errors.Is(err, ErrInvalid) {
		t.Errorf("PostgreSQL started as MySQL: %v", err)
	}
	must(t, p.Close())
	wantEmpty(t, dir)
}

func TestPostgreSQL_InvalidArguments_Refused(t *testing.T) {
	s := &postgresServer{} // a call that went through would panic
	ctx := t.Context()
	for name, err := range map[string]error{
		"account with quote":    s.CreateAccount(ctx, `a"b`, "Pass-1", false),
		"the administrator":     s.SetPassword(ctx, adminName, "Pass-1"),
		"lock a role of ours":   s.LockAccount(ctx, privilegedRole, true),
		"empty account":         s.DropAccount(ctx, ""),
		"empty password":        s.CreateAccount(ctx, "app", "", false),
		"long account":          s.CreateAccount(ctx, strings.Repeat("a", 64), "Pass-1", false),
		"PostgreSQL's database": s.DropDatabase(ctx, "template1"),
		"long database":         s.CreateDatabase(ctx, strings.Repeat("d", 64), "UTF8"),
		"MySQL's charset":       s.CreateDatabase(ctx, "shop", "utf8mb4"),
		"too much of a charset": s.CreateDatabase(ctx, "shop", "UTF8,C,C,C"),
		"MySQL's privilege":     s.Grant(ctx, "app", "shop", "ReadWrite"),
		"revoke on the system":  s.Revoke(ctx, "app", "postgres"),
	} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestInstalled_Start_ChoosesByKind(t *testing.T) {
	if os.Getenv("ENGINES") == "none" {
		t.Skip("ENGINES=none")
	}
	dir := testDir(t)
	all, err := Open(Options{Dir: dir})
	must(t, err)
	t.Cleanup(func() { must(t, all.Close()) })
	if got := fmt.Sprint(all.Names(), len(all.Missing())); got != "[MariaDB PostgreSQL] 0" {
		t.Errorf("installed %s", got)
	}
	for kind, want := range map[string]bool{"MySQL": true, "MariaDB": true, "PostgreSQL": true, "SQLServer": false} {
		if all.Runs(kind) != want {
			t.Errorf("runs %s: %v, want %v", kind, !want, want)
		}
	}
	if _, err := all.Start(t.Context(), "rm-1", "SQLServer"); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("SQLServer: %v", err)
	}
	must(t, all.Close())
	wantEmpty(t, dir)
}
