package parameters_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/environment"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/test/stack"
)

var update = flag.Bool("update", false, "write docs/cloud-calls.md anew") //nolint:gochecknoglobals // a flag of the test binary

const cloudCalls = "../../docs/cloud-calls.md"

// The most calls that an instance and a binding of it may cost, without options. A
// binding that is an access key costs one more: RAM may have made the key twice.
const (
	mostForInstance = 10
	mostForBinding  = 5
	mostForKey      = mostForBinding + 1
)

// The calls of every plan and of every parameter, as the emulator's journal has them,
// are the ones that the page lists.
func TestCloudCalls_EveryPlanAndOption_AreInTheDocs(t *testing.T) {
	var tables []string
	plans := map[string][]string{} // by their table
	forEachPlan(t, func(t *testing.T, o *catalog.Offering, p *catalog.Plan) {
		calls := lifeOf(t, o, p)
		checkBudget(t, calls)
		var table strings.Builder
		table.WriteString("\n| request | calls | |\n|---|---|---|\n")
		for _, request := range []string{"provision", "bind", "unbind", "bind with `ServiceAccount`", "unbind of that", "deprovision"} {
			if len(calls[request]) == 0 {
				continue
			}
			fmt.Fprintf(&table, "| %s | %d | %s |\n", request, len(calls[request]), listed(calls[request]))
		}
		table.WriteString(optionRows(t, o, p, calls["provision"]))
		if text := table.String(); plans[text] == nil {
			tables = append(tables, text)
			plans[text] = []string{o.Name + ": " + p.Name}
		} else {
			plans[text] = append(plans[text], p.Name)
		}
	})
	page := cloudCallsHead
	for _, table := range tables {
		page += "\n## " + strings.Join(plans[table], ", ") + "\n" + table
	}
	if *update {
		if err := os.WriteFile(cloudCalls, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(cloudCalls)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), page); diff != "" {
		t.Errorf("docs/cloud-calls.md is out of date: go test ./test/parameters -run TestCloudCalls -update\n%s", diff)
	}
}

// checkBudget fails where an instance or a binding costs more calls than it may.
func checkBudget(t *testing.T, calls map[string][]string) {
	t.Helper()
	binding := mostForBinding
	if slices.Contains(calls["bind"], "CreateAccessKey") {
		binding = mostForKey
	}
	for request, most := range map[string]int{"provision": mostForInstance, "bind": binding, "bind with `ServiceAccount`": mostForBinding} {
		if n := len(calls[request]); n > most {
			t.Errorf("%s costs %d calls, want at most %d: %v", request, n, most, calls[request])
		}
	}
}

const cloudCallsHead = `# Calls to the cloud

The calls that change the cloud, and the ones that confirm a change or find the next step, by plan and parameter. The table is
made from the journal of the emulator by ` + "`go test ./test/parameters -run TestCloudCalls -update`" + `, and a test fails where it is out
of date. Looks that find the cloud still at work come on top: servers that wait are read from shared lists
([configuration.md](configuration.md), "Looks at the cloud"; figures: [testing.md](testing.md)), databases, accounts and keys
one by one. What holds for many operations is asked for once and left out here: the account of a key (GetCallerIdentity), and
what zones sell (DescribeAvailableZones, and DescribeAvailableClasses for each zone with a VSwitch until one sells the class;
both are remembered for three minutes).
An instance costs at most 10 calls without options, a binding of it at most 5, and one that is an access key 6: the list of
keys tells whether a request that was repeated on its way has made two.
After a crash, an error or a lost answer the broker looks at everything once more, which comes on top too.
`

// lifeOf returns the calls of each request in the life of an instance with one
// binding.
func lifeOf(t *testing.T, o *catalog.Offering, p *catalog.Plan) map[string][]string {
	t.Helper()
	s := stack.New(t)
	i := instance{T: t, stack: s, id: "i", offering: o, plan: p}
	calls, before := map[string][]string{}, 0
	step := func(request string) {
		all := s.Cloud().Calls("")
		calls[request] = counted(s, all[before:])
		before = len(all)
	}
	i.make(nil)
	step("provision")
	if status := i.bind("b", "", nil); status != http.StatusCreated {
		t.Fatalf("bind: %d", status)
	}
	step("bind")
	i.remove("/service_bindings/b")
	step("unbind")
	if strings.Contains(string(p.Settings), `"role"`) {
		i.bindRole("r")
		step("bind with `ServiceAccount`")
		i.remove("/service_bindings/r")
		step("unbind of that")
	}
	i.remove("")
	step("deprovision")
	return calls
}

