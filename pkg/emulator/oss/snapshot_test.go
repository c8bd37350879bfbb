package oss

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

// TestSnapshot_EachField_IsSaved fails when a record gets a field that
// snapshot.go lacks.
func TestSnapshot_EachField_IsSaved(t *testing.T) {
	for _, tc := range []struct {
		of   any
		want []string
	}{
		{bucket{}, []string{"accountBlocked", "acl", "cors", "created", "documents", "encryption", "lifecycle", "lifecycleRun", "name", "objectWorm", "objects", "owner", "publicBlocked", "redundancy", "region", "storageClass", "tags", "transitions", "uploads", "versioning", "withoutV1", "worm"}},
		{version{}, []string{"crc", "data", "encryption", "header", "id", "marker", "modified", "options", "parts", "storageClass", "sum"}},
		{options{}, []string{"accessed", "acl", "appendable", "dataEncryption", "held", "inOrder", "keyID", "moved", "restoration", "retention", "tags", "target"}},
		{upload{}, []string{"header", "id", "inOrder", "initiated", "key", "parts"}},
		{part{}, []string{"crc", "data", "modified", "sum"}},
	} {
		var fields []string
		for field := range reflect.TypeOf(tc.of).Fields() {
			fields = append(fields, field.Name)
		}
		slices.Sort(fields)
		if !slices.Equal(fields, tc.want) {
			t.Errorf("%T has the fields %q: bring snapshot.go and this list up to them", tc.of, fields)
		}
	}
}

func TestRestore_BrokenSnapshot_ChangesNothing(t *testing.T) {
	s := New(Config{})
	s.AddForeignBucket("kept", "2")
	for _, broken := range []string{"", "[]", `{"buckets":[{"name":"b","objects":[{"key":"k","versions":[{"id":"null","sum":"00"}]}]}]}`} {
		if err := s.Restore(json.RawMessage(broken)); err == nil {
			t.Errorf("%q is restored", broken)
		}
	}
	if got := s.Buckets(); len(got) != 1 || got[0].Name != "kept" {
		t.Errorf("buckets %+v", got)
	}
}
