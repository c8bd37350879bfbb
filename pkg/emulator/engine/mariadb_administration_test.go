package engine

import (
	"context"
	"errors"
	"testing"
)

func TestMariaDB_Account_ConnectsWithItsPasswordOnly(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "app", "Right-1", false))
	must(t, login(t, s.Addr(), "app", "Right-1", ""))
	for name, attempt := range map[string]struct{ account, password string }{
		"wrong password":    {"app", "Wrong-1"},
		"no password":       {"app", ""},
		"the hash":          {"app", passwordHash("Right-1")},
		"unknown account":   {"nobody", "Right-1"},
		"anonymous account": {"", ""},
		"root":              {"root", ""},
		"administrator":     {adminName, ""},
	} {
		t.Run(name, func(t *testing.T) {
			wantNumber(t, login(t, s.Addr(), attempt.account, attempt.password, ""), accessDenied)
		})
	}
}

func TestMariaDB_AccountNameInUse_Refused(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "app", "First-1", false))
	if err := s.CreateAccount(ctx, "app", "Second-1", false); err == nil {
		t.Error("a second account of the same name was made")
	}
	must(t, login(t, s.Addr(), "app", "First-1", ""))
}

func TestMariaDB_SetPassword_AppliesAtOnce(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "app", "Old-1", false), s.SetPassword(ctx, "app", "New'\\\"-1"))
	wantNumber(t, login(t, s.Addr(), "app", "Old-1", ""), accessDenied)
	must(t, login(t, s.Addr(), "app", "New'\\\"-1", ""))
	if err := s.SetPassword(ctx, "missing", "New-1"); err == nil {
		t.Error("the password of a missing account was set")
	}
}

func TestMariaDB_DropAccount_KeepsTheOthersAndDatabase(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "shared", "utf8mb4"))
	for _, name := range []string{"one", "two"} {
		must(t, s.CreateAccount(ctx, name, "Pass-1", false), s.Grant(ctx, name, "shared", "ReadWrite"))
	}
	one, two := connect(t, s, "one", "shared"), connect(t, s, "two", "shared")
	execute(t, one, "CREATE TABLE notes (n INT)", "INSERT INTO notes VALUES (1)")
	execute(t, two, "INSERT INTO notes VALUES (2)")

	must(t, s.DropAccount(ctx, "one"))
	if err := one.PingContext(ctx); err == nil {
		t.Error("the session of a dropped account lives")
	}
	wantNumber(t, login(t, s.Addr(), "one", "Pass-1", ""), accessDenied)
	if n := count(t, two, "SELECT COUNT(*) FROM notes"); n != 2 {
		t.Errorf("the other account sees %d rows, want 2", n)
	}
	must(t, s.DropAccount(ctx, "one")) // missing: no error
}

func TestMariaDB_DropAccount_EndsBusySessions(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "app", "Pass-1", false))
	busy, idle := connect(t, s, "app", ""), connect(t, s, "app", "")
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(ctx, eventTimeout)
		defer cancel()
		_, err := busy.ExecContext(ctx, "SELECT SLEEP(3600)")
		ended <- err
	}()
	eventually(t, "the busy session is busy", func() bool {
		var n int
		err := s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'").Scan(&n)
		return err == nil && n == 1
	})
	must(t, s.DropAccount(ctx, "app"))
	if err := <-ended; err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the busy session ended with %v, want its connection lost", err)
	}
	if err := idle.PingContext(ctx); err == nil {
		t.Error("the idle session lives")
	}
}

func TestMariaDB_Privileges_ApplyToDatabase(t *testing.T) {
	statements := map[string]string{
		"read":  "SELECT * FROM shop.items",
		"write": "INSERT INTO shop.items VALUES (1)",
		"make":  "CREATE TABLE shop.more (n INT)",
		"drop":  "DROP TABLE IF EXISTS shop.more",
		"call":  "CALL shop.noop()",
	}
	allowed := map[string][]string{
		"":          {},
		"ReadWrite": {"read", "write", "make", "drop", "call"},
		"ReadOnly":  {"read"},
		"DDLOnly":   {"make", "drop"},
		"DMLOnly":   {"read", "write", "call"},
	}
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "shop", "utf8"), s.CreateAccount(ctx, "owner", "Pass-1", false),
		s.Grant(ctx, "owner", "shop", "ReadWrite"), s.CreateAccount(ctx, "app", "Pass-1", false))
	owner := connect(t, s, "owner", "shop")
	execute(t, owner, "CREATE TABLE items (n INT)", "CREATE PROCEDURE noop() SELECT 1")

	// The same account for all cases: each grant replaces the last.
	for _, privilege := range []string{"", "ReadWrite", "ReadOnly", "DDLOnly", "DMLOnly", "ReadWrite", ""} {
		t.Run("granted "+privilege, func(t *testing.T) {
			ctx := t.Context()
			if privilege == "" {
				must(t, s.Revoke(ctx, "app", "shop"))
			} else {
				must(t, s.Grant(ctx, "app", "shop", privilege))
			}
			conn := connect(t, s, "app", "")
			may := make(map[string]bool)
			for _, what := range allowed[privilege] {
				may[what] = true
			}
			for what, statement := range statements {
				err := run(ctx, conn, statement)
				if may[what] != (err == nil) {
					t.Errorf("%s: error %v, want allowed %v", statement, err, may[what])
				}
			}
			must(t, run(ctx, owner, "DROP TABLE IF EXISTS more"))
			if err := run(ctx, conn, "GRANT SELECT ON shop.* TO owner@`%`"); err == nil {
				t.Error("the account may grant")
			}
		})
	}
}