// bindRole makes a binding that is a role of a service account.
func (i instance) bindRole(id string) {
	i.Helper()
	status, _, answer := i.stack.Do(http.MethodPut, "/v2/service_instances/"+i.id+"/service_bindings/"+id, fmt.Sprintf(
		`{"service_id":%q,"plan_id":%q,"parameters":{"ServiceAccount":"app"},"context":{"platform":"kubernetes","namespace":"n","clusterid":%q}}`,
		i.offering.ID, i.plan.ID, environment.ClusterID), nil)
	if status != http.StatusCreated {
		i.Fatalf("bind of a role: %d %s", status, answer)
	}
}

// remove deletes the instance, or a binding by its path, and waits for the end.
func (i instance) remove(path string) {
	i.Helper()
	ids := fmt.Sprintf("?accepts_incomplete=true&service_id=%s&plan_id=%s", i.offering.ID, i.plan.ID)
	url := "/v2/service_instances/" + i.id + path
	status, _, _ := i.stack.Do(http.MethodDelete, url+ids, "", nil)
	polls := time.NewTicker(5 * time.Millisecond)
	defer polls.Stop()
	for inProgress := status == http.StatusAccepted; inProgress; {
		<-polls.C
		_, _, answer := i.stack.Do(http.MethodGet, url+"/last_operation", "", nil)
		inProgress = i.decoded(answer)["state"] == "in progress"
	}
}

// optionRows returns a table of the parameters of a plan with their own calls.
func optionRows(t *testing.T, o *catalog.Offering, p *catalog.Plan, plain []string) string {
	t.Helper()
	options, _ := ofPlan(p)
	slices.SortFunc(options, func(a, b parameter) int { return strings.Compare(a.name, b.name) })
	var rows strings.Builder
	rows.WriteString("\n| parameter | more calls at creation | calls of an update |\n|---|---|---|\n")
	s := stack.New(t)
	s.Cloud().OSS().AddForeignBucket(logBucket, s.Cloud().AccountID())
	for _, option := range options {
		i := instance{T: t, stack: s, id: option.name, offering: o, plan: p}
		before := len(s.Cloud().Calls(""))
		i.make(with(map[string]any{option.name: option.value}, together(option.name)))
		all := s.Cloud().Calls("")
		made := counted(s, all[before:])
		ofUpdate := "fixed"
		if option.updatable && option.other != nil {
			i.changes(map[string]any{option.name: option.other}, "")
			ofUpdate = numbered(counted(s, s.Cloud().Calls("")[len(all):]))
		}
		fmt.Fprintf(&rows, "| `%s` | %s | %s |\n", option.name, numbered(more(made, plain)), ofUpdate)
	}
	if len(options) == 0 {
		return ""
	}
	return rows.String()
}

// counted returns the actions of calls that change the cloud or confirm a change. A
// read that is repeated before the next change waits; one for all is asked for once.
func counted(s *stack.Stack, calls []cloud.Call) []string {
	var actions []string
	read := map[string]bool{}
	for _, call := range calls {
		switch {
		case slices.Contains([]string{"GetCallerIdentity", "DescribeAvailableZones", "DescribeAvailableClasses"}, call.Action):
		case !s.Cloud().ReadOnly(call):
			actions = append(actions, call.Action)
			clear(read)
		case !read[question(call)]:
			read[question(call)] = true
			actions = append(actions, call.Action)
		}
	}
	return actions
}

// question names a read, without the members that differ in each call.
func question(call cloud.Call) string {
	params := maps.Clone(call.Params)
	for name := range params {
		if strings.HasPrefix(name, "Signature") || name == "Timestamp" || name == "x-oss-date" {
			delete(params, name)
		}
	}
	text, _ := json.Marshal(params)
	return call.Action + string(text)
}

// more returns the calls that are not in plain, each as often as it is missing there.
func more(calls, plain []string) (extra []string) {
	left := slices.Clone(plain)
	for _, call := range calls {
		if at := slices.Index(left, call); at >= 0 {
			left = slices.Delete(left, at, at+1)
			continue
		}
		extra = append(extra, call)
	}
	return extra
}

func numbered(calls []string) string {
	if len(calls) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d: %s", len(calls), listed(calls))
}

func listed(calls []string) string {
	names := make([]string, len(calls))
	for i, call := range calls {
		names[i] = strings.TrimPrefix(call, "oss:")
	}
	return strings.Join(names, ", ")
}
