package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The table stands between these lines of the page.
const (
	begin = "<!-- values: written by go run ./hack/tools/chart -->\n"
	end   = "<!-- end of values -->\n"
)

// insert puts the table into the page.
func insert(page, table []byte) ([]byte, error) {
	before, rest, ok := bytes.Cut(page, []byte(begin))
	_, after, okToo := bytes.Cut(rest, []byte(end))
	if !ok || !okToo {
		return nil, errors.New("the lines around the table of values are missing")
	}
	return bytes.Join([][]byte{before, []byte(begin), table, []byte(end), after}, nil), nil
}

// tableOf lists the values with their defaults and comments, as Markdown.
func tableOf(values []byte) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(values, &document); err != nil {
		return nil, err
	}
	if len(document.Content) != 1 {
		return nil, errors.New("there is not one document")
	}
	var table bytes.Buffer
	table.WriteString("| value | default | |\n|---|---|---|\n")
	err := rows(&table, "", document.Content[0])
	return table.Bytes(), err
}

// rows writes a line for each member: for a block of them with its comment, if
// it has one, and for its members.
func rows(table *bytes.Buffer, prefix string, mapping *yaml.Node) error {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := mapping.Content[i], mapping.Content[i+1]
		name := prefix + key.Value
		block := value.Kind == yaml.MappingNode && value.Style&yaml.FlowStyle == 0 && len(value.Content) > 0
		fallback := ""
		if !block {
			text, err := inline(value)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			fallback = "`" + text + "`"
		}
		if comment := commentOf(key); comment != "" || !block {
			fmt.Fprintf(table, "| `%s` | %s | %s |\n", name, fallback, comment)
		}
		if block {
			if err := rows(table, name+".", value); err != nil {
				return err
			}
		}
	}
	return nil
}

// inline is the value on one line, as JSON.
func inline(value *yaml.Node) (string, error) {
	var decoded any
	if err := value.Decode(&decoded); err != nil {
		return "", err
	}
	text, err := json.Marshal(decoded)
	return string(text), err
}

// commentOf joins the lines before a key.
func commentOf(key *yaml.Node) string {
	lines := strings.Split(key.HeadComment, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(strings.TrimPrefix(line, "#"))
	}
	return strings.ReplaceAll(strings.TrimSpace(strings.Join(lines, " ")), "|", `\|`)
}
