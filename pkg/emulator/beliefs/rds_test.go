package beliefs_test

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

// wanted are the parameters of a small instance, and others after them.
func (w *world) wanted(pairs ...string) []string {
	vpc, vswitch := "vpc-cnhangzhou0default", "vsw-cnhangzhou0h"
	if w.srv == nil {
		vpc, vswitch = os.Getenv("ALIBABA_CLOUD_VPC_ID"), os.Getenv("ALIBABA_CLOUD_VSWITCH_ID")
	}
	return append([]string{
		"Engine", "MySQL", "EngineVersion", "5.7", "DBInstanceClass", "rds.mysql.t1.small", "DBInstanceStorage", "20", "DBInstanceNetType", "Intranet",
		"SecurityIPList", "127.0.0.1", "PayType", "Postpaid", "InstanceNetworkType", "VPC", "VPCId", vpc, "VSwitchId", vswitch,
		"DBInstanceDescription", w.name(),
	}, pairs...)
}

type made struct {
	DBInstanceId string
	TagResult    bool
}

// instance makes an instance that is removed at the end, and waits until it is
// Running.
func (w *world) instance(pairs ...string) string {
	w.Helper()
	id := into[made](w.rds("CreateDBInstance", w.wanted(pairs...)...)).DBInstanceId
	w.removed(id)
	w.running(id)
	return id
}

func (w *world) removed(id string) {
	w.Cleanup(func() { w.rds("DeleteDBInstance", "DBInstanceId", id) })
}

// running waits for an instance. The real cloud takes its time.
func (w *world) running(id string) {
	w.Helper()
	for deadline := time.Now().Add(40 * time.Minute); w.status(id) != "Running"; {
		if w.srv != nil || time.Now().After(deadline) {
			w.Fatalf("%s is %s", id, w.status(id))
		}
		select {
		case <-time.After(15 * time.Second):
		case <-w.Context().Done():
			w.Fatal(w.Context().Err())
		}
	}
}

func (w *world) status(id string) string {
	w.Helper()
	return into[struct {
		Items struct {
			DBInstanceAttribute []struct{ DBInstanceStatus string }
		}
	}](w.rds("DescribeDBInstanceAttribute", "DBInstanceId", id)).Items.DBInstanceAttribute[0].DBInstanceStatus
}

const password = "Belief_1234"

// slow gives the emulator's work a duration, on a clock that stands.
func slow(c *emulator.Config) {
	c.Profile, c.Clock = rds.Realistic(), cloud.NewFrozenClock(time.Now())
}

func TestA020ATokenUsedAgainGetsTheFirstAnswer(t *testing.T) {
	ask(t, spend, func(w *world) {
		request := w.wanted("ClientToken", w.name())
		first := into[made](w.rds("CreateDBInstance", request...)).DBInstanceId
		w.removed(first)
		if again := into[made](w.rds("CreateDBInstance", request...)).DBInstanceId; again != first {
			t.Errorf("the second answer is %s, the first was %s", again, first)
		}
	})
}

func TestA021ATokenUsedForSomethingElseIsAMismatch(t *testing.T) {
	ask(t, spend, func(w *world) {
		request := w.wanted("ClientToken", w.name())
		w.removed(into[made](w.rds("CreateDBInstance", request...)).DBInstanceId)
		w.rds("CreateDBInstance", append(request, "DBInstanceStorage", "25")...).want(400, "IdempotentParameterMismatch")
	})
}

func TestA022ATokenIsForgottenAfterADay(t *testing.T) {
	ask(t, never, func(w *world) {
		request := w.wanted("ClientToken", w.name())
		first := into[made](w.rds("CreateDBInstance", request...)).DBInstanceId
		w.srv.Clock().Advance(23 * time.Hour)
		if again := into[made](w.rds("CreateDBInstance", request...)).DBInstanceId; again != first {
			t.Errorf("after 23 hours there is another instance, %s", again)
		}
		w.srv.Clock().Advance(2 * time.Hour)
		if again := into[made](w.rds("CreateDBInstance", request...)).DBInstanceId; again == first {
			t.Error("after 25 hours the token is still known")
		}
	})
}

func TestA023AFailedCallHasNotUsedItsToken(t *testing.T) {
	ask(t, spend, func(w *world) {
		token := w.name()
		w.rds("CreateDBInstance", w.wanted("ClientToken", token, "DBInstanceStorage", "21")...).want(400, "InvalidStorage.Format")
		w.removed(into[made](w.rds("CreateDBInstance", w.wanted("ClientToken", token)...)).DBInstanceId)
	})
}

