package rds_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func TestAccount_Lifecycle_AvailableThenDeleted(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.ok(f.createAccount(id, "alice"))
	f.wantAccounts(id, "alice Normal Unavailable")
	f.wantCode(f.createAccount(id, "alice"), 400, "InvalidAccountName.Duplicate")
	f.wantCode(f.deleteAccount(id, "alice"), 400, "IncorrectAccountStatus")
	f.srv.Clock().Advance(20 * time.Second)
	f.wantAccounts(id, "alice Normal Available")
	f.ok(f.deleteAccount(id, "alice"))
	f.wantCode(f.createAccount(id, "alice"), 400, "InvalidAccountName.Duplicate")
	f.srv.Clock().Advance(20 * time.Second)
	f.wantAccounts(id)
	f.wantCode(f.deleteAccount(id, "alice"), 404, "InvalidAccountName.NotFound")
	f.ok(f.createAccount(id, "alice"))
}

func TestCreateAccount_InstanceNotRunning_Refused(t *testing.T) {
	f := newFixture(t)
	id := must(f.CreateDBInstance(createRequest()))(f).DBInstanceId
	f.wantCode(f.createAccount(id, "alice"), 403, "OperationDenied.DBInstanceStatus")
	f.wantCode(f.createDatabase(id, "orders", "utf8"), 403, "OperationDenied.DBInstanceStatus")
	f.wantCode(f.createAccount("rm-x", "alice"), 404, "InvalidDBInstanceId.NotFound")
}

func TestCreateAccount_Name_LimitedByVersion(t *testing.T) {
	f := newFixture(t)
	old := f.instance()
	modern := f.instance(func(r *sdk.CreateDBInstanceRequest) { r.EngineVersion = "5.7" })
	name := func(n int) string { return strings.Repeat("n", n) }
	cases := map[string]struct {
		id, name, code string
	}{
		"16 on 5.6":        {old, name(16), ""},
		"17 on 5.6":        {old, name(17), "InvalidAccountName.Format"},
		"32 on 5.7":        {modern, name(32), ""},
		"33 on 5.7":        {modern, name(33), "InvalidAccountName.Format"},
		"one character":    {old, "a", "InvalidAccountName.Format"},
		"upper case":       {old, "Bob", ""},
		"digit first":      {old, "1a", "InvalidAccountName.Format"},
		"underscore last":  {old, "a_", "InvalidAccountName.Format"},
		"underscore":       {old, "a_1", ""},
		"hyphen":           {old, "a-1", "InvalidAccountName.Format"},
		"keyword":          {old, "root", "InvalidAccountName.Forbid"},
		"keyword in upper": {old, "Admin", "InvalidAccountName.Forbid"},
		"none":             {old, "", "MissingAccountName"},
	}
	for title, tc := range cases {
		t.Run(title, func(t *testing.T) {
			f := &fixture{T: t, Client: f.Client}
			err := f.createAccount(tc.id, tc.name)
			if tc.code == "" {
				f.ok(err)
				return
			}
			f.wantCode(err, 400, tc.code)
		})
	}
}

func TestCreateAccount_WeakPassword_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	for i, good := range []string{"Passw0rd", "pass-w0rd", "PASS_W0RD", "Ab=" + strings.Repeat("x", 29)} {
		f.ok(f.createAccount(id, fmt.Sprint("user", i), func(r *sdk.CreateAccountRequest) { r.AccountPassword = good }))
	}
	for _, bad := range []string{"Passw0r", "password1", "PASSWORD1", "Passw0rd?", "Pässw0rd", "Ab=" + strings.Repeat("x", 30)} {
		f.wantCode(f.createAccount(id, "other", func(r *sdk.CreateAccountRequest) { r.AccountPassword = bad }), 400, "InvalidAccountPassword.Format")
		r := sdk.CreateResetAccountPasswordRequest()
		r.DBInstanceId, r.AccountName, r.AccountPassword = id, "user0", bad
		_, err := f.ResetAccountPassword(r)
		f.wantCode(err, 400, "InvalidAccountPassword.Format")
	}
	f.wantCode(f.createAccount(id, "other", func(r *sdk.CreateAccountRequest) { r.AccountPassword = "" }), 400, "MissingAccountPassword")
	for _, call := range f.srv.Calls("CreateAccount") {
		if p, ok := call.Params["AccountPassword"]; ok && p != "***" {
			t.Fatalf("the journal holds the password %q", p)
		}
	}
}

