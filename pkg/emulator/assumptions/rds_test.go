package assumptions_test

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/engine"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

// wanted returns the parameters of a small instance, followed by the given
// ones.
func (e *environment) wanted(pairs ...string) []string {
	vpc, vswitch := "vpc-cnhangzhou0default", "vsw-cnhangzhou0h"
	if e.srv == nil {
		vpc, vswitch = os.Getenv("ALIBABA_CLOUD_VPC_ID"), os.Getenv("ALIBABA_CLOUD_VSWITCH_ID")
	}
	return append([]string{
		"Engine", "MySQL", "EngineVersion", "5.7", "DBInstanceClass", "rds.mysql.t1.small", "DBInstanceStorage", "20", "DBInstanceNetType", "Intranet",
		"SecurityIPList", "127.0.0.1", "PayType", "Postpaid", "InstanceNetworkType", "VPC", "VPCId", vpc, "VSwitchId", vswitch,
		"DBInstanceDescription", e.name(),
	}, pairs...)
}

type made struct {
	DBInstanceId string
	TagResult    bool
}

// instance makes an instance, waits until it is Running, and removes it at the
// end.
func (e *environment) instance(pairs ...string) string {
	e.Helper()
	id := into[made](e.rds("CreateDBInstance", e.wanted(pairs...)...)).DBInstanceId
	e.removed(id)
	e.running(id)
	return id
}

func (e *environment) removed(id string) {
	e.Cleanup(func() { e.rds("DeleteDBInstance", "DBInstanceId", id) })
}

// running waits for an instance, on the real cloud for minutes.
func (e *environment) running(id string) {
	e.Helper()
	for deadline := time.Now().Add(40 * time.Minute); e.status(id) != "Running"; {
		if e.srv != nil || time.Now().After(deadline) {
			e.Fatalf("%s is %s", id, e.status(id))
		}
		select {
		case <-time.After(15 * time.Second):
		case <-e.Context().Done():
			e.Fatal(e.Context().Err())
		}
	}
}

func (e *environment) status(id string) string {
	e.Helper()
	return into[struct {
		Items struct {
			DBInstanceAttribute []struct{ DBInstanceStatus string }
		}
	}](e.rds("DescribeDBInstanceAttribute", "DBInstanceId", id)).Items.DBInstanceAttribute[0].DBInstanceStatus
}

const password = "Check_1234"

// slow gives the emulator's work a duration, on a frozen clock.
func slow(c *emulator.Config) {
	c.Profile, c.Clock = rds.Realistic(), cloud.NewFrozenClock(time.Now())
}

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
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "check", "AccountPassword", password).want(403, "OperationDenied.DBInstanceStatus")
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

// A recorder is an engine of database servers that only records its calls.
type recorder struct {
	engine.Engine

	mu    sync.Mutex
	calls []string
}

func (r *recorder) Runs(string) bool { return true }

func (r *recorder) Start(context.Context, string, string) (engine.Server, error) {
	r.note("start")
	return &recorded{recorder: r}, nil
}

func (r *recorder) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, what)
}

func (r *recorder) has(what string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.calls, what)
}

type recorded struct {
	engine.Server

	recorder *recorder
}

func (r *recorded) Addr() netip.AddrPort          { return netip.MustParseAddrPort("127.0.0.1:1") }
func (r *recorded) Allow(prefixes []netip.Prefix) { r.recorder.note(fmt.Sprint("allow ", prefixes)) }
func (r *recorded) Restart(context.Context) error { r.recorder.note("restart"); return nil }
func (r *recorded) Stop(context.Context) error    { r.recorder.note("stop"); return nil }

// withRecorder returns the option of an emulator with such an engine.
func withRecorder(r *recorder) emulatortest.Option {
	return emulatortest.WithConfig(func(c *emulator.Config) { c.Engine = r })
}

func TestA037_ClassChange_KeepsEngineRunning(t *testing.T) {
	r := &recorder{}
	verify(t, never, func(e *environment) {
		id := e.started()
		e.rds("ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceClass", "rds.mysql.s1.small").ok()
		e.running(id)
		if r.has("restart") {
			t.Errorf("the engine got the calls %q", r.calls)
		}
	}, withRecorder(r))
}

// started makes an instance with an engine and waits for the engine's start in
// the background.
func (e *environment) started() string {
	e.Helper()
	id := into[made](e.rds("CreateDBInstance", e.wanted()...)).DBInstanceId
	e.removed(id)
	for deadline := time.Now().Add(time.Minute); e.status(id) != "Running"; {
		if time.Now().After(deadline) {
			e.Fatalf("%s does not start", id)
		}
	}
	return id
}

func TestA038_Whitelist127001_AdmitsLocalClients(t *testing.T) {
	r := &recorder{}
	verify(t, never, func(e *environment) {
		e.started()
		if !r.has("allow [127.0.0.1/32]") {
			t.Errorf("the engine got the calls %q", r.calls)
		}
	}, withRecorder(r))
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

func TestA040_AccountBeingDeleted_KeepsName(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := into[made](e.rds("CreateDBInstance", e.wanted()...)).DBInstanceId
		e.removed(id)
		if e.srv != nil {
			e.srv.Clock().Advance(time.Hour)
		}
		e.running(id)
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "check", "AccountPassword", password).ok()
		if e.srv != nil {
			e.srv.Clock().Advance(time.Hour)
		}
		e.eventually("the account is available", func() bool {
			return e.rds("DeleteAccount", "DBInstanceId", id, "AccountName", "check").status == 200
		})
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "check", "AccountPassword", password).want(400, "InvalidAccountName.Duplicate")
	}, emulatortest.WithConfig(slow))
}

func TestA041_CreateAccountTwice_Duplicate(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "check", "AccountPassword", password).ok()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "check", "AccountPassword", password).want(400, "InvalidAccountName.Duplicate")
	})
}

func TestA042_GrantTwice_Succeeds(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "check", "AccountPassword", password).ok()
		e.rds("CreateDatabase", "DBInstanceId", id, "DBName", "check", "CharacterSetName", "utf8").ok()
		for range 2 {
			e.eventually("the privilege is granted", func() bool {
				return e.rds("GrantAccountPrivilege", "DBInstanceId", id, "AccountName", "check", "DBName", "check", "AccountPrivilege", "ReadWrite").status == 200
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
		e.rds("CreateDBInstance", e.wanted("DBInstanceStorage", "15")...).want(400, "InvalidStorage.Format")
	})
}

func TestA046_Storage_ShrinkRefused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance("DBInstanceStorage", "30")
		e.rds("ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorage", "25").want(400, "InvalidStorageSize.Direction")
	})
}

func TestA047_Description_BeginsWithLetter(t *testing.T) {
	verify(t, free, func(e *environment) {
		e.rds("CreateDBInstance", e.wanted("DBInstanceDescription", "1check")...).want(400, "InvalidDBInstanceDescription.Format")
	})
}

func TestA048_FirstAccount_MayBeNormal(t *testing.T) {
	verify(t, spend, func(e *environment) {
		e.rds("CreateAccount", "DBInstanceId", e.instance(), "AccountName", "check", "AccountPassword", password, "AccountType", "Normal").ok()
	})
}

func TestA049_SecondSuperAccount_Refused(t *testing.T) {
	verify(t, spend, func(e *environment) {
		id := e.instance()
		e.rds("CreateAccount", "DBInstanceId", id, "AccountName", "check", "AccountPassword", password, "AccountType", "Super").ok()
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
