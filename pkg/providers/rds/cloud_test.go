package rds_test

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

const self = `{"engine":"MySQL","engineVersion":"5.6","class":"rds.mysql.s2.large","storage":20,"database":"app","charset":"utf8mb4","selfDefine":true}`

// vswitchOf returns where the one instance was put, as it was ordered.
func vswitchOf(t *testing.T, p *fixture) string {
	t.Helper()
	calls := p.server.Calls("CreateDBInstance")
	if len(calls) != 1 {
		t.Fatalf("%d orders", len(calls))
	}
	return calls[0].Params["VPCId"] + " " + calls[0].Params["VSwitchId"] + " " + calls[0].Params["ZoneId"]
}

func TestNetwork_Wishes_DecideOnTheVSwitch(t *testing.T) {
	cases := map[string]struct {
		config     descriptor.Network
		parameters string
		want       string
	}{
		"ConfiguredVSwitch":        {descriptor.Network{VpcID: "vpc-a", VSwitchIDs: []string{"vsw-a-i"}}, ``, "vpc-a vsw-a-i cn-hangzhou-i"},
		"ConfiguredVSwitchAlone":   {descriptor.Network{VSwitchIDs: []string{"vsw-b-last"}}, ``, "vpc-b vsw-b-last cn-hangzhou-i"},
		"SecondOfTwoVSwitches":     {descriptor.Network{VpcID: "vpc-a", VSwitchIDs: []string{"vsw-none", "vsw-a-i"}}, ``, "vpc-a vsw-a-i cn-hangzhou-i"},
		"ConfiguredZone":           {descriptor.Network{VpcID: "vpc-a", ZoneID: "cn-hangzhou-i"}, ``, "vpc-a vsw-a-i cn-hangzhou-i"},
		"ConfiguredVPC":            {descriptor.Network{VpcID: "vpc-a"}, ``, "vpc-a vsw-a-h cn-hangzhou-h"},
		"UsersZoneBeatsPreference": {descriptor.Network{VpcID: "vpc-a", VSwitchIDs: []string{"vsw-a-i"}}, `{"ZoneId":"cn-hangzhou-h"}`, "vpc-a vsw-a-h cn-hangzhou-h"},
		"UsersVPC":                 {descriptor.Network{VpcID: "vpc-a", VSwitchIDs: []string{"vsw-a-i"}}, `{"VpcID":"vpc-b"}`, "vpc-b vsw-b-00 cn-hangzhou-h"},
		"UsersZoneOnTheSecondPage": {descriptor.Network{}, `{"VpcID":"vpc-b","ZoneId":"cn-hangzhou-i"}`, "vpc-b vsw-b-last cn-hangzhou-i"},
		"UsersVSwitch":             {descriptor.Network{VpcID: "vpc-a"}, `{"VSwitchID":"vsw-b-07"}`, "vpc-b vsw-b-07 cn-hangzhou-h"},
		"AllFromTheUser":           {descriptor.Network{}, `{"VpcID":"vpc-a","VSwitchID":"vsw-a-h","ZoneId":"cn-hangzhou-h","NetworkType":"VPC"}`, "vpc-a vsw-a-h cn-hangzhou-h"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, tc.config, networks())
			p.done(p.instance(1, tc.parameters))
			if got := vswitchOf(t, p); got != tc.want {
				t.Errorf("put into %s, want %s", got, tc.want)
			}
		})
	}
}

