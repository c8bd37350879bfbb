package ramuser

import (
	"errors"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// offline returns a kind for its pure methods.
func offline() Kind {
	return New(Config{
		Access:   rampolicy.Access{Clients: func(providers.Task) (*alicloud.Clients, error) { return nil, errors.New("offline") }},
		Document: func(binding providers.Task) (string, error) { return `{"of":"` + binding.Of.InstanceID + `"}`, nil },
		Credentials: func(_ providers.Task, user string, key Key) (map[string]string, error) {
			return map[string]string{"user": user, "id": key.ID, "secret": key.Secret.Reveal()}, nil
		},
	})
}

// bindingTask is a bind before Prepare.
func bindingTask() providers.Task {
	instance := providers.Task{
		Kind: providers.Instance, InstanceID: "i",
		Life: providers.Life{BrokerID: "broker-1", Incarnation: "00112233445566778899aabbccddeeff"},
	}
	return providers.Task{
		Kind: providers.Binding, Goal: providers.Present, InstanceID: "i", BindingID: "b", Region: "cn-hangzhou",
		Life: providers.Life{BrokerID: "broker-1", Incarnation: "b0112233445566778899aabbccddeeff"}, Of: &instance,
	}
}

func preparedBinding(t *testing.T) providers.Task {
	t.Helper()
	task := bindingTask()
	plan, err := offline().Prepare(task)
	if err != nil {
		t.Fatal(err)
	}
	task.Plan = plan
	return task
}

// The expected steps of a table.
const (
	done   = "done"
	broken = "fail broken"
)

func calling(step string) string { return "call " + step }

func outcomeOf(s providers.Step) string {
	return strings.TrimSpace(string(s.Action) + " " + s.Name + string(s.Kind))
}

func TestNext_EveryStateOfAUser_HasItsStep(t *testing.T) {
	attached := []rampolicy.Attachment{{Type: rampolicy.Custom, Policy: PolicyName(preparedBinding(t).Life)}}
	known := providers.Facts{Open: map[string]string{factKeyID: "K1"}, Secrets: map[string]string{factSecret: "S1"}}
	all := func(keys ...string) State {
		return State{User: Ours, Policy: Ours, Attached: attached, Keys: keys}
	}
	taken := all("K1")
	taken.Taken = true
	cases := map[string]struct {
		goal    providers.Goal
		facts   providers.Facts
		refused []string
		state   State
		want    string
	}{
		"nothing there: the user":                  {state: State{}, want: calling(stepUser)},
		"a user: its policy":                       {state: State{User: Ours}, want: calling(stepPolicy)},
		"a policy: attach it":                      {state: State{User: Ours, Policy: Ours}, want: calling(stepAttach)},
		"another policy attached: attach ours":     {state: State{User: Ours, Policy: Ours, Attached: []rampolicy.Attachment{{Type: "System", Policy: "ReadOnly"}}}, want: calling(stepAttach)},
		"attached: the key":                        {state: all(), want: calling(stepKey)},
		"a key whose secret was lost: drop it":     {state: all("K0"), want: calling(stepDropKey)},
		"an id without its secret: drop it":        {facts: providers.Facts{Open: map[string]string{factKeyID: "K1"}}, state: all("K1"), want: calling(stepDropKey)},
		"our key and another: drop the other":      {facts: known, state: all("K0", "K1"), want: calling(stepDropKey)},
		"our key is not listed yet: wait":          {facts: known, state: all(), want: "wait " + waitKey},
		"our key is listed and not taken: wait":    {facts: known, state: all("K1"), want: "wait " + waitTaken},
		"our key is taken: done":                   {facts: known, state: taken, want: done},
		"a foreign user: fail":                     {state: State{User: Foreign}, want: broken},
		"a foreign policy: fail":                   {state: State{User: Ours, Policy: Foreign}, want: broken},
		"refused: fail":                            {refused: []string{stepPolicy}, state: State{User: Ours}, want: broken},
		"absent and nothing there: done":           {goal: providers.Absent, state: State{}, want: done},
		"absent: keys first":                       {goal: providers.Absent, facts: known, state: all("K0", "K1"), want: calling(stepDeleteKey)},
		"absent: then detach":                      {goal: providers.Absent, state: all(), want: calling(stepDetach)},
		"absent: then the policy":                  {goal: providers.Absent, state: State{User: Ours, Policy: Ours}, want: calling(stepDeletePolicy)},
		"absent: then the user":                    {goal: providers.Absent, state: State{User: Ours}, want: calling(stepDeleteUser)},
		"absent: the policy alone":                 {goal: providers.Absent, state: State{Policy: Ours}, want: calling(stepDeletePolicy)},
		"absent: a policy made and not seen":       {goal: providers.Absent, facts: rampolicy.OpenFact(factPolicy, "p"), state: State{User: Ours}, want: calling(stepDeletePolicy)},
		"absent: a user made and not seen":         {goal: providers.Absent, facts: rampolicy.OpenFact(factUser, "u"), state: State{}, want: calling(stepDeleteUser)},
		"absent: a foreign one in their place":     {goal: providers.Absent, facts: rampolicy.OpenFact(factPolicy, "p"), state: State{Policy: Foreign}, want: done},
		"absent: foreign ones stay":                {goal: providers.Absent, state: State{User: Foreign, Policy: Foreign}, want: done},
		"absent: our user beside a foreign policy": {goal: providers.Absent, state: State{User: Ours, Policy: Foreign}, want: calling(stepDeleteUser)},
	}
	kind := offline()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			task := preparedBinding(t)
			if c.goal != "" {
				task.Goal = c.goal
			}
			task.Facts, task.Refused = c.facts, c.refused
			step := kind.Next(task, providers.Seen{State: c.state})
			if got := outcomeOf(step); got != c.want {
				t.Errorf("decided on %q, want %q", got, c.want)
			}
		})
	}
}

func TestNext_UnreadableTask_FailsForTheOperator(t *testing.T) {
	kind, task := offline(), preparedBinding(t)
	orphan, garbled := task, task
	orphan.Of, garbled.Plan = nil, providers.Plan(`{"user":1}`)
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
