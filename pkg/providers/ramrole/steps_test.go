package ramrole

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

const (
	account = "1000000000000001"
	roleARN = "acs:ram::" + account + ":role/osb-x"
)

// offline returns a kind for its pure methods. It knows the cluster c1.
func offline(change ...func(*Config)) Kind {
	c := Config{
		Clusters: descriptor.Clusters{ByID: map[string]descriptor.Cluster{"c1": {
			Issuer: "https://oidc.example/c1", Providers: []string{"acs:ram::2000000000000009:oidc-provider/other", "acs:ram::" + account + ":oidc-provider/ack-rrsa-c1"}, Audience: "sts.aliyuncs.com",
		}}},
		Access:   rampolicy.Access{Clients: func(providers.Task) (*alicloud.Clients, error) { return nil, errors.New("offline") }},
		Account:  func(instance providers.Task) (string, error) { return instance.Owner, nil },
		Document: func(binding providers.Task) (string, error) { return `{"of":"` + binding.Of.InstanceID + `"}`, nil },
		Credentials: func(_ providers.Task, r Role) (map[string]string, error) {
			return map[string]string{"role_arn": r.ARN, "provider": r.Provider, "audience": r.Audience, "account": r.ServiceAccount}, nil
		},
	}
	for _, f := range change {
		f(&c)
	}
	return New(c)
}

// bindingTask is a bind before Prepare.
func bindingTask() providers.Task {
	instance := providers.Task{
		Kind: providers.Instance, InstanceID: "i", Owner: account,
		Life: providers.Life{BrokerID: "broker-1", Incarnation: "00112233445566778899aabbccddeeff"},
	}
	return providers.Task{
		Kind: providers.Binding, Goal: providers.Present, InstanceID: "i", BindingID: "b", Region: "cn-hangzhou",
		Labels:     providers.Labels{Offering: "o", Plan: "p", Platform: "kubernetes", Namespace: "team-a", ClusterID: "c1"},
		Parameters: json.RawMessage(`{"ServiceAccount":"app"}`),
		Life:       providers.Life{BrokerID: "broker-1", Incarnation: "b0112233445566778899aabbccddeeff"}, Of: &instance,
	}
}

func preparedBinding(t *testing.T) providers.Task {
	t.Helper()
	task := bindingTask()
	var err error
	if task.Plan, err = offline().Prepare(task); err != nil {
		t.Fatal(err)
	}
	return task
}

// The expected steps of a table.
const (
	done    = "done"
	broken  = "fail broken"
	invalid = "fail invalid"
)

func calling(step string) string { return "call " + step }

func outcomeOf(s providers.Step) string {
	return strings.TrimSpace(string(s.Action) + " " + s.Name + string(s.Kind))
}

