package rds_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	sdk "github.com/aliyun/alibaba-cloud-sdk-go/services/rds"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	emulatedrds "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/rds"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/providertest"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rds"
)

// A crowd is instances that one provider makes at the same time.
type crowd struct {
	*fixture

	tasks []*providers.Task
}

// crowdOf orders n instances for a profile.
func crowdOf(p *fixture, n int, profile string) *crowd {
	p.t.Helper()
	c := &crowd{fixture: p}
	for i := range n {
		task := &providers.Task{
			Kind: providers.Instance, Goal: providers.Present, InstanceID: fmt.Sprint("i", i), Region: "cn-hangzhou", Profile: profile,
			Life:     providers.Life{BrokerID: "test", Incarnation: fmt.Sprintf("%s%032x", profile, i)[:32]},
			Settings: json.RawMessage(small), Deletion: providers.DeleteData, Begun: []string{},
		}
		if profile != "" {
			task.Life.Incarnation = fmt.Sprintf("%s%031x", profile[:1], i)
		}
		providertest.Prepare(p.t, p.Provider, task)
		c.tasks = append(c.tasks, task)
		c.call(task, "create")
	}
	return c
}

// call makes the step that is next for a task, which has the name.
func (c *crowd) call(task *providers.Task, name string) {
	c.t.Helper()
	seen, err := c.Provider.Observe(c.t.Context(), *task)
	if err != nil {
		c.t.Fatal(err)
	}
	task.Facts = task.Facts.Merge(seen.Facts)
	step := c.Provider.Next(*task, seen)
	if step.Action != providers.Call || step.Name != name {
		c.t.Fatalf("the step is %s %s, want the call %s", step.Action, step.Name, name)
	}
	task.Begun = append(task.Begun, name)
	made, err := c.Provider.Do(c.t.Context(), *task, step)
	task.Facts = task.Facts.Merge(made)
	if err != nil {
		c.t.Fatal(err)
	}
}

// A tick is what looks at all instances cost, and what they lead to.
type tick struct{ lists, singles, waits, errors int }

// look looks at all instances at once.
func (c *crowd) look(ctx context.Context) (got tick) {
	c.t.Helper()
	lists, singles := len(c.server.Calls("DescribeDBInstances")), len(c.server.Calls("DescribeDBInstanceAttribute"))
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, task := range c.tasks {
		all.Go(func() {
			seen, err := c.Provider.Observe(ctx, *task)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				got.errors++
				return
			}
			task.Facts = task.Facts.Merge(seen.Facts)
			if step := c.Provider.Next(*task, seen); step.Action == providers.Wait && seen.Exists {
				got.waits++
			}
		})
	}
	all.Wait()
	got.lists, got.singles = len(c.server.Calls("DescribeDBInstances"))-lists, len(c.server.Calls("DescribeDBInstanceAttribute"))-singles
	return got
}

func TestObserve_ManyWaiting_ReadsOneList(t *testing.T) {
	for n, want := range map[int]tick{1: {0, 1, 1, 0}, 2: {0, 2, 2, 0}, 3: {1, 0, 3, 0}, 100: {1, 0, 100, 0}, 101: {2, 0, 101, 0}, 250: {3, 0, 250, 0}} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := crowdOf(newFixture(t, descriptor.Network{VpcID: vpcID}), n, "")
			for range 3 {
				if got := c.look(t.Context()); got != want {
					t.Errorf("a tick takes %+v, want %+v", got, want)
				}
			}
		})
	}
}

func TestObserve_WaitingEnds_LooksAtEachSingly(t *testing.T) {
	c := crowdOf(newFixture(t, descriptor.Network{VpcID: vpcID}), 105, "")
	c.look(t.Context())
	c.Cloud.Advance(10 * time.Minute)
	got := c.look(t.Context())
	if got.lists != 1+105 || got.singles != 105 || got.waits != 0 { // the others are searches for duplicates
		t.Errorf("%+v, want one list without waiting instances, and two looks at each", got)
	}
	for _, task := range c.tasks {
		if task.Facts.Open["host"] == "" {
			t.Fatal("an instance that runs was not looked at")
		}
	}
}

func TestObserve_AnyWaitingStatus_SharesItsList(t *testing.T) {
	c := crowdOf(newFixture(t, descriptor.Network{VpcID: vpcID}), 5, "")
	c.Cloud.Advance(10 * time.Minute)
	for _, task := range c.tasks { // people restart the servers
		req := sdk.CreateRestartDBInstanceRequest()
		req.DBInstanceId = task.Facts.Open["instance_id"]
		if err := providertest.Clients(t, c.server, rds.Descriptor().Products...).Do(t.Context(), alicloud.Write, req, sdk.CreateRestartDBInstanceResponse()); err != nil {
			t.Fatal(err)
		}
	}
	c.look(t.Context()) // tells the status
	if got := c.look(t.Context()); got != (tick{lists: 1, waits: 5}) {
		t.Errorf("while they restart: %+v", got)
	}
	c.Cloud.Advance(10 * time.Minute)
	c.look(t.Context())
	for _, task := range c.tasks {
		task.Goal, task.Begun = providers.Absent, []string{}
		c.call(task, "delete")
	}
	if got := c.look(t.Context()); got != (tick{lists: 1, waits: 5}) {
		t.Errorf("while they are deleted: %+v", got)
	}
}

