// Package ramuser is the binding kind "ram": a RAM user with a policy and a key
// of its own. It is a package of its own since every service that applications
// reach by a signed API binds this way; the service states only the policy's
// document and the credentials.
//
// Steps: user, policy, attach, key. Their removal goes the other way round.
package ramuser

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// A Config is the service's part of the kind. The functions get the task of the
// binding's instance; Document and Credentials get the task of the binding, which
// has an instance.
type Config struct {
	// Access has the clients that make the user.
	rampolicy.Access

	// Document returns the document of the user's policy. Required.
	Document func(binding providers.Task) (string, error)
	// Credentials returns the credentials of an application. Required.
	Credentials func(binding providers.Task, user string, key Key) (map[string]string, error)
	// Try makes a harmless call to the service that the new key signs and that the
	// policy allows. ErrCredentials and ErrDenied say that key or policy do not count
	// yet; told is the answer, for State.Told. Nil: a key is handed out as soon as RAM
	// lists it.
	Try func(ctx context.Context, binding providers.Task, key Key) (told any, err error)
}

// A Key is the access key of a binding.
type Key struct {
	ID     string
	Secret providers.Secret
}

// A Kind makes the bindings of a service. Compose it with the service's part
// for instances.
type Kind struct{ config Config }

var _ providers.Undoer = Kind{}

// New returns the kind.
func New(c Config) Kind { return Kind{c} }

// plan is the plan of a binding.
type plan struct {
	User     string `json:"user"`
	Policy   string `json:"policy"`
	Document string `json:"document"` // of the policy
	Mark     string `json:"mark"`     // Comments of the user, Description of the policy
}

func planOf(t providers.Task) (plan, error) {
	var p plan
	err := providers.Decode(t.Plan, "plan of the binding", &p)
	return p, err
}

// Prepare draws the names and writes the policy.
func (k Kind) Prepare(t providers.Task) (providers.Plan, error) {
	if _, err := rampolicy.InstanceOf(t); err != nil {
		return nil, err
	}
	document, err := k.config.Document(t)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(plan{User: UserName(t.Life), Policy: PolicyName(t.Life), Document: document, Mark: rampolicy.Mark(t)})
	if err != nil {
		return nil, fmt.Errorf("ramuser: write the plan: %w", err)
	}
	return b, nil
}

// Observe looks at the user, its policy and its keys.
func (k Kind) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	p, err := planOf(t)
	if err != nil {
		return providers.Seen{}, err
	}
	var seen providers.Seen
	err = k.call(ctx, t, func(calls calls) (err error) {
		seen, err = observe(ctx, calls, t, p)
		return err
	})
	state, ok := seen.State.(State)
	if err != nil || !ok {
		return seen, err
	}
	facts, err := k.tryKey(ctx, t, p, &state)
	seen.State, seen.Facts = state, seen.Facts.Merge(facts)
	return seen, err
}

// Next decides on the next step.
func (k Kind) Next(t providers.Task, seen providers.Seen) providers.Step {
	p, err := planOf(t)
	state, ok := seen.State.(State)
	if _, missing := rampolicy.InstanceOf(t); err != nil || !ok || missing != nil {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	if t.Goal == providers.Absent {
		return nextToRemove(t, p, state)
	}
	step := nextToMake(t, p, state)
	if step.Action != providers.Done {
		return step
	}
	credentials, err := k.config.Credentials(t, p.User, keyOf(t.Facts))
	if err != nil {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	return providers.DoneStep(credentials)
}

// Do makes the call of one step.
func (k Kind) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	var facts providers.Facts
	err := k.call(ctx, t, func(calls calls) (err error) {
		facts, err = do(ctx, calls, s)
		return err
	})
	return facts, err
}

// Undo deletes an unrecorded key. Everything else is found again by its name, and
// stays.
func (k Kind) Undo(ctx context.Context, t providers.Task, s providers.Step, made providers.Facts) error {
	id := made.Open[factKeyID]
	if s.Name != stepKey || id == "" {
		return nil
	}
	var r request
	if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
		return err
	}
	return k.call(ctx, t, func(calls calls) error {
		if err := providers.UnlessMissing(calls.DeleteKey(ctx, r.User, id)); err != nil {
			return fmt.Errorf("ramuser: delete the unrecorded key of user %s: %w", r.User, err)
		}
		return nil
	})
}

// call runs do with the calls of the instance's clients.
func (k Kind) call(ctx context.Context, t providers.Task, do func(calls) error) error {
	return k.config.Do(ctx, t, func(clients *alicloud.Clients) error { return do(newClient(clients)) })
}
