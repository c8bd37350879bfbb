package catalog

import (
	"strings"
	"testing"
)

// Documents that share definitions use their anchors, and merge them with properties of
// their own.
func TestLoad_SharedDefinitions_AreThoseOfEachDocument(t *testing.T) {
	t.Parallel()
	definitions := []byte("definitions:\n  common: &common\n    Size: {type: string, description: shared}\n")
	document := strings.Replace(string(readFile(t, "other.yaml")), "    free: false\n", `    free: false
    schemas:
      create:
        $schema: http://json-schema.org/draft-04/schema#
        type: object
        additionalProperties: false
        properties: {<<: *common, Own: {type: string, description: of the document}}
`, 1)
	c, err := Load(EmbeddedWith(definitions, "other.yaml", []byte(document)))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.Offerings() {
		for _, p := range o.Plans {
			if properties := propertiesOf(p.Schemas.Create); properties["Size"] == nil || properties["Own"] == nil {
				t.Errorf("plan %s has the properties %s", p.Name, p.Schemas.Create)
			}
		}
	}
}
