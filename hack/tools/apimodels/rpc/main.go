// Command rpc writes what official models know of each action of the
// emulated RPC products, the names of its parameters and of its response
// members, into pkg/emulator/testdata/models/PRODUCT.json. The names are the
// union of alibaba-cloud-sdk-go, at the version of go.mod, and of the newest
// npm models, whose versions are below; it needs node, npm and the registry.
//
// Only the actions of the emulator's tables are written, or all with -all.
package main

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// A model is what is known of one action. A parameter in a list is written with
// N for its number (Tag.N.Key); the members of lists and objects follow a dot
// (Vpcs.Vpc.VpcId).
type model struct {
	Parameters []string `json:"parameters"`
	Members    []string `json:"members"`
	// Types has the JSON types of the members that are no plain string: "number",
	// "boolean", "object", "any", or several where the models differ.
	Types map[string]string `json:"types,omitempty"`
}

// number is the number of an element in the name of a parameter.
var number = regexp.MustCompile(`\.[0-9]+(\.|$)`)

// products are the emulated RPC products: the folders of the Go SDK and of the
// emulator have their names, the npm packages end in the API version.
func products() map[string]string {
	return map[string]string{
		"rds": "@alicloud/rds20140815@15.4.0", "ram": "@alicloud/ram20150501@1.2.1", "sts": "@alicloud/sts20150401@1.2.0", "kms": "@alicloud/kms20160120@1.2.0",
		"vpc": "@alicloud/vpc20160428@7.3.2", "location": "",
	}
}

func main() {
	all := flag.Bool("all", false, "write every action, and not the emulator's alone")
	flag.Parse()
	if err := run(".", *all); err != nil {
		fmt.Fprintln(os.Stderr, "apimodels:", err)
		os.Exit(1)
	}
}

// run writes the files of the module at root.
func run(root string, all bool) error {
	tea, err := teaModels()
	if err != nil {
		return err
	}
	for product := range products() {
		models, err := goModels(root, product)
		if err != nil {
			return err
		}
		merge(models, models)
		merge(models, tea[product])
		if !all {
			if err := keepEmulated(models, filepath.Join(root, "pkg", "emulator", product, "actions.yaml")); err != nil {
				return err
			}
		}
		if err := write(filepath.Join(root, "pkg", "emulator", "testdata", "models", product+".json"), models); err != nil {
			return err
		}
	}
	return nil
}

// merge adds the names of more to models.
func merge(models, more map[string]model) {
	for action, m := range more {
		known := models[action]
		members := leaves(union(known.Members, m.Members))
		models[action] = model{union(known.Parameters, m.Parameters), members, types(members, known, m)}
	}
}

// types returns the types of members by two models. A model that lacks a member says
// nothing of its type.
func types(members []string, models ...model) map[string]string {
	all := map[string]string{}
	for _, member := range members {
		var names []string
		for _, m := range models {
			if !slices.Contains(m.Members, member) {
				continue
			}
			names = append(names, strings.Fields(cmp.Or(m.Types[member], "string"))...)
		}
		slices.Sort(names)
		if text := strings.Join(slices.Compact(names), " "); text != "string" {
			all[member] = text
		}
	}
	return all
}

// union returns the sorted names of both lists, numbers written as N.
func union(a, b []string) []string {
	list := append(append([]string{}, a...), b...) // and never nil, which JSON writes as null
	for i, name := range list {
		list[i] = number.ReplaceAllString(name, ".N$1")
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// leaves returns the names of a sorted list that have no members of their own
// there: an object that one model knows as a whole and the other by its members.
func leaves(list []string) []string {
	return slices.DeleteFunc(list, func(name string) bool {
		return slices.ContainsFunc(list, func(other string) bool { return strings.HasPrefix(other, name+".") })
	})
}

// keepEmulated removes the actions that a table of the emulator lacks.
func keepEmulated(models map[string]model, table string) error {
	text, err := os.ReadFile(table) //nolint:gosec // a file of the repository
	if err != nil {
		return err
	}
	var actions map[string]any
	if err := yaml.Unmarshal(text, &actions); err != nil {
		return fmt.Errorf("%s: %w", table, err)
	}
	maps.DeleteFunc(models, func(action string, _ model) bool { _, ok := actions[action]; return !ok })
	return nil
}

// write writes one action a line, sorted.
func write(file string, models map[string]model) error {
	var b strings.Builder
	b.WriteString("{\n")
	for i, action := range slices.Sorted(maps.Keys(models)) {
		line, err := json.Marshal(models[action])
		if err != nil {
			return err
		}
		if i > 0 {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, "%q: %s", action, line)
	}
	b.WriteString("\n}\n")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // files of the repository are for everyone
		return err
	}
	return os.WriteFile(file, []byte(b.String()), 0o644) //nolint:gosec // as above
}
