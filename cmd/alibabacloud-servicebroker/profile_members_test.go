package main

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The page and the chart's schema have the members of the file. existingSecret is the
// chart's own, in the place of credentials-dir.
func TestProfileFile_Members_StandInPageAndChart(t *testing.T) {
	members := slices.Sorted(maps.Keys((&profile{endpoints: endpoints{}}).members()))
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	section := regexp.MustCompile(`(?s)## Several accounts and regions\n(.*?)\n## `).FindSubmatch(page)
	if section == nil {
		t.Fatal("docs/configuration.md has no section about several accounts")
	}
	var told []string
	for _, row := range regexp.MustCompile("(?m)^\\| (`[^|]*) \\|").FindAllSubmatch(section[1], -1) {
		for _, name := range regexp.MustCompile("`([a-z-]+)`").FindAllSubmatch(row[1], -1) {
			told = append(told, string(name[1]))
		}
	}
	slices.Sort(told)
	if diff := cmp.Diff(members, told); diff != "" {
		t.Errorf("the table of docs/configuration.md (-members, +page):\n%s", diff)
	}
	content, err := os.ReadFile(filepath.Join("..", "..", "chart", "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	type object struct {
		Properties           map[string]json.RawMessage `json:"properties"`
		AdditionalProperties json.RawMessage            `json:"additionalProperties"`
	}
	read := func(from json.RawMessage) (o object) {
		if err := json.Unmarshal(from, &o); err != nil {
			t.Fatal(err)
		}
		return o
	}
	schema := read(read(read(read(content).Properties["cloud"]).Properties["profiles"]).AdditionalProperties)
	if diff := cmp.Diff(slices.Sorted(slices.Values(append(members, "existingSecret"))), slices.Sorted(maps.Keys(schema.Properties))); diff != "" {
		t.Errorf("the chart's schema (-members, +chart):\n%s", diff)
	}
}