func TestA024AnUnknownInstanceIsNotFound(t *testing.T) {
	ask(t, free, func(w *world) {
		w.rds("DescribeDBInstanceAttribute", "DBInstanceId", "rm-beliefnone").want(404, "InvalidDBInstanceId.NotFound")
		w.rds("DeleteDBInstance", "DBInstanceId", "rm-beliefnone").want(404, "InvalidDBInstanceId.NotFound")
	})
}

func TestA025AListByAnUnknownIDIsABadRequest(t *testing.T) {
	ask(t, free, func(w *world) {
		w.rds("DescribeDBInstances", "DBInstanceId", "rm-beliefnone").want(400, "InvalidDBInstanceId.NotFound")
	})
}

func TestA026ChangesNeedARunningInstance(t *testing.T) {
	ask(t, spend, func(w *world) {
		id := into[made](w.rds("CreateDBInstance", w.wanted()...)).DBInstanceId
		w.removed(id)
		w.rds("CreateAccount", "DBInstanceId", id, "AccountName", "belief", "AccountPassword", password).want(403, "OperationDenied.DBInstanceStatus")
	}, emulatortest.WithConfig(slow))
}

func TestA027DeletingNeedsARunningInstance(t *testing.T) {
	ask(t, spend, func(w *world) {
		id := into[made](w.rds("CreateDBInstance", w.wanted()...)).DBInstanceId
		w.removed(id)
		w.rds("DeleteDBInstance", "DBInstanceId", id).want(403, "OperationDenied.DBInstanceStatus")
	}, emulatortest.WithConfig(slow))
}

func TestA028AProtectedInstanceIsNotDeleted(t *testing.T) {
	ask(t, spend, func(w *world) {
		id := w.instance("DeletionProtection", "true")
		w.rds("DeleteDBInstance", "DBInstanceId", id).want(400, "OperationDenied.DeletionProtection")
		w.rds("ModifyDBInstanceDeletionProtection", "DBInstanceId", id, "DeletionProtection", "false").ok()
	})
}

func TestA029APrepaidInstanceIsNotDeleted(t *testing.T) {
	ask(t, never, func(w *world) {
		id := w.instance("PayType", "Prepaid", "Period", "Month", "UsedTime", "1")
		w.rds("DeleteDBInstance", "DBInstanceId", id).want(403, "OperationDenied.PayType")
	})
}

func TestA030APortOutOfRangeIsMalformed(t *testing.T) {
	ask(t, free, func(w *world) {
		w.rds("CreateDBInstance", w.wanted("Port", "999", "DryRun", "")...).want(400, "InvalidPort.Malformed")
	})
}

func TestA031NamesOfIPGroupsHaveAFormat(t *testing.T) {
	ask(t, spend, func(w *world) {
		w.rds("ModifySecurityIps", "DBInstanceId", w.instance(), "DBInstanceIPArrayName", "No Name", "SecurityIps", "10.0.0.1").
			want(400, "InvalidDBInstanceIPArrayName.Format")
	})
}

func TestA032AFilterByTagsIsAJSONObject(t *testing.T) {
	ask(t, free, func(w *world) {
		w.rds("DescribeDBInstances", "Tags", "[1]").want(400, "InvalidTags.Format")
	})
}

func TestA033FiftyResourcesAreTaggedAtOnce(t *testing.T) {
	ask(t, free, func(w *world) {
		pairs := []string{"ResourceType", "INSTANCE", "Tag.1.Key", "k", "Tag.1.Value", "v"}
		for i := range 51 {
			pairs = append(pairs, fmt.Sprintf("ResourceId.%d", i+1), fmt.Sprintf("rm-belief%d", i))
		}
		w.rds("TagResources", pairs...).want(400, "NumberExceed.ResourceIds")
	})
}

func TestA034ValuesOfTagsHaveAFormat(t *testing.T) {
	ask(t, free, func(w *world) {
		w.rds("CreateDBInstance", w.wanted("Tag.1.Key", "k", "Tag.1.Value", strings.Repeat("v", 300))...).want(400, "InvalidTagValue.Malformed")
		w.rds("CreateDBInstance", w.wanted("Tag.1.Key", "acs:k", "Tag.1.Value", "v")...).want(400, "InvalidTagKey.Malformed")
	})
}

func TestA035AnInstanceHasFiveHundredAccountsAndDatabases(t *testing.T) {
	ask(t, never, func(w *world) {
		id := w.instance()
		for i := range 500 {
			w.rds("CreateAccount", "DBInstanceId", id, "AccountName", fmt.Sprintf("belief%d", i), "AccountPassword", password).ok()
			w.rds("CreateDatabase", "DBInstanceId", id, "DBName", fmt.Sprintf("belief%d", i), "CharacterSetName", "utf8").ok()
		}
		w.rds("CreateAccount", "DBInstanceId", id, "AccountName", "onemore", "AccountPassword", password).want(403, "AccountLimitExceeded")
		w.rds("CreateDatabase", "DBInstanceId", id, "DBName", "onemore", "CharacterSetName", "utf8").want(403, "DBLimitExceeded")
	})
}

