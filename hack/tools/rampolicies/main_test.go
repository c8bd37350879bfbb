package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestPolicies_DerivedFiles_AreUpToDate(t *testing.T) {
	t.Parallel()
	files, err := derived(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not up to date (%v): make ram-policies", path, err)
		}
	}
}
