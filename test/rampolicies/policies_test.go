// Package rampolicies_test proves the RAM policies of contrib/ram-policies on
// the emulated cloud: they suffice for all the broker's work, each action in
// them is needed, and they allow that work only.
package rampolicies_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestMain keeps the brokers' logs to this test and its folder.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "osb-ram-policies-")
	if err == nil {
		err = errors.Join(flag.Set("log_dir", dir), flag.Set("stderrthreshold", "FATAL"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// file reads a document of contrib/ram-policies.
func file(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "contrib", "ram-policies", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A list is one string or several.
type list []string

// UnmarshalJSON reads either form.
func (l *list) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*l = list{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(l))
}

type statement struct {
	Effect   string
	Action   list
	Resource list
}

// A document is a RAM policy in the form of these files, which have no
// conditions.
type document struct {
	Version   string
	Statement []statement
}

func parse(t *testing.T, name string) document {
	t.Helper()
	return parsed(t, []byte(file(t, name)))
}

func parsed(t *testing.T, text []byte) document {
	t.Helper()
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// actions returns the actions that the document allows.
func (d document) actions() []string {
	var all []string
	for _, s := range d.Statement {
		all = append(all, s.Action...)
	}
	return all
}

// without returns the document less an action.
func (d document) without(action string) document {
	rest := document{Version: d.Version}
	for _, s := range d.Statement {
		s.Action = slices.DeleteFunc(slices.Clone(s.Action), func(a string) bool { return a == action })
		if len(s.Action) > 0 {
			rest.Statement = append(rest.Statement, s)
		}
	}
	return rest
}

// String is the document's JSON.
func (d document) String() string {
	text, err := json.Marshal(d)
	if err != nil {
		return err.Error() // which RAM refuses
	}
	return string(text)
}
