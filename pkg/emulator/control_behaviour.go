package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"time"
)

// behave calls change with a pointer to the switches of a product. ok is false
// for a product that has none.
func (s *Server) behave(product string, change func(behaviour any)) (ok bool) {
	behave := s.product(product).Behave
	if behave == nil {
		return false
	}
	behave(change)
	return true
}

// behaviours returns the switches of all products that have some.
func (s *Server) behaviours() map[string]map[string]json.RawMessage {
	all := map[string]map[string]json.RawMessage{}
	for _, p := range s.products {
		s.behave(p.Name, func(b any) { all[p.Name] = showMembers(b) })
	}
	return all
}

// postBehaviours changes the switches of several products, all or none.
func (s *Server) postBehaviours(w http.ResponseWriter, r *http.Request) {
	var changes Switches
	if !decode(w, r, &changes) {
		return
	}
	if err := s.set(changes); err != nil {
		refuse(w, err.Error())
		return
	}
	answer(w, http.StatusOK, s.behaviours())
}

// Switches are changes of switches, by product and name: {"oss": {"UserDisable": "*"}}.
type Switches map[string]map[string]json.RawMessage

// set changes switches, all or none. The account comes first, since it sets others.
func (s *Server) set(changes Switches) error {
	for name, patch := range changes {
		err := fmt.Errorf("there is no product %q with switches", name)
		s.behave(name, func(b any) { err = patchMembers(copyOf(b), patch) })
		if err != nil {
			return err
		}
	}
	for _, name := range append([]string{accountName}, slices.Sorted(maps.Keys(changes))...) {
		s.behave(name, func(b any) { _ = patchMembers(b, changes[name]) }) // checked above
	}
	return nil
}

// copyOf returns a pointer to a copy of the struct that target points to.
func copyOf(target any) any {
	copied := reflect.New(reflect.TypeOf(target).Elem())
	copied.Elem().Set(reflect.ValueOf(target).Elem())
	return copied.Interface()
}

func (s *Server) getBehaviour(w http.ResponseWriter, r *http.Request) {
	var members map[string]json.RawMessage
	if !s.behave(r.PathValue("product"), func(b any) { members = showMembers(b) }) {
		http.NotFound(w, r)
		return
	}
	answer(w, http.StatusOK, members)
}

// patchBehaviour changes the members of a Behaviour that the body names, all or
// none.
func (s *Server) patchBehaviour(w http.ResponseWriter, r *http.Request) {
	var patch map[string]json.RawMessage
	if !decode(w, r, &patch) {
		return
	}
	var members map[string]json.RawMessage
	var err error
	known := s.behave(r.PathValue("product"), func(b any) {
		err = patchMembers(b, patch)
		members = showMembers(b)
	})
	switch {
	case !known:
		http.NotFound(w, r)
	case err != nil:
		refuse(w, err.Error())
	default:
		answer(w, http.StatusOK, members)
	}
}

// patchMembers sets fields of the struct that target points to, by their
// names. Durations are strings such as "5m".
func patchMembers(target any, patch map[string]json.RawMessage) error {
	v := reflect.ValueOf(target).Elem()
	changed := reflect.New(v.Type()).Elem()
	changed.Set(v)
	for name, raw := range patch {
		field := changed.FieldByName(name)
		if !field.IsValid() || !field.CanSet() {
			return fmt.Errorf("there is no %q to change", name)
		}
		if d, ok := reflect.TypeAssert[*time.Duration](field.Addr()); ok {
			var text string
			err := json.Unmarshal(raw, &text)
			if err == nil {
				*d, err = time.ParseDuration(text)
			}
			if err != nil {
				return fmt.Errorf(`%q must be a duration such as "5m"`, name)
			}
			continue
		}
		if err := json.Unmarshal(raw, field.Addr().Interface()); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	v.Set(changed)
	return nil
}

// showMembers is the struct that target points to as patchMembers would take
// it.
func showMembers(target any) map[string]json.RawMessage {
	v := reflect.ValueOf(target).Elem()
	members := make(map[string]json.RawMessage, v.NumField())
	for field, value := range v.Fields() {
		if !field.IsExported() {
			continue
		}
		shown := value.Interface()
		if d, ok := shown.(time.Duration); ok {
			shown = d.String()
		}
		raw, err := json.Marshal(shown)
		if err != nil {
			raw, _ = json.Marshal(err.Error())
		}
		members[field.Name] = raw
	}
	return members
}
