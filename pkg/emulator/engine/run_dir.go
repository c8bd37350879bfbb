package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// A runDir is the folder of one MariaDB in a directory that several processes
// may share. A live process holds a lock on the file "lock" inside; the kernel
// releases the lock when the process dies for any reason, which marks the
// folder as unused for the next process.
type runDir struct {
	path string
	lock *os.File
}

const (
	runPrefix = "run-"
	lockName  = "lock"
)

// openRunDir makes a folder in base and removes the ones of dead processes. The
// owner may pass through the folder; only this user may list it.
func openRunDir(base string, owner identity) (*runDir, error) {
	base, err := prepareBase(base)
	if err != nil {
		return nil, fmt.Errorf("engine: directory: %w", err)
	}
	// Processes sweep and make their folders one at a time: a folder without a
	// held lock is then always a dead one.
	door, err := lockFile(filepath.Join(base, lockName), syscall.LOCK_EX)
	if err != nil {
		return nil, fmt.Errorf("engine: lock directory: %w", err)
	}
	defer door.Close()
	sweep(base)

	path, err := os.MkdirTemp(base, runPrefix)
	if err != nil {
		return nil, fmt.Errorf("engine: directory: %w", err)
	}
	d := &runDir{path: path}
	d.lock, err = lockFile(filepath.Join(path, lockName), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		err = owner.grantSearch(path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("engine: directory: %w", err), d.remove())
	}
	return d, nil
}

// remove deletes the folder with all that is in it.
func (d *runDir) remove() error {
	err := os.RemoveAll(d.path)
	if d.lock != nil {
		err = errors.Join(err, d.lock.Close())
	}
	return err
}

// prepareBase makes the directory. The default one has a name that everyone can
// guess in a place where everyone can write, so it must be ours.
func prepareBase(base string) (string, error) {
	shared := base == ""
	if shared {
		base = filepath.Join(os.TempDir(), fmt.Sprintf("alibabacloud-emulator-%d", os.Getuid()))
	}
	base, err := filepath.Abs(base)
	if err != nil {
		return "", err
	}
	if !shared {
		return base, os.MkdirAll(base, 0o755) //nolint:gosec // the servers' user passes through
	}
	if err := os.Mkdir(base, 0o711); err != nil && !errors.Is(err, fs.ErrExist) { //nolint:gosec // as above
		return "", err
	}
	info, err := os.Lstat(base)
	if err != nil {
		return "", err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Getuid() || info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Errorf("%s is not a directory that only this user can write", base)
	}
	return base, nil
}

// sweep removes the folders of killed processes. A folder that it cannot
// remove, as another user's, stays and is harmless.
func sweep(base string) {
	entries, err := os.ReadDir(base)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if !entry.IsDir() || !strings.HasPrefix(entry.Name(), runPrefix) {
			continue
		}
		path := filepath.Join(base, entry.Name())
		lock, err := lockFile(filepath.Join(path, lockName), syscall.LOCK_EX|syscall.LOCK_NB)
		if err != nil {
			continue
		}
		_ = os.RemoveAll(path)
		_ = lock.Close()
	}
}

// lockFile opens and locks a file; closing it unlocks it. Child processes do
// not inherit it.
func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600) //nolint:gosec // our own folder
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return f, nil
}
