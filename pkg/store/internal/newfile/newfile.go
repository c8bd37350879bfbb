// Package newfile makes files that are there as a whole or not at all.
package newfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Create makes the file path, readable by its owner alone. fill writes it, as
// the empty file temp in the same folder; the name path appears once all is on
// the disk. The error is fs.ErrExist, wrapped, where path already exists: it
// never takes the place of another file.
func Create(path string, fill func(temp string) error) error {
	// Unlike a rename, a link never replaces.
	return put(path, fill, os.Link)
}

// Replace is Create for a file that takes the place of another, or of none:
// whoever opens path finds the old one or the new one, also after a power cut.
func Replace(path string, fill func(temp string) error) error {
	return put(path, fill, os.Rename)
}

// put fills a new file and gives it its name by place.
func put(path string, fill func(temp string) error, place func(temp, path string) error) (err error) {
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
		if e := os.Remove(temp); e != nil && !errors.Is(e, fs.ErrNotExist) { // a rename has taken it
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
	if err := place(temp, path); err != nil {
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
