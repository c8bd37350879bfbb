// Package catalog holds the service offerings and plans: their types, the
// sources that state them, the operator's overlay, the schemas and spellings of
// parameters, the form in which records keep a plan, and the answers that
// platforms read. Facts of a service are data here.
package catalog

import (
	"encoding/json"
	"slices"
	"time"
)

// A Catalog is all that is offered: offerings by name, plans as their document
// lists them. It never changes once loaded.
type Catalog struct {
	offerings []*Offering
	byID      map[string]*Offering
	// shipped are the schemas of the sources, before any overlay, by provider.
	shipped map[string]shippedSchemas
}

// Offerings returns all offerings, sorted by name. The caller may change the
// slice, and must leave the offerings as they are.
func (c *Catalog) Offerings() []*Offering {
	return slices.Clone(c.offerings)
}

// Offering returns the offering with the id, if the catalog has it.
func (c *Catalog) Offering(id string) (*Offering, bool) {
	o, ok := c.byID[id]
	return o, ok
}

// plan returns the plan with the id, of any offering, if the catalog has it.
func (c *Catalog) plan(id string) (*Plan, bool) {
	for _, o := range c.offerings {
		if p, ok := o.Plan(id); ok {
			return p, true
		}
	}
	return nil, false
}

// An Offering is a service offering as plans.yaml states it.
type Offering struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Provider    string          `json:"provider"` // name in the list of providers
	Tags        []string        `json:"tags,omitempty"`
	Bindable    bool            `json:"bindable"`
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	Plans       []*Plan         `json:"plans"`
}

// Plan returns the offering's own plan with the id, if it has one.
func (o *Offering) Plan(id string) (*Plan, bool) {
	for _, p := range o.Plans {
		if p.ID == id {
			return p, true
		}
	}
	return nil, false
}

// A Plan is a service plan as plans.yaml states it, or as a record keeps it (see
// Recorded): instances of a plan that left the catalog are served from their
// records.
type Plan struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Free        bool            `json:"free"`
	Updateable  bool            `json:"updateable"` // instances may leave this plan for another of the offering
	Metadata    json.RawMessage `json:"metadata,omitempty"`

	// Profile names the credentials, account, region and network of new instances;
	// empty: the default ones. Records hold it beside the plan.
	Profile string `json:"profile,omitempty"`
	// Settings tell the provider which resources a plan stands for.
	Settings json.RawMessage `json:"settings,omitempty"`
	// Deletion decides on data at deletion: delete, refuse, empty or retain.
	Deletion string `json:"deletion,omitempty"`
	// Unbind decides on the account of a binding that was in use: lock or delete.
	// Plans whose bindings are no accounts have none.
	Unbind string `json:"unbind,omitempty"`
	// Slow lists the operations (provision, update, deprovision, bind, unbind)
	// that take minutes and are therefore always asynchronous.
	Slow []string `json:"slow,omitempty"`
	// Deadline is the time after which an operation fails; deletes continue.
	Deadline Duration `json:"deadline,omitempty"`
	// Deadlines replace Deadline for single kinds of operation (provision,
	// update, bind).
	Deadlines map[string]Duration `json:"deadlines,omitempty"`

	// Rotatable allows bindings as successors of others (ROT-01). A successor
	// inherits all parameters but the ones in Fresh, which belong to one binding
	// alone.
	Rotatable       bool     `json:"rotatable,omitempty"`
	Fresh           []string `json:"fresh,omitempty"`
	BindingLifetime Lifetime `json:"bindingLifetime,omitzero"`
	// Maintenance is the version of the software of the plan's instances, if it
	// has one.
	Maintenance *Maintenance `json:"maintenance,omitempty"`

	Schemas Schemas `json:"schemas,omitzero"`
	// Form spells the parameters of instances where the plan comes from a
	// record, which keeps no create schema. A plan of the catalog has nil: its
	// create schema spells them.
	Form Form `json:"-"`
	// Exact names, beside Form, the parameters of the create schema without a
	// spelling; "*" stands for all other names.
	Exact []string `json:"-"`
	// Shipped names the parameters whose update schema the record leaves to the
	// provider.
	Shipped []string `json:"-"`
	// Secret names the parameters that answers to GET leave out.
	Secret []string `json:"secret,omitempty"`
}

// IsSlow reports whether the operation (provision, update, deprovision, bind or
// unbind) takes minutes under this plan.
func (p *Plan) IsSlow(operation string) bool {
	return slices.Contains(p.Slow, operation)
}

// DeadlineOf returns the time that an operation (provision, update or bind) may
// take under this plan.
func (p *Plan) DeadlineOf(operation string) time.Duration {
	if d, ok := p.Deadlines[operation]; ok {
		return time.Duration(d)
	}
	return time.Duration(p.Deadline)
}

// AsksFor reports whether the settings of the plan state a value of a parameter, or users
// may ask for one.
func (p *Plan) AsksFor(parameter string) bool {
	var settings map[string]json.RawMessage
	_ = json.Unmarshal(p.Settings, &settings) // settings that are no object state nothing
	return settings[SettingOf(parameter)] != nil || p.Takes(parameter)
}

// longest returns the longest of the plan's deadlines.
func (p *Plan) longest() time.Duration {
	longest := time.Duration(p.Deadline)
	for _, d := range p.Deadlines {
		longest = max(longest, time.Duration(d))
	}
	return longest
}

// Maintenance is a version and a description of its changes.
type Maintenance struct {
	Version     string `json:"version"` // semantic version 2.0
	Description string `json:"description,omitempty"`
}

// Schemas are the JSON schemas (draft-04) of a plan's parameters. An absent
// schema accepts no parameters.
type Schemas struct {
	Create json.RawMessage `json:"create,omitempty"` // provision
	Update json.RawMessage `json:"update,omitempty"`
	Bind   json.RawMessage `json:"bind,omitempty"`
}
