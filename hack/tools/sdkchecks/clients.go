package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"go.yaml.in/yaml/v3"
)

// A list is clients.yaml.
type list struct {
	Languages map[string]language `yaml:"languages"`
	Clients   []client            `yaml:"clients"`

	skipped []string // clients that the list had and the run leaves out
}

// A language is a folder with clients and the way to install their packages.
type language struct {
	// Programs that must be there, each with Debian's package of it.
	Programs map[string]string `yaml:"programs"`
	// Files of an installation: it lasts until one of them changes. An empty
	// list installs at every run, by a tool that finds the changes itself.
	Files []string `yaml:"files"`
	// Install has the commands of the installation, run in the folder.
	Install [][]string `yaml:"install"`
	// Trust has the variables of the environment by which the language's clients
	// are told the file of an authority, as their documentation says.
	Trust []string `yaml:"trust"`
}

// A client is one official package, or a few that belong together.
type client struct {
	Name     string   `yaml:"name"`
	Language string   `yaml:"language"`
	Packages []string `yaml:"packages"` // for readers; the lock files pin the versions
	Command  []string `yaml:"command"`
	// Scenarios are the names that the command must report, each once for every
	// variant: "v4/lists". Once has the names that belong to all variants.
	Scenarios []string `yaml:"scenarios"`
	Variants  []string `yaml:"variants"`
	Once      []string `yaml:"once"`
	// TLS runs the client over TLS, on an emulator of its own that refuses RAM and
	// STS over plain HTTP.
	TLS bool `yaml:"tls"`
	// Databases runs the drivers of drivers.yaml that name the client, which are its
	// scenarios, with bindings of a broker.
	Databases bool `yaml:"databases"`
}

// readList reads and checks clients.yaml.
func readList(file string) (list, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the folder is the caller's choice
	if err != nil {
		return list{}, err
	}
	var l list
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&l); err != nil {
		return list{}, fmt.Errorf("%s: %w", file, err)
	}
	return l, l.valid()
}

// valid reports clients that lack a command, scenarios or a name of their own.
func (l list) valid() error {
	var problems []error
	names := map[string]bool{}
	for _, c := range l.Clients {
		if names[c.Name] {
			problems = append(problems, fmt.Errorf("client %s is there twice", c.Name))
		}
		names[c.Name] = true
		if _, ok := l.Languages[c.Language]; !ok {
			problems = append(problems, fmt.Errorf("client %s: language %q is unknown", c.Name, c.Language))
		}
		if len(c.Command) == 0 || len(c.expected()) == 0 && !c.Databases {
			problems = append(problems, fmt.Errorf("client %s lacks a command or scenarios", c.Name))
		}
	}
	return errors.Join(problems...)
}

// chosen keeps the clients that only names, all of them where it is empty, and
// drops the ones of skip. Both name clients or languages.
func (l list) chosen(only, skip []string) (list, error) {
	for _, name := range slices.Concat(only, skip) {
		_, isLanguage := l.Languages[name]
		if !isLanguage && !slices.ContainsFunc(l.Clients, func(c client) bool { return c.Name == name }) {
			return list{}, fmt.Errorf("%q is neither a client nor a language of clients.yaml", name)
		}
	}
	result := list{Languages: l.Languages}
	for _, c := range l.Clients {
		named := func(names []string) bool { return slices.Contains(names, c.Name) || slices.Contains(names, c.Language) }
		switch {
		case named(skip):
			result.skipped = append(result.skipped, c.Name)
		case len(only) == 0 || named(only):
			result.Clients = append(result.Clients, c)
		}
	}
	if len(result.Clients) == 0 {
		return list{}, errors.New("no client is left to run")
	}
	return result, nil
}

// expected lists the names that the client must report.
func (c client) expected() []string {
	names := slices.Clone(c.Once)
	if len(c.Variants) == 0 {
		return append(names, c.Scenarios...)
	}
	for _, variant := range c.Variants {
		for _, name := range c.Scenarios {
			names = append(names, variant+"/"+name)
		}
	}
	return names
}