func TestA036TagsAreListedByHundreds(t *testing.T) {
	ask(t, never, func(w *world) {
		for range 6 {
			var pairs []string
			for i := range 20 {
				pairs = append(pairs, fmt.Sprintf("Tag.%d.Key", i+1), fmt.Sprintf("belief%d", i), fmt.Sprintf("Tag.%d.Value", i+1), "v")
			}
			w.instance(pairs...)
		}
		pairs := []string{"ResourceType", "INSTANCE"}
		list := into[struct {
			NextToken    string
			TagResources struct{ TagResource []struct{ ResourceId string } }
		}](w.rds("ListTagResources", append(pairs, "Tag.1.Key", "belief0")...))
		if len(list.TagResources.TagResource) != 100 || list.NextToken == "" {
			t.Errorf("%d tags, next token %q; want 100 and one", len(list.TagResources.TagResource), list.NextToken)
		}
	})
}

// recorder is an engine of database servers that only notes what it is told.
type recorder struct {
	engine.Engine

	mu    sync.Mutex
	heard []string
}

func (r *recorder) Runs(string) bool { return true }

func (r *recorder) Start(context.Context, string, string) (engine.Server, error) {
	r.note("start")
	return &recorded{recorder: r}, nil
}

func (r *recorder) note(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.heard = append(r.heard, what)
}

func (r *recorder) has(what string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Contains(r.heard, what)
}

type recorded struct {
	engine.Server

	recorder *recorder
}

func (r *recorded) Addr() netip.AddrPort          { return netip.MustParseAddrPort("127.0.0.1:1") }
func (r *recorded) Allow(prefixes []netip.Prefix) { r.recorder.note(fmt.Sprint("allow ", prefixes)) }
func (r *recorded) Restart(context.Context) error { r.recorder.note("restart"); return nil }
func (r *recorded) Stop(context.Context) error    { r.recorder.note("stop"); return nil }

// withRecorder is the emulator with such an engine.
func withRecorder(r *recorder) emulatortest.Option {
	return emulatortest.WithConfig(func(c *emulator.Config) { c.Engine = r })
}

func TestA037AChangeOfClassDoesNotRestartTheEngine(t *testing.T) {
	r := &recorder{}
	ask(t, never, func(w *world) {
		id := w.started()
		w.rds("ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceClass", "rds.mysql.s1.small").ok()
		w.running(id)
		if r.has("restart") {
			t.Errorf("the engine heard %q", r.heard)
		}
	}, withRecorder(r))
}

// started makes an instance with an engine, which starts in the background.
func (w *world) started() string {
	w.Helper()
	id := into[made](w.rds("CreateDBInstance", w.wanted()...)).DBInstanceId
	w.removed(id)
	for deadline := time.Now().Add(time.Minute); w.status(id) != "Running"; {
		if time.Now().After(deadline) {
			w.Fatalf("%s does not start", id)
		}
	}
	return id
}

func TestA038TheWhitelist127001AdmitsLocalClientsOfTheEmulator(t *testing.T) {
	r := &recorder{}
	ask(t, never, func(w *world) {
		w.started()
		if !r.has("allow [127.0.0.1/32]") {
			t.Errorf("the engine heard %q", r.heard)
		}
	}, withRecorder(r))
}

func TestA039HistoricClassesFitEveryVersionOfMySQL(t *testing.T) {
	ask(t, spend, func(w *world) {
		for _, version := range []string{"5.5", "5.6", "5.7", "8.0"} {
			for _, class := range []string{"rds.mysql.t1.small", "rds.mysql.s1.small", "rds.mysql.s2.large"} {
				w.removed(into[made](w.rds("CreateDBInstance", w.wanted("EngineVersion", version, "DBInstanceClass", class)...)).DBInstanceId)
			}
		}
	})
}

func TestA040AnAccountThatLeavesKeepsItsName(t *testing.T) {
	ask(t, spend, func(w *world) {
		id := into[made](w.rds("CreateDBInstance", w.wanted()...)).DBInstanceId
		w.removed(id)
		if w.srv != nil {
			w.srv.Clock().Advance(time.Hour)
		}
		w.running(id)
		w.rds("CreateAccount", "DBInstanceId", id, "AccountName", "belief", "AccountPassword", password).ok()
		if w.srv != nil {
			w.srv.Clock().Advance(time.Hour)
		}
		w.eventually("the account is available", func() bool {
			return w.rds("DeleteAccount", "DBInstanceId", id, "AccountName", "belief").status == 200
		})
		w.rds("CreateAccount", "DBInstanceId", id, "AccountName", "belief", "AccountPassword", password).want(400, "InvalidAccountName.Duplicate")
	}, emulatortest.WithConfig(slow))
}