func TestNetwork_UnfitWishes_NameAlternatives(t *testing.T) {
	cases := map[string]struct {
		config     descriptor.Network
		parameters string
		words      []string
	}{
		"NoNetwork":             {descriptor.Network{}, ``, []string{"VpcID"}},
		"NoSuchVSwitch":         {descriptor.Network{}, `{"VSwitchID":"vsw-none"}`, []string{"VSwitchID"}},
		"VSwitchOfAnotherVPC":   {descriptor.Network{VpcID: "vpc-a"}, `{"VpcID":"vpc-a","VSwitchID":"vsw-b-01"}`, []string{"vsw-a-h", "vsw-a-i"}},
		"VSwitchOfNoVPC":        {descriptor.Network{}, `{"VpcID":"vpc-none","VSwitchID":"vsw-b-01"}`, []string{"VpcID"}},
		"VSwitchInAnotherZone":  {descriptor.Network{}, `{"VSwitchID":"vsw-a-h","ZoneId":"cn-hangzhou-i"}`, []string{"cn-hangzhou-h"}},
		"NoVSwitchInTheZone":    {descriptor.Network{VpcID: "vpc-a"}, `{"ZoneId":"cn-hangzhou-z"}`, []string{"cn-hangzhou-h", "cn-hangzhou-i"}},
		"NoSuchVPC":             {descriptor.Network{}, `{"VpcID":"vpc-none"}`, []string{"VpcID"}},
		"VPCNotAllowed":         {descriptor.Network{AllowedVPCs: []string{"vpc-a"}}, `{"VpcID":"vpc-b"}`, []string{"vpc-a"}},
		"AllowedVPCsVSwitches":  {descriptor.Network{AllowedVPCs: []string{"vpc-a"}}, `{"VpcID":"vpc-a","VSwitchID":"vsw-b-01"}`, []string{"vsw-a-h", "vsw-a-i"}},
		"DefaultVPCNotAllowed":  {descriptor.Network{VSwitchIDs: []string{"vsw-b-01"}, AllowedVPCs: []string{"vpc-a"}}, ``, []string{"vpc-a"}},
		"ConfiguredVPCIsNoMore": {descriptor.Network{VpcID: "vpc-none"}, ``, []string{"VpcID"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, tc.config, networks())
			step := p.fails(p.instance(1, tc.parameters), providers.Invalid)
			for _, word := range tc.words {
				if !strings.Contains(step.Text, word) {
					t.Errorf("%q does not name %s", step.Text, word)
				}
			}
			if n := len(p.server.Calls("CreateDBInstance")); n != 0 {
				t.Errorf("%d instances were ordered", n)
			}
		})
	}
}

// VSwitches of VPCs that are neither configured nor allowed are other people's.
func TestNetwork_OtherVPC_NamesNoVSwitch(t *testing.T) {
	allowed := descriptor.Network{AllowedVPCs: []string{"vpc-a"}}
	for name, tc := range map[string]struct {
		config     descriptor.Network
		parameters string
	}{
		"any VPC, none configured":    {descriptor.Network{}, `{"VpcID":"vpc-b","VSwitchID":"vsw-none"}`},
		"any VPC, another configured": {descriptor.Network{VpcID: "vpc-a"}, `{"VpcID":"vpc-b","VSwitchID":"vsw-a-h"}`},
		"a VPC that is not allowed":   {allowed, `{"VpcID":"vpc-b","VSwitchID":"vsw-none"}`},
	} {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, tc.config, networks())
			step := p.fails(p.instance(1, tc.parameters), providers.Invalid)
			if strings.Contains(step.Text, "vsw-b-") {
				t.Errorf("%q names VSwitches of vpc-b", step.Text)
			}
		})
	}
	told := map[string]bool{}
	for _, vswitch := range []string{"vsw-b-01", "vsw-none"} { // one of a VPC that is not allowed, and none
		p := newFixture(t, allowed, networks())
		step := p.fails(p.instance(1, `{"VSwitchID":"`+vswitch+`"}`), providers.Invalid)
		told[strings.ReplaceAll(step.Text, vswitch, "")] = true
	}
	if len(told) != 1 {
		t.Errorf("the sentences tell which VSwitches exist: %v", told)
	}
}

