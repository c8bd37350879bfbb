package rds_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/kms"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func TestLockedServer_EachLock_ReachesTheEngine(t *testing.T) {
	f, r, id := newEngineFixture(t)
	said := func(n int, what string) {
		t.Helper()
		f.eventually(func() bool { return len(r.recorded()) >= n })
		if got := r.recorded(); len(got) != n || got[n-1] != what {
			t.Errorf("the server was told %q, want %q at the end", got, what)
		}
	}
	f.behave(func(b *rds.Behaviour) { b.DiskUsed = map[string]int64{id: 1 << 50} })
	said(2, "read-only true") // after the whitelist
	f.behave(func(b *rds.Behaviour) { b.Locks = map[string]string{id: "LockByExpiration"} })
	f.attribute(id)
	f.behave(func(b *rds.Behaviour) { b.DiskUsed, b.Locks = nil, nil })
	said(3, "read-only false")
	f.behave(func(b *rds.Behaviour) { b.Locks = map[string]string{"rm-other": "LockByDiskQuota"} })
	f.attribute(id)
	said(3, "read-only false")
}

func TestLockedServer_Expired_LockedAtTheNextLook(t *testing.T) {
	r := &recorder{start: make(chan error)}
	f := newFixture(t, emulatortest.WithEngine(r))
	request := createRequest()
	request.PayType, request.Period, request.UsedTime = "Prepaid", "Month", "1"
	id := must(f.CreateDBInstance(request))(f).DBInstanceId
	r.start <- nil
	f.srv.Clock().Advance(5 * time.Minute)
	f.eventually(func() bool { return f.attribute(id).DBInstanceStatus == "Running" })
	f.srv.Clock().Advance(32 * 24 * time.Hour)
	f.eventually(func() bool {
		f.attribute(id)
		got := r.recorded()
		return got[len(got)-1] == "read-only true"
	})
}

func TestLockedServer_KeyDisabled_AdmitsNoClient(t *testing.T) {
	r := &recorder{start: make(chan error)}
	f := newFixture(t, emulatortest.WithEngine(r))
	key := func(state string) {
		f.srv.KMS().Behave(func(b *kms.Behaviour) { b.Keys = kms.Keys{{ID: "own", State: state}} })
	}
	key(kms.Enabled)
	request := createRequest()
	cloudDisk(request)
	request.EncryptionKey, request.RoleARN = "own", "acs:ram::1000000000000001:role/aliyunrdsinstanceencryptiondefaultrole"
	id := must(f.CreateDBInstance(request))(f).DBInstanceId
	r.start <- nil
	f.srv.Clock().Advance(5 * time.Minute)
	f.eventually(func() bool { return f.attribute(id).DBInstanceStatus == "Running" })
	allowed := func() (last string) {
		f.attribute(id)
		for _, said := range r.recorded() {
			if strings.HasPrefix(said, "allow") {
				last = said
			}
		}
		return last
	}
	open := allowed()
	key(kms.Disabled)
	if got := allowed(); got != "allow []" {
		t.Errorf("without its key the server was told %q", got)
	}
	key(kms.Enabled)
	if got := allowed(); got != open {
		t.Errorf("with its key the server was told %q, want %q", got, open)
	}
}

func TestRealEngine_LockedAndStopped_AsInTheCloud(t *testing.T) {
	engines := realEngines(t)
	for name, p := range products() {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, emulatortest.WithEngine(engines), emulatortest.WithProfile(rds.Instant()))
			id := f.instance(func(r *sdk.CreateDBInstanceRequest) {
				if name == "MySQL" {
					cloudDisk(r)
				}
				p.change(r)
			})
			f.eventually(func() bool { return f.attribute(id).DBInstanceStatus == "Running" })
			f.ok(f.createDatabase(id, "orders", p.charset))
			f.ok(f.createAccount(id, "alice"))
			f.ok(f.grant(id, "alice", "orders", p.privilege))
			a := f.attribute(id)
			db, err := p.open("alice", password, a.ConnectionString, a.Port, "orders")
			f.ok(err)
			defer func() { _ = db.Close() }()
			writes := func() bool { return write(t, db, name) == nil }
			f.ok(write(t, db, name))
			f.behave(func(b *rds.Behaviour) { b.DiskUsed = map[string]int64{id: 1 << 50} })
			f.eventually(func() bool { return !writes() })
			f.ok(db.PingContext(t.Context())) // it reads
			f.behave(func(b *rds.Behaviour) { b.DiskUsed = nil })
			f.eventually(writes)
			if name != "MySQL" { // the others cannot be stopped
				return
			}
			f.done("StopDBInstance", "DBInstanceId", id)
			if db.PingContext(t.Context()) == nil {
				t.Error("a stopped instance is open")
			}
			f.done("StartDBInstance", "DBInstanceId", id)
			f.eventually(writes)
		})
	}
}

// write makes a table and a row in it.
func write(t *testing.T, db *sql.DB, engine string) error {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), makeThings(engine)); err != nil {
		return err
	}
	table := "things"
	if engine == "PostgreSQL" {
		table = "mine.things"
	}
	_, err := db.ExecContext(t.Context(), "INSERT INTO "+table+" VALUES ('one')")
	return err
}