func TestObserve_OtherProfile_DoesNotShare(t *testing.T) {
	server := newCloud(t)
	network := descriptor.Network{VpcID: vpcID}
	provider := newProvider(t, server, network, func(d *descriptor.Deps) {
		other := *d.Profiles[descriptor.DefaultProfile]
		other.Network = network
		d.Profiles["b"] = &other
	})
	p := &fixture{t: t, server: server, Harness: providertest.Harness{Provider: provider, Cloud: providertest.Emulated(server)}}
	two, others := crowdOf(p, 2, ""), crowdOf(p, 2, "b")
	if got := two.look(t.Context()); got != (tick{singles: 2, waits: 2}) {
		t.Errorf("two of one profile: %+v", got)
	}
	if got := others.look(t.Context()); got != (tick{singles: 2, waits: 2}) {
		t.Errorf("two of the other profile: %+v", got)
	}
}

func TestObserve_OtherRegion_DoesNotShare(t *testing.T) {
	c := crowdOf(newFixture(t, descriptor.Network{VpcID: vpcID}), 6, "")
	for _, task := range c.tasks[3:] {
		task.Region = "cn-shanghai"
	}
	c.look(providers.WithEpoch(t.Context(), 7)) // nothing is known of them
	regions := map[string]int{}
	for _, call := range c.server.Calls("DescribeDBInstances") {
		if call.Params["DBInstanceStatus"] != "" {
			regions[call.Params["RegionId"]]++
		}
	}
	if regions["cn-hangzhou"] != 1 || regions["cn-shanghai"] != 1 {
		t.Errorf("lists by region: %v, want one for each", regions)
	}
}

func TestObserve_ThrottledInTheMiddle_NoStormOfLooks(t *testing.T) {
	c := crowdOf(newFixture(t, descriptor.Network{VpcID: vpcID}), 150, "")
	c.server.Faults().Add(cloud.Fault{Action: "DescribeDBInstances", Effect: cloud.FailBefore, Code: "Throttling.User", Skip: 1, Times: 1})
	if got := c.look(t.Context()); got != (tick{lists: 2, waits: 100, errors: 50}) {
		t.Errorf("%+v, want 100 that wait by the first page, and 50 throttled ones without a look", got)
	}
	if _, err := c.Provider.Observe(t.Context(), *c.tasks[149]); !errors.Is(err, providers.ErrThrottled) || providers.ClassOf(err) != providers.Transient {
		t.Errorf("a look at the rest: %v, want a throttled one", err)
	}
}

func TestObserve_UntaggedInstances_AreLookedAtSingly(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.DropTags = true })
	c := crowdOf(p, 4, "")
	if got := c.look(t.Context()); got.lists != 0 || got.singles != 4 {
		t.Errorf("%+v, want a look at each", got)
	}
	for _, task := range c.tasks {
		c.call(task, "tag")
	}
	c.look(t.Context())
	if got := c.look(t.Context()); got != (tick{lists: 1, waits: 4}) {
		t.Errorf("once they are tagged: %+v", got)
	}
}

func TestObserve_ListLags_TheLookDecides(t *testing.T) {
	p := newFixture(t, descriptor.Network{VpcID: vpcID})
	p.server.RDS().Behave(func(b *emulatedrds.Behaviour) { b.ListLag = time.Hour })
	c := crowdOf(p, 4, "")
	for range 2 {
		if got := c.look(t.Context()); got != (tick{lists: 1, singles: 4, waits: 4}) {
			t.Errorf("%+v, want one list, and a look at each", got)
		}
	}
}

func TestObserve_LostCreate_IsSearchedFor(t *testing.T) {
	c := crowdOf(newFixture(t, descriptor.Network{VpcID: vpcID}), 4, "")
	lost := c.tasks[0]
	lost.Facts = providers.Facts{} // the answer never came
	if got := c.look(t.Context()); got != (tick{lists: 2, singles: 1, waits: 4}) {
		t.Errorf("%+v, want one list, and a search by tag with a look", got)
	}
	if lost.Facts.Open["instance_id"] == "" {
		t.Error("the instance was not found")
	}
}

func TestObserve_OtherTerm_ReadsAnotherList(t *testing.T) {
	c := crowdOf(newFixture(t, descriptor.Network{VpcID: vpcID}), 4, "")
	first, later := providers.WithEpoch(t.Context(), 1), providers.WithEpoch(t.Context(), 3)
	c.look(first)
	c.look(first)
	c.Cloud.Advance(10 * time.Minute) // another process runs the operations
	if got := c.look(later); got.waits != 0 || got.errors != 0 {
		t.Errorf("%+v: a list of the earlier term answers", got)
	}
}

func TestObserve_NewTermWithMany_ReadsOneList(t *testing.T) {
	c := crowdOf(newFixture(t, descriptor.Network{VpcID: vpcID}), 105, "")
	got := c.look(providers.WithEpoch(t.Context(), 7)) // nothing is known of them
	if got.lists != 2 || got.singles > 2 || got.waits != 105 {
		t.Errorf("%+v, want two pages and at most two looks", got)
	}
}

func TestObserve_CancelledLook_LeavesTheOthers(t *testing.T) {
	c := crowdOf(newFixture(t, descriptor.Network{VpcID: vpcID}), 5, "")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if got := c.look(ended); got.errors == 0 {
		t.Errorf("%+v: the looks go on", got)
	}
	if got := c.look(t.Context()); got.waits != 5 || got.errors != 0 {
		t.Errorf("%+v", got)
	}
}
