package assumptions_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// shared are the database servers of this machine, opened for the first test that needs
// them and closed after the last one: each opening makes templates of its own.
var shared struct { //nolint:gochecknoglobals // it belongs to TestMain
	once    sync.Once
	engines *engine.Installed
	err     error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.engines != nil {
		if err := shared.engines.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// realEngines returns the database servers of this machine, which are required
// unless ENGINES=none says that there are none.
func realEngines(t *testing.T) *engine.Installed {
	t.Helper()
	if os.Getenv("ENGINES") == "none" {
		t.Skip("ENGINES=none")
	}
	shared.once.Do(func() { shared.engines, shared.err = engine.Open(engine.Options{}) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.engines
}

// login opens a session of an account.
func login(ctx context.Context, t *testing.T, address, account, password string) (*sql.Conn, error) {
	t.Helper()
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr, c.DBName, c.Logger = account, password, "tcp", address, "checked", &mysql.NopLogger{}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	t.Cleanup(func() { _ = db.Close() })
	return db.Conn(ctx)
}

// withSession makes an instance with a real server, and opens a session of an
// account in it.
func withSession(e *environment) (id, address string, session *sql.Conn) {
	e.Helper()
	id = e.started()
	for _, call := range [][]string{
		{"CreateDatabase", "DBName", "checked", "CharacterSetName", "utf8mb4"},
		{"CreateAccount", "AccountName", "holder", "AccountPassword", password},
		{"GrantAccountPrivilege", "AccountName", "holder", "DBName", "checked", "AccountPrivilege", "ReadWrite"},
	} {
		e.eventually(call[0], func() bool { return e.rds(call[0], append(call[1:], "DBInstanceId", id)...).status == 200 })
	}
	at := into[struct {
		Items struct {
			DBInstanceAttribute []struct{ ConnectionString, Port string }
		}
	}](e.rds("DescribeDBInstanceAttribute", "DBInstanceId", id)).Items.DBInstanceAttribute[0]
	address = net.JoinHostPort(at.ConnectionString, at.Port)
	session, err := login(e.Context(), e.T, address, "holder", password)
	if err != nil {
		e.Fatal(err)
	}
	return id, address, session
}

func TestA053_ResetPassword_KeepsOpenSessions(t *testing.T) {
	engines := realEngines(t)
	verify(t, never, func(e *environment) {
		id, address, session := withSession(e)
		e.rds("ResetAccountPassword", "DBInstanceId", id, "AccountName", "holder", "AccountPassword", "Check_5678").ok()
		if _, err := session.ExecContext(e.Context(), "CREATE TABLE made_after_it (id INT)"); err != nil {
			e.Errorf("the open session: %v", err)
		}
		if _, err := login(e.Context(), e.T, address, "holder", password); err == nil {
			e.Error("the old password opens a session")
		}
		if _, err := login(e.Context(), e.T, address, "holder", "Check_5678"); err != nil {
			e.Errorf("the new password: %v", err)
		}
	}, emulatortest.WithEngine(engines))
}

func TestA056_DeleteAccount_EndsOpenSessions(t *testing.T) {
	engines := realEngines(t)
	verify(t, never, func(e *environment) {
		id, address, session := withSession(e)
		e.rds("DeleteAccount", "DBInstanceId", id, "AccountName", "holder").ok()
		if _, err := session.ExecContext(e.Context(), "SELECT 1"); err == nil {
			e.Error("the open session goes on")
		}
		if _, err := login(e.Context(), e.T, address, "holder", password); err == nil {
			e.Error("a new session opens")
		}
	}, emulatortest.WithEngine(engines))
}

func TestA570_LockedInstance_ServerReadsAlone(t *testing.T) {
	engines := realEngines(t)
	verify(t, never, func(e *environment) { // a disk takes long to fill
		id, _, session := withSession(e)
		e.srv.RDS().Behave(func(b *rds.Behaviour) { b.DiskUsed = map[string]int64{id: 1 << 50} })
		var err error
		for err == nil { // the lock comes a moment later
			_, err = session.ExecContext(e.Context(), "CREATE OR REPLACE TABLE made_before_it (id INT)")
		}
		var refused *mysql.MySQLError
		if !errors.As(err, &refused) || refused.Number != 1290 {
			e.Errorf("a write: %v", err)
		}
		if _, err := session.ExecContext(e.Context(), "SELECT 1"); err != nil {
			e.Errorf("a read: %v", err)
		}
	}, emulatortest.WithEngine(engines))
}
