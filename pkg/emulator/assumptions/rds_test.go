package assumptions_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

func TestA020_ReusedClientToken_ReturnsFirstAnswer(t *testing.T) {
	verify(t, spend, func(e *environment) {
		request := e.wanted("ClientToken", e.name())
		first := into[made](e.rds("CreateDBInstance", request...)).DBInstanceId
		e.removed(first)
		if again := into[made](e.rds("CreateDBInstance", request...)).DBInstanceId; again != first {
			t.Errorf("the second answer is %s, the first was %s", again, first)
		}
	})
}

func TestA021_ReusedClientTokenOtherParams_Mismatch(t *testing.T) {
	verify(t, spend, func(e *environment) {
		request := e.wanted("ClientToken", e.name())
		e.removed(into[made](e.rds("CreateDBInstance", request...)).DBInstanceId)
		e.rds("CreateDBInstance", append(request, "DBInstanceStorage", "25")...).want(400, "IdempotentParameterMismatch")
	})
}

func TestA022_ClientToken_ForgottenAfterADay(t *testing.T) {
	verify(t, never, func(e *environment) {
		request := e.wanted("ClientToken", e.name())
		first := into[made](e.rds("CreateDBInstance", request...)).DBInstanceId
		e.srv.Clock().Advance(23 * time.Hour)
		if again := into[made](e.rds("CreateDBInstance", request...)).DBInstanceId; again != first {
			t.Errorf("after 23 hours there is another instance, %s", again)
		}
		e.srv.Clock().Advance(2 * time.Hour)
		if again := into[made](e.rds("CreateDBInstance", request...)).DBInstanceId; again == first {
			t.Error("after 25 hours the token is still known")
		}
	})
}

func TestA023_FailedCall_LeavesTokenUnused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		token := e.name()
		e.rds("CreateDBInstance", e.wanted("ClientToken", token, "DBInstanceStorage", "21")...).want(400, "InvalidStorage.Format")
		e.removed(into[made](e.rds("CreateDBInstance", e.wanted("ClientToken", token)...)).DBInstanceId)
	})
}

func TestA024_UnknownInstance_NotFound(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("DescribeDBInstanceAttribute", "DBInstanceId", "rm-checknone").want(404, "InvalidDBInstanceId.NotFound")
		e.rds("DeleteDBInstance", "DBInstanceId", "rm-checknone").want(404, "InvalidDBInstanceId.NotFound")
	})
}

func TestA025_ListByUnknownID_BadRequest(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("DescribeDBInstances", "DBInstanceId", "rm-checknone").want(400, "InvalidDBInstanceId.NotFound")
	})
}

func TestA026_ChangeWhileCreating_Refused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := into[made](e.rds("CreateDBInstance", e.wanted()...)).DBInstanceId
		e.removed(id)
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "checked", "AccountPassword", password).want(403, "OperationDenied.DBInstanceStatus")
	}, emulatortest.WithConfig(slow))
}

func TestA027_DeleteWhileCreating_Refused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := into[made](e.rds("CreateDBInstance", e.wanted()...)).DBInstanceId
		e.removed(id)
		e.rds("DeleteDBInstance", "DBInstanceId", id).want(403, "OperationDenied.DBInstanceStatus")
	}, emulatortest.WithConfig(slow))
}

func TestA028_ProtectedInstance_DeleteRefused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance("DeletionProtection", "true")
		e.rds("DeleteDBInstance", "DBInstanceId", id).want(400, "OperationDenied.DeletionProtection")
		e.rds("ModifyDBInstanceDeletionProtection", "DBInstanceId", id, "DeletionProtection", "false").ok()
	})
}

func TestA029_PrepaidInstance_DeleteRefused(t *testing.T) {
	verify(t, never, func(e *environment) {
		id := e.instance("PayType", "Prepaid", "Period", "Month", "UsedTime", "1")
		e.rds("DeleteDBInstance", "DBInstanceId", id).want(403, "OperationDenied.PayType")
	})
}

