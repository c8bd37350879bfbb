package rds_test

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/go-sql-driver/mysql"
	_ "github.com/lib/pq" // the driver "postgres"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// A product is an engine of RDS with the facts that a test needs.
type product struct {
	change             func(*sdk.CreateDBInstanceRequest)
	charset, privilege string
	open               func(account, password, host, port, database string) (*sql.DB, error)
}

func products() map[string]product {
	mariadb := func(account, password, host, port, database string) (*sql.DB, error) {
		c := mysql.NewConfig()
		c.User, c.Passwd, c.Net, c.Addr, c.DBName = account, password, "tcp", net.JoinHostPort(host, port), database
		c.Logger = &mysql.NopLogger{}
		connector, err := mysql.NewConnector(c)
		if err != nil {
			return nil, err
		}
		return sql.OpenDB(connector), nil
	}
	postgresql := func(account, password, host, port, database string) (*sql.DB, error) {
		return sql.Open("postgres", fmt.Sprintf("user=%s password=%s host=%s port=%s dbname=%s sslmode=disable connect_timeout=20", account, password, host, port, database))
	}
	return map[string]product{
		"MySQL": {func(r *sdk.CreateDBInstanceRequest) { r.SecurityIPList = "127.0.0.1" }, "utf8mb4", "ReadWrite", mariadb},
		"MariaDB": {func(r *sdk.CreateDBInstanceRequest) {
			r.Engine, r.EngineVersion, r.DBInstanceClass, r.SecurityIPList = "MariaDB", "10.6", "mariadb.n2.small.2c", "127.0.0.1"
		}, "utf8", "ReadWrite", mariadb},
		"PostgreSQL": {func(r *sdk.CreateDBInstanceRequest) {
			postgres(r)
			r.SecurityIPList = "127.0.0.1"
		}, "UTF8,C,en_US.utf8", "DBOwner", postgresql},
	}
}

// makeThings returns the statement with which the owner of a database makes a table.
// Of PostgreSQL it is no owner of the schema public (A561).
func makeThings(engine string) string {
	if engine == "PostgreSQL" {
		return "CREATE SCHEMA IF NOT EXISTS mine; CREATE TABLE IF NOT EXISTS mine.things (name VARCHAR(10))"
	}
	return "CREATE TABLE IF NOT EXISTS things (name VARCHAR(10))"
}

// realEngines returns the database servers of this machine. All are required,
// unless ENGINES=none declares that there are none.
func realEngines(t *testing.T) *engine.Installed {
	t.Helper()
	if os.Getenv("ENGINES") == "none" {
		t.Skip("ENGINES=none")
	}
	engines, err := engine.Open(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := engines.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, missing := range engines.Missing() {
		t.Fatalf("%v (install it, or set ENGINES=none to go without engines)", missing)
	}
	return engines
}

func TestRealEngine_Instance_IsADatabase(t *testing.T) {
	engines := realEngines(t)
	for name, p := range products() {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, emulatortest.WithEngine(engines), emulatortest.WithProfile(rds.Instant()))
			id := f.instance(p.change)
			running := func() bool { return f.attribute(id).DBInstanceStatus == "Running" }
			f.eventually(running)
			f.ok(f.createDatabase(id, "orders", p.charset))
			f.ok(f.createAccount(id, "alice"))
			f.ok(f.createAccount(id, "bob1"))
			f.ok(f.grant(id, "alice", "orders", p.privilege))
			a := f.attribute(id)
			try := func(account, password string) error {
				db, err := p.open(account, password, a.ConnectionString, a.Port, "orders")
				if err != nil {
					return err
				}
				defer func() { _ = db.Close() }()
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				_, err = db.ExecContext(ctx, makeThings(name))
				return err
			}
			refused := func(what, account, password string) {
				t.Helper()
				if try(account, password) == nil {
					t.Errorf("%s still connects", what)
				}
			}
			f.ok(try("alice", password))
			refused("an account without a privilege", "bob1", password)
			refused("a wrong password", "alice", "Wr0ngpassword")

			f.ok(f.modifyIPs(id, "", "Cover", "10.0.0.1"))
			refused("a client that is not on the whitelist", "alice", password)
			f.ok(f.modifyIPs(id, "osb", "", "127.0.0.0/8"))

			f.ok(f.restart(id))
			f.eventually(running)
			f.ok(try("alice", password))
			reset := sdk.CreateResetAccountPasswordRequest()
			reset.DBInstanceId, reset.AccountName, reset.AccountPassword = id, "alice", "N3wpassword"
			must(f.ResetAccountPassword(reset))(f)
			refused("the old password", "alice", password)
			f.ok(try("alice", "N3wpassword"))

			if name == "PostgreSQL" { // which revokes nothing, and whose owners stay with their databases
				f.wantCode(f.deleteAccount(id, "alice"), 401, "AccountActionForbidden")
				drop := sdk.CreateDeleteDatabaseRequest()
				drop.DBInstanceId, drop.DBName = id, "orders"
				must(f.DeleteDatabase(drop))(f)
			} else {
				f.ok(f.revoke(id, "alice", "orders"))
				refused("an account whose privilege was revoked", "alice", "N3wpassword")
				f.ok(f.grant(id, "alice", "orders", p.privilege))
			}
			f.ok(f.deleteAccount(id, "alice"))
			refused("a deleted account", "alice", "N3wpassword")
			f.ok(f.delete(id))
			f.eventually(f.srv.Empty)
			refused("a deleted instance", "bob1", password)
		})
	}
}
