// Package rds brokers ApsaraDB RDS for MySQL: an instance is a DB instance with
// one database, a binding is an account that may read and write it.
//
// Instance: create, whitelist, database. Binding: account, grant. Their removal
// goes the other way round. A step whose effect can be seen is looked for before
// it is made, and a step just made is given time to show.
package rds

import (
	"context"
	_ "embed" // plans.yaml
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/catalog"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/descriptor"
	vpcnetwork "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers/network"
)

// Plans is the service's part of the catalog.
//
//go:embed plans.yaml
var Plans []byte

//go:embed policy.json
var policy []byte

// Descriptor states the service.
func Descriptor() descriptor.Descriptor {
	return descriptor.Descriptor{
		Name:     "rds",
		Catalog:  catalog.Embedded("rds/plans.yaml", Plans),
		Products: []alicloud.Product{product(), vpcnetwork.Product()},
		New:      New,
		Owner:    descriptor.CloudAccount,
		Resource: factInstance,
		Policies: []descriptor.Policy{{Name: "rds", Document: policy}},
	}
}

// A Provider makes, changes and removes DB instances and their accounts. It
// keeps nothing between calls.
type Provider struct {
	deps descriptor.Deps
}

// New returns the provider.
func New(d descriptor.Deps) (providers.Provider, error) {
	if d.Clients == nil {
		return nil, errors.New("rds: no clients given")
	}
	for _, entry := range d.Network.Whitelist {
		_, errPrefix := netip.ParsePrefix(entry)
		_, errAddr := netip.ParseAddr(entry)
		if errPrefix != nil && errAddr != nil {
			return nil, fmt.Errorf("rds: whitelist: %q is neither an address nor a CIDR", entry)
		}
	}
	return &Provider{deps: d}, nil
}

// Prepare draws names and passwords and resolves the parameters.
func (p *Provider) Prepare(t providers.Task) (providers.Plan, error) {
	var plan any
	var err error
	switch {
	case t.Kind == providers.Binding:
		plan, err = prepareBinding(t)
	case t.Was != nil:
		plan, err = prepareUpdate(t, p.deps.Network.Whitelist)
	default:
		plan, err = prepareInstance(t, p.deps.Network.Whitelist)
	}
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("rds: write the plan: %w", err)
	}
	return b, nil
}

// Observe looks at the instance, or at the binding's account.
func (p *Provider) Observe(ctx context.Context, t providers.Task) (providers.Seen, error) {
	c := client{clients: p.deps.Clients, region: t.Region}
	if t.Kind == providers.Binding {
		plan, _, err := plansOf(t)
		if err != nil {
			return providers.Seen{}, err
		}
		seen, err := observeAccount(ctx, c, t, plan)
		return seen, sentences().Of(err)
	}
	plan, err := instancePlanOf(t)
	if err != nil {
		return providers.Seen{}, err
	}
	seen, err := p.observeInstance(ctx, c, t, plan)
	return seen, sentences().Of(err)
}

// Next decides what is to be done.
func (p *Provider) Next(t providers.Task, seen providers.Seen) providers.Step {
	switch state := seen.State.(type) {
	case instanceState:
		if plan, err := instancePlanOf(t); err == nil {
			return nextForInstance(t, plan, state)
		}
	case accountState:
		if plan, of, err := plansOf(t); err == nil {
			return nextForAccount(t, plan, of, state)
		}
	}
	return providers.FailStep(providers.Broken, providers.TextUnreadable)
}

// Do makes the call of one step. That it was made is a fact: the next look
// gives its effect time to show.
func (p *Provider) Do(ctx context.Context, t providers.Task, s providers.Step) (providers.Facts, error) {
	c := client{clients: p.deps.Clients, region: t.Region}
	var facts providers.Facts
	var err error
	if t.Kind == providers.Binding {
		facts, err = doWithAccount(ctx, c, t, s)
	} else {
		facts, err = doWithInstance(ctx, c, s)
	}
	if err != nil {
		return facts, sentences().Of(fmt.Errorf("rds: %s: %w", s.Name, err))
	}
	return facts.Merge(open(factAsked, s.Name)), nil
}

// The names of our facts.
const (
	factInstance  = "instance_id" // of the DB instance
	factTagged    = "tagged"      // true or false, once it is known
	factHost      = "host"
	factPort      = "port"
	factAlone     = "alone"        // true, once it was looked for instances ordered twice
	factWhitelist = "whitelist"    // as it was set last
	factDatabase  = "database"     // ready, once it was seen so
	factAccount   = "account_made" // of a binding: "true" once the account of its name is known to be its own
	factSuper     = "super_needed" // of a binding: true once the cloud asked for a Super account
	factAsked     = "asked"        // the step made last, until it was looked at once
)

func open(name, value string) providers.Facts {
	return providers.Facts{Open: map[string]string{name: value}}
}

// asked returns the step that was made just before this look, and the facts
// that forget it: after one more look the step may be made again.
func asked(t providers.Task) (step string, forget providers.Facts) {
	step = t.Facts.Open[factAsked]
	if step == "" {
		return "", providers.Facts{}
	}
	return step, open(factAsked, "")
}

// once is the call of a step, or, where it was made just before the look, the
// wait for its effect.
func once(asked, name, text string, request any) providers.Step {
	if asked == name {
		return providers.WaitStep(name, providers.Quick, text)
	}
	step := providers.CallStep(name, request)
	step.Text = text
	return step
}

// request reads the frozen request of a step.
func request[T any](s providers.Step) (T, error) {
	var r T
	err := providers.Decode(s.Request, "request of step "+s.Name, &r)
	return r, err
}
