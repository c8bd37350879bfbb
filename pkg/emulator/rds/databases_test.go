package rds_test

import (
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
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
