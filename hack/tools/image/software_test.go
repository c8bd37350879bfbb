package main

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// testSoftware checks the list of software in the broker's image against
// CycloneDX's schema and against the answer of go list for the source.
func testSoftware(t *testing.T, dir string, text []byte) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema(t).Validate(document); err != nil {
		t.Errorf("the list is not CycloneDX 1.6: %v", err)
	}

	var list cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(bytes.NewReader(text), cyclonedx.BOMFileFormatJSON).Decode(&list); err != nil {
		t.Fatal(err)
	}
	var modules, refs []string
	for _, c := range *list.Components {
		if c.Licenses == nil || len(*c.Licenses) == 0 {
			t.Errorf("%s has no licence", c.Name)
		}
		if c.Name != "std" && (c.Hashes == nil || len(*c.Hashes) == 0) {
			t.Errorf("%s has no hash", c.Name)
		}
		refs = append(refs, c.BOMRef)
		if c.Type == cyclonedx.ComponentTypeLibrary && c.Name != "std" {
			modules = append(modules, c.Name+"@"+c.Version)
		}
	}
	slices.Sort(modules)
	if diff := cmp.Diff(linked(t, dir), modules); diff != "" {
		t.Errorf("the modules in the list are not those that the program is made of (-go list +list):\n%s", diff)
	}
	if !slices.Contains(refs, "pkg:golang/std@"+strings.TrimPrefix(runtime.Version(), "go")) {
		t.Errorf("the standard library of %s is not in %q", runtime.Version(), refs)
	}
	if diff := cmp.Diff(refs[1:], *(*list.Dependencies)[1].Dependencies); diff != "" {
		t.Errorf("the program does not depend on all that is linked into it (-components +dependencies):\n%s", diff)
	}
}

// linked returns the modules that the broker imports, by path@version, as go
// list finds them in the source.
func linked(t *testing.T, dir string) []string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f",
		"{{with .Module}}{{if not .Main}}{{with .Replace}}{{.Path}}@{{.Version}}{{else}}{{.Path}}@{{.Version}}{{end}}{{end}}{{end}}", "./cmd/"+broker)
	command.Dir = dir
	command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for line := range strings.FieldsSeq(string(out)) {
		found[line] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// schema is CycloneDX's own, which comes with its module.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	const base = "http://cyclonedx.org/schema/"
	compiler := jsonschema.NewCompiler()
	for file, name := range map[string]string{
		"bom-1.6.schema.json": "bom-1.6.schema.json", "spdx.schema.json": "spdx.schema.json", "jsf-0.82.schemax.json": "jsf-0.82.schema.json",
	} {
		text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "schema", file))
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := compiler.AddResource(base+name, document); err != nil {
			t.Fatal(err)
		}
	}
	compiled, err := compiler.Compile(base + "bom-1.6.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func TestLicences_Texts_AreRecognized(t *testing.T) {
	const bsd = "Redistribution and use in source and binary forms, with or without\nmodification, are permitted provided that"
	cases := map[string]struct {
		reason string
		text   string
		want   []string
	}{
		"Apache": {reason: "Titles are broken into lines.", text: "Apache License\n   Version 2.0, January 2004\n", want: []string{"Apache-2.0"}},
		"BSD2":   {reason: "Two clauses do not speak of endorsement.", text: bsd, want: []string{"BSD-2-Clause"}},
		"BSD3":   {reason: "Three clauses do.", text: bsd + " ... to endorse or\npromote products", want: []string{"BSD-3-Clause"}},
		"Two": {
			reason: "A file may hold several.",
			text:   "Permission is hereby granted, free of charge, to any person obtaining a copy\n\nLicensed under the Apache License, Version 2.0", want: []string{"Apache-2.0", "MIT"},
		},
		"None": {reason: "What is not known is not guessed.", text: "All rights reserved."},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := licencesOf(tc.text)
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("licencesOf (-want +got): %s\n%s", tc.reason, diff)
			}
		})
	}
}
