package rds_test

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
)

// suspendable are the parameters of a server that the cloud can stop.
const suspendable = `{"EngineVersion":"8.0","Class":"mysql.n2.medium.1","Storage":20}`

// forgetTokens lets Drive give several operations of an instance the same tokens.
func (p *fixture) forgetTokens() {
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.TokenLifetime = 0 })
}

// stop stops an instance, as people do in the console.
func (p *fixture) stop(task *providers.Task) {
	p.t.Helper()
	req := sdk.CreateStopDBInstanceRequest()
	req.DBInstanceId = task.Facts.Open["instance_id"]
	p.must(req, sdk.CreateStopDBInstanceResponse())
	p.Cloud.Advance(10 * time.Minute)
	if got := p.only().Status; got != "Stopped" {
		p.t.Fatalf("it is %s", got)
	}
}

// remove deletes an instance or binding that was in use.
func (p *fixture) remove(task *providers.Task) {
	p.t.Helper()
	task.Goal, task.Usable, task.Was = providers.Absent, true, nil
	p.done(task)
}

// A server that people have stopped is started for whatever the platform asks for.
func TestStopped_AnyOperation_StartsIt(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.forgetTokens()
	i := p.instance(1, suspendable)
	p.done(i)
	i.Usable = true

	p.stop(i)
	b := p.binding(i, 2, ``)
	p.done(b)
	p.stop(i)
	p.remove(b)
	p.stop(i)
	p.update(i, strings.Replace(suspendable, "20", "40", 1))
	p.done(i)
	if got := p.only(); got.Storage != 40 || got.Status != "Running" {
		t.Errorf("%s with %d GB", got.Status, got.Storage)
	}
	p.stop(i)
	p.remove(i)
	if n := len(p.server.Calls("StartDBInstance")); n != 4 {
		t.Errorf("it was started %d times, want 4", n)
	}
	if !p.server.Empty() {
		t.Errorf("left: %q", p.Cloud.Left())
	}
}

// A lost answer of the start leads to one more look.
func TestStopped_LostAnswer_IsStartedOnce(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.forgetTokens()
	i := p.instance(1, suspendable)
	p.done(i)
	p.stop(i)
	p.server.Faults().Add(cloud.Fault{Action: "StartDBInstance", Effect: cloud.DropAfter, Times: 1})
	b := p.binding(i, 2, ``)
	p.done(b)
	if n := len(p.server.Calls("StartDBInstance")); n != 1 {
		t.Errorf("it was started %d times", n)
	}
}

// A server whose disk is full takes an update to more storage, which frees it; anything
// else is told so.
func TestFullDisk_Operations_SayWhatHelps(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.forgetTokens()
	i := p.instance(1, suspendable)
	p.done(i)
	old := p.binding(i, 2, ``)
	p.done(old)
	p.fill(20)
	for what, step := range map[string]providers.Step{
		"Bind": p.fails(p.binding(i, 3, ``), providers.Invalid),
		"Update": func() providers.Step {
			other := *i
			p.update(&other, strings.Replace(suspendable, "medium", "large", 1))
			return p.fails(&other, providers.Invalid)
		}(),
	} {
		if !strings.Contains(step.Text, "storage") {
			t.Errorf("%s: %q", what, step.Text)
		}
	}
	p.update(i, strings.Replace(suspendable, "20", "40", 1))
	p.done(i)
	i.Was = nil
	p.done(p.binding(i, 4, ``))
	p.fill(40)
	i.Goal = providers.Absent
	if step := p.done(i); !strings.Contains(step.Remains, "last backup") { // a locked server takes no policy
		t.Errorf("operators read %q", step.Remains)
	}
	if all := p.server.RDS().Instances(); len(all) > 0 {
		t.Errorf("left: %+v", all)
	}
}

// fill fills the disks of all instances with so many GB.
func (p *fixture) fill(gigabytes int64) {
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.DiskUsed = map[string]int64{"*": gigabytes << 30} })
}

// lock locks all instances, or unlocks them.
func (p *fixture) lock(mode string) {
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.Locks = map[string]string{"*": mode} })
}

