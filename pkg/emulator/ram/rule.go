package ram

import (
	"time"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// A Rule is a statement of a policy that another product keeps, such as the one of a
// bucket, in RAM's language for actions, resources and conditions. Its product
// matches the principals.
type Rule struct {
	Deny                                         bool
	Actions, NotActions, Resources, NotResources []string
	Conditions                                   map[string]map[string][]string // operator, key, values
}

// Applies reports whether the rule decides on a request. With an operator or a key
// that the emulator lacks, an Allow does not apply and a Deny does.
func (r Rule) Applies(now time.Time, origin cloud.Origin, action, resource string) bool {
	s := statement{effect: allowed, actions: r.Actions, resources: r.Resources}
	if r.Deny {
		s.effect = denied
	}
	if len(r.NotActions) > 0 {
		s.actions, s.notAction = r.NotActions, true
	}
	if len(r.NotResources) > 0 {
		s.resources, s.notResource = r.NotResources, true
	}
	for operator, keys := range r.Conditions {
		for key, values := range keys {
			s.conditions = append(s.conditions, condition{operator, key, values})
		}
	}
	return document{[]statement{s}}.decide(action, resource, requestFacts(now, origin, origin.Keys)) != ignored
}

// MatchesWildcards reports whether the whole of a text fits a pattern, in which *
// matches any number of bytes and ? one.
func MatchesWildcards(pattern, text string) bool { return wildcard(pattern, text) }
