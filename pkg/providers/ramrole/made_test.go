package ramrole

import (
	"context"
	"slices"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// countedReads notes the reads of a RAM that has everything of a binding.
type countedReads struct {
	mark, policy string

	made []string
}

func (c *countedReads) Role(context.Context, string) (arn, description string, err error) {
	c.made = append(c.made, "role")
	return roleARN, c.mark, nil
}

func (c *countedReads) Policy(context.Context, string) (string, error) {
	c.made = append(c.made, "policy")
	return c.mark, nil
}

func (c *countedReads) Attached(context.Context, string) ([]rampolicy.Attachment, error) {
	c.made = append(c.made, "attached")
	return []rampolicy.Attachment{{Type: rampolicy.Custom, Policy: c.policy}}, nil
}

// After each call that is known to have worked the bind goes on without a look; after
// each one that is not known so, as after a crash, it looks at all it has begun. A
// removal looks in any case.
func TestObserve_AfterEachCall_LooksUnlessItIsMade(t *testing.T) {
	task := preparedBinding(t)
	p, err := planOf(task)
	if err != nil {
		t.Fatal(err)
	}
	name, _ := task.TagStep(stepRole)
	steps, reads := []string{name, stepPolicy, stepAttach}, []string{"role", "policy", "attached"}
	task.Facts = providers.Facts{Open: map[string]string{factRole: p.Role, factARN: roleARN, factPolicy: p.Policy}}
	for n := 1; n <= len(steps); n++ {
		for about, c := range map[string]struct {
			goal providers.Goal
			made []string
			want []string
		}{
			"made":            {providers.Present, steps[:n], nil},
			"crashed":         {providers.Present, nil, reads[:n]},
			"made, to remove": {providers.Absent, steps[:n], reads},
			"another's role":  {providers.Present, steps[1:n], reads[:n]},
		} {
			cloud := &countedReads{mark: rampolicy.Mark(task), policy: p.Policy}
			task.Goal, task.Begun, task.Made = c.goal, steps[:n], c.made
			seen, err := observe(t.Context(), cloud, task, p)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(cloud.made, c.want) {
				t.Errorf("after %d calls, %s: it reads %q, want %q", n, about, cloud.made, c.want)
			}
			if state, _ := seen.State.(State); state.ARN != roleARN || seen.Exists != (len(c.want) > 0) {
				t.Errorf("after %d calls, %s: the role is %q, and it says that it saw something: %v", n, about, state.ARN, seen.Exists)
			}
		}
	}
}
