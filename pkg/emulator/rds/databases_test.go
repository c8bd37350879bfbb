package rds_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func (f *fixture) databaseStatus(id, name string) string {
	f.Helper()
	r := sdk.CreateDescribeDatabasesRequest()
	r.DBInstanceId, r.DBName = id, name
	list := must(f.DescribeDatabases(r))(f).Databases.Database
	if len(list) == 0 {
		return "missing"
	}
	return list[0].DBStatus
}

func TestDatabase_Lifecycle_RunningThenDeleted(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	remove := func() error {
		r := sdk.CreateDeleteDatabaseRequest()
		r.DBInstanceId, r.DBName = id, "orders"
		_, err := f.DeleteDatabase(r)
		return err
	}
	want := func(status string) {
		t.Helper()
		if got := f.databaseStatus(id, "orders"); got != status {
			t.Errorf("database is %s, want %s", got, status)
		}
	}
	f.wantCode(remove(), 404, "InvalidDBName.NotFound")
	f.ok(f.createDatabase(id, "orders", "utf8mb4"))
	want("Creating")
	f.wantCode(f.createDatabase(id, "orders", "utf8mb4"), 400, "InvalidDBName.Duplicate")
	f.wantCode(remove(), 403, "OperationDenied.DBStatus")
	f.srv.Clock().Advance(30 * time.Second)
	want("Running")
	f.ok(remove())
	want("Deleting")
	f.srv.Clock().Advance(30 * time.Second)
	want("missing")
}

func TestDescribeDatabases_PostgreSQL_ThreePartsOfTheCharset(t *testing.T) {
	f := newFixture(t)
	id := f.instance(postgres)
	f.ok(f.createDatabase(id, "whole", "UTF8,de_DE.utf8,C"))
	f.ok(f.createDatabase(id, "short", "WIN1257"))
	for _, charset := range []string{"utf8mb4", "UTF8,C,C,C", "utf8,C,C"} {
		f.wantCode(f.createDatabase(id, "other", charset), 400, "InvalidCharacterSetName.Format")
	}
	f.ok(f.createAccount(id, "alice"))
	f.srv.Clock().Advance(30 * time.Second)
	f.ok(f.grant(id, "alice", "whole", "DBOwner"))
	r := sdk.CreateDescribeDatabasesRequest()
	r.DBInstanceId = id
	list := must(f.DescribeDatabases(r))(f).Databases.Database
	for i, want := range []string{"UTF8 de_DE.utf8 C -1 pg_default", "WIN1257 C en_US.utf8 -1 pg_default"} {
		if d := list[i]; fmt.Sprint(d.CharacterSetName, " ", d.Collate, " ", d.Ctype, " ", d.ConnLimit, " ", d.Tablespace) != want {
			t.Errorf("%s is %+v, want %s", d.DBName, d, want)
		}
	}
	if got := list[0].Accounts.AccountPrivilegeInfo; len(got) != 1 || got[0].AccountPrivilege != "ALL" {
		t.Errorf("privileges %+v, want ALL of the owner", got)
	}
}

func TestGrant_SecondOwner_RefusedOrMoves(t *testing.T) {
	for _, moves := range []bool{false, true} {
		f := newFixture(t)
		f.behave(func(b *rds.Behaviour) { b.OwnerMoves = moves })
		id := f.instance(postgres)
		f.ok(f.createDatabase(id, "whole", "UTF8"))
		f.ok(f.createAccount(id, "alice"))
		f.ok(f.createAccount(id, "bob1"))
		f.srv.Clock().Advance(30 * time.Second)
		f.ok(f.grant(id, "alice", "whole", "DBOwner"))
		f.ok(f.grant(id, "alice", "whole", "DBOwner"))
		if !moves {
			f.wantCode(f.grant(id, "bob1", "whole", "DBOwner"), 403, "IncorrectAccountPrivilegeType")
			f.wantAccounts(id, "alice Normal Available whole=DBOwner", "bob1 Normal Available")
			continue
		}
		f.ok(f.grant(id, "bob1", "whole", "DBOwner"))
		f.wantAccounts(id, "alice Normal Available", "bob1 Normal Available whole=DBOwner")
		f.ok(f.deleteAccount(id, "alice"))
	}
}

func TestCreateDatabase_BadRequest_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	for title, tc := range map[string]struct{ name, charset, code string }{
		"no name":             {"", "utf8", "MissingDBName"},
		"no character set":    {"orders", "", "MissingCharacterSetName"},
		"upper case":          {"Orders", "utf8", "InvalidDBName.Format"},
		"digit first":         {"1orders", "utf8", "InvalidDBName.Format"},
		"hyphen last":         {"orders-", "utf8", "InvalidDBName.Format"},
		"65 characters":       {strings.Repeat("d", 65), "utf8", "InvalidDBName.Format"},
		"keyword":             {"mysql", "utf8", "InvalidDBName.Forbid"},
		"PostgreSQL's":        {"orders", "UTF8", "InvalidCharacterSetName.Format"},
		"collation for MySQL": {"orders", "utf8,C", "InvalidCharacterSetName.Format"},
	} {
		t.Run(title, func(t *testing.T) {
			f := &fixture{T: t, Client: f.Client}
			f.wantCode(f.createDatabase(id, tc.name, tc.charset), 400, tc.code)
		})
	}
	f.ok(f.createDatabase(id, strings.Repeat("d", 64), "utf8"))
}
