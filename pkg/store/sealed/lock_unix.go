//go:build linux || darwin

package sealed

import (
	"errors"
	"os"
	"syscall"
)

// lockFolder keeps other processes, and other callers in this one, from
// replacing files in a folder until unlock. A crash unlocks it.
func lockFolder(path string) (unlock func(), err error) {
	dir, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(dir.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, dir.Close())
	}
	return func() { _ = dir.Close() }, nil
}