func TestA030_PortOutOfRange_Malformed(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("CreateDBInstance", e.wanted("Port", "999", "DryRun", "")...).want(400, "InvalidPort.Malformed")
	})
}

func TestA031_BadIPGroupName_Refused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		e.rds("ModifySecurityIps", "DBInstanceId", e.instance(), "DBInstanceIPArrayName", "No Name", "SecurityIps", "10.0.0.1").
			want(400, "InvalidDBInstanceIPArrayName.Format")
	})
}

func TestA032_TagFilter_RequiresJSONObject(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("DescribeDBInstances", "Tags", "[1]").want(400, "InvalidTags.Format")
	})
}

func TestA033_TagResources_AtMost50(t *testing.T) {
	verify(t, free, func(e *environment) {
		pairs := []string{"ResourceType", "INSTANCE", "Tag.1.Key", "k", "Tag.1.Value", "v"}
		for i := range 51 {
			pairs = append(pairs, fmt.Sprintf("ResourceId.%d", i+1), fmt.Sprintf("rm-check%d", i))
		}
		e.rds("TagResources", pairs...).want(400, "NumberExceed.ResourceIds")
	})
}

func TestA034_BadTagValue_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("CreateDBInstance", e.wanted("Tag.1.Key", "k", "Tag.1.Value", strings.Repeat("v", 300))...).want(400, "InvalidTagValue.Malformed")
		e.rds("CreateDBInstance", e.wanted("Tag.1.Key", "acs:k", "Tag.1.Value", "v")...).want(400, "InvalidTagKey.Malformed")
	})
}

func TestA035_Instance_AtMost500AccountsAndDatabases(t *testing.T) {
	verify(t, never, func(e *environment) {
		id := e.instance()
		for i := range 500 {
			e.rds("CreateAccount", "DBInstanceId", id, "AccountName", fmt.Sprintf("check%d", i), "AccountPassword", password).ok()
			e.rds("CreateDatabase", "DBInstanceId", id, "DBName", fmt.Sprintf("check%d", i), "CharacterSetName", "utf8").ok()
		}
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "onemore", "AccountPassword", password).want(403, "AccountLimitExceeded")
		e.rds("CreateDatabase", "DBInstanceId", id, "DBName", "onemore", "CharacterSetName", "utf8").want(403, "DBLimitExceeded")
	})
}

func TestA036_ListTags_PagesOf100(t *testing.T) {
	verify(t, never, func(e *environment) {
		for range 6 {
			var pairs []string
			for i := range 20 {
				pairs = append(pairs, fmt.Sprintf("Tag.%d.Key", i+1), fmt.Sprintf("check%d", i), fmt.Sprintf("Tag.%d.Value", i+1), "v")
			}
			e.instance(pairs...)
		}
		pairs := []string{"ResourceType", "INSTANCE"}
		list := into[struct {
			NextToken    string
			TagResources struct{ TagResource []struct{ ResourceId string } }
		}](e.rds("ListTagResources", append(pairs, "Tag.1.Key", "check0")...))
		if len(list.TagResources.TagResource) != 100 || list.NextToken == "" {
			t.Errorf("%d tags, next token %q; want 100 and one", len(list.TagResources.TagResource), list.NextToken)
		}
	})
}

func TestA039_HistoricClasses_FitEveryMySQLVersion(t *testing.T) {
	verify(t, spend, func(e *environment) {
		for _, version := range []string{"5.5", "5.6", "5.7", "8.0"} {
			for _, class := range []string{"rds.mysql.t1.small", "rds.mysql.s1.small", "rds.mysql.s2.large"} {
				e.removed(into[made](e.rds("CreateDBInstance", e.wanted("EngineVersion", version, "DBInstanceClass", class)...)).DBInstanceId)
			}
		}
	})
}
