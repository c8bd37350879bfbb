package rds_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
)

// A recorder is an engine with one server that records its calls.
type recorder struct {
	start chan error // each Start, Restart and Stop waits for one
	fails error      // the answer of each call inside the server

	mu   sync.Mutex
	said []string
}

func (r *recorder) say(format string, args ...any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.said = append(r.said, fmt.Sprintf(format, args...))
	return r.fails
}

func (r *recorder) recorded() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.said)
}

func (r *recorder) Start(ctx context.Context, _, _ string) (engine.Server, error) {
	select {
	case err := <-r.start:
		return r, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (r *recorder) Runs(kind string) bool  { return kind != "SQLServer" }
func (r *recorder) Addr() netip.AddrPort   { return netip.MustParseAddrPort("127.0.0.9:33060") }
func (r *recorder) Allow(p []netip.Prefix) { _ = r.say("allow %v", p) }
func (r *recorder) Restart(ctx context.Context) error {
	select {
	case err := <-r.start:
		return errors.Join(err, r.say("restart"))
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *recorder) Stop(context.Context) error                { return errors.Join(<-r.start, r.say("stop")) }
func (r *recorder) ReadOnly(_ context.Context, on bool) error { return r.say("read-only %v", on) }
func (r *recorder) DropDatabase(_ context.Context, name string) error {
	return r.say("drop database %s", name)
}
func (r *recorder) DropAccount(_ context.Context, name string) error {
	return r.say("drop account %s", name)
}
func (r *recorder) Revoke(_ context.Context, account, database string) error {
	return r.say("revoke %s %s", account, database)
}

func (r *recorder) CreateDatabase(_ context.Context, name, charset string) error {
	return r.say("create database %s %s", name, charset)
}

func (r *recorder) CreateAccount(_ context.Context, name, password string, super bool) error {
	return r.say("create account %s %s %v", name, password, super)
}

func (r *recorder) SetPassword(_ context.Context, name, password string) error {
	return r.say("set password %s %s", name, password)
}

func (r *recorder) LockAccount(_ context.Context, name string, locked bool) error {
	return r.say("lock account %s %v", name, locked)
}

func (r *recorder) Encrypt(_ context.Context, e *engine.Encryption) error {
	return r.say("encrypt %v", e != nil)
}

func (r *recorder) Grant(_ context.Context, account, database, privilege string) error {
	return r.say("grant %s %s %s", account, database, privilege)
}

// newEngineFixture returns an instance with a running server.
func newEngineFixture(t *testing.T) (*fixture, *recorder, string) {
	t.Helper()
	r := &recorder{start: make(chan error)}
	f := newFixture(t, emulatortest.WithEngine(r))
	id := must(f.CreateDBInstance(createRequest()))(f).DBInstanceId
	f.srv.Clock().Advance(5 * time.Minute)
	f.wantStatus(id, "Creating") // its time has passed, but not its server started
	r.start <- nil
	f.eventually(func() bool { return f.attribute(id).DBInstanceStatus == "Running" })
	return f, r, id
}

// eventually polls until the condition holds; the test's time-out ends it.
func (f *fixture) eventually(so func() bool) {
	f.Helper()
	for !so() {
		if f.Context().Err() != nil {
			f.Fatal("it never came to be")
		}
	}
}

func TestEngine_Calls_ReachTheServer(t *testing.T) {
	f, r, id := newEngineFixture(t)
	if a := f.attribute(id); a.ConnectionString != "127.0.0.9" || a.Port != "33060" {
		t.Errorf("endpoint %s:%s, want the server's", a.ConnectionString, a.Port)
	}
	f.ok(f.createDatabase(id, "orders", "utf8"))
	f.ok(f.createAccount(id, "alice"))
	f.ok(f.createAccount(id, "chief", super))
	f.srv.Clock().Advance(30 * time.Second)
	f.ok(f.grant(id, "alice", "orders", "ReadWrite"))
	reset := sdk.CreateResetAccountPasswordRequest()
	reset.DBInstanceId, reset.AccountName, reset.AccountPassword = id, "alice", "N3wpassword"
	must(f.ResetAccountPassword(reset))(f)
	f.ok(f.modifyIPs(id, "osb", "", "127.0.0.1"))
	f.ok(f.revoke(id, "alice", "orders"))
	f.ok(f.deleteAccount(id, "alice"))
	drop := sdk.CreateDeleteDatabaseRequest()
	drop.DBInstanceId, drop.DBName = id, "orders"
	must(f.DeleteDatabase(drop))(f)
	f.ok(f.restart(id))
	f.srv.Clock().Advance(2 * time.Minute)
	f.wantStatus(id, "Rebooting") // its time has passed, but its server is not back
	r.start <- nil
	f.eventually(func() bool { return f.attribute(id).DBInstanceStatus == "Running" })
	f.ok(f.delete(id))
	f.srv.Clock().Advance(time.Hour)
	f.wantStatus(id, "Deleting") // its server still runs
	r.start <- nil
	f.eventually(f.srv.Empty)
	want := []string{
		"allow [192.168.0.0/16]", "create database orders utf8", "create account alice Passw0rd false", "create account chief Passw0rd true",
		"grant alice orders ReadWrite", "set password alice N3wpassword", "allow [192.168.0.0/16 127.0.0.1/32]", "revoke alice orders",
		"drop account alice", "drop database orders", "restart", "stop",
	}
	if diff := cmp.Diff(want, r.recorded()); diff != "" {
		t.Errorf("calls of the server (-want, +got):\n%s", diff)
	}
}

func TestEngine_ServerRefuses_NothingRecorded(t *testing.T) {
	f, r, id := newEngineFixture(t)
	r.mu.Lock()
	r.fails = errors.New("disk full")
	r.mu.Unlock()
	f.wantCode(f.createAccount(id, "alice"), 400, "Account.AddError")
	f.wantCode(f.createDatabase(id, "orders", "utf8"), 400, "Database.ConnectError")
	f.wantAccounts(id)
	if got := f.databaseStatus(id, "orders"); got != "missing" {
		t.Errorf("the database is %s", got)
	}
}

func TestEngine_StartFails_InstanceStaysCreating(t *testing.T) {
	r := &recorder{start: make(chan error)}
	reports := make(chan error, 1)
	f := newFixture(t, emulatortest.WithEngine(r), emulatortest.WithConfig(func(c *emulator.Config) { c.Report = func(err error) { reports <- err } }))
	id := must(f.CreateDBInstance(createRequest()))(f).DBInstanceId
	broken := errors.New("no room")
	r.start <- broken
	if err := <-reports; !errors.Is(err, broken) {
		t.Errorf("reported %v, want %v", err, broken)
	}
	f.srv.Clock().Advance(time.Hour)
	f.wantStatus(id, "Creating")
}

func TestEngine_RestartFails_InstanceStaysRebooting(t *testing.T) {
	reports := make(chan error, 1)
	r := &recorder{start: make(chan error)}
	f := newFixture(t, emulatortest.WithEngine(r), emulatortest.WithConfig(func(c *emulator.Config) { c.Report = func(err error) { reports <- err } }))
	id := must(f.CreateDBInstance(createRequest()))(f).DBInstanceId
	r.start <- nil
	f.srv.Clock().Advance(5 * time.Minute)
	f.eventually(func() bool { return f.attribute(id).DBInstanceStatus == "Running" })
	f.ok(f.restart(id))
	broken := errors.New("no room")
	r.start <- broken
	if err := <-reports; !errors.Is(err, broken) {
		t.Errorf("reported %v, want %v", err, broken)
	}
	f.srv.Clock().Advance(time.Hour)
	f.wantStatus(id, "Rebooting")
}

func TestClose_StartInProgress_ReportsNoFailure(t *testing.T) {
	r := &recorder{start: make(chan error)}
	reports := make(chan error, 3)
	f := newFixture(t, emulatortest.WithEngine(r), emulatortest.WithConfig(func(c *emulator.Config) { c.Report = func(err error) { reports <- err } }))
	id := must(f.CreateDBInstance(createRequest()))(f).DBInstanceId
	r.start <- nil
	f.srv.Clock().Advance(5 * time.Minute)
	f.eventually(func() bool { return f.attribute(id).DBInstanceStatus == "Running" })
	must(f.CreateDBInstance(createRequest()))(f) // starts
	f.ok(f.restart(id))                          // restarts
	if err := f.srv.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-reports:
		t.Errorf("reported %v", err)
	default:
	}
}
