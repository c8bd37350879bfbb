package catalog

import (
	"encoding/json"
	"maps"
	"slices"
)

// shippedSchemas are the schemas of one provider's plans, as its sources ship
// them: parameters by name.
type shippedSchemas struct {
	Create, Update, Bind map[string]json.RawMessage
}

// shippedBy collects the schemas of the offerings by provider.
func shippedBy(offerings []*Offering) map[string]shippedSchemas {
	shipped := map[string]shippedSchemas{}
	for _, o := range offerings {
		s, ok := shipped[o.Provider]
		if !ok {
			s = shippedSchemas{map[string]json.RawMessage{}, map[string]json.RawMessage{}, map[string]json.RawMessage{}}
			shipped[o.Provider] = s
		}
		for _, p := range o.Plans {
			maps.Copy(s.Create, propertiesOf(p.Schemas.Create))
			maps.Copy(s.Update, propertiesOf(p.Schemas.Update))
			maps.Copy(s.Bind, propertiesOf(p.Schemas.Bind))
		}
	}
	return shipped
}

// Upgraded returns the plan of a record with complete schemas. An older record
// holds a whole plan with schemas that take any text, because the provider's code
// knew spellings and values: its parameters get the spelling, enumeration and
// bounds that ship with the provider. Keywords of the record's own schema win,
// since an operator may have stated them. Every record gets the updates of secret
// parameters and the spellings that came later, and the parameters of bindings that
// its plan of today has.
func (c *Catalog) Upgraded(provider string, p *Plan) *Plan {
	shipped, ok := c.shipped[provider]
	if !ok {
		return p
	}
	upgraded := *p
	updates, binds := shipped.Update, map[string]json.RawMessage{}
	if today, ok := c.plan(p.ID); ok { // an overlay may have taken parameters out
		updates, binds = propertiesOf(today.Schemas.Update), propertiesOf(today.Schemas.Bind)
	}
	upgraded.Schemas.Update = p.withNewSecrets(updates)
	p = &upgraded
	if p.Form != nil {
		upgraded.Schemas.Update = withSpellings(p.withShipped(shipped.Update), shipped.Update)
		upgraded.Schemas.Bind = withLater(withSpellings(p.Schemas.Bind, shipped.Bind), binds)
		return p
	}
	upgraded.Schemas = Schemas{
		Create: upgradedSchema(p.Schemas.Create, shipped.Create),
		Update: upgradedSchema(p.Schemas.Update, shipped.Update),
		Bind:   withLater(upgradedSchema(p.Schemas.Bind, shipped.Bind), binds),
	}
	return &upgraded
}

// withShipped returns the update schema with the parameters that the record names
// alone.
func (p *Plan) withShipped(shipped map[string]json.RawMessage) json.RawMessage {
	if len(p.Shipped) == 0 {
		return p.Schemas.Update
	}
	properties := propertiesOf(p.Schemas.Update)
	if properties == nil {
		properties = map[string]json.RawMessage{}
	}
	for _, name := range p.Shipped {
		if property, ok := shipped[name]; ok {
			properties[name] = property
		}
	}
	return withProperties(p.Schemas.Update, properties)
}

// withLater returns the schema with the parameters of today's that it lacks: a
// binding is new, however old its instance is.
func withLater(schema json.RawMessage, today map[string]json.RawMessage) json.RawMessage {
	own := propertiesOf(schema)
	all := maps.Clone(today)
	maps.Copy(all, own)
	if len(schema) == 0 || len(all) == len(own) {
		return schema
	}
	return withProperties(schema, all)
}

// withNewSecrets returns the update schema with the secret parameters that the plan
// took when its instance was made and that updates of today take: a user's key can
// be rotated however old its instance is.
func (p *Plan) withNewSecrets(updates map[string]json.RawMessage) json.RawMessage {
	own, taken := propertiesOf(p.Schemas.Update), propertiesOf(p.Schemas.Create)
	properties := maps.Clone(own)
	for _, name := range p.Secret {
		_, inForm := p.Form[name]
		_, inSchema := taken[name]
		model, takes := updates[name]
		if _, has := own[name]; has || !takes || !inForm && !inSchema || len(p.Schemas.Update) == 0 {
			continue
		}
		if properties == nil {
			properties = map[string]json.RawMessage{}
		}
		properties[name] = model
	}
	if len(properties) == len(own) {
		return p.Schemas.Update
	}
	return withProperties(p.Schemas.Update, properties)
}

// withSpellings returns the schema with the spellings that shipped parameters have
// and its own ones lack.
func withSpellings(schema json.RawMessage, shipped map[string]json.RawMessage) json.RawMessage {
	own := propertiesOf(schema)
	spelled := maps.Clone(own)
	for name, property := range own {
		var has, ships map[string]json.RawMessage
		if json.Unmarshal(property, &has) != nil || json.Unmarshal(orNull(shipped[name]), &ships) != nil {
			continue
		}
		if spelling, ok := ships[spellingKeyword]; ok && has != nil && has[spellingKeyword] == nil {
			has[spellingKeyword] = spelling
			if changed, err := encodeValue(has); err == nil {
				spelled[name] = changed
			}
		}
	}
	if maps.EqualFunc(own, spelled, slices.Equal) {
		return schema
	}
	return withProperties(schema, spelled)
}

// upgradedSchema merges the schema's own properties into the shipped ones.
func upgradedSchema(schema json.RawMessage, shipped map[string]json.RawMessage) json.RawMessage {
	own := propertiesOf(schema)
	others := map[string]bool{} // further names, which are properties in older records
	upgraded := map[string]json.RawMessage{}
	for name, property := range own {
		upgraded[name] = property
		if model, ok := shipped[name]; ok {
			upgraded[name] = mergePatch(model, property)
			for _, other := range formOfProperty(name, upgraded[name])[name].Names {
				others[other] = true
			}
		}
	}
	maps.DeleteFunc(upgraded, func(name string, _ json.RawMessage) bool { return others[name] })
	if len(upgraded) == 0 {
		return schema
	}
	return withProperties(schema, upgraded)
}

// formOfProperty returns the form of a single parameter.
func formOfProperty(name string, property json.RawMessage) Form {
	form, err := formOf(map[string]json.RawMessage{name: property})
	if err != nil {
		return nil
	}
	return form
}
