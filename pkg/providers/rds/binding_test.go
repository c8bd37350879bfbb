package rds_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

func TestBinding_SuperNeeded_MadeOnceForTheBroker(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.FirstAccountSuper = true })
	i := p.instance(1, ``)
	p.done(i)
	first, second := p.binding(i, 2, ``), p.binding(i, 3, `{"Username":"chosen"}`)
	for _, b := range []*providers.Task{first, second} {
		credentials := p.done(b).Credentials
		if a := p.account(credentials["username"]); a == nil || a.Type != "Normal" || a.Privileges["app"] != "ReadWrite" {
			t.Errorf("account = %+v", a)
		}
	}
	kinds := map[string]int{}
	for _, a := range p.only().Accounts {
		kinds[a.Type]++
	}
	if kinds["Super"] != 1 || kinds["Normal"] != 2 {
		t.Errorf("accounts by type: %v", kinds)
	}
	first.Goal = providers.Absent
	p.done(first)
	if len(p.only().Accounts) != 2 {
		t.Errorf("accounts left: %+v", p.only().Accounts)
	}
}

func TestBinding_FreshDatabase_WaitsForGrants(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.DatabaseLag = time.Minute })
	i := p.instance(1, ``)
	p.done(i)
	name := p.done(p.binding(i, 2, ``)).Credentials["username"]
	if a := p.account(name); a == nil || a.Privileges["app"] != "ReadWrite" {
		t.Errorf("account = %+v", a)
	}
	refused := slices.ContainsFunc(p.server.Calls("GrantAccountPrivilege"), func(c cloud.Call) bool { return c.Code == "InvalidDB.NotFound" })
	if !refused {
		t.Error("the database was known to the first grant")
	}
}

func TestBinding_DatabaseDeletedByHand_FailsWithASentence(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	gone := sdk.CreateDeleteDatabaseRequest()
	gone.DBInstanceId, gone.DBName = p.only().ID, "app"
	p.must(gone, sdk.CreateDeleteDatabaseResponse())
	step := p.fails(p.binding(i, 2, ``), providers.Invalid)
	if !strings.Contains(step.Text, `"app"`) {
		t.Errorf("text = %q", step.Text)
	}
}

func TestUnbind_AccountOwnsObjects_SaysSo(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	i.Unbind = providers.DeleteAccount
	p.done(i)
	b := p.binding(i, 2, ``)
	p.done(b)
	b.Goal = providers.Absent
	p.server.Faults().Add(cloud.Fault{Action: "DeleteAccount", Effect: cloud.FailBefore, Code: "AccountActionForbidden", Times: 1})
	seen, err := p.Provider.Observe(t.Context(), *b)
	if err != nil {
		t.Fatal(err)
	}
	step := p.Provider.Next(*b, seen)
	_, err = p.Provider.Do(t.Context(), *b, step)
	if providers.ClassOf(err) != providers.User || !strings.Contains(providers.Sentence(err), "Objects") {
		t.Errorf("step %s: %v is %s, told as %q", step.Name, err, providers.ClassOf(err), providers.Sentence(err))
	}
	p.done(b) // and goes on once they are gone
	if left := p.only().Accounts; len(left) != 0 {
		t.Errorf("after the unbind there is %+v", left)
	}
}

func TestBinding_NameInUse_IsRefused(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	owner := p.binding(i, 2, `{"Username":"shared","Password":"Owner_Pass1"}`)
	p.done(owner)
	for n, name := range []string{"shared", "SHARED"} {
		thief := p.binding(i, byte(3+n), `{"Username":"`+name+`","Password":"Thief_Pass1"}`)
		p.fails(thief, providers.Invalid)
		thief.Goal = providers.Absent
		p.done(thief)
	}
	if p.account("shared") == nil || len(p.only().Accounts) != 1 {
		t.Errorf("accounts = %+v", p.only().Accounts)
	}
	for _, action := range []string{"ResetAccountPassword", "DeleteAccount"} {
		if n := len(p.server.Calls(action)); n > 0 {
			t.Errorf("%s was called %d times", action, n)
		}
	}
	p.done(owner)
}

func TestBinding_AccountsOnManyPages_AreSeen(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	// Chosen names are looked for in the whole list.
	last := p.binding(i, 255, `{"Username":"last"}`)
	for n := range byte(101) {
		p.done(p.binding(i, 2+n, fmt.Sprintf(`{"Username":"user%d"}`, n)))
	}
	p.done(last)
	p.fails(p.binding(i, 254, `{"Username":"LAST"}`), providers.Invalid)
	if n := len(p.only().Accounts); n != 102 {
		t.Errorf("%d accounts", n)
	}
}

func TestBinding_UsersPassword_IsTaken(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	got := p.done(p.binding(i, 2, `{"Username":"chosen","Password":"Very_Secret_1"}`)).Credentials
	if got["password"] != "Very_Secret_1" || got["username"] != "chosen" {
		t.Error("user name or password are not the user's")
	}
}
