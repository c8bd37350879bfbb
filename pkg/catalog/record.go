package catalog

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"unicode"
)

// A recordedPlan is the part of a plan that the record of an instance or binding
// keeps: everything that repeats, updates, rotation and deletion need, so that
// instances of a plan that left the catalog are served on. Texts for platforms,
// metadata and the create schema stay out. Its members have the names of Plan's,
// because older records hold a whole Plan.
type recordedPlan struct {
	ID              string              `json:"id"`
	Name            string              `json:"name"`
	Updateable      bool                `json:"updateable,omitempty"`
	Settings        json.RawMessage     `json:"settings,omitempty"` // with the defaults of the create schema
	Deletion        string              `json:"deletion,omitempty"`
	Unbind          string              `json:"unbind,omitempty"`
	Slow            []string            `json:"slow,omitempty"`
	Deadline        Duration            `json:"deadline,omitempty"`
	Deadlines       map[string]Duration `json:"deadlines,omitempty"`
	Rotatable       bool                `json:"rotatable,omitempty"`
	Fresh           []string            `json:"fresh,omitempty"`
	BindingLifetime Lifetime            `json:"bindingLifetime,omitzero"`
	Maintenance     *Maintenance        `json:"maintenance,omitempty"` // the version alone
	Schemas         Schemas             `json:"schemas,omitzero"`      // update and bind, without keywords that check nothing; bind with its defaults
	Secret          []string            `json:"secret,omitempty"`
	// Form spells the parameters of instances that are absent from the update
	// schema.
	// Older records lack it.
	Form Form `json:"form"`
	// Exact names the parameters of instances that have no spelling and are absent
	// from the update schema. Older records lack it.
	Exact []string `json:"exact,omitempty"`
	// Shipped names the parameters of updates whose schema is that of the provider.
	Shipped []string `json:"shipped,omitempty"`
}

// Recorded returns the plan as records keep it.
func (p *Plan) Recorded() (json.RawMessage, error) {
	settings, err := p.ResolvedSettings()
	if err != nil {
		return nil, err
	}
	recorded := recordedPlan{
		ID: p.ID, Name: p.Name, Updateable: p.Updateable, Settings: settings, Deletion: p.Deletion, Slow: p.Slow,
		Deadline: p.Deadline, Deadlines: p.Deadlines, Rotatable: p.Rotatable, Fresh: p.Fresh,
		BindingLifetime: p.BindingLifetime, Secret: p.Secret, Form: p.Form, Exact: p.Exact,
	}
	if p.Unbind != lockAccount { // which is the meaning of none
		recorded.Unbind = p.Unbind
	}
	if p.Maintenance != nil {
		recorded.Maintenance = &Maintenance{Version: p.Maintenance.Version}
	}
	own, shipped := p.splitUpdate()
	recorded.Shipped = shipped
	if recorded.Schemas.Update, err = stripped(own); err != nil {
		return nil, fmt.Errorf("update schema of plan %s: %w", p.ID, err)
	}
	if recorded.Schemas.Bind, err = stripped(p.Schemas.Bind); err != nil {
		return nil, fmt.Errorf("bind schema of plan %s: %w", p.ID, err)
	}
	recorded.Schemas.Bind = withDefaults(recorded.Schemas.Bind, defaultsOfSchema(p.Schemas.Bind))
	if recorded.Form == nil {
		form := formOfSchema(p.Schemas.Create)
		recorded.Form, recorded.Exact = form.forRecord(formOfSchema(p.Schemas.Update)), p.exactNames(form)
	}
	return encodeValue(recorded)
}

// splitUpdate returns the update schema without the parameters that records name
// alone, and their names.
func (p *Plan) splitUpdate() (own json.RawMessage, shipped []string) {
	shipped = slices.Clone(p.Shipped)
	properties := propertiesOf(p.Schemas.Update)
	for name, spelling := range formOfSchema(p.Schemas.Update) {
		if spelling.Shipped {
			delete(properties, name)
			shipped = append(shipped, name)
		}
	}
	slices.Sort(shipped)
	shipped = slices.Compact(shipped)
	if len(shipped) == len(p.Shipped) {
		return p.Schemas.Update, shipped
	}
	return withProperties(p.Schemas.Update, properties), shipped
}

