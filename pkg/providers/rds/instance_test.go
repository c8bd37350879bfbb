package rds_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
)

const self = `{"engine":"MySQL","engineVersion":"5.6","class":"rds.mysql.s2.large","storage":20,"database":"app","charset":"utf8mb4","selfDefine":true}`

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
	step := p.fails(p.instance(1, `{"Class":"rds.mysql.none"}`), providers.SoldOut)
	if !strings.Contains(step.Text, "Class") || len(p.server.Calls("CreateDBInstance")) != 0 {
		t.Errorf("text = %q after %d orders", step.Text, len(p.server.Calls("CreateDBInstance")))
	}
}

// Protection that people set in the console stays: the operation says so, and goes on
// once they have lifted it. What was never ready holds no data of theirs.
func TestDelete_ProtectedInConsole_IsLeftToPeople(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	i := p.instance(1, ``)
	p.done(i)
	p.protect(i, true)
	i.Goal, i.Usable = providers.Absent, true
	if step := p.fails(i, providers.Policy); !strings.Contains(step.Text, "console") {
		t.Errorf("text = %q", step.Text)
	}
	if !p.only().Protected {
		t.Error("the broker lifted the protection")
	}
	p.protect(i, false)
	p.done(i)

	late := p.instance(2, ``)
	p.done(late)
	p.protect(late, true)
	late.Goal = providers.Absent
	p.done(late)
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
