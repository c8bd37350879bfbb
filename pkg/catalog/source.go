package catalog

import "slices"

// A Source holds the offerings of one service. Load reads a list of sources;
// a service states its own in its descriptor.
//
//	c, err := catalog.Load(catalog.Embedded("rds/plans.yaml", rds.Plans), ...)
type Source interface {
	// Documents returns the YAML documents of the source, each of the form of
	// plans.yaml. Load calls Documents once.
	Documents() ([]Document, error)
}

// A Document is one YAML document of a source.
type Document struct {
	Name    string // the place that errors name, such as rds/plans.yaml
	Content []byte
}

// Embedded returns the source that is one plans.yaml inside the program.
func Embedded(name string, content []byte) Source {
	return embedded{Name: name, Content: content}
}

// EmbeddedWith is as Embedded, for a plans.yaml that uses the anchors of a document with
// the one member "definitions", which several plans.yaml share.
func EmbeddedWith(definitions []byte, name string, content []byte) Source {
	return embedded{Name: name, Content: slices.Concat(definitions, []byte("\n"), content)}
}

type embedded Document

// Documents returns the embedded document.
func (e embedded) Documents() ([]Document, error) { return []Document{Document(e)}, nil }