// forRecord returns the form without the spellings that the update schema has
// too, and without the sentences of Refuse, which only a create schema needs.
func (f Form) forRecord(update Form) Form {
	form := Form{} // an empty form, too, tells a record of today
	for name, spelling := range f {
		if same, ok := update[name]; ok && reflect.DeepEqual(spelling, same) {
			continue
		}
		spelling.Refuse, spelling.Setting, spelling.Shipped = nil, false, false
		spelling.Enum = withoutNull(spelling.Enum, nil)
		form[name] = spelling
	}
	return form
}

// exactNames returns the names of the create schema that neither form nor the
// update schema has.
func (p *Plan) exactNames(form Form) []string {
	var names []string
	update := propertiesOf(p.Schemas.Update)
	for name := range propertiesOf(p.Schemas.Create) {
		_, spelled := form[name]
		if _, ok := update[name]; !ok && !spelled {
			names = append(names, name)
		}
	}
	if isOpen(p.Schemas.Create) {
		names = append(names, anyName)
	}
	slices.Sort(names)
	return names
}

// ReadRecorded reads the plan of a record, written by Recorded or, in an older
// record, a whole plan, which Upgraded completes.
func ReadRecorded(raw json.RawMessage) (*Plan, error) {
	var plan Plan
	if err := json.Unmarshal(raw, &plan); err != nil {
		return nil, err
	}
	var recorded struct {
		Form    Form     `json:"form"`
		Exact   []string `json:"exact"`
		Shipped []string `json:"shipped"`
	}
	if err := json.Unmarshal(raw, &recorded); err != nil {
		return nil, err
	}
	plan.Form, plan.Exact, plan.Shipped = recorded.Form, recorded.Exact, recorded.Shipped
	return &plan, nil
}

// SettingOf returns the name of the setting that holds a parameter's default:
// acl holds the default of Acl.
func SettingOf(parameter string) string {
	first := []rune(parameter)
	first[0] = unicode.ToLower(first[0])
	return string(first)
}

// defaults returns the defaults of the create schema by the name of the
// setting.
func (p *Plan) defaults() map[string]json.RawMessage {
	defaults := map[string]json.RawMessage{}
	for name, value := range defaultsOfSchema(p.Schemas.Create) {
		if name != "" {
			defaults[SettingOf(name)] = value
		}
	}
	return defaults
}

// defaultsOfSchema returns the defaults of a schema by the name of the parameter.
func defaultsOfSchema(schema json.RawMessage) map[string]json.RawMessage {
	defaults := map[string]json.RawMessage{}
	for name, property := range propertiesOf(schema) {
		var shape struct {
			Default json.RawMessage `json:"default"`
		}
		if json.Unmarshal(property, &shape) == nil && shape.Default != nil && string(shape.Default) != "null" {
			defaults[name] = shape.Default
		}
	}
	return defaults
}

// withDefaults returns the schema with defaults of its parameters.
func withDefaults(schema json.RawMessage, defaults map[string]json.RawMessage) json.RawMessage {
	if len(defaults) == 0 {
		return schema
	}
	properties := propertiesOf(schema)
	for name, value := range defaults {
		var members map[string]json.RawMessage
		if json.Unmarshal(orNull(properties[name]), &members) != nil || members == nil {
			continue
		}
		members["default"] = value
		if changed, err := encodeValue(members); err == nil {
			properties[name] = changed
		}
	}
	return withProperties(schema, properties)
}

// ResolvedSettings returns the plan's settings with the defaults of its create
// schema. They describe an instance made without parameters.
func (p *Plan) ResolvedSettings() (json.RawMessage, error) {
	defaults := p.defaults()
	if len(defaults) == 0 {
		return p.Settings, nil
	}
	var settings map[string]json.RawMessage
	if len(p.Settings) > 0 {
		if err := json.Unmarshal(p.Settings, &settings); err != nil {
			return nil, fmt.Errorf("settings of plan %s: %w", p.ID, err)
		}
	}
	maps.Copy(defaults, settings)
	return encodeValue(defaults)
}
