package assumptions_test

import (
	"testing"
)

// owned returns an instance of PostgreSQL with an account that owns a database.
func (e *environment) owned() string {
	e.Helper()
	return e.ownedIn(e.instance(postgresql()...))
}

// postgresql returns the members of an order of PostgreSQL.
func postgresql() []string {
	return []string{"Engine", "PostgreSQL", "EngineVersion", "15.0", "DBInstanceClass", "pg.n2.2c.2m", "DBInstanceStorageType", "cloud_essd"}
}

// ownedIn makes the account and its database in an instance of PostgreSQL.
func (e *environment) ownedIn(id string) string {
	e.Helper()
	e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).ok()
	e.rds("CreateDatabase", "DBInstanceId", id, "DBName", "checked", "CharacterSetName", "UTF8,C,en_US.utf8").ok()
	e.eventually("the database is granted", func() bool {
		return e.rds("GrantAccountPrivilege", "DBInstanceId", id, "AccountName", "checked", "DBName", "checked", "AccountPrivilege", "DBOwner").status == 200
	})
	return id
}

func TestA330_GrantOnUnknownDatabase_NotFound(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).ok()
		e.rds("GrantAccountPrivilege", "DBInstanceId", id, "AccountName", "checked", "DBName", "missing", "AccountPrivilege", "ReadWrite").want(404, "InvalidDB.NotFound")
		e.rds("RevokeAccountPrivilege", "DBInstanceId", id, "AccountName", "checked", "DBName", "missing").want(404, "InvalidDB.NotFound")
	})
}

func TestA331_DeleteAccountWithDatabase_Forbidden(t *testing.T) {
	verify(t, spend, func(e *environment) {
		e.rds("DeleteAccount", "DBInstanceId", e.owned(), "AccountName", "checked").want(401, "AccountActionForbidden")
	})
}

func TestA332_PostgreSQLOwner_ShownAsALL(t *testing.T) {
	verify(t, spend, func(e *environment) {
		all := into[struct {
			Databases struct {
				Database []struct {
					Accounts struct {
						AccountPrivilegeInfo []struct{ Account, AccountPrivilege string }
					}
				}
			}
		}](e.rds("DescribeDatabases", "DBInstanceId", e.owned(), "DBName", "checked"))
		for _, d := range all.Databases.Database {
			for _, a := range d.Accounts.AccountPrivilegeInfo {
				if a.Account == "checked" && a.AccountPrivilege == "ALL" {
					return
				}
			}
		}
		t.Errorf("the owner is not ALL in %+v", all)
	})
}

func TestA560_SecondOwner_RefusedOrMoved(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.owned()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "second", "AccountPassword", password).ok()
		a := e.rds("GrantAccountPrivilege", "DBInstanceId", id, "AccountName", "second", "DBName", "checked", "AccountPrivilege", "DBOwner")
		if a.status != 200 {
			a.want(403, "IncorrectAccountPrivilegeType")
		}
	})
}

func TestA333_SamePrefix_OtherPortTaken(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		host := id + ".mysql.rds.aliyuncs.com"
		e.rds("ModifyDBInstanceConnectionString", "DBInstanceId", id, "CurrentConnectionString", host, "ConnectionStringPrefix", id, "Port", "3307").ok()
	})
}

func TestA334_PostgreSQL_RevokesNothing(t *testing.T) {
	verify(t, spend, func(e *environment) {
		e.rds("RevokeAccountPrivilege", "DBInstanceId", e.owned(), "AccountName", "checked", "DBName", "checked").want(403, "IncorrectDBInstanceType")
	})
}
