package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestDisk_OfTheMachine_IsNotFilled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ballast")
	if n, err := fillDisk(path, 64<<10); err == nil || n != 0 {
		t.Errorf("filling a disk with room for more than the limit: %d, %v", n, err)
	}
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestDisk_ExistingFile_IsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := call(t, nil, "", "disk", "fill", path); !errors.Is(err, os.ErrExist) {
		t.Errorf("filling with a file that is there: %v", err)
	}
	if content, err := os.ReadFile(path); err != nil || string(content) != "precious" {
		t.Errorf("the file holds %q, %v", content, err)
	}
	if _, err := call(t, nil, "", "disk", "free", path); err != nil {
		t.Error(err)
	}
	if _, err := call(t, nil, "", "disk", "empty", path); exitCode(err) != exitUsage {
		t.Errorf("an unknown verb: %v", err)
	}
}
