package rds_test

import (
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
)

func (f *fixture) behave(change func(*rds.Behaviour)) { f.srv.RDS().Behave(change) }

func TestBehaviour_InFlight_TokenAnsweredConcurrent(t *testing.T) {
	f := newFixture(t)
	f.behave(func(b *rds.Behaviour) { b.InFlight = time.Minute })
	first := must(f.CreateDBInstance(withToken("a")))(f)
	_, err := f.CreateDBInstance(withToken("a"))
	f.wantCode(err, 400, "InvalidConcurrentOperate")
	f.srv.Clock().Advance(time.Minute)
	if again := must(f.CreateDBInstance(withToken("a")))(f); again.DBInstanceId != first.DBInstanceId {
		t.Errorf("the repetition answered %s, want %s", again.DBInstanceId, first.DBInstanceId)
	}
}

func TestBehaviour_Lag_HidesNewInstance(t *testing.T) {
	cases := map[string]struct {
		behave     func(*rds.Behaviour)
		byID, list int
	}{
		"no lag":       {func(*rds.Behaviour) {}, 1, 1},
		"lag of all":   {func(b *rds.Behaviour) { b.Lag = time.Minute }, 0, 0},
		"lag of lists": {func(b *rds.Behaviour) { b.ListLag = time.Minute }, 1, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.behave(tc.behave)
			r := createRequest()
			r.Tag = &[]sdk.CreateDBInstanceTag{{Key: "k", Value: "v"}}
			id := must(f.CreateDBInstance(r))(f).DBInstanceId
			count := func() (byID, list int) {
				attribute := sdk.CreateDescribeDBInstanceAttributeRequest()
				attribute.DBInstanceId = id
				if _, err := f.DescribeDBInstanceAttribute(attribute); err == nil {
					byID = 1
				}
				all := sdk.CreateDescribeDBInstancesRequest()
				all.Tags = `{"k":"v"}`
				list = must(f.DescribeDBInstances(all))(f).TotalRecordCount
				if tags, _ := f.tags(func(r *sdk.ListTagResourcesRequest) { r.Tag = &[]sdk.ListTagResourcesTag{{Key: "k", Value: "v"}} }); len(tags) != list {
					t.Errorf("%d tags listed, and %d instances", len(tags), list)
				}
				return byID, list
			}
			if byID, list := count(); byID != tc.byID || list != tc.list {
				t.Errorf("seen by id %d and in lists %d times, want %d and %d", byID, list, tc.byID, tc.list)
			}
			f.srv.Clock().Advance(time.Minute)
			if byID, list := count(); byID != 1 || list != 1 {
				t.Errorf("a minute later seen by id %d and in lists %d times", byID, list)
			}
		})
	}
}

func TestBehaviour_AccountLag_HidesAccountsAndPrivileges(t *testing.T) {
	f := newFixture(t)
	id := f.instance()
	f.ok(f.createDatabase(id, "orders", "utf8"))
	f.srv.Clock().Advance(time.Minute)
	f.behave(func(b *rds.Behaviour) { b.AccountLag = time.Minute })
	f.ok(f.createAccount(id, "alice"))
	f.wantAccounts(id)
	f.wantCode(f.createAccount(id, "alice"), 400, "InvalidAccountName.Duplicate")
	f.srv.Clock().Advance(30 * time.Second)
	f.ok(f.grant(id, "alice", "orders", "ReadOnly"))
	f.srv.Clock().Advance(30 * time.Second)
	f.wantAccounts(id, "alice Normal Available")
	f.ok(f.grant(id, "alice", "orders", "ReadOnly")) // which is nothing new
	f.srv.Clock().Advance(30 * time.Second)
	f.wantAccounts(id, "alice Normal Available orders=ReadOnly")
}

func TestBehaviour_Quotas_Enforced(t *testing.T) {
	f := newFixture(t)
	f.behave(func(b *rds.Behaviour) {
		b.Quotas = rds.Quotas{Instances: 2, Accounts: 1, Databases: 1, IPGroups: 2, IPEntries: 3, Tags: 1}
	})
	id := f.instance()
	f.ok(f.createAccount(id, "one1"))
	f.wantCode(f.createAccount(id, "two2"), 403, "AccountLimitExceeded")
	f.ok(f.createDatabase(id, "one", "utf8"))
	f.wantCode(f.createDatabase(id, "two", "utf8"), 403, "DBLimitExceeded")
	f.ok(f.modifyIPs(id, "second", "", "10.0.0.1"))
	f.wantCode(f.modifyIPs(id, "third", "", "10.0.0.2"), 400, "InvalidSecurityIPListGroup.QuotaExceeded")
	f.wantCode(f.modifyIPs(id, "second", "Append", "10.0.0.2,10.0.0.3"), 400, "InvalidSecurityIPList.QuotaExceeded")
	tagged := createRequest()
	tagged.Tag = &[]sdk.CreateDBInstanceTag{{Key: "a"}, {Key: "b"}}
	_, err := f.CreateDBInstance(tagged)
	f.wantCode(err, 400, "NumberExceed.Tags")
	if a := f.attribute(id); a.AccountMaxQuantity != 1 || a.DBMaxQuantity != 1 {
		t.Errorf("the attribute shows quotas %d and %d", a.AccountMaxQuantity, a.DBMaxQuantity)
	}

	several := createRequest()
	several.Amount = "2"
	_, err = f.CreateDBInstance(several)
	f.wantCode(err, 403, "QuotaExceeded.CreateInstance")
	several.CreateStrategy = "Partial"
	must(f.CreateDBInstance(several))(f)
	if n := f.srv.RDS().Count(); n != 2 {
		t.Errorf("%d instances, want 2", n)
	}
	_, err = f.CreateDBInstance(createRequest())
	f.wantCode(err, 403, "QuotaExceeded.CreateInstance")
}