func TestA041AnAccountIsMadeOnce(t *testing.T) {
	ask(t, spend, func(w *world) {
		id := w.instance()
		w.rds("CreateAccount", "DBInstanceId", id, "AccountName", "belief", "AccountPassword", password).ok()
		w.rds("CreateAccount", "DBInstanceId", id, "AccountName", "belief", "AccountPassword", password).want(400, "InvalidAccountName.Duplicate")
	})
}

func TestA042APrivilegeMayBeGrantedTwice(t *testing.T) {
	ask(t, spend, func(w *world) {
		id := w.instance()
		w.rds("CreateAccount", "DBInstanceId", id, "AccountName", "belief", "AccountPassword", password).ok()
		w.rds("CreateDatabase", "DBInstanceId", id, "DBName", "belief", "CharacterSetName", "utf8").ok()
		for range 2 {
			w.eventually("the privilege is granted", func() bool {
				return w.rds("GrantAccountPrivilege", "DBInstanceId", id, "AccountName", "belief", "DBName", "belief", "AccountPrivilege", "ReadWrite").status == 200
			})
		}
	})
}

func TestA043TagsOfANewInstanceAreConfirmed(t *testing.T) {
	ask(t, spend, func(w *world) {
		answer := into[made](w.rds("CreateDBInstance", w.wanted("Tag.1.Key", "belief", "Tag.1.Value", "v")...))
		w.removed(answer.DBInstanceId)
		if !answer.TagResult {
			t.Error("TagResult is not true")
		}
	})
}

func TestA044PagesOfInstancesHaveAnySizeToAHundred(t *testing.T) {
	ask(t, free, func(w *world) {
		w.rds("DescribeDBInstances", "PageSize", "1").ok()
		w.rds("DescribeDBInstances", "PageSize", "100").ok()
		if a := w.rds("DescribeDBInstances", "PageSize", "101"); a.status != 400 {
			t.Errorf("a page of 101 is answered %d", a.status)
		}
	})
}

func TestA045StorageComesInStepsOfFive(t *testing.T) {
	ask(t, free, func(w *world) {
		w.rds("CreateDBInstance", w.wanted("DBInstanceStorage", "21")...).want(400, "InvalidStorage.Format")
		w.rds("CreateDBInstance", w.wanted("DBInstanceStorage", "15")...).want(400, "InvalidStorage.Format")
	})
}

func TestA046StorageDoesNotShrink(t *testing.T) {
	ask(t, spend, func(w *world) {
		id := w.instance("DBInstanceStorage", "30")
		w.rds("ModifyDBInstanceSpec", "DBInstanceId", id, "PayType", "Postpaid", "DBInstanceStorage", "25").want(400, "InvalidStorageSize.Direction")
	})
}

func TestA047ADescriptionBeginsWithALetter(t *testing.T) {
	ask(t, free, func(w *world) {
		w.rds("CreateDBInstance", w.wanted("DBInstanceDescription", "1belief")...).want(400, "InvalidDBInstanceDescription.Format")
	})
}

func TestA048TheFirstAccountMayBeANormalOne(t *testing.T) {
	ask(t, spend, func(w *world) {
		w.rds("CreateAccount", "DBInstanceId", w.instance(), "AccountName", "belief", "AccountPassword", password, "AccountType", "Normal").ok()
	})
}

func TestA049AnInstanceHasOneSuperAccount(t *testing.T) {
	ask(t, spend, func(w *world) {
		id := w.instance()
		w.rds("CreateAccount", "DBInstanceId", id, "AccountName", "belief", "AccountPassword", password, "AccountType", "Super").ok()
		w.rds("CreateAccount", "DBInstanceId", id, "AccountName", "other", "AccountPassword", password, "AccountType", "Super").want(403, "AccountLimitExceeded")
	})
}

func TestA050AVSwitchOfNoVPCIsRefused(t *testing.T) {
	ask(t, free, func(w *world) {
		w.rds("CreateDBInstance", w.wanted("VSwitchId", "vsw-beliefnone")...).want(403, "InvalidVswitchId")
	})
}

func TestA051NewInstancesAreSeenAtOnce(t *testing.T) {
	ask(t, spend, func(w *world) {
		id := into[made](w.rds("CreateDBInstance", w.wanted()...)).DBInstanceId
		w.removed(id)
		w.rds("DescribeDBInstanceAttribute", "DBInstanceId", id).ok()
	})
}