func TestMariaDB_Grant_ReachesTheNamedDatabaseOnly(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "app", "Pass-1", false))
	for _, database := range []string{"app_1", "appx1"} { // "_" is a wildcard in GRANT
		must(t, s.CreateDatabase(ctx, database, "utf8"))
	}
	must(t, s.Grant(ctx, "app", "app_1", "ReadWrite"))
	must(t, login(t, s.Addr(), "app", "Pass-1", "app_1"))
	for _, database := range []string{"appx1", "mysql"} {
		wantNumber(t, login(t, s.Addr(), "app", "Pass-1", database), databaseAccessDenied)
	}
}

func TestMariaDB_GrantMissingAccountOrDatabase_Fails(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "shop", "utf8"), s.CreateAccount(ctx, "app", "Pass-1", false))
	if err := s.Grant(ctx, "missing", "shop", "ReadWrite"); err == nil {
		t.Error("granted to a missing account")
	}
	wantNumber(t, login(t, s.Addr(), "missing", "", ""), accessDenied)
	if err := s.Grant(ctx, "app", "missing", "ReadWrite"); !errors.Is(err, ErrNoDatabase) {
		t.Errorf("grant on a missing database: %v", err)
	}
	must(t, s.Revoke(ctx, "app", "missing"), s.Revoke(ctx, "missing", "shop"))
}

func TestMariaDB_DropDatabase_RemovesItsPrivileges(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateDatabase(ctx, "my_shop", "utf8"), s.CreateAccount(ctx, "app", "Pass-1", false),
		s.Grant(ctx, "app", "my_shop", "ReadWrite"), s.DropDatabase(ctx, "my_shop"),
		s.CreateDatabase(ctx, "my_shop", "utf8"))
	wantNumber(t, login(t, s.Addr(), "app", "Pass-1", "my_shop"), databaseAccessDenied)
	must(t, s.DropDatabase(ctx, "missing")) // no error
}

func TestMariaDB_Database_HasItsCharset(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "root", "Pass-1", true))
	conn := connect(t, s, "root", "")
	for charset, stored := range map[string]string{"utf8": "utf8mb3", "utf8mb4": "utf8mb4", "gbk": "gbk", "latin1": "latin1"} {
		must(t, s.CreateDatabase(ctx, "in-"+charset, charset))
		var got string
		must(t, conn.QueryRowContext(ctx,
			"SELECT default_character_set_name FROM information_schema.schemata WHERE schema_name = ?", "in-"+charset).Scan(&got))
		if got != stored {
			t.Errorf("%s: MariaDB's charset is %s, want %s", charset, got, stored)
		}
		if err := s.CreateDatabase(ctx, "in-"+charset, charset); err == nil {
			t.Errorf("a second database in-%s was made", charset)
		}
	}
}

func TestMariaDB_SuperAccount_StaysInsideTheInstance(t *testing.T) {
	s := newServer(t)
	ctx := t.Context()
	must(t, s.CreateAccount(ctx, "admin", "Pass-1", true), s.CreateAccount(ctx, "app", "Pass-1", false))
	conn, app := connect(t, s, "admin", ""), connect(t, s, "app", "")
	execute(t, conn,
		"CREATE DATABASE own", "CREATE TABLE own.t (n INT)", "GRANT SELECT ON own.* TO app@`%`",
		"CREATE USER reader@`%` IDENTIFIED BY 'Pass-1'", "KILL USER app")
	if err := app.PingContext(ctx); err == nil {
		t.Error("the super account could not end another's session")
	}
	for _, statement := range []string{
		"SHUTDOWN", "SELECT LOAD_FILE('/etc/passwd') INTO OUTFILE '/tmp/engine-test-outfile'",
		"SET GLOBAL general_log = ON",
	} {
		if err := run(ctx, conn, statement); err == nil {
			t.Errorf("%s: allowed", statement)
		}
	}
}

func TestMariaDB_InvalidArguments_ReachNoServer(t *testing.T) {
	var s *mariadbServer // a call that went through would panic
	ctx := t.Context()
	for name, err := range map[string]error{
		"account with quote":     s.CreateAccount(ctx, "a'b", "Pass-1", false),
		"account with backtick":  s.DropAccount(ctx, "a`b"),
		"account with dot":       s.CreateAccount(ctx, adminName, "Pass-1", false),
		"empty account":          s.DropAccount(ctx, ""),
		"empty password":         s.CreateAccount(ctx, "app", "", false),
		"empty new password":     s.SetPassword(ctx, "app", ""),
		"database with backtick": s.CreateDatabase(ctx, "a`b", "utf8"),
		"database with percent":  s.Grant(ctx, "app", "%", "ReadWrite"),
		"system database":        s.DropDatabase(ctx, "MySQL"),
		"grant on the system":    s.Grant(ctx, "app", "mysql", "ReadWrite"),
		"long database":          s.CreateDatabase(ctx, string(make([]byte, 65)), "utf8"),
		"unknown charset":        s.CreateDatabase(ctx, "shop", "utf8; DROP"),
		"unknown privilege":      s.Grant(ctx, "app", "shop", "Everything"),
	} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
}

func TestQuoting_HostileNames_StayQuoted(t *testing.T) {
	for in, want := range map[string]string{"plain": "`plain`", "a`b": "`a``b`", "`": "````"} {
		if got := identifier(in); got != want {
			t.Errorf("identifier(%q) = %s, want %s", in, got, want)
		}
	}
	if got, want := pattern("a_b%c"), "`a\\_b\\%c`"; got != want {
		t.Errorf("pattern = %s, want %s", got, want)
	}
}
