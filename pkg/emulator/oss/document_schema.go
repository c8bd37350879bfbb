package oss

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A schemaElement is an element of a bucket's documents, as
// bucket_documents.yaml describes it.
type schemaElement struct {
	name                     string
	many, required, answered bool
	kind                     string // text, bool, int or words with bars between; empty: has elements
	byDefault                string
	beside                   string // NAME=TEXT of another element, which the default needs; may be empty
	elements                 []schemaElement
}

// UnmarshalYAML reads the elements of a mapping, in their order, as the ones
// below an element without a name.
func (e *schemaElement) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		e.kind, e.byDefault, _ = strings.Cut(node.Value, "=")
		e.byDefault, e.beside, _ = strings.Cut(e.byDefault, " beside ")
		return nil
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: an element is a type or a mapping", node.Line)
	}
	for i := 0; i < len(node.Content); i += 2 {
		var below schemaElement
		if err := node.Content[i+1].Decode(&below); err != nil {
			return err
		}
		given := node.Content[i].Value
		below.name = strings.TrimRight(given, "*!+")
		marks := given[len(below.name):]
		below.many, below.required, below.answered = strings.Contains(marks, "*"), strings.Contains(marks, "!"), strings.Contains(marks, "+")
		e.elements = append(e.elements, below)
	}
	return nil
}

// A documentNode is an element of a document, of whatever name.
type documentNode struct {
	XMLName xml.Name
	Text    string         `xml:",chardata"`
	Nodes   []documentNode `xml:",any"`
}

// all returns the elements of a name below the node.
func (n *documentNode) all(name string) []documentNode {
	if n == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.Nodes), func(below documentNode) bool { return below.XMLName.Local != name })
}

// text returns the text at the end of a path of names, empty for a missing
// element.
func (n *documentNode) text(path ...string) string {
	if len(path) == 0 {
		return strings.TrimSpace(n.Text)
	}
	if below := n.all(path[0]); len(below) > 0 {
		return below[0].text(path[1:]...)
	}
	return ""
}

// paths lists the elements without others below them, with dots between the
// names.
func (e *schemaElement) paths() []string {
	var list []string
	for _, below := range e.elements {
		if below.kind != "" {
			list = append(list, below.name)
		}
		for _, path := range below.paths() {
			list = append(list, below.name+"."+path)
		}
	}
	return list
}

// fits compares a node, which has no other elements, with its schema.
func (e *schemaElement) fits(n *documentNode) bool {
	if e.kind != "" {
		// A required text may be empty: the SDK v1 for Go sends an empty Suffix beside rules.
		return len(n.Nodes) == 0 && (n.text() == "" && (!e.required || e.kind == "text") || n.text() != "" && e.holds(n.text()))
	}
	for _, known := range e.elements {
		nodes := n.all(known.name)
		if len(nodes) == 0 && known.required || len(nodes) > 1 && !known.many {
			return false
		}
		for i := range nodes {
			if !known.fits(&nodes[i]) {
				return false
			}
		}
	}
	return true
}

// holds reports whether the text is a value of the element's type.
func (e *schemaElement) holds(text string) bool {
	switch e.kind {
	case "text":
		return true
	case "bool":
		return strings.EqualFold(text, trueText) || strings.EqualFold(text, "false") // oss2 writes True
	case "int":
		_, err := strconv.ParseInt(text, 10, 64)
		return err == nil
	}
	return slices.Contains(strings.Split(e.kind, "|"), text)
}

// hasDefaultIn reports whether the cloud fills in the element's default below n: always,
// or beside another element of a certain text.
func (e *schemaElement) hasDefaultIn(n *documentNode) bool {
	name, text, _ := strings.Cut(e.beside, "=")
	return e.beside == "" || n != nil && n.text(name) == text
}

// write writes a checked node in the order of the schema, with defaults in the
// place of missing elements. n is nil for a missing element. Empty elements are
// left out unless the schema answers them.
func (e *schemaElement) write(b *strings.Builder, n *documentNode, indent string) {
	open, end := indent+"<"+e.name+">", "</"+e.name+">\n"
	if e.kind != "" {
		text := e.byDefault
		if n != nil && n.text() != "" {
			text = n.text()
		}
		if e.kind == "bool" {
			text = strings.ToLower(text)
		}
		if text == "" && !e.answered {
			return
		}
		b.WriteString(open)
		_ = xml.EscapeText(b, []byte(text)) // a strings.Builder takes everything
		b.WriteString(end)
		return
	}
	var inner strings.Builder
	for _, known := range e.elements {
		nodes := n.all(known.name)
		if strings.Contains(known.kind, "|") { // a word that comes again says nothing new
			nodes = slices.CompactFunc(nodes, func(a, b documentNode) bool { return a.text() == b.text() })
		}
		for i := range nodes {
			known.write(&inner, &nodes[i], indent+"  ")
		}
		if len(nodes) == 0 && (known.kind != "" && n != nil || indent == "") && known.hasDefaultIn(n) {
			known.write(&inner, nil, indent+"  ")
		}
	}
	switch {
	case inner.Len() > 0:
		b.WriteString(open + "\n" + inner.String() + indent + end)
	case e.answered || indent == "":
		b.WriteString(open + end)
	}
}
