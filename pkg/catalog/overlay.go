package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// WithOverlay returns the catalog with the changes of a broker's operator. An
// overlay is a YAML document that switches offerings and plans off, changes
// their members, and adds plans; it names offerings and plans as plans.yaml
// does. Objects are merged member by member, null removes a member, and
// everything else is replaced. Ids and names of existing plans stay, since
// platforms keep them, and the ids of a plan that is switched off stay taken.
// Reading is strict, and the result is validated as plans.yaml is; the error
// lists every problem with its place.
func (c *Catalog) WithOverlay(overlay []byte) (*Catalog, error) {
	document, err := yaml.YAMLToJSONStrict(overlay)
	if err != nil {
		return nil, fmt.Errorf("overlay: %w", err)
	}
	e := editor{validator: newValidator(), off: map[string]bool{}}
	top := e.members("document", document, "offerings")
	changes := e.named("document", "offering", top["offerings"], offeringNames(c.offerings))
	changed := make([]*Offering, 0, len(c.offerings))
	for _, o := range c.offerings {
		if raw, ok := changes[o.Name]; ok {
			o = e.offering(o, raw)
		}
		changed = append(changed, o)
	}
	e.all(changed)
	changed = e.withoutOff(changed)
	if err := errors.Join(e.problems...); err != nil {
		return nil, fmt.Errorf("overlay: %w", err)
	}
	return newCatalog(changed, c.shipped), nil
}

// An editor applies an overlay and collects its problems.
type editor struct {
	*validator

	off map[string]bool // ids of offerings and plans that are switched off
}

// members reads an object with known members.
func (e *editor) members(place string, raw json.RawMessage, known ...string) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &members); err != nil {
		e.failf(place, "must be an object")
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(known, name) {
			e.failf(place, "there is no setting %s: %s", quote(name), meant(name, known))
			delete(members, name)
		}
	}
	return members
}

// named reads an object of changes by the name of an offering or a plan.
func (e *editor) named(place, kind string, raw json.RawMessage, known []string) map[string]json.RawMessage {
	var changes map[string]json.RawMessage
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &changes); err != nil {
		e.failf(place, "%ss must be an object: changes by the name of the %s", kind, kind)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		if !slices.Contains(known, name) {
			e.failf(place, "there is no %s %s: %s", kind, quote(name), meant(name, known))
		}
	}
	return changes
}

// offering returns o with its changes.
func (e *editor) offering(o *Offering, raw json.RawMessage) *Offering {
	place := fmt.Sprintf("offering %q", o.Name)
	changes := e.members(place, raw, "enabled", "description", "tags", "metadata", "plans", "add")
	e.enabled(place, o.ID, changes)
	byName, added := changes["plans"], changes["add"]
	delete(changes, "plans")
	delete(changes, "add")
	changed := &Offering{}
	if !e.merge(place, o, changes, changed) {
		return o
	}
	plans := e.named(place, "plan", byName, planNames(o.Plans))
	changed.Plans = nil
	for _, p := range o.Plans {
		if raw, ok := plans[p.Name]; ok {
			p = e.plan(place, o, p, raw)
		}
		changed.Plans = append(changed.Plans, p)
	}
	changed.Plans = append(changed.Plans, e.added(place, o, added)...)
	return changed
}

// changeable returns more and the members of a plan that an overlay may change.
// The others identify the plan or describe the provider's abilities.
func changeable(more ...string) []string {
	return append(more, "description", "free", "updateable", "metadata", "settings", "deletion", "deadline", "deadlines",
		"bindingLifetime", "maintenance", "schemas")
}

// plan returns p with its changes.
func (e *editor) plan(place string, o *Offering, p *Plan, raw json.RawMessage) *Plan {
	place = fmt.Sprintf("%s: plan %q", place, p.Name)
	changes := e.members(place, raw, changeable("enabled")...)
	e.enabled(place, p.ID, changes)
	e.settings(place, o, changes["settings"])
	if changed := e.mergePlan(place, p, changes); changed != nil {
		return changed
	}
	return p
}

// added returns the plans that the overlay adds to the offering. Each is a copy
// of an existing plan with an identity and metadata of its own.
func (e *editor) added(place string, o *Offering, raw json.RawMessage) []*Plan {
	var list []json.RawMessage
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		e.failf(place, "add must be a list of plans")
		return nil
	}
	var plans []*Plan
	for i, raw := range list {
		place := fmt.Sprintf("%s: add[%d]", place, i)
		changes := e.members(place, raw, changeable("id", "name", "like")...)
		var like string
		if err := json.Unmarshal(orNull(changes["like"]), &like); err != nil || like == "" {
			e.failf(place, "like is missing: write the name of the plan that this one resembles")
			continue
		}
		at := slices.IndexFunc(o.Plans, func(p *Plan) bool { return p.Name == like })
		if at < 0 {
			e.failf(place, "like: there is no plan %s: %s", quote(like), meant(like, planNames(o.Plans)))
			continue
		}
		delete(changes, "like")
		e.settings(place, o, changes["settings"])
		model := *o.Plans[at]
		model.ID, model.Name, model.Description, model.Metadata = "", "", "", nil
		if plan := e.mergePlan(place, &model, changes); plan != nil {
			plans = append(plans, plan)
		}
	}
	return plans
}

// enabled notes whether the id is switched off, and takes the switch out of the
// changes.
func (e *editor) enabled(place, id string, changes map[string]json.RawMessage) {
	on := true
	if err := json.Unmarshal(orNull(changes["enabled"]), &on); err != nil {
		e.failf(place, "enabled must be true or false")
	}
	e.off[id] = !on
	delete(changes, "enabled")
}

