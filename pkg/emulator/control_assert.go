package emulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// An Expectation is the state that a caller of /assert expects. Members that are
// absent are not compared.
type Expectation struct {
	Resources map[string]int // how many resources of a kind exist
	Unknown   *int           // how many calls were answered 501
	Empty     *bool          // whether the account has no resources
	Calls     map[string]int // how many calls of an action arrived
}

// reservedKinds are the members of an Expectation that have another meaning
// than a kind of resources.
func reservedKinds() []string { return []string{"unknown", "empty", "calls"} }

// UnmarshalJSON implements json.Unmarshaler: kinds of resources and the reserved
// names are members of one object.
func (e *Expectation) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	*e = Expectation{Resources: map[string]int{}}
	for name, raw := range members {
		var err error
		switch name {
		case "unknown":
			err = json.Unmarshal(raw, &e.Unknown)
		case "empty":
			err = json.Unmarshal(raw, &e.Empty)
		case "calls":
			err = json.Unmarshal(raw, &e.Calls)
		default:
			var count *int
			if err = json.Unmarshal(raw, &count); count != nil {
				e.Resources[name] = *count
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// Check compares the state with the expectation and describes each difference
// in a sentence. An unknown kind in the expectation is an error.
func (s *Server) Check(want Expectation) (differences []string, err error) {
	differ := func(what string, got, want any) {
		if got != want {
			differences = append(differences, fmt.Sprintf("%s: %v, want %v", what, got, want))
		}
	}
	missing := maps.Clone(want.Resources)
	for _, r := range s.Resources() {
		if n, ok := want.Resources[r.Kind]; ok {
			differ(r.Kind, r.Count, n)
		}
		delete(missing, r.Kind)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("unknown field %q", slices.Min(slices.Collect(maps.Keys(missing))))
	}
	if want.Unknown != nil {
		differ("unknown", len(s.Unknown()), *want.Unknown)
	}
	if want.Empty != nil {
		differ("empty", s.Empty(), *want.Empty)
	}
	for _, action := range slices.Sorted(maps.Keys(want.Calls)) {
		differ("calls of "+action, len(s.Calls(action)), want.Calls[action])
	}
	return differences, nil
}

// postAssert answers 204 if the state is as expected, else 409 and the
// differences.
func (s *Server) postAssert(w http.ResponseWriter, r *http.Request) {
	var want Expectation
	if !decode(w, r, &want) {
		return
	}
	differences, err := s.Check(want)
	switch {
	case err != nil:
		refuse(w, "malformed body: "+err.Error())
	case len(differences) == 0:
		w.WriteHeader(http.StatusNoContent)
	default:
		answer(w, http.StatusConflict, struct {
			Differences []string `json:"differences"`
		}{differences})
	}
}
