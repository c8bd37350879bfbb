package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestServices_List_IsUpToDate(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	want, err := listOf(root)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(folder(root), "all.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Error("pkg/providers/all/all.go differs from services.txt: run make services")
	}
}

func TestServices_FolderOfPlans_IsListed(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	plans, err := filepath.Glob(filepath.Join(root, "pkg", "providers", "*", "plans.yaml"))
	if err != nil || len(plans) == 0 {
		t.Fatalf("no plans found: %v", err)
	}
	list, err := listOf(root)
	if err != nil {
		t.Fatal(err)
	}
	folders, err := filepath.Glob(filepath.Join(root, "pkg", "providers", "*", "plans"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(plans, folders...) {
		if name := filepath.Base(filepath.Dir(file)); !strings.Contains(string(list), name+".Descriptor(),") {
			t.Errorf("the service %s is missing in pkg/providers/all/services.txt", name)
		}
	}
}