func TestNetwork_NoWish_TakesTheMachines(t *testing.T) {
	p := newFixture(t, descriptor.Network{}, networks())
	u, err := url.Parse(p.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	p.Provider = providertest.NewProvider(t, p.server, rds.Descriptor(), func(d *descriptor.Deps) { d.Metadata = alicloud.NewMetadata(u) })
	p.done(p.instance(1, ``))
	if got := vswitchOf(t, p); got != "vpc-a vsw-a-h cn-hangzhou-h" {
		t.Errorf("put into %s", got)
	}
}

// The network of the machine belongs to the account of the default profile.
func TestNetwork_ProfileElsewhere_LeavesTheMachines(t *testing.T) {
	p := newFixture(t, descriptor.Network{}, networks())
	u, err := url.Parse(p.server.URL())
	if err != nil {
		t.Fatal(err)
	}
	p.Provider = providertest.NewProvider(t, p.server, rds.Descriptor(), func(d *descriptor.Deps) {
		d.Metadata = alicloud.NewMetadata(u)
		d.Profiles["finance"] = &descriptor.Profile{Clients: d.Profiles[descriptor.DefaultProfile].Clients, Elsewhere: true}
	})
	task := p.instance(1, ``)
	task.Profile = "finance"
	seen, err := p.Provider.Observe(t.Context(), *task)
	if err != nil {
		t.Fatal(err)
	}
	if step := p.Provider.Next(*task, seen); step.Action != providers.Fail || !strings.Contains(step.Text, "VpcID") {
		t.Errorf("the next step is %+v, want a failure that names VpcID", step)
	}
}

// The metadata service exists on ECS alone. Its absence is the operator's to fix, so
// the operation goes on, and its text helps user and operator.
func TestNetwork_NoMetadata_IsTheOperatorsFailure(t *testing.T) {
	p := newFixture(t, descriptor.Network{}, networks())
	nowhere, err := url.Parse("http://127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	p.Provider = providertest.NewProvider(t, p.server, rds.Descriptor(), func(d *descriptor.Deps) { d.Metadata = alicloud.NewMetadata(nowhere) })
	_, err = p.Provider.Observe(t.Context(), *p.instance(1, ``))
	failure, ok := errors.AsType[*providers.Failure](err)
	if !ok || failure.Kind != providers.Broken || !strings.Contains(failure.Text, "VSwitchID") {
		t.Errorf("Observe = %v, want a failure that the operator can mend and that names VSwitchID", err)
	}
}

func TestInstance_Whitelist_IsExactlyTheClients(t *testing.T) {
	for name, tc := range map[string]struct {
		config []string
		want   string
	}{
		"TheVPC":        {nil, "172.16.0.0/12"},
		"TheConfigured": {[]string{"10.1.0.0/16", "10.2.3.4"}, "10.1.0.0/16,10.2.3.4"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, descriptor.Network{VpcID: "vpc-b", Whitelist: tc.config}, networks())
			p.done(p.instance(1, ``))
			groups := p.only().Whitelist
			if got := strings.Join(groups["osb"], ","); got != tc.want {
				t.Errorf("our group = %s, want %s", got, tc.want)
			}
			for group, entries := range groups {
				if group != "osb" && (len(entries) != 1 || entries[0] != "127.0.0.1") {
					t.Errorf("group %s = %q", group, entries)
				}
			}
			if order := p.server.Calls("CreateDBInstance")[0].Params["SecurityIPList"]; order != "127.0.0.1" {
				t.Errorf("open to %s from the start", order)
			}
		})
	}
}

func TestInstance_Marks_AreTagsAndDescription(t *testing.T) {
	for name, drop := range map[string]bool{"TagsApplied": false, "TagResultFalse": true} {
		t.Run(name, func(t *testing.T) {
			p := newFixture(t, descriptor.Network{VpcID: vpcID})
			p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.DropTags = drop })
			task := p.instance(1, ``)
			p.done(task)
			got := p.only()
			for _, tag := range task.Tags() {
				if tag.Value != "" && got.Tags[tag.Key] != tag.Value {
					t.Errorf("tag %s = %q, want %q", tag.Key, got.Tags[tag.Key], tag.Value)
				}
			}
			if !strings.HasPrefix(got.Description, "osb-") || len(got.Description) < 20 {
				t.Errorf("description %q", got.Description)
			}
			if tagged := len(p.server.Calls("TagResources")) > 0; tagged != drop {
				t.Errorf("tagged afterwards: %v", tagged)
			}
		})
	}
}

