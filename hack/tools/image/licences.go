package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// moduleFolders returns the folder of each module in the module cache, by
// path@version. Missing modules are fetched and checked against go.sum.
func moduleFolders(modules []*debug.Module) (map[string]string, error) {
	args := []string{"mod", "download", "-json"}
	for _, module := range modules {
		args = append(args, actual(module))
	}
	folders := map[string]string{}
	if len(modules) == 0 {
		return folders, nil
	}
	out, err := exec.CommandContext(context.Background(), "go", args...).Output()
	if err != nil {
		return nil, fmt.Errorf("go mod download: %w", err)
	}
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var found struct{ Path, Version, Dir string }
		if err := decoder.Decode(&found); errors.Is(err, io.EOF) {
			return folders, nil
		} else if err != nil {
			return nil, err
		}
		folders[found.Path+"@"+found.Version] = found.Dir
	}
}

// A licenceText is a licence with the words that tell its text from the others.
type licenceText struct {
	id     string // SPDX
	says   []string
	unlike string
}

// licenceTexts lists the licences of the modules in use. Texts are compared in
// lower case and with single spaces.
func licenceTexts() []licenceText {
	const redistribution = "redistribution and use in source and binary forms, with or without modification, are permitted"
	const endorse = "to endorse or promote products"
	return []licenceText{
		{id: "Apache-2.0", says: []string{"apache license", "version 2.0, january 2004"}},
		{id: "Apache-2.0", says: []string{"licensed under the apache license, version 2.0"}},
		{id: "BSD-2-Clause", says: []string{redistribution}, unlike: endorse},
		{id: "BSD-3-Clause", says: []string{redistribution, endorse}},
		{id: "ISC", says: []string{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted"}},
		{id: "MIT", says: []string{"permission is hereby granted, free of charge, to any person obtaining a copy"}},
		{id: "MPL-2.0", says: []string{"mozilla public license, version 2.0"}},
	}
}

// licencesIn are the licences of the files LICENSE* and COPYING* in a module's
// folder that it knows, in alphabetical order.
func licencesIn(folder string) ([]string, error) {
	var found []string
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		name := strings.ToUpper(entry.Name())
		if entry.IsDir() || !strings.HasPrefix(name, "LICENSE") && !strings.HasPrefix(name, "LICENCE") && !strings.HasPrefix(name, "COPYING") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, entry.Name())) //nolint:gosec // a file of a module
		if err != nil {
			return nil, err
		}
		found = append(found, licencesOf(string(text))...)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

func licencesOf(text string) []string {
	text = strings.ToLower(strings.Join(strings.Fields(text), " "))
	var found []string
	for _, l := range licenceTexts() {
		missing := slices.ContainsFunc(l.says, func(phrase string) bool { return !strings.Contains(text, phrase) })
		if !missing && (l.unlike == "" || !strings.Contains(text, l.unlike)) {
			found = append(found, l.id)
		}
	}
	return found
}
