package catalog

import (
	"encoding/json"
	"maps"
	"slices"
)

// Values are parameters by name, in normal form.
type Values map[string]json.RawMessage

// Held are the parameters of an instance as its record holds them. Requests are
// compared with Held by meaning: in normal form, and with the defaults of the
// record's own plan, so that a catalog that changes makes no repeated request
// another one.
type Held struct {
	Plan *Plan // of the record, with complete schemas
	// Parameters are as stored: in normal form, or in an older record as they
	// were sent.
	Parameters json.RawMessage
	// InForce returns the values that the instance has, and Defaults the values
	// that it would have without parameters. They are called where the plan's
	// settings and Parameters leave a value open, and may be nil.
	InForce, Defaults func() Values
}

// Same reports whether the parameters of a repeated provision mean those of the
// record (PROV-10, PROV-11). A default that is written out equals an absent
// parameter.
func (h Held) Same(sent json.RawMessage) bool {
	have, err := h.stored()
	if err != nil {
		return false
	}
	members, err := membersOf(sent)
	if err != nil {
		return false
	}
	wanted, problems := h.Plan.instanceForm().apply(members)
	if len(problems) > 0 {
		return false
	}
	takes := h.Plan.taken()
	for name := range wanted {
		if !takes.has(name) {
			return false
		}
	}
	names := maps.Clone(wanted)
	maps.Copy(names, have)
	for name := range names {
		before, known := h.current(have, name)
		value, ok := wanted[name]
		if !ok {
			value, ok = h.fallback(name)
		}
		if !known || !ok || !equalValues(parse(before), parse(value)) {
			return false
		}
	}
	return true
}

// Explicit returns the parameters with those added that are in force with another
// value than the default: an instance that moved to the plan brought them, such as
// storage that cannot shrink.
func (h Held) Explicit() (json.RawMessage, error) {
	all, err := h.stored()
	if err != nil || h.InForce == nil || h.Defaults == nil {
		return h.Parameters, err
	}
	takes, defaults := h.Plan.taken(), h.Defaults()
	for name, value := range h.InForce() {
		byDefault, known := defaults[name]
		if _, ok := all[name]; !ok && known && takes.has(name) && !equalValues(parse(byDefault), parse(value)) {
			all[name] = value
		}
	}
	return encode(all)
}

// stored returns the record's parameters in normal form, without those that its
// plan takes no more: an older record kept the parameters of the plan before a
// move.
func (h Held) stored() (Values, error) {
	members, err := membersOf(h.Parameters)
	if err != nil {
		return nil, err
	}
	normal, _ := h.Plan.instanceForm().apply(members)
	takes := h.Plan.taken()
	maps.DeleteFunc(normal, func(name string, _ json.RawMessage) bool { return !takes.has(name) })
	return normal, nil
}

// current returns the value that a parameter has: the stored one, else the
// instance's, else the default.
func (h Held) current(have Values, name string) (json.RawMessage, bool) {
	if value, ok := have[name]; ok {
		return value, true
	}
	if h.InForce != nil {
		if value, ok := h.InForce()[name]; ok {
			return value, true
		}
	}
	return h.fallback(name)
}

// fallback returns the value of a parameter that is absent.
func (h Held) fallback(name string) (json.RawMessage, bool) {
	var settings map[string]json.RawMessage
	if resolved, err := h.Plan.ResolvedSettings(); name != "" && err == nil && json.Unmarshal(orNull(resolved), &settings) == nil {
		if value, ok := settings[SettingOf(name)]; ok {
			return value, true
		}
	}
	if h.Defaults != nil {
		value, ok := h.Defaults()[name]
		return value, ok
	}
	return nil, false
}

// A taking tells which parameters a plan takes, by their own names.
type taking struct {
	names []string
	open  bool // any other name too
}

func (t taking) has(name string) bool { return t.open || slices.Contains(t.names, name) }

// compact sorts the names and removes double ones.
func (t taking) compact() taking {
	t.names = slices.DeleteFunc(t.names, func(name string) bool { return name == anyName })
	slices.Sort(t.names)
	t.names = slices.Compact(t.names)
	return t
}

// anyName stands for every name in Plan.Exact.
const anyName = "*"

// Takes reports whether users may send the parameter with a provision or an update.
func (p *Plan) Takes(parameter string) bool { return p.taken().has(parameter) }

// taken returns the parameters of the plan's instances: all of the create and
// the update schema.
func (p *Plan) taken() taking {
	all := p.updatable()
	if p.Form == nil {
		all.names = append(all.names, slices.Collect(maps.Keys(propertiesOf(p.Schemas.Create)))...)
		all.open = all.open || isOpen(p.Schemas.Create)
		return all.compact()
	}
	all.names = append(all.names, slices.Collect(maps.Keys(p.Form))...)
	all.names = append(all.names, p.Exact...)
	all.open = all.open || slices.Contains(p.Exact, anyName)
	return all.compact()
}

// updatable returns the parameters that updates may set.
func (p *Plan) updatable() taking {
	return taking{names: slices.Collect(maps.Keys(propertiesOf(p.Schemas.Update))), open: isOpen(p.Schemas.Update)}
}

// ShownInstance returns the stored parameters of an instance for answers to GET
// (FI-07): each parameter once, without secrets. In a record of before, a
// parameter under several names is shown by the one that is in force, and
// parameters that the plan does not take are left out.
func (p *Plan) ShownInstance(stored json.RawMessage) json.RawMessage {
	members, err := membersOf(stored)
	if err != nil {
		return nil
	}
	takes := p.taken()
	for name, spelling := range p.instanceForm() {
		_, shown := members[name]
		for _, other := range spelling.Names {
			if _, ok := members[other]; ok && (shown || !takes.has(name)) {
				delete(members, other)
			} else if ok {
				shown = true
				takes.names = append(takes.names, other)
			}
		}
	}
	maps.DeleteFunc(members, func(name string, _ json.RawMessage) bool { return !takes.has(name) })
	shown, err := encode(members)
	if err != nil {
		return nil
	}
	return Redact(shown, p.Secret)
}
