package assumptions_test

import (
	"database/sql"
	"net/url"
	"testing"

	_ "github.com/lib/pq" // the driver

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// enter opens a database of an instance of PostgreSQL as an account.
func (e *environment) enter(id, account, database string) *sql.DB {
	e.Helper()
	at := into[struct {
		Items struct {
			DBInstanceAttribute []struct{ ConnectionString, Port string }
		}
	}](e.rds("DescribeDBInstanceAttribute", "DBInstanceId", id)).Items.DBInstanceAttribute[0]
	address := url.URL{
		Scheme: "postgres", User: url.UserPassword(account, password), Host: at.ConnectionString + ":" + at.Port, Path: database,
		RawQuery: "sslmode=disable&connect_timeout=20",
	}
	db, err := sql.Open("postgres", address.String())
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() { _ = db.Close() })
	return db
}

// ownedServer returns an instance of PostgreSQL with a server, in which the account
// checked owns the database checked, and with a privileged account.
func (e *environment) ownedServer() string {
	e.Helper()
	id := e.ownedIn(e.started(postgresql()...))
	e.rds("ModifySecurityIps", "DBInstanceId", id, "SecurityIps", "127.0.0.1").ok()
	e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "chief", "AccountPassword", password, "AccountType", "Super").ok()
	return id
}

func TestA561_SchemaPublic_IsThePrivilegedAccounts(t *testing.T) {
	engines := realEngines(t)
	verify(t, never, func(e *environment) {
		id := e.ownedServer()
		owner, chief := e.enter(id, "checked", "checked"), e.enter(id, "chief", "checked")
		if _, err := owner.ExecContext(e.Context(), "CREATE TABLE before_it (n INT)"); err == nil {
			e.Error("the owner makes objects in public")
		}
		if _, err := chief.ExecContext(e.Context(), "GRANT ALL ON SCHEMA public TO checked"); err != nil {
			e.Fatal(err)
		}
		if _, err := owner.ExecContext(e.Context(), "CREATE TABLE after_it (n INT)"); err != nil {
			e.Error(err)
		}
	}, emulatortest.WithEngine(engines))
}

func TestA562_PrivilegedAccount_MakesRoles(t *testing.T) {
	engines := realEngines(t)
	verify(t, never, func(e *environment) {
		chief := e.enter(e.ownedServer(), "chief", "postgres")
		for _, statement := range []string{"CREATE ROLE owner NOLOGIN", "GRANT owner TO chief", "CREATE DATABASE own OWNER owner"} {
			if _, err := chief.ExecContext(e.Context(), statement); err != nil {
				e.Errorf("%s: %v", statement, err)
			}
		}
		for _, statement := range []string{"GRANT pg_execute_server_program TO chief", "CREATE ROLE above SUPERUSER"} {
			if _, err := chief.ExecContext(e.Context(), statement); err == nil {
				e.Errorf("%s: allowed", statement)
			}
		}
	}, emulatortest.WithEngine(engines))
}

func TestA615_PrivilegedAccount_MakesOwnedDatabases(t *testing.T) {
	engines := realEngines(t)
	verify(t, never, func(e *environment) {
		id := e.ownedServer()
		run := func(db *sql.DB, statements ...string) {
			e.Helper()
			for _, s := range statements {
				if _, err := db.ExecContext(e.Context(), s); err != nil {
					e.Fatalf("%s: %v", s, err)
				}
			}
		}
		run(e.enter(id, "chief", "postgres"),
			"CREATE ROLE keeper NOLOGIN", "COMMENT ON ROLE keeper IS 'ours'", "GRANT keeper TO CURRENT_USER",
			"CREATE DATABASE kept OWNER keeper TEMPLATE template0 ENCODING 'UTF8'")
		run(e.enter(id, "chief", "kept"), "REVOKE ALL ON DATABASE kept FROM PUBLIC", "ALTER SCHEMA public OWNER TO keeper")
	}, emulatortest.WithEngine(engines))
}