// settings checks names and types of a plan's settings against the settings of
// the offering's plans, since providers read them only with the first instance.
func (e *editor) settings(place string, o *Offering, raw json.RawMessage) {
	known := map[string]json.RawMessage{}
	for _, p := range o.Plans {
		var settings map[string]json.RawMessage
		resolved, err := p.resolvedSettings()
		if err == nil {
			err = json.Unmarshal(orNull(resolved), &settings)
		}
		if err != nil {
			e.failf(place, "settings of plan %s: %w", p.Name, err)
		}
		maps.Copy(known, settings)
	}
	changes := e.members(place+": settings", raw, slices.Sorted(maps.Keys(known))...)
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		if want, got := kindOf(known[name]), kindOf(changes[name]); got != want && got != "null" {
			e.failf(place, "settings: %s must be of type %s, not %s", name, want, got)
		}
	}
}

// mergePlan returns have with the changes, nil after noting a problem. A changed
// setting that is a parameter's default goes into the create schema, the one
// place of defaults, so that the catalog shows it. The default of a parameter
// that the overlay removes becomes a setting, so that it stays in force.
func (e *editor) mergePlan(place string, have *Plan, changes map[string]json.RawMessage) *Plan {
	before := have.defaults()
	model := *have
	var err error
	if model.Settings, err = have.resolvedSettings(); err != nil {
		e.failf(place, "%w", err)
		return nil
	}
	changed := &Plan{}
	if !e.merge(place, &model, changes, changed) {
		return nil
	}
	if len(before) == 0 && len(changed.defaults()) == 0 {
		return changed
	}
	if err := changed.moveDefaults(before); err != nil {
		e.failf(place, "settings: %w", err)
		return nil
	}
	return changed
}

// moveDefaults takes the settings that are defaults of the create schema out of
// the settings. A default that is still the one of before takes the setting's
// value; another one was stated by the overlay and stays.
func (p *Plan) moveDefaults(before map[string]json.RawMessage) error {
	var settings map[string]json.RawMessage
	if err := json.Unmarshal(orNull(p.Settings), &settings); err != nil {
		return err
	}
	after := p.defaults()
	properties := propertiesOf(p.Schemas.Create)
	for name, property := range properties {
		setting := settingOf(name)
		value, isSet := settings[setting]
		if after[setting] == nil || !isSet {
			continue
		}
		if before[setting] == nil || equalValues(parse(before[setting]), parse(after[setting])) {
			patch, err := encodeValue(map[string]json.RawMessage{"default": value})
			if err != nil {
				return err
			}
			properties[name] = mergePatch(property, patch)
		}
		delete(settings, setting)
	}
	p.Schemas.Create = withProperties(p.Schemas.Create, properties)
	if p.Settings = nil; len(settings) == 0 {
		return nil
	}
	var err error
	p.Settings, err = encodeValue(settings)
	return err
}

// merge decodes have, patched with the changes, into changed.
func (e *editor) merge(place string, have any, changes map[string]json.RawMessage, changed any) bool {
	raw, err := json.Marshal(have)
	change, errToo := json.Marshal(changes)
	if err = errors.Join(err, errToo); err == nil {
		err = decodeStrict(mergePatch(raw, change), changed)
	}
	if err != nil {
		e.failf(place, "%w", err)
	}
	return err == nil
}

// withoutOff returns the offerings and plans that are switched on.
func (e *editor) withoutOff(offerings []*Offering) []*Offering {
	off := func(id string) bool { return e.off[id] }
	kept := slices.DeleteFunc(offerings, func(o *Offering) bool { return off(o.ID) })
	for i, o := range kept {
		on := *o
		on.Plans = slices.DeleteFunc(slices.Clone(o.Plans), func(p *Plan) bool { return off(p.ID) })
		if len(on.Plans) == 0 && len(o.Plans) > 0 {
			e.failf(fmt.Sprintf("offering %q", o.Name), "all plans are switched off, which platforms refuse: switch the offering off")
		}
		kept[i] = &on
	}
	if len(kept) == 0 && len(offerings) > 0 {
		e.failf("offerings", "all are switched off: platforms refuse an empty catalog")
	}
	return kept
}

// mergePatch patches have with change, as RFC 7396 defines it. It is our own
// because evanphx/json-patch refuses to patch null, drops null members within
// arrays, which RFC 7396 keeps, and escapes HTML.
func mergePatch(have, change json.RawMessage) json.RawMessage {
	var to, from map[string]json.RawMessage
	if json.Unmarshal(change, &from) != nil || from == nil {
		return change // anything but an object replaces the value
	}
	if json.Unmarshal(orNull(have), &to) != nil || to == nil {
		to = map[string]json.RawMessage{}
	}
	for name, value := range from {
		if string(value) == "null" {
			delete(to, name)
			continue
		}
		to[name] = mergePatch(to[name], value)
	}
	merged, err := encodeValue(to)
	if err != nil { // valid members can always be encoded
		return change
	}
	return merged
}

// meant returns the end of a sentence about an unknown name.
func meant(name string, known []string) string {
	if likely, ok := nearest(name, known); ok {
		return "did you mean " + quote(likely) + "?"
	}
	return "there are " + strings.Join(slices.Sorted(slices.Values(known)), ", ")
}

func offeringNames(offerings []*Offering) []string {
	names := make([]string, len(offerings))
	for i, o := range offerings {
		names[i] = o.Name
	}
	return names
}

func planNames(plans []*Plan) []string {
	names := make([]string, len(plans))
	for i, p := range plans {
		names[i] = p.Name
	}
	return names
}

func orNull(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("null")
	}
	return raw
}

// kindOf returns the JSON type of a value.
func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "object"
	case '[':
		return "array"
	case '"':
		return "string"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	default:
		return "number"
	}
}
