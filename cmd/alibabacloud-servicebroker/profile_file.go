package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxProfiles bounds the profiles, which are labels of metrics.
const maxProfiles = 100

// profileForm is the form of a profile's name, which stands in records, labels and paths.
var profileForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// readProfiles reads the file of --profile-file. An empty path is a broker with the
// default profile alone.
func readProfiles(path string) ([]*profile, error) {
	if path == "" {
		return nil, nil
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("--profile-file: %w", err)
	}
	profiles, err := parseProfiles(b)
	if err != nil {
		return nil, fmt.Errorf("--profile-file %s: %w", path, err)
	}
	return profiles, nil
}

// parseProfiles reads the content of a file of profiles, in the file's order. Unknown
// and repeated members are errors, which name the line.
func parseProfiles(content []byte) ([]*profile, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	var document yaml.Node
	if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
		return nil, errors.New("it is empty: write profiles with a member for each profile, or leave --profile-file out")
	} else if err != nil {
		return nil, err
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, errors.New("it has a second document after ---: keep one")
	}
	var profiles []*profile
	err := eachMember(document.Content[0], "the file", func(name string, value *yaml.Node) error {
		if name != "profiles" {
			return at(value, "there is no member %q: the file has profiles alone", name)
		}
		return eachMember(value, "profiles", func(name string, value *yaml.Node) error {
			p, err := parseProfile(name, value)
			profiles = append(profiles, p)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	if len(profiles) == 0 || len(profiles) > maxProfiles {
		return nil, fmt.Errorf("it has %d profiles: write 1 to %d below profiles, or leave --profile-file out", len(profiles), maxProfiles)
	}
	return profiles, checkBases(profiles)
}

// parseProfile reads one profile.
func parseProfile(name string, node *yaml.Node) (*profile, error) {
	switch {
	case name == defaultProfile:
		return nil, at(node, "the profile %q is the one of the flags (--credentials, --role-arn, --region, --vpc-id, ...): set it there, and choose another name here", name)
	case !profileForm.MatchString(name):
		return nil, at(node, "the profile %q must have a name of 1 to 63 lower-case letters, digits and \"-\", with a letter or digit at both ends", name)
	}
	p := &profile{name: name, line: node.Line, endpoints: endpoints{}}
	members := p.members()
	err := eachMember(node, "the profile "+name, func(member string, value *yaml.Node) error {
		set, ok := members[member]
		if !ok {
			return at(value, "profile %s: there is no member %q: use %s", name, member, strings.Join(slices.Sorted(keysOf(members)), ", "))
		}
		if err := set(value); err != nil {
			return at(value, "profile %s: %s: %w", name, member, err)
		}
		return nil
	})
	if err != nil {
		return p, err
	}
	if err := p.check(); err != nil {
		return p, at(node, "profile %s: %w", name, err)
	}
	return p, nil
}

// eachMember calls do with the members of an object in their order.
func eachMember(node *yaml.Node, what string, do func(name string, value *yaml.Node) error) error {
	if node = resolved(node); node.Kind != yaml.MappingNode {
		return at(node, "%s must be an object with members", what)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name := node.Content[i].Value
		if seen[name] {
			return at(node.Content[i], "%s has %q twice: keep one", what, name)
		}
		seen[name] = true
		value := *resolved(node.Content[i+1])
		value.Line = node.Content[i].Line
		if err := do(name, &value); err != nil {
			return err
		}
	}
	return nil
}

// resolved returns the node that an alias stands for.
func resolved(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}

// at returns an error that names the line of a node.
func at(node *yaml.Node, format string, args ...any) error {
	return fmt.Errorf("line %d: %w", node.Line, fmt.Errorf(format, args...))
}