func TestNext_EveryStateOfARole_HasItsStep(t *testing.T) {
	const ours, foreign = rampolicy.Ours, rampolicy.Foreign
	attached := []rampolicy.Attachment{{Type: rampolicy.Custom, Policy: PolicyName(bindingTask().Life)}}
	all := State{Role: ours, Policy: ours, ARN: roleARN, Attached: attached}
	cases := map[string]struct {
		goal    providers.Goal
		facts   providers.Facts
		refused []string
		state   State
		want    string
	}{
		"nothing there: the role":                  {want: calling(stepRole)},
		"tags refused: the role with the marks":    {facts: rampolicy.OpenFact("informing_tags", "refused"), want: calling(stepRole + "-marks")},
		"a role: its policy":                       {state: State{Role: ours, ARN: roleARN}, want: calling(stepPolicy)},
		"a policy: attach it":                      {state: State{Role: ours, Policy: ours, ARN: roleARN}, want: calling(stepAttach)},
		"another attached: attach ours":            {state: State{Role: ours, Policy: ours, ARN: roleARN, Attached: []rampolicy.Attachment{{Type: "System", Policy: "ReadOnly"}}}, want: calling(stepAttach)},
		"attached: done":                           {state: all, want: done},
		"a role of another account: fail":          {state: State{Role: ours, ARN: "acs:ram::2000000000000002:role/osb-x"}, want: invalid},
		"removed by hand while made: again":        {facts: rampolicy.OpenFact(factRole, "r"), state: State{Policy: ours}, want: calling(stepRole)},
		"a foreign role: fail":                     {state: State{Role: foreign}, want: broken},
		"a foreign policy: fail":                   {state: State{Role: ours, Policy: foreign}, want: broken},
		"refused: fail":                            {refused: []string{stepPolicy}, state: State{Role: ours, ARN: roleARN}, want: broken},
		"absent and nothing there: done":           {goal: providers.Absent, want: done},
		"absent: detach first":                     {goal: providers.Absent, state: all, want: calling(stepDetach)},
		"absent: then the policy":                  {goal: providers.Absent, state: State{Role: ours, Policy: ours}, want: calling(stepDeletePolicy)},
		"absent: then the role":                    {goal: providers.Absent, state: State{Role: ours}, want: calling(stepDeleteRole)},
		"absent: role removed by hand, the policy": {goal: providers.Absent, facts: rampolicy.OpenFact(factRole, ""), state: State{Policy: ours}, want: calling(stepDeletePolicy)},
		"absent: a policy made and not seen":       {goal: providers.Absent, facts: rampolicy.OpenFact(factPolicy, "p"), state: State{Role: ours}, want: calling(stepDeletePolicy)},
		"absent: a role made and not seen":         {goal: providers.Absent, facts: rampolicy.OpenFact(factRole, "r"), want: calling(stepDeleteRole)},
		"absent: foreign ones stay":                {goal: providers.Absent, state: State{Role: foreign, Policy: foreign}, want: done},
		"absent: our role beside a foreign policy": {goal: providers.Absent, state: State{Role: ours, Policy: foreign}, want: calling(stepDeleteRole)},
	}
	kind := offline()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			task := preparedBinding(t)
			if c.goal != "" {
				task.Goal = c.goal
			}
			task.Facts, task.Refused = c.facts, c.refused
			if got := outcomeOf(kind.Next(task, providers.Seen{State: c.state})); got != c.want {
				t.Errorf("decided on %q, want %q", got, c.want)
			}
		})
	}
}

func TestNext_BindingThatIsDone_TellsRoleAndProvider(t *testing.T) {
	task := preparedBinding(t)
	step := offline().Next(task, providers.Seen{State: State{
		Role: rampolicy.Ours, Policy: rampolicy.Ours, ARN: roleARN,
		Attached: []rampolicy.Attachment{{Type: rampolicy.Custom, Policy: PolicyName(task.Life)}},
	}})
	want := map[string]string{
		"role_arn": roleARN, "provider": "acs:ram::" + account + ":oidc-provider/ack-rrsa-c1", "audience": "sts.aliyuncs.com", "account": "app",
	}
	if fmt.Sprint(step.Credentials) != fmt.Sprint(want) {
		t.Errorf("credentials %v, want %v", step.Credentials, want)
	}
}

func TestNext_UnreadableTask_FailsForTheOperator(t *testing.T) {
	kind, task := offline(), preparedBinding(t)
	orphan, garbled := task, task
	orphan.Of, garbled.Plan = nil, providers.Plan(`{"role":1}`)
	for name, step := range map[string]providers.Step{
		"no state":       kind.Next(task, providers.Seen{}),
		"no plan":        kind.Next(bindingTask(), providers.Seen{State: State{}}),
		"a garbled plan": kind.Next(garbled, providers.Seen{State: State{}}),
		"no instance":    kind.Next(orphan, providers.Seen{State: State{}}),
	} {
		if got := outcomeOf(step); got != broken {
			t.Errorf("%s: decided on %q, want %q", name, got, broken)
		}
	}
}

// A binding lives on after its cluster has left the configuration.
func TestNext_ClusterLeftTheConfiguration_RemovesTheRole(t *testing.T) {
	kind := offline(func(c *Config) { c.Clusters = descriptor.Clusters{} })
	task := preparedBinding(t)
	task.Goal = providers.Absent
	if got := outcomeOf(kind.Next(task, providers.Seen{State: State{Role: rampolicy.Ours}})); got != calling(stepDeleteRole) {
		t.Errorf("decided on %q", got)
	}
}

func TestNames_OfLives_AreUniqueAndFitRAM(t *testing.T) {
	a, b := bindingTask().Life, bindingTask().Of.Life
	names := []string{RoleName(a), RoleName(b), PolicyName(a), PolicyName(b)}
	slices.Sort(names)
	if len(slices.Compact(names)) != 4 {
		t.Errorf("names %v", names)
	}
	for _, name := range names {
		if len(name) > 64 || strings.ToLower(name) != name || strings.ContainsAny(name, "_/:") {
			t.Errorf("name %q", name)
		}
	}
}