func TestCreateAccount_SecondSuper_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.ok(f.createAccount(id, "chief", super))
	f.wantCode(f.createAccount(id, "second", super), 403, "AccountLimitExceeded")
	f.wantCode(f.createAccount(id, "Chief"), 400, "InvalidAccountName.Duplicate") // differs in case alone
	f.wantCode(f.createAccount(id, "x1", func(r *sdk.CreateAccountRequest) { r.AccountType = "Root" }), 400, "InvalidAccountType.Format")
}

func TestBehaviour_FirstAccountSuper_RefusesNormal(t *testing.T) {
	f := newFixture(t)
	f.srv.RDS().Behave(func(b *rds.Behaviour) { b.FirstAccountSuper = true })
	id := f.instance()
	f.wantCode(f.createAccount(id, "alice"), 400, "InvalidAccountType.Format")
	f.ok(f.createAccount(id, "chief", super))
	f.ok(f.createAccount(id, "alice"))
}

func TestPrivileges_GrantAndRevoke_Shown(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.ok(f.createAccount(id, "alice"))
	f.ok(f.createAccount(id, "chief", super))
	f.ok(f.createDatabase(id, "orders", "utf8"))
	f.wantCode(f.grant(id, "alice", "orders", "ReadWrite"), 400, "IncorrectAccountStatus")
	f.srv.Clock().Advance(20 * time.Second)
	f.wantCode(f.grant(id, "alice", "orders", "ReadWrite"), 403, "OperationDenied.DBStatus")
	f.srv.Clock().Advance(10 * time.Second)
	f.ok(f.createDatabase(id, "stock", "utf8mb4"))
	f.srv.Clock().Advance(30 * time.Second)
	f.ok(f.grant(id, "alice", "orders,stock", "ReadWrite,ReadOnly"))
	f.ok(f.grant(id, "alice", "orders", "ReadWrite")) // once more
	f.ok(f.grant(id, "alice", "stock", "DMLOnly"))    // another in its place
	f.wantAccounts(id, "alice Normal Available orders=ReadWrite stock=DMLOnly", "chief Super Available")

	f.wantCode(f.grant(id, "bob", "orders", "ReadWrite"), 404, "InvalidAccountName.NotFound")
	f.wantCode(f.grant(id, "alice", "nodb", "ReadWrite"), 404, "InvalidDB.NotFound")
	f.wantCode(f.grant(id, "alice", "orders", "DBOwner"), 400, "InvalidAccountPrivilege.Malformed")
	f.wantCode(f.grant(id, "alice", "orders,stock", "ReadWrite"), 400, "InvalidDBNameOrAccountPrivilege")
	f.wantCode(f.grant(id, "chief", "orders", "ReadWrite"), 403, "IncorrectAccountType")

	f.ok(f.revoke(id, "alice", "orders"))
	f.wantAccounts(id, "alice Normal Available stock=DMLOnly", "chief Super Available")
	r := sdk.CreateDeleteDatabaseRequest()
	r.DBInstanceId, r.DBName = id, "stock"
	must(f.DeleteDatabase(r))(f)
	f.wantAccounts(id, "alice Normal Available", "chief Super Available")
}

