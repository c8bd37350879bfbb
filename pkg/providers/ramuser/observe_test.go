package ramuser

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// marks are the reads of a RAM that has one user and one policy.
type marks struct{ user, policy string }

func (m marks) User(context.Context, string) (string, error)                     { return m.user, nil }
func (m marks) Policy(context.Context, string) (string, error)                   { return m.policy, nil }
func (m marks) Attached(context.Context, string) ([]rampolicy.Attachment, error) { return nil, nil }
func (m marks) Keys(context.Context, string) ([]string, error)                   { return nil, nil }

// A user or policy that the record has as made and that names another incarnation
// is the operator's: it counts neither as ours nor as gone.
func TestObserve_MarkOfAnotherIncarnation_IsForeign(t *testing.T) {
	life := providers.Life{BrokerID: "b", Incarnation: strings.Repeat("a", 32)}
	ours, others := rampolicy.Mark(providers.Task{Life: life}), rampolicy.Mark(providers.Task{Life: providers.Life{Incarnation: strings.Repeat("b", 32)}})
	made := providers.Facts{Open: map[string]string{factUser: "u", factPolicy: "p"}}
	for name, c := range map[string]struct {
		marks marks
		facts providers.Facts
		want  error
	}{
		"ours":                  {marks: marks{user: ours, policy: ours}, facts: made},
		"edited":                {marks: marks{user: "app", policy: ""}, facts: made},
		"both":                  {marks: marks{user: ours + " " + others, policy: ours}, facts: made},
		"another's user":        {marks: marks{user: others, policy: ours}, facts: made, want: providers.ErrForeign},
		"another's policy":      {marks: marks{user: ours, policy: others}, facts: made, want: providers.ErrForeign},
		"another's, never made": {marks: marks{user: others, policy: others}},
	} {
		for _, goal := range []providers.Goal{providers.Present, providers.Absent} {
			task := providers.Task{Goal: goal, Life: life, Facts: c.facts}
			if _, err := observe(t.Context(), c.marks, task, plan{User: "u", Policy: "p"}); !errors.Is(err, c.want) {
				t.Errorf("%s, to make it %s: %v, want %v", name, goal, err, c.want)
			}
		}
	}
}