// A server of an account that is overdue is the operator's matter, and goes on once
// the account is paid.
func TestOverdue_Operations_WaitForTheOperator(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.forgetTokens()
	i := p.instance(1, suspendable)
	p.done(i)
	p.lock("LockByExpiration")
	change := *i
	p.update(&change, strings.Replace(suspendable, "20", "40", 1))
	bind := p.binding(i, 2, ``)
	bind.Facts = bind.Facts.Merge(providers.Facts{Open: map[string]string{"refused_for": "state"}})
	for what, task := range map[string]providers.Task{"Update": change, "Bind": *bind} {
		_, err := p.Provider.Observe(t.Context(), task)
		if !errors.Is(err, providers.ErrArrears) || !strings.Contains(providers.Sentence(err), "overdue") {
			t.Errorf("%s: %v, told as %q", what, err, providers.Sentence(err))
		}
	}
	p.lock("")
	p.done(&change)
}

// A class that is no longer sold, while the instance has it, stays out of updates.
func TestWithdrawnClass_OtherUpdates_GoThrough(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.forgetTokens()
	i := p.instance(1, suspendable)
	p.done(i)
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.Withdrawn = []string{"mysql.n2.medium.1", "mysql.n2.large.1"} })
	p.update(i, strings.Replace(suspendable, "20", "40", 1))
	p.done(i)
	if got := p.only().Storage; got != 40 {
		t.Errorf("it has %d GB", got)
	}
	before := i.Parameters
	p.update(i, strings.Replace(string(before), "medium", "large", 1))
	if step := p.fails(i, providers.Invalid); !strings.Contains(step.Text, "Class") {
		t.Errorf("text = %q", step.Text)
	}
	i.Was, i.Parameters = nil, before
	p.done(p.binding(i, 2, ``)) // the instance stays usable
}

// Storage that people, or the cloud, enlarged in the console stays.
func TestConsole_EnlargedStorage_Stays(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.forgetTokens()
	i := p.instance(1, suspendable)
	p.done(i)
	req := sdk.CreateModifyDBInstanceSpecRequest()
	req.DBInstanceId, req.PayType, req.DBInstanceStorage = p.only().ID, "Postpaid", "100"
	p.must(req, sdk.CreateModifyDBInstanceSpecResponse())
	p.Cloud.Advance(time.Hour)
	p.update(i, strings.Replace(strings.Replace(suspendable, "20", "40", 1), "medium", "large", 1))
	p.done(i)
	if got := p.only(); got.Storage != 100 || got.Class != "mysql.n2.large.1" {
		t.Errorf("%s with %d GB", got.Class, got.Storage)
	}
}

// The performance levels of ESSD change into each other.
func TestDiskLevels_BothWays_Change(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.forgetTokens()
	settings := func(kind string, size int) json.RawMessage {
		return json.RawMessage(`{"engine":"MySQL","engineVersion":"8.0","class":"mysql.n2.medium.1","storage":` + strconv.Itoa(size) + `,"storageType":"` + kind + `","database":"app","charset":"utf8mb4"}`)
	}
	i := p.instance(1, ``)
	i.Settings = settings("cloud_essd", 500)
	providertest.Prepare(t, p.Provider, i)
	p.done(i)
	for _, kind := range []string{"cloud_essd2", "cloud_essd"} {
		i.Usable, i.Was = true, &providers.Was{Settings: i.Settings}
		i.Settings = settings(kind, 500)
		providertest.Prepare(t, p.Provider, i)
		p.done(i)
		if got := p.disk(); got != kind {
			t.Errorf("the disk is %s, want %s", got, kind)
		}
	}
}

// disk returns the storage type of the one instance.
func (p *fixture) disk() string {
	p.t.Helper()
	req, resp := sdk.CreateDescribeDBInstanceAttributeRequest(), sdk.CreateDescribeDBInstanceAttributeResponse()
	req.DBInstanceId = p.only().ID
	p.must(req, resp)
	return resp.Items.DBInstanceAttribute[0].DBInstanceStorageType
}
