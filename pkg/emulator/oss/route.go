package oss

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// route finds the operation of a request. unknown describes a request that has
// none, or one with a member that its operation lacks: nothing falls through to a
// plainer operation.
func (t *table) route(r *http.Request, query url.Values, at target) (op *operation, unknown string) {
	level := "object"
	switch {
	case at.bucket == "":
		level = "service"
	case at.key == "":
		level = "bucket"
	}
	about := r.Method + " " + level
	copying := r.Header.Get("x-oss-copy-source") != ""
	for _, candidate := range t.operations {
		if candidate.about == about && candidate.asked(query) && (candidate.Copies == nil || *candidate.Copies == copying) {
			op = candidate
			break
		}
	}
	if op == nil {
		var named []string
		for name := range query {
			if t.selects(name) {
				named = append(named, name)
			}
		}
		return nil, described(about, named)
	}
	ignoring := func(name string) bool {
		reading := r.Method == http.MethodGet || r.Method == http.MethodHead
		return reading && (level == "object" || level == "bucket" && !t.names(name))
	}
	if foreign := t.foreign(op, query, ignoring); len(foreign) > 0 {
		return nil, described(about, append(slices.Clone(op.query), foreign...))
	}
	for name, values := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, ossPrefix) && !t.admits(op, name, values[0]) {
			return nil, described(about, op.query) + " with the header " + name
		}
	}
	if name := conditional(r); name != "" && level == "object" && !copying {
		return nil, described(about, op.query) + " with the header " + name
	}
	return op, ""
}

// conditional returns the name of a condition on a write, which the cloud refuses too
// (the integration tests of the Go SDK v1); empty for none.
func conditional(r *http.Request) string {
	if r.Method != http.MethodPut && r.Method != http.MethodPost {
		return ""
	}
	for _, name := range []string{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"} {
		if r.Header.Get(name) != "" {
			return name
		}
	}
	return ""
}

// described names a request by its method, level and sub-resources.
func described(about string, named []string) string {
	if len(named) == 0 {
		return about
	}
	slices.Sort(named)
	return about + " ?" + strings.Join(slices.Compact(named), "&")
}

// asked reports whether a query has all sub-resources of the operation.
func (o *operation) asked(query url.Values) bool {
	for _, wanted := range o.query {
		name, value, valued := strings.Cut(wanted, "=")
		if !query.Has(name) || valued && query.Get(name) != value {
			return false
		}
	}
	return true
}

// foreign lists the query members that an operation lacks. Reads of objects and
// buckets ignore members that no client knows, as the cloud does, if they have a
// value: browsers add ?v=1 (A200).
func (t *table) foreign(o *operation, query url.Values, ignoring func(name string) bool) []string {
	var list []string
	for name, values := range query {
		if slices.ContainsFunc(o.query, func(own string) bool { return own == name || strings.HasPrefix(own, name+"=") }) ||
			t.admits(o, name, values[0]) {
			continue
		}
		if values[0] != "" && !t.selects(name) && ignoring(name) {
			continue
		}
		list = append(list, name)
	}
	return list
}

// names reports whether a query member belongs to some operation of the table.
func (t *table) names(name string) bool {
	return slices.ContainsFunc(t.operations, func(o *operation) bool {
		return slices.Contains(o.Implements, name) || slices.ContainsFunc(o.query, func(own string) bool { return own == name || strings.HasPrefix(own, name+"=") })
	})
}

// admits reports whether an operation takes a query member or header with a value.
func (t *table) admits(o *operation, name, value string) bool {
	return o.admit(name, value) || t.common.admit(name, value)
}

func (m *members) admit(name, value string) bool {
	if def, ok := m.Defaults[name]; ok {
		return strings.EqualFold(value, def)
	}
	if strings.HasPrefix(name, metaPrefix) {
		name = metaPrefix + "*"
	}
	return slices.Contains(m.Implements, name) || slices.Contains(m.Checks, name) || slices.Contains(m.Ignores, name)
}

// Prefixes of OSS's own headers and query members, and of user metadata.
const (
	ossPrefix  = "x-oss-"
	metaPrefix = "x-oss-meta-"
)

// foreignElement returns the path of the first element of an XML body that the
// operation lacks, empty if there is none. The operation itself refuses a body that
// is no XML.
func (o *operation) foreignElement(body []byte) string {
	if o.Body == nil {
		return ""
	}
	decoder := xml.NewDecoder(bytes.NewReader(hideControls(body))) //nolint:gosec // a decoder of tokens, at most 64 MB
	var path []string
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		switch t := token.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			if below := strings.Join(path[1:], "."); below != "" && !o.hasElement(below) {
				return below
			}
		case xml.EndElement:
			path = path[:len(path)-1]
		}
	}
}

func (o *operation) hasElement(path string) bool {
	return slices.ContainsFunc(o.Body, func(known string) bool { return known == path || strings.HasPrefix(known, path+".") })
}
