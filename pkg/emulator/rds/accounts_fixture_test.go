package rds_test

import (
	"fmt"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"
	"github.com/google/go-cmp/cmp"
)

const password = "Passw0rd"

func (f *fixture) createAccount(id, name string, change ...func(*sdk.CreateAccountRequest)) error {
	r := sdk.CreateCreateAccountRequest()
	r.DBInstanceId, r.AccountName, r.AccountPassword = id, name, password
	for _, c := range change {
		c(r)
	}
	_, err := f.CreateAccount(r)
	return err
}

func super(r *sdk.CreateAccountRequest) { r.AccountType = "Super" }

func (f *fixture) deleteAccount(id, name string) error {
	r := sdk.CreateDeleteAccountRequest()
	r.DBInstanceId, r.AccountName = id, name
	_, err := f.DeleteAccount(r)
	return err
}

func (f *fixture) createDatabase(id, name, charset string) error {
	r := sdk.CreateCreateDatabaseRequest()
	r.DBInstanceId, r.DBName, r.CharacterSetName = id, name, charset
	_, err := f.CreateDatabase(r)
	return err
}

func (f *fixture) grant(id, account, databases, privileges string) error {
	r := sdk.CreateGrantAccountPrivilegeRequest()
	r.DBInstanceId, r.AccountName, r.DBName, r.AccountPrivilege = id, account, databases, privileges
	_, err := f.GrantAccountPrivilege(r)
	return err
}

func (f *fixture) revoke(id, account, databases string) error {
	r := sdk.CreateRevokeAccountPrivilegeRequest()
	r.DBInstanceId, r.AccountName, r.DBName = id, account, databases
	_, err := f.RevokeAccountPrivilege(r)
	return err
}

// accounts returns "name type status db=privilege ..." of each account.
func (f *fixture) accounts(id string) []string {
	f.Helper()
	r := sdk.CreateDescribeAccountsRequest()
	r.DBInstanceId = id
	lines := []string{}
	for _, a := range must(f.DescribeAccounts(r))(f).Accounts.DBInstanceAccount {
		line := fmt.Sprint(a.AccountName, " ", a.AccountType, " ", a.AccountStatus)
		for _, p := range a.DatabasePrivileges.DatabasePrivilege {
			line += " " + p.DBName + "=" + p.AccountPrivilege
		}
		lines = append(lines, line)
	}
	return lines
}

func (f *fixture) wantAccounts(id string, want ...string) {
	f.Helper()
	if diff := cmp.Diff(append([]string{}, want...), f.accounts(id)); diff != "" {
		f.Errorf("accounts (-want, +got):\n%s", diff)
	}
}

func (f *fixture) ok(err error) {
	f.Helper()
	if err != nil {
		f.Fatal(err)
	}
}
