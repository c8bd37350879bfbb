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
	e.validator.all(changed)
	changed = e.enabledOfferings(changed)
	if err := errors.Join(e.validator.problems...); err != nil {
		return nil, fmt.Errorf("overlay: %w", err)
	}
	return newCatalog(changed, c.shipped), nil
}

// An editor applies an overlay and collects its problems.
type editor struct {
	validator *validator
	off       map[string]bool // ids of offerings and plans that are switched off
}

// members reads an object with known members.
func (e *editor) members(place string, raw json.RawMessage, known ...string) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &members); err != nil {
		e.validator.failf(place, "must be an object")
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(known, name) {
			e.validator.failf(place, "there is no setting %s: %s", quote(name), suggestion(name, known))
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
		e.validator.failf(place, "%ss must be an object: changes by the name of the %s", kind, kind)
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		if !slices.Contains(known, name) {
			e.validator.failf(place, "there is no %s %s: %s", kind, quote(name), suggestion(name, known))
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

// enabled notes whether the id is switched off, and takes the switch out of the
// changes.
func (e *editor) enabled(place, id string, changes map[string]json.RawMessage) {
	on := true
	if err := json.Unmarshal(orNull(changes["enabled"]), &on); err != nil {
		e.validator.failf(place, "enabled must be true or false")
	}
	e.off[id] = !on
	delete(changes, "enabled")
}

// enabledOfferings returns the offerings and plans that are switched on.
func (e *editor) enabledOfferings(offerings []*Offering) []*Offering {
	off := func(id string) bool { return e.off[id] }
	kept := slices.DeleteFunc(offerings, func(o *Offering) bool { return off(o.ID) })
	for i, o := range kept {
		on := *o
		on.Plans = slices.DeleteFunc(slices.Clone(o.Plans), func(p *Plan) bool { return off(p.ID) })
		if len(on.Plans) == 0 && len(o.Plans) > 0 {
			e.validator.failf(fmt.Sprintf("offering %q", o.Name), "all plans are switched off, which platforms refuse: switch the offering off")
		}
		kept[i] = &on
	}
	if len(kept) == 0 && len(offerings) > 0 {
		e.validator.failf("offerings", "all are switched off: platforms refuse an empty catalog")
	}
	return kept
}

// suggestion returns the end of a sentence about an unknown name.
func suggestion(name string, known []string) string {
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
