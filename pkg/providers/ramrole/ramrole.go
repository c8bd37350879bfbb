// Package ramrole is the binding kind "role": a RAM role with a policy, which one
// Kubernetes service account assumes by OIDC, so that the credentials hold no
// secret. It is a package of its own since every service that applications reach by
// a signed API binds this way; the service states only the policy's document and
// the credentials.
//
// Steps: role, policy, attach. Their removal goes the other way round, so that the
// permissions of issued credentials end first.
package ramrole

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/rampolicy"
)

// A Config is the service's part of the kind.
type Config struct {
	// Clusters have the service accounts.
	Clusters descriptor.Clusters
	// Access has the clients that make the role.
	rampolicy.Access

	// Account returns the cloud account of these clients, "" if it is unknown so far.
	// Required.
	Account func(instance providers.Task) (string, error)
	// Document returns the document of the role's policy. Required.
	Document func(binding providers.Task) (string, error)
	// Credentials returns the credentials of an application. Required.
	Credentials func(binding providers.Task, role Role) (map[string]string, error)
}

// A Role is what an application needs to assume the role of a binding.
type Role struct {
	ARN      string
	Provider string // ARN of the OIDC provider
	Audience string // of the token
	// ServiceAccount is the name of the account in the namespace of the binding.
	ServiceAccount string
}

// A Kind makes the bindings of a service. Compose it with the service's part
// for instances.
type Kind struct{ config Config }

var _ providers.Undoer = Kind{}

// New returns the kind.
func New(c Config) Kind { return Kind{c} }

// Name is the value of the member "kind" in the plans of these bindings.
const Name = "role"

// plan is the plan of a binding. It holds the whole trust, so that a binding lives
// on where the cluster has left the configuration.
type plan struct {
	Kind           string `json:"kind"`
	Role           string `json:"role"`
	Policy         string `json:"policy"`
	Document       string `json:"document"` // of the policy
	Trust          string `json:"trust"`    // the trust policy of the role
	Mark           string `json:"mark"`     // Description of role and policy
	Provider       string `json:"provider"` // ARN of the OIDC provider
	Audience       string `json:"audience"`
	ServiceAccount string `json:"service_account"`
}

func planOf(t providers.Task) (plan, error) {
	var p plan
	err := providers.Decode(t.Plan, "plan of the binding", &p)
	return p, err
}

// Prepare draws the names, and writes the policy and the trust.
func (k Kind) Prepare(t providers.Task) (providers.Plan, error) {
	instance, err := rampolicy.InstanceOf(t)
	if err != nil {
		return nil, err
	}
	account, err := k.config.Account(instance)
	if err != nil {
		return nil, err
	}
	who, err := identityOf(t, k.config.Clusters, account)
	if err != nil {
		return nil, err
	}
	trust, err := who.trust()
	if err != nil {
		return nil, err
	}
	document, err := k.config.Document(t)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(plan{
		Kind: Name, Role: RoleName(t.Life), Policy: PolicyName(t.Life), Document: document, Trust: trust, Mark: rampolicy.Mark(t),
		Provider: who.provider, Audience: who.cluster.Audience, ServiceAccount: who.name,
	})
	if err != nil {
		return nil, fmt.Errorf("ramrole: write the plan: %w", err)
	}
	return b, nil
}

// Observe looks at the role and its policy.
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
	return seen, err
}

// Next decides on the next step.
func (k Kind) Next(t providers.Task, seen providers.Seen) providers.Step {
	p, err := planOf(t)
	state, ok := seen.State.(State)
	_, missing := rampolicy.InstanceOf(t)
	if err != nil || !ok || missing != nil {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	if t.Goal == providers.Absent {
		return nextToRemove(t, p, state)
	}
	step := nextToMake(t, p, state)
	if step.Action != providers.Done {
		return step
	}
	credentials, err := k.config.Credentials(t, Role{ARN: state.ARN, Provider: p.Provider, Audience: p.Audience, ServiceAccount: p.ServiceAccount})
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

// Undo does nothing: role, policy and attachment are found again by their names, and
// stay.
func (k Kind) Undo(context.Context, providers.Task, providers.Step, providers.Facts) error {
	return nil
}

// call runs do with the calls of the instance's clients.
func (k Kind) call(ctx context.Context, t providers.Task, do func(calls) error) error {
	return k.config.Do(ctx, t, func(clients *alicloud.Clients) error { return do(newClient(clients)) })
}
