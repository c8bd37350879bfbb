package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// changeable returns more and the members of a plan that an overlay may change.
// The others identify the plan or describe the provider's abilities.
func changeable(more ...string) []string {
	return append(more, "description", "free", "updateable", "metadata", "profile", "settings", "deletion", "unbind", "deadline", "deadlines",
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
		e.validator.failf(place, "add must be a list of plans")
		return nil
	}
	var plans []*Plan
	for i, raw := range list {
		place := fmt.Sprintf("%s: add[%d]", place, i)
		changes := e.members(place, raw, changeable("id", "name", "like")...)
		var like string
		if err := json.Unmarshal(orNull(changes["like"]), &like); err != nil || like == "" {
			e.validator.failf(place, "like is missing: write the name of the plan that this one resembles")
			continue
		}
		at := slices.IndexFunc(o.Plans, func(p *Plan) bool { return p.Name == like })
		if at < 0 {
			e.validator.failf(place, "like: there is no plan %s: %s", quote(like), suggestion(like, planNames(o.Plans)))
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

// settings checks names and types of a plan's settings against the settings of
// the offering's plans, since providers read them only with the first instance.
func (e *editor) settings(place string, o *Offering, raw json.RawMessage) {
	known := map[string]json.RawMessage{}
	for _, p := range o.Plans {
		var settings map[string]json.RawMessage
		resolved, err := p.ResolvedSettings()
		if err == nil {
			err = json.Unmarshal(orNull(resolved), &settings)
		}
		if err != nil {
			e.validator.failf(place, "settings of plan %s: %w", p.Name, err)
		}
		maps.Copy(known, settings)
	}
	kinds := settingKinds(o.Plans)
	for name, value := range known {
		kinds[name] = kindOf(value)
	}
	changes := e.members(place+": settings", raw, slices.Sorted(maps.Keys(kinds))...)
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		if want, got := kinds[name], kindOf(changes[name]); got != want && got != "null" {
			e.validator.failf(place, "settings: %s must be of type %s, not %s", name, want, got)
		}
	}
}

// settingKinds returns the kind of the values of parameters without a default that
// settings may state, by the name of the setting.
func settingKinds(plans []*Plan) map[string]string {
	kinds := map[string]string{}
	for _, p := range plans {
		form := formOfSchema(p.Schemas.Create)
		for name, property := range propertiesOf(p.Schemas.Create) {
			var shape struct {
				Type any `json:"type"`
			}
			if !form[name].Setting || json.Unmarshal(property, &shape) != nil {
				continue
			}
			list, _ := shape.Type.([]any)
			for _, word := range append(list, shape.Type) {
				if kind, ok := word.(string); ok && kind != "null" {
					kinds[SettingOf(name)] = kind
				}
			}
		}
	}
	return kinds
}

// mergePlan returns have with the changes, nil after noting a problem. A changed
// setting that is a parameter's default goes into the create schema, the one
// place of defaults, so that the catalog shows it. The default of a parameter
// that the overlay removes becomes a setting, so that it stays in force.
func (e *editor) mergePlan(place string, have *Plan, changes map[string]json.RawMessage) *Plan {
	before := have.defaults()
	model := *have
	var err error
	if model.Settings, err = have.ResolvedSettings(); err != nil {
		e.validator.failf(place, "%w", err)
		return nil
	}
	changed := &Plan{}
	if !e.merge(place, &model, changes, changed) {
		return nil
	}
	changed.Schemas.Update = ownedSchema(have.Schemas.Update, changed.Schemas.Update)
	if have.Unbind == "" && changed.Unbind != "" {
		e.validator.failf(place, "unbind has no meaning here: the bindings of this offering are no database accounts")
	}
	if len(before) == 0 && len(changed.defaults()) == 0 && changes["settings"] == nil {
		return changed
	}
	if err := changed.moveDefaults(before); err != nil {
		e.validator.failf(place, "settings: %w", err)
		return nil
	}
	return changed
}

// ownedSchema returns the changed update schema, in which the parameters that the
// overlay has changed are no longer the provider's.
func ownedSchema(before, after json.RawMessage) json.RawMessage {
	was, properties := propertiesOf(before), propertiesOf(after)
	isOwned := false
	for name, spelling := range formOfSchema(after) {
		if !spelling.Shipped || equalValues(parse(orNull(was[name])), parse(properties[name])) {
			continue
		}
		properties[name] = mergePatch(properties[name], json.RawMessage(`{"`+spellingKeyword+`":{"shipped":null}}`))
		isOwned = true
	}
	if !isOwned {
		return after
	}
	return withProperties(after, properties)
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
	properties, form := propertiesOf(p.Schemas.Create), formOfSchema(p.Schemas.Create)
	for name, property := range properties {
		setting := SettingOf(name)
		value, isSet := settings[setting]
		if after[setting] == nil && !form[name].Setting || !isSet {
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
	if changes == nil { // "small:" with nothing below it
		changes = map[string]json.RawMessage{}
	}
	raw, err := json.Marshal(have)
	change, errToo := json.Marshal(changes)
	if err = errors.Join(err, errToo); err == nil {
		err = decodeStrict(mergePatch(raw, change), changed)
	}
	if err != nil {
		e.validator.failf(place, "%w", err)
	}
	return err == nil
}
