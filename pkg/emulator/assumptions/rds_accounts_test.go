package assumptions_test

import (
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func TestA040_AccountBeingDeleted_KeepsName(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := into[made](e.rds("CreateDBInstance", e.wanted()...)).DBInstanceId
		e.removed(id)
		if e.srv != nil {
			e.srv.Clock().Advance(time.Hour)
		}
		e.running(id)
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).ok()
		if e.srv != nil {
			e.srv.Clock().Advance(time.Hour)
		}
		e.eventually("the account is available", func() bool {
			return e.rds("DeleteAccount", "DBInstanceId", id, "AccountName", "checked").status == 200
		})
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).want(400, "InvalidAccountName.Duplicate")
	}, emulatortest.WithConfig(slow))
}

func TestA041_CreateAccountTwice_Duplicate(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).ok()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).want(400, "InvalidAccountName.Duplicate")
	})
}

func TestA042_GrantTwice_Succeeds(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).ok()
		e.rds("CreateDatabase", "DBInstanceId", id, "DBName", "checked", "CharacterSetName", "utf8").ok()
		for range 2 {
			e.eventually("the privilege is granted", func() bool {
				return e.rds("GrantAccountPrivilege", "DBInstanceId", id, "AccountName", "checked", "DBName", "checked", "AccountPrivilege", "ReadWrite").status == 200
			})
		}
	})
}

func TestA043_CreateWithTags_TagResultTrue(t *testing.T) {
	verify(t, spend, func(e *environment) {
		answer := into[made](e.rds("CreateDBInstance", e.wanted("Tag.1.Key", "check", "Tag.1.Value", "v")...))
		e.removed(answer.DBInstanceId)
		if !answer.TagResult {
			t.Error("TagResult is not true")
		}
	})
}

func TestA044_PageSize_AnyUpTo100(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("DescribeDBInstances", "PageSize", "1").ok()
		e.rds("DescribeDBInstances", "PageSize", "100").ok()
		if a := e.rds("DescribeDBInstances", "PageSize", "101"); a.status != 400 {
			t.Errorf("a page of 101 is answered %d", a.status)
		}
	})
}

func TestA045_Storage_StepsOfFive(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("CreateDBInstance", e.wanted("DBInstanceStorage", "21")...).want(400, "InvalidStorage.Format")
		e.rds("CreateDBInstance", e.wanted("DBInstanceStorage", "0")...).want(400, "InvalidStorage.Format")
		for kind, small := range map[string]string{"general_essd": "5", "cloud_essd": "15", "cloud_essd2": "495", "cloud_essd3": "1495"} {
			e.rds("CreateDBInstance", e.wanted("DBInstanceClass", "mysql.n2.medium.2c", "DBInstanceStorageType", kind, "DBInstanceStorage", small)...).want(400, "InvalidStorage.Format")
		}
	})
}

func TestA046_Storage_ShrinkRefused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance("DBInstanceStorage", "30")
		e.rds("ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorage", "25").want(400, "InvalidStorageSize.Direction")
	})
}

func TestA047_Description_MayBeginWithDigit(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance("DBInstanceDescription", "7e6f3c7c-2b1d-4b7e-9a53-0f3c5be1a001")
		e.rds("ModifyDBInstanceDescription", "DBInstanceId", id, "DBInstanceDescription", "1-check").ok()
		e.rds("ModifyDBInstanceDescription", "DBInstanceId", id, "DBInstanceDescription", "http-check").ok()
	})
}

func TestA048_FirstAccount_MayBeNormal(t *testing.T) {
	verify(t, spend, func(e *environment) {
		e.rds("CreateAccount", "DBInstanceId", e.instance(), "AccountName", "checked", "AccountPassword", password, "AccountType", "Normal").ok()
	})
}

func TestA049_SecondSuperAccount_Refused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password, "AccountType", "Super").ok()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "other", "AccountPassword", password, "AccountType", "Super").want(403, "AccountLimitExceeded")
	})
}

func TestA050_UnknownVSwitch_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("CreateDBInstance", e.wanted("VSwitchId", "vsw-checknone")...).want(403, "InvalidVswitchId")
	})
}

func TestA051_NewInstance_VisibleAtOnce(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := into[made](e.rds("CreateDBInstance", e.wanted()...)).DBInstanceId
		e.removed(id)
		e.rds("DescribeDBInstanceAttribute", "DBInstanceId", id).ok()
	})
}

func TestA052_Keywords_AreNoAccounts(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		for _, name := range []string{"root", "EaglEye", "select", "xtrabak"} {
			e.rds("CreateAccount", "DBInstanceId", id, "AccountName", name, "AccountPassword", password).want(400, "InvalidAccountName.Forbid")
		}
	})
}

func TestA054_ResetPasswordTwice_Succeeds(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).ok()
		for _, to := range []string{"Check_5678", "Check_5678", password} {
			e.eventually("the password is set", func() bool {
				return e.rds("ResetAccountPassword", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", to).status == 200
			})
		}
	})
}

func TestA055_AccountBeingDeleted_CountsToTheLimit(t *testing.T) {
	verify(t, never, func(e *environment) {
		id := into[made](e.rds("CreateDBInstance", e.wanted()...)).DBInstanceId
		e.removed(id)
		e.srv.Clock().Advance(time.Hour)
		e.srv.RDS().Behave(func(b *rds.Behaviour) { b.Quotas.Accounts = 1 })
		create := func(name string) answer {
			return e.rds("CreateAccount", "DBInstanceId", id, "AccountName", name, "AccountPassword", password)
		}
		create("first").ok()
		e.srv.Clock().Advance(time.Hour)
		e.rds("DeleteAccount", "DBInstanceId", id, "AccountName", "first").ok()
		create("second").want(403, "AccountLimitExceeded")
		e.srv.Clock().Advance(time.Hour)
		create("second").ok()
	}, emulatortest.WithConfig(slow))
}
