// Package osbtest ties tests to the requirements of the Open Service Broker
// API. A test that proves a requirement says so with [Proves]; the table in
// docs/conformance.md is made from these calls by hack/tools/conformance.
package osbtest

import (
	_ "embed"
	"fmt"
	"slices"
	"testing"

	"sigs.k8s.io/yaml"
)

//go:embed requirements.yaml
var requirementsYAML []byte

// A Requirement is one row of the list.
type Requirement struct {
	ID         string `json:"id"`
	Level      string `json:"level"` // MUST, MUST NOT, SHOULD, SHOULD NOT, MAY, OPEN, HARD or INTEROP
	Since      string `json:"since"` // first version of the API that has it; 2.13 or earlier is 2.13
	Text       string `json:"text"`
	NotOffered string `json:"not_offered"` // the optional feature that we do not have, if it is about one
	NotOurs    string `json:"not_ours"`    // why no broker can prove it, if none can
}

// Binding reports whether the specification demands the requirement of brokers, or
// expects very good reasons for exceptions.
func (r Requirement) Binding() bool {
	return slices.Contains([]string{"MUST", "MUST NOT", "SHOULD", "SHOULD NOT"}, r.Level)
}

// Excuse returns the reason for a missing test, or "".
func (r Requirement) Excuse() string {
	switch {
	case r.NotOffered != "":
		return "not offered: " + r.NotOffered
	case r.NotOurs != "":
		return "not a broker's: " + r.NotOurs
	}
	return ""
}

// Requirements returns all rows in the order of the list.
func Requirements() ([]Requirement, error) {
	var rows []Requirement
	if err := yaml.UnmarshalStrict(requirementsYAML, &rows); err != nil {
		return nil, fmt.Errorf("the list of requirements: %w", err)
	}
	return rows, nil
}

// Proves records that the test proves these requirements: it fails when one of
// them is broken. The ids are string literals, since they are also read from
// the source. An unknown id fails the test, and so does one with an Excuse.
func Proves(t testing.TB, ids ...string) {
	t.Helper()
	rows, err := Requirements()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		i := slices.IndexFunc(rows, func(r Requirement) bool { return r.ID == id })
		switch {
		case i < 0:
			t.Errorf("%s is no requirement of the list", id)
		case rows[i].Excuse() != "":
			t.Errorf("%s is in the list as %s", id, rows[i].Excuse())
		}
	}
}
