// Package oss brokers Object Storage Service: an instance is a bucket, a
// binding is a RAM user with a key for that bucket alone.
//
// Instance: bucket, tags, and the ACL where an update changes it. Binding:
// user, policy, attachment, key. Their removal goes the other way round.
package oss

import (
	"context"
	_ "embed" // plans.yaml
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/ramuser"
)

// Plans is the service's part of the catalog.
//
//go:embed plans.yaml
var Plans []byte

//go:embed policy.json
var policy []byte

//go:embed policy_empty.json
var policyForEmptying []byte

// Descriptor states the service.
func Descriptor() descriptor.Descriptor {
	return descriptor.Descriptor{
		Name:     "oss",
		Catalog:  catalog.Embedded("oss/plans.yaml", Plans),
		Products: []alicloud.Product{product(), ramuser.Product()},
		New:      New,
		Owner:    descriptor.CloudAccount,
		Resource: factBucket,
		Policies: []descriptor.Policy{
			{Name: "oss", Document: policy},
			{Name: "oss-empty", Document: policyForEmptying}, // only for plans that remove objects
		},
	}
}

// A Provider makes, changes and removes buckets and their users. It keeps
// nothing between calls.
type Provider struct {
	cloud    *alicloud.Clients
	override *url.URL
}

var _ providers.Undoer = (*Provider)(nil)

// New returns the provider. An override of the endpoint "oss" replaces the
// endpoints of all regions; bound credentials name it too.
func New(d descriptor.Deps) (providers.Provider, error) {
	if d.Clients == nil {
		return nil, errors.New("oss: no clients given")
	}
	return &Provider{cloud: d.Clients, override: d.Clients.Override(productName)}, nil
}

// Prepare draws the names and resolves the user's parameters.
func (p *Provider) Prepare(t providers.Task) (providers.Plan, error) {
	var plan any
	var err error
	if t.Kind == providers.Binding {
		plan, err = prepareBinding(t)
	} else {
		plan, err = prepareInstance(t)
	}
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("oss: write the plan: %w", err)
	}
	return b, nil
}

// Observe looks at the bucket, or at the binding's user.
func (p *Provider) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	instance, err := instancePlanOf(t)
	if err != nil {
		return providers.Seen{}, err
	}
	if t.Kind == providers.Instance {
		seen, err := observeBucket(ctx, p.buckets(instance), t, instance)
		return seen, instance.blame(sentences().Of(err))
	}
	binding, err := bindingPlanOf(t)
	if err != nil {
		return providers.Seen{}, err
	}
	seen, err := observeUser(ctx, p.users(instance), t, binding)
	return seen, instance.blame(sentences().Of(err))
}

// Next decides what is to be done.
func (p *Provider) Next(t providers.Task, seen providers.Seen) providers.Step {
	instance, err := instancePlanOf(t)
	if err != nil {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	if t.Kind == providers.Instance {
		state, ok := seen.State.(bucketState)
		if !ok {
			return providers.FailStep(providers.Broken, providers.TextUnreadable)
		}
		return nextForBucket(t, instance, state)
	}
	binding, err := bindingPlanOf(t)
	state, ok := seen.State.(userState)
	if err != nil || !ok {
		return providers.FailStep(providers.Broken, providers.TextUnreadable)
	}
	return nextForUser(t, binding, state, func(k key) map[string]string {
		return credentialsOf(p.endpoints(instance.Region), instance, binding, k)
	})
}

// Do makes the call of one step.
func (p *Provider) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	instance, err := instancePlanOf(t)
	if err != nil {
		return providers.Facts{}, err
	}
	var facts providers.Facts
	if t.Kind == providers.Instance {
		facts, err = doWithBucket(ctx, p.buckets(instance), s)
	} else {
		facts, err = doWithUser(ctx, p.users(instance), s)
	}
	return facts, instance.blame(sentences().Of(err))
}

// Undo takes back a key that no record has. All else is found again by its name.
func (p *Provider) Undo(ctx context.Context, t providers.Task, s providers.Step, made providers.Facts) error {
	id := made.Open[factKeyID]
	if t.Kind != providers.Binding || s.Name != stepKey || id == "" {
		return nil
	}
	instance, err := instancePlanOf(t)
	if err != nil {
		return err
	}
	var r userRequest
	if err := providers.Decode(s.Request, "request of step "+s.Name, &r); err != nil {
		return err
	}
	if err := providers.UnlessMissing(p.users(instance).DeleteKey(ctx, r.User, id)); err != nil {
		return fmt.Errorf("oss: take back a key of RAM user %s: %w", r.User, err)
	}
	return nil
}

// blame gives an error of a key that the user brought to the user; those of
// the broker's own credentials are the operator's.
func (i instancePlan) blame(err error) error {
	if i.AccessKeyID == "" || !errors.Is(err, providers.ErrCredentials) && !errors.Is(err, providers.ErrDenied) {
		return err
	}
	return &providers.Failure{
		Kind:  providers.Invalid,
		Text:  "The cloud refuses the AccessKeyId of this instance, or what it may do is not enough; correct it, or leave AccessKeyId and AccessKeySecret out: the broker has credentials of its own.",
		Cause: err,
	}
}

// clients returns those of the user's own key, where the instance has one.
func (p *Provider) clients(i instancePlan) *alicloud.Clients {
	if i.AccessKeyID == "" {
		return p.cloud
	}
	return p.cloud.With(alicloud.Static(alicloud.Key{ID: i.AccessKeyID, Secret: i.AccessKeySecret.Reveal()}))
}

func (p *Provider) buckets(i instancePlan) bucketCalls {
	return ossClient{cloud: p.clients(i), region: i.Region, endpoint: p.endpoints(i.Region).public}
}

func (p *Provider) users(i instancePlan) userCalls { return ramClient{p.clients(i)} }