func TestDescribeAccounts_FilterAndPages_Apply(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	for i := range 31 {
		f.ok(f.createAccount(id, fmt.Sprint("user", i)))
	}
	r := sdk.CreateDescribeAccountsRequest()
	r.DBInstanceId, r.PageSize, r.PageNumber = id, "30", "2"
	response := must(f.DescribeAccounts(r))(f)
	if n := len(response.Accounts.DBInstanceAccount); n != 1 || response.TotalRecordCount != 31 {
		t.Errorf("page 2 has %d of %d accounts, want 1 of 31", n, response.TotalRecordCount)
	}
	r = sdk.CreateDescribeAccountsRequest()
	r.DBInstanceId, r.AccountName = id, "user7"
	if list := must(f.DescribeAccounts(r))(f).Accounts.DBInstanceAccount; len(list) != 1 || list[0].AccountName != "user7" {
		t.Errorf("accounts %+v, want user7", list)
	}
	r.PageSize = "29"
	_, err := f.DescribeAccounts(r)
	f.wantCode(err, 400, "InvalidParameter")
}

func TestResetAccount_Super_GetsNewPassword(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.ok(f.createAccount(id, "chief", super))
	f.ok(f.createAccount(id, "alice"))
	reset := func(name, password string) error {
		r := sdk.CreateResetAccountRequest()
		r.DBInstanceId, r.AccountName, r.AccountPassword = id, name, password
		_, err := f.ResetAccount(r)
		return err
	}
	f.wantCode(reset("chief", "N3wpassword"), 400, "IncorrectAccountStatus")
	f.srv.Clock().Advance(20 * time.Second)
	f.ok(reset("chief", "N3wpassword"))
	f.wantCode(reset("chief", "short"), 400, "InvalidAccountPassword.Format")
	f.wantCode(reset("alice", "N3wpassword"), 403, "IncorrectAccountType")
	f.wantCode(reset("bob", "N3wpassword"), 404, "InvalidAccountName.NotFound")
}

func TestDescribeAccounts_Fields_AllPresent(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.ok(f.createAccount(id, "alice"))
	f.srv.Clock().Advance(20 * time.Second)
	describe := func(text string) error {
		r := sdk.CreateModifyAccountDescriptionRequest()
		r.DBInstanceId, r.AccountName, r.AccountDescription = id, "alice", text
		_, err := f.ModifyAccountDescription(r)
		return err
	}
	f.ok(describe("of-the-shop"))
	r := sdk.CreateDescribeAccountsRequest()
	r.DBInstanceId = id
	if got := must(f.DescribeAccounts(r))(f).Accounts.DBInstanceAccount[0].AccountDescription; got != "of-the-shop" {
		t.Errorf("the description is %s", got)
	}
	f.ok(describe("A" + strings.Repeat(" b", 127) + "c"))
	for _, bad := range []string{"7", "a", "A" + strings.Repeat("b", 256), "http://a", "a;b"} {
		f.wantCode(describe(bad), 400, "InvalidAccountDescription.Format")
	}
}

func postgres(r *sdk.CreateDBInstanceRequest) {
	r.Engine, r.EngineVersion, r.DBInstanceClass, r.ZoneIdSlave1 = "PostgreSQL", "15.0", "pg.n2.2c.1m", ""
}

func TestLockAccount_PostgreSQL_LocksAndUnlocks(t *testing.T) {
	f := newFixture(t)
	mysql, id := f.instance(), f.instance(postgres)
	set := func(id string, lock bool) error {
		if lock {
			r := sdk.CreateLockAccountRequest()
			r.DBInstanceId, r.AccountName = id, "alice"
			_, err := f.LockAccount(r)
			return err
		}
		r := sdk.CreateUnlockAccountRequest()
		r.DBInstanceId, r.AccountName = id, "alice"
		_, err := f.UnlockAccount(r)
		return err
	}
	f.ok(f.createAccount(id, "alice"))
	f.srv.Clock().Advance(20 * time.Second)
	f.wantCode(set(id, false), 400, "IncorrectAccountStatus")
	f.ok(set(id, true))
	f.wantAccounts(id, "alice Normal Lock")
	f.ok(set(id, false))
	f.ok(set(id, true))
	f.ok(f.deleteAccount(id, "alice"))
	f.wantCode(set(mysql, true), 403, "IncorrectDBInstanceType")
	f.ok(f.createAccount(id, "chief1", super))
	f.ok(f.createAccount(id, "chief2", super)) // of PostgreSQL there may be several
}

