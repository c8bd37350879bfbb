package rds_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// saved returns the state of an emulator with one instance that has all kinds
// of contents.
func saved(t *testing.T) (state *bytes.Buffer, id string) {
	t.Helper()
	f := newFixture(t)
	id = f.instance()
	f.ok(f.createDatabase(id, "orders", "utf8"))
	f.ok(f.createDatabase(id, "leaving", "utf8"))
	f.ok(f.createAccount(id, "alice"))
	f.ok(f.createAccount(id, "chief", super))
	f.ok(f.createAccount(id, "leaving"))
	f.srv.Clock().Advance(30 * time.Second)
	f.ok(f.grant(id, "alice", "orders", "ReadWrite"))
	f.ok(f.deleteAccount(id, "leaving"))
	state = new(bytes.Buffer)
	if err := f.srv.Save(state); err != nil {
		t.Fatal(err)
	}
	return state, id
}

func TestRestore_WithEngine_NewServerGetsAllButData(t *testing.T) {
	state, id := saved(t)
	r := &recorder{start: make(chan error)}
	f := newFixture(t, emulatortest.WithEngine(r))
	if err := f.srv.Load(state); err != nil {
		t.Fatal(err)
	}
	f.wantStatus(id, "Creating")
	r.start <- nil
	f.eventually(func() bool { return f.attribute(id).DBInstanceStatus == "Running" })
	want := []string{
		"create database orders utf8", "create database leaving utf8", "create account alice Passw0rd false", "grant alice orders ReadWrite",
		"create account chief Passw0rd true", "allow [192.168.0.0/16]",
	}
	if diff := cmp.Diff(want, r.recorded()); diff != "" {
		t.Errorf("calls of the server (-want, +got):\n%s", diff)
	}
	if a := f.attribute(id); a.ConnectionString != "127.0.0.9" || a.Port != "33060" {
		t.Errorf("endpoint %s:%s, want the new server's", a.ConnectionString, a.Port)
	}
}

func TestRestore_ServerRefuses_InstanceStaysCreating(t *testing.T) {
	state, id := saved(t)
	reports := make(chan error, 1)
	broken := errors.New("no room")
	r := &recorder{start: make(chan error), fails: broken}
	f := newFixture(t, emulatortest.WithEngine(r), emulatortest.WithConfig(func(c *emulator.Config) { c.Report = func(err error) { reports <- err } }))
	if err := f.srv.Load(state); err != nil {
		t.Fatal(err)
	}
	r.start <- nil
	if err := <-reports; !errors.Is(err, broken) {
		t.Errorf("reported %v, want %v", err, broken)
	}
	f.wantStatus(id, "Creating")
}