func TestInstance_LateInLists_IsMadeOnce(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.Lag = time.Minute })
	for n, effect := range []cloud.Effect{cloud.DropAfter, cloud.FailAfter} {
		p.server.Faults().Add(cloud.Fault{Action: "CreateDBInstance", Effect: effect, Times: 1})
		p.done(p.instance(byte(n), ``))
		if got := len(p.server.RDS().Instances()); got != n+1 {
			t.Fatalf("%d instances, want %d", got, n+1)
		}
	}
}

func TestInstance_LateWithoutToken_IsOrderedOnce(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.Lag, b.TokenLifetime = time.Minute, 0 })
	p.done(p.instance(1, ``))
	if n := len(p.server.Calls("CreateDBInstance")); n != 1 {
		t.Errorf("it was ordered %d times", n)
	}
}

func TestInstance_Duplicates_AreDeleted(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID}, emulatortest.WithProfile(emulatedrds.Profile{Create: 2 * time.Minute}))
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.TokenLifetime, b.ListLag = 0, time.Minute })
	p.server.Faults().Add(cloud.Fault{Action: "CreateDBInstance", Effect: cloud.DropAfter, Times: 2})
	p.done(p.instance(1, ``))
	if n := len(p.server.Calls("CreateDBInstance")); n != 3 {
		t.Errorf("it was ordered %d times, want 3: its answer is lost twice, and lists lag", n)
	}
	p.only()
}

func TestInstance_UnsoldClass_FailsWithASentence(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	step := p.fails(p.instance(1, `{"Class":"rds.mysql.none"}`), providers.Invalid)
	if !strings.Contains(step.Text, "Class") {
		t.Errorf("text = %q", step.Text)
	}
}

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

func TestDelete_ProtectedInstance_IsDeleted(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	p.protect(i)
	i.Goal, i.Usable = providers.Absent, true
	p.done(i)
	if !p.server.Empty() {
		t.Errorf("left: %q", p.Cloud.Left())
	}
}

func TestDelete_PlanThatKeepsData_Refuses(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	i.Goal, i.Usable, i.Deletion = providers.Absent, true, providers.Refuse
	p.fails(i, providers.Policy)
	p.only()
	i.Usable = false // what was never ready holds nothing to keep
	p.done(i)
}

func TestInstance_DeletedOutside_IsNotMadeAnew(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	gone := *i
	gone.Goal = providers.Absent
	p.done(&gone)
	i.Usable = true
	p.fails(i, providers.Broken)
	p.fails(p.binding(i, 2, ``), providers.Broken)
	if n := len(p.server.Calls("CreateDBInstance")); n != 1 {
		t.Errorf("%d instances were ordered", n)
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

// The number of calls of an instance and a binding is bounded. The engine decides
// how often it observes while the cloud is at work.
func TestCalls_InstanceAndBinding_AreFew(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID}, emulatortest.WithProfile(emulatedrds.Profile{Create: 5 * time.Minute}))
	calls := func(task *providers.Task) []string {
		before := len(p.server.Calls(""))
		p.done(task)
		var names []string
		for _, c := range p.server.Calls("")[before:] {
			names = append(names, c.Action)
		}
		return slices.Compact(names)
	}
	i := p.instance(1, ``)
	if got := calls(i); len(got) > 12 {
		t.Errorf("an instance took %d calls: %q", len(got), got)
	}
	if got := calls(p.binding(i, 2, ``)); len(got) > 5 {
		t.Errorf("a binding took %d calls: %q", len(got), got)
	}
}
