package rds_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func TestRestore_RealEngine_OldPasswordsConnect(t *testing.T) {
	engines := realEngines(t)
	for name, p := range products() {
		if name == "MariaDB" { // the same server as MySQL's
			continue
		}
		t.Run(name, func(t *testing.T) {
			old := newFixture(t, emulatortest.WithProfile(rds.Instant()))
			id := old.instance(p.change)
			old.ok(old.createDatabase(id, "orders", p.charset))
			old.ok(old.createAccount(id, "alice"))
			old.ok(old.createAccount(id, "bob1"))
			old.ok(old.grant(id, "alice", "orders", p.privilege))
			var state bytes.Buffer
			old.ok(old.srv.Save(&state))

			f := newFixture(t, emulatortest.WithEngine(engines), emulatortest.WithProfile(rds.Instant()))
			f.ok(f.srv.Load(&state))
			f.eventually(func() bool { return f.attribute(id).DBInstanceStatus == "Running" })
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
			f.ok(try("alice", password))
			if try("bob1", password) == nil || try("alice", "Wr0ngpassword") == nil {
				t.Error("an account without a privilege, or with a wrong password, may create tables")
			}
			f.ok(f.delete(id))
			f.eventually(f.srv.Empty)
		})
	}
}
