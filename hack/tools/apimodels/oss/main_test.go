package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestModels_OfTheOSSSDK_AreInTheFile(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	if err := run(&want); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "pkg", "emulator", "testdata", "models", "oss.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want.Bytes(), got) {
		t.Error("the file differs from the models of the SDK: run make api-models")
	}
}
