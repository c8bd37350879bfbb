package emulator

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// An Expectation is how many of what should exist, and how often calls should
// have arrived. What is not named is not looked at.
type Expectation struct {
	Instances *int           `json:"instances"`
	Buckets   *int           `json:"buckets"`
	Users     *int           `json:"users"`
	Keys      *int           `json:"keys"`
	Policies  *int           `json:"policies"`
	Groups    *int           `json:"groups"`
	Roles     *int           `json:"roles"`
	Unknown   *int           `json:"unknown"` // calls that were answered 501
	Empty     *bool          `json:"empty"`   // whether nothing exists at all
	Calls     map[string]int `json:"calls"`   // by action
}

// Check compares what is with what should be, and says in sentences what
// differs; nil is nothing.
func (s *Server) Check(want Expectation) []string {
	d := s.Dump()
	var differences []string
	for _, c := range []struct {
		name string
		want *int
		got  int
	}{
		{"instances", want.Instances, len(d.Instances)}, {"buckets", want.Buckets, len(d.Buckets)}, {"users", want.Users, len(d.Users)},
		{"keys", want.Keys, len(d.Keys)}, {"policies", want.Policies, len(d.Policies)}, {"groups", want.Groups, len(d.Groups)},
		{"roles", want.Roles, len(d.Roles)}, {"unknown", want.Unknown, len(s.Unknown())},
	} {
		if c.want != nil && *c.want != c.got {
			differences = append(differences, fmt.Sprintf("%s: %d, want %d", c.name, c.got, *c.want))
		}
	}
	if want.Empty != nil && *want.Empty != s.Empty() {
		differences = append(differences, fmt.Sprintf("empty: %v, want %v", s.Empty(), *want.Empty))
	}
	for _, action := range slices.Sorted(maps.Keys(want.Calls)) {
		if got := len(s.Calls(action)); got != want.Calls[action] {
			differences = append(differences, fmt.Sprintf("calls of %s: %d, want %d", action, got, want.Calls[action]))
		}
	}
	return differences
}

// postAssert answers 204 if all is as expected, else 409 and what is not.
func (s *Server) postAssert(w http.ResponseWriter, r *http.Request) {
	var want Expectation
	if !decode(w, r, &want) {
		return
	}
	differences := s.Check(want)
	if len(differences) == 0 {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	answer(w, http.StatusConflict, struct {
		Differences []string `json:"differences"`
	}{differences})
}
