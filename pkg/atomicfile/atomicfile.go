// Package atomicfile writes files atomically.
//
// It is our own because renameio, the library for this, always replaces an
// existing file and leaves the folder unsynced, so that a power cut can undo an
// acknowledged write.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Create makes the file path with mode 0600. fill writes the content into the
// empty file temp of the same folder; path appears once the content is synced.
// The error wraps fs.ErrExist where path exists already: that file stays.
func Create(path string, fill func(temp string) error) error {
	// Unlike a rename, a link fails where the name is taken.
	return put(path, fill, os.Link)
}

// Replace is Create for a file that may exist: readers find the old content or
// the new one, also after a power cut.
func Replace(path string, fill func(temp string) error) error {
	return put(path, fill, os.Rename)
}

// Content fills a file with bytes.
func Content(content []byte) func(temp string) error {
	return func(temp string) error { return os.WriteFile(temp, content, 0o600) }
}

// put fills a temporary file and gives it its name by place.
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
		if e := os.Remove(temp); e != nil && !errors.Is(e, fs.ErrNotExist) { // gone after a rename
			err = errors.Join(err, e)
		}
	}()
	if err := f.Close(); err != nil {
		return err
	}
	if err := fill(temp); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
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
