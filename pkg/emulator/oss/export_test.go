package oss

import "strings"

// Members are a table's classes, for tests outside of the package.
type Members = members

// An Entry is an operation of the tables.
type Entry struct {
	Members

	Request, Method, Level string
	Own, Body              []string // sub-resources of the request, elements of its body
	Unanswered             map[string]string
}

// Entries returns the members common to all operations, and the operations by name.
func Entries() (common Members, all map[string]Entry) {
	t := newTable()
	all = make(map[string]Entry)
	for _, o := range t.operations {
		method, level, _ := strings.Cut(o.about, " ")
		all[strings.TrimPrefix(o.name, "oss:")] = Entry{o.members, o.Request, method, level, o.query, o.Body, o.Unanswered}
	}
	return t.common, all
}

// Has reports whether a class has a member.
func (m *members) Has(name string) bool {
	_, refused := m.Defaults[name]
	for _, known := range m.Refuses {
		refused = refused || known == name
	}
	return refused || m.admit(name, "")
}

// Sample returns a document of a sub-resource that has every element of its
// schema.
func Sample(subresource string) string {
	var b strings.Builder
	root := newTable().documents[subresource].Document
	root.sample(&b)
	return b.String()
}

func (e *schemaElement) sample(b *strings.Builder) {
	b.WriteString("<" + e.name + ">")
	for _, below := range e.elements {
		below.sample(b)
	}
	word, _, _ := strings.Cut(e.kind, "|")
	b.WriteString(map[string]string{"text": "bucket-a", "bool": "true", "int": "404"}[e.kind])
	if strings.Contains(e.kind, "|") {
		b.WriteString(word)
	}
	b.WriteString("</" + e.name + ">")
}

// Documents returns the names of the options that are one document, by
// sub-resource.
func Documents() map[string]string {
	names := make(map[string]string)
	for subresource, kind := range newTable().documents {
		names[subresource] = kind.Name
	}
	return names
}
