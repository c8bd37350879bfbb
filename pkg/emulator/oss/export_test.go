package oss

import "strings"

// Members are a table's classes, for tests outside of the package.
type Members = members

// An Entry is an operation of the tables.
type Entry struct {
	Members

	Request, Method, Level string
	Own, Body              []string // sub-resources of the request, elements of its body
}

// Entries returns the members common to all operations, and the operations by name.
func Entries() (common Members, all map[string]Entry) {
	t := newTable()
	all = make(map[string]Entry)
	for _, o := range t.operations {
		method, level, _ := strings.Cut(o.about, " ")
		all[strings.TrimPrefix(o.name, "oss:")] = Entry{o.members, o.Request, method, level, o.query, o.Body}
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
