package catalog

import (
	"encoding/json"
	"os"
	"testing"
)

// A broker may outlive its working folder.
func TestCheckCreate_WorkingFolderGone_ChecksOn(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	p := &Plan{Schemas: Schemas{Create: json.RawMessage(`{"$schema":"http://json-schema.org/draft-04/schema#","type":"object","additionalProperties":false,"properties":{"Size":{"type":"number"}}}`)}}
	if err := p.CheckCreate(json.RawMessage(`{"Size":1}`)); err != nil {
		t.Error(err)
	}
	if p.CheckCreate(json.RawMessage(`{"Size":"x"}`)) == nil {
		t.Error("a wrong value is taken")
	}
}
