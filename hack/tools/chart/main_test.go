package main

import (
	"bytes"
	"os"
	"testing"
)

func TestChart_DerivedFiles_AreUpToDate(t *testing.T) {
	t.Parallel()
	files, err := derived("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range files {
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not up to date (%v): go run ./hack/tools/chart", path, err)
		}
	}
}
