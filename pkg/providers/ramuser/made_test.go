package ramuser

import (
	"context"
	"slices"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// countedReads notes the reads of a RAM that has everything of a binding.
type countedReads struct {
	marks

	made []string
}

func (c *countedReads) User(ctx context.Context, name string) (string, error) {
	c.made = append(c.made, "user")
	return c.marks.User(ctx, name)
}

func (c *countedReads) Policy(ctx context.Context, name string) (string, error) {
	c.made = append(c.made, "policy")
	return c.marks.Policy(ctx, name)
}

func (c *countedReads) Attached(ctx context.Context, user string) ([]rampolicy.Attachment, error) {
	c.made = append(c.made, "attached")
	return c.marks.Attached(ctx, user)
}

func (c *countedReads) Keys(ctx context.Context, user string) ([]string, error) {
	c.made = append(c.made, "keys")
	return c.marks.Keys(ctx, user)
}

// After each call that is known to have worked the bind goes on without a look, but for
// the list of keys, which may be two; after each one that is not known so, as after a
// crash, it looks at all it has begun. A removal and a bind that did not make its own
// user look in any case.
func TestObserve_AfterEachCall_LooksUnlessItIsMade(t *testing.T) {
	steps, reads := []string{stepUser, stepPolicy, stepAttach, stepKey}, []string{"user", "policy", "attached", "keys"}
	task := preparedBinding(t)
	mark := rampolicy.Mark(task)
	p, err := planOf(task)
	if err != nil {
		t.Fatal(err)
	}
	task.Facts = providers.Facts{
		Open:    map[string]string{factUser: p.User, factPolicy: p.Policy, factKeyID: "K1"},
		Secrets: map[string]string{factSecret: "S1"},
	}
	for n := 1; n <= len(steps); n++ {
		for name, c := range map[string]struct {
			goal providers.Goal
			made []string
			want []string
		}{
			"made":             {providers.Present, steps[:n], reads[min(n, 3):n]},
			"crashed":          {providers.Present, nil, reads[:n]},
			"made, to remove":  {providers.Absent, steps[:n], reads},
			"another's user":   {providers.Present, steps[1:n], reads[:n]},
			"the user is made": {providers.Present, steps[:1], reads[1:n]},
		} {
			cloud := &countedReads{marks: marks{user: mark, policy: mark}}
			task.Goal, task.Begun, task.Made = c.goal, steps[:n], c.made
			seen, err := observe(t.Context(), cloud, task, p)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(cloud.made, c.want) {
				t.Errorf("after %d calls, %s: it reads %q, want %q", n, name, cloud.made, c.want)
			}
			if isLooked := slices.Contains(c.want, "user") || slices.Contains(c.want, "policy"); seen.Exists != isLooked {
				t.Errorf("after %d calls, %s: it says that it saw something: %v", n, name, seen.Exists)
			}
		}
	}
}