func TestDeleteAccount_OwnerOfDatabase_StaysUntilItIsGone(t *testing.T) {
	f := newFixture(t)
	id := f.instance(postgres)
	f.ok(f.createAccount(id, "alice"))
	f.ok(f.createDatabase(id, "orders", "UTF8"))
	f.srv.Clock().Advance(30 * time.Second)
	f.ok(f.grant(id, "alice", "orders", "DBOwner"))
	f.wantCode(f.deleteAccount(id, "alice"), 401, "AccountActionForbidden")
	f.wantCode(f.revoke(id, "alice", "orders"), 403, "IncorrectDBInstanceType")
	f.wantAccounts(id, "alice Normal Available orders=DBOwner")
	drop := sdk.CreateDeleteDatabaseRequest()
	drop.DBInstanceId, drop.DBName = id, "orders"
	must(f.DeleteDatabase(drop))(f)
	f.ok(f.deleteAccount(id, "alice"))
	f.srv.Clock().Advance(20 * time.Second)
	f.wantAccounts(id)
}

func TestGrant_FreshDatabase_UnknownForTheLag(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.srv.RDS().Behave(func(b *rds.Behaviour) { b.DatabaseLag = 10 * time.Second })
	f.ok(f.createAccount(id, "alice"))
	f.srv.Clock().Advance(20 * time.Second)
	f.ok(f.createDatabase(id, "orders", "utf8"))
	f.wantCode(f.grant(id, "alice", "orders", "ReadWrite"), 403, "OperationDenied.DBStatus")
	f.srv.Clock().Advance(30 * time.Second)
	if got := f.databaseStatus(id, "orders"); got != "Running" {
		t.Errorf("the database is %s", got)
	}
	f.wantCode(f.grant(id, "alice", "orders", "ReadWrite"), 404, "InvalidDB.NotFound")
	f.wantCode(f.revoke(id, "alice", "orders"), 404, "InvalidDB.NotFound")
	f.srv.Clock().Advance(10 * time.Second)
	f.ok(f.grant(id, "alice", "orders", "ReadWrite"))
}

func TestCheckNameAvailable_NamesInUse_Refused(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.ok(f.createAccount(id, "alice"))
	f.ok(f.createDatabase(id, "orders", "utf8"))
	account := func(name string) error {
		r := sdk.CreateCheckAccountNameAvailableRequest()
		r.DBInstanceId, r.AccountName = id, name
		_, err := f.CheckAccountNameAvailable(r)
		return err
	}
	database := func(name string) error {
		r := sdk.CreateCheckDBNameAvailableRequest()
		r.DBInstanceId, r.DBName = id, name
		_, err := f.CheckDBNameAvailable(r)
		return err
	}
	f.ok(account("bob"))
	f.wantCode(account("alice"), 400, "InvalidAccountName.Duplicate")
	f.wantCode(account("1"), 400, "InvalidAccountName.Format")
	f.wantCode(account("root"), 400, "InvalidAccountName.Forbid")
	f.ok(database("stock"))
	f.wantCode(database("orders"), 400, "InvalidDBName.Duplicate")
	f.wantCode(database("Stock"), 400, "InvalidDBName.Format")
	f.wantCode(database("mysql"), 400, "InvalidDBName.Forbid")

	f.srv.Clock().Advance(30 * time.Second)
	describe := sdk.CreateModifyDBDescriptionRequest()
	describe.DBInstanceId, describe.DBName, describe.DBDescription = id, "orders", "of-the-shop"
	must(f.ModifyDBDescription(describe))(f)
	all := sdk.CreateDescribeDatabasesRequest()
	all.DBInstanceId = id
	if got := must(f.DescribeDatabases(all))(f).Databases.Database[0].DBDescription; got != "of-the-shop" {
		t.Errorf("the description is %s", got)
	}
}
