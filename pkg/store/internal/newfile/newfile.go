// Package newfile makes files that are there as a whole or not at all, and
// never in the place of another file.
package newfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Create makes the file path, readable by its owner alone. fill writes it, as
// the empty file temp in the same folder; the name path appears once all is on
// the disk. The error is fs.ErrExist, wrapped, where path already exists.
func Create(path string, fill func(temp string) error) (err error) {
	dir, base := filepath.Split(path)
	if dir == "" {
		dir = "."
	}
	f, err := os.CreateTemp(dir, "."+base+".new-*") // mode 0600
	if err != nil {
		return err
	}
	temp := f.Name()
	defer func() {
		if e := os.Remove(temp); e != nil {
			err = errors.Join(err, e)
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	if err := fill(temp); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	if err := sync(temp); err != nil {
		return err
	}
	if err := os.Link(temp, path); err != nil { // unlike a rename, it never replaces
		return err
	}
	return sync(dir)
}

// sync waits until a file, or the names in a folder, are on the disk.
func sync(path string) error {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
