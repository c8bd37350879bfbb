package catalog

import "slices"

// A Source holds the offerings of one service. Load reads a list of sources;
// a service states its own in its descriptor.
//
//	c, err := catalog.Load(rds.Catalog(), catalog.Embedded("oss/plans.yaml", oss.Plans))
type Source interface {
	// Documents returns the YAML documents of the source, each of the form of
	// plans.yaml. Load calls Documents once.
	Documents() ([]Document, error)
}

// A Document is one YAML document of a source.
type Document struct {
	Name    string // the place that errors name, such as oss/plans.yaml
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

// Join returns the source with the documents of several sources, in their order.
func Join(sources ...Source) Source { return joined(sources) }

type joined []Source

// Documents returns the documents of all sources.
func (j joined) Documents() ([]Document, error) {
	var all []Document
	for _, source := range j {
		documents, err := source.Documents()
		if err != nil {
			return nil, err
		}
		all = append(all, documents...)
	}
	return all, nil
}
