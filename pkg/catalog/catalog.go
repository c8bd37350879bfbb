// Package catalog holds the service offerings and plans: their types, the
// loader of plans.yaml, the operator's overlay, the parameter schemas, and the
// rendering that platforms read. Facts of a service are data here, never code.
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

// Offerings returns all offerings by name. The slice is the caller's, what it
// points to is not.
func (c *Catalog) Offerings() []*Offering {
	return slices.Clone(c.offerings)
}

// Offering returns the offering with the id, if the catalog has it.
func (c *Catalog) Offering(id string) (*Offering, bool) {
	o, ok := c.byID[id]
	return o, ok
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

// Plan returns the offering's plan with the id, if it has it. A plan of
// another offering is not found.
func (o *Offering) Plan(id string) (*Plan, bool) {
	for _, p := range o.Plans {
		if p.ID == id {
			return p, true
		}
	}
	return nil, false
}

// A Plan is a service plan as plans.yaml states it. Its resolved form is kept
// in the record of each instance, so that a plan that leaves the catalog can
// still be unbound and deleted.
type Plan struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Free        bool            `json:"free"`
	Updateable  bool            `json:"updateable"` // instances may leave this plan for another of the offering
	Metadata    json.RawMessage `json:"metadata,omitempty"`

	// Settings are the provider's: what is made under this plan.
	Settings json.RawMessage `json:"settings,omitempty"`
	// Deletion says what becomes of data: delete, refuse, empty or retain.
	Deletion string `json:"deletion,omitempty"`
	// Slow lists the operations (provision, update, deprovision, bind, unbind)
	// that take minutes: they are asynchronous, always.
	Slow []string `json:"slow,omitempty"`
	// Deadline is how long an operation may take before it fails; deletes go
	// on.
	Deadline Duration `json:"deadline,omitempty"`
	// Deadlines are those of kinds of operation (provision, update, bind) that
	// have another.
	Deadlines map[string]Duration `json:"deadlines,omitempty"`

	// Rotatable says that a binding can be made as the successor of another
	// (ROT-01): the broker takes over its parameters but those in Fresh, which
	// belong to one binding alone.
	Rotatable bool     `json:"rotatable,omitempty"`
	Fresh     []string `json:"fresh,omitempty"`
	// BindingLifetime is how long bindings are to be used; 0: for ever. The
	// platform is told when a binding should be replaced; it is not ended by
	// the broker.
	BindingLifetime Duration `json:"bindingLifetime,omitempty"`
	// Maintenance is the version of what runs under this plan, if it has one.
	Maintenance *Maintenance `json:"maintenance,omitempty"`

	Schemas Schemas `json:"schemas,omitzero"`
	// Form spells the parameters of instances where the plan comes from a
	// record, which keeps no create schema. A plan of the catalog has nil: its
	// create schema spells them.
	Form Form `json:"-"`
	// Secret names the parameters that GET never shows.
	Secret []string `json:"secret,omitempty"`
}

// IsSlow reports whether the operation (provision, update, deprovision, bind or
// unbind) takes minutes under this plan.
func (p *Plan) IsSlow(operation string) bool {
	return slices.Contains(p.Slow, operation)
}

// DeadlineOf is how long an operation (provision, update or bind) may take
// under this plan.
func (p *Plan) DeadlineOf(operation string) time.Duration {
	if d, ok := p.Deadlines[operation]; ok {
		return time.Duration(d)
	}
	return time.Duration(p.Deadline)
}

// longest of the plan's deadlines.
func (p *Plan) longest() time.Duration {
	longest := time.Duration(p.Deadline)
	for _, d := range p.Deadlines {
		longest = max(longest, time.Duration(d))
	}
	return longest
}

// Maintenance is a version, and what is new in it.
type Maintenance struct {
	Version     string `json:"version"` // semantic version 2.0
	Description string `json:"description,omitempty"`
}

// Schemas are the JSON schemas (draft-04) of a plan's parameters. One that is
// absent takes no parameters.
type Schemas struct {
	Create json.RawMessage `json:"create,omitempty"` // provision
	Update json.RawMessage `json:"update,omitempty"`
	Bind   json.RawMessage `json:"bind,omitempty"`
}
