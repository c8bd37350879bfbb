package engine

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An identity is the user that runs the servers and owns their files.
type identity struct {
	name     string
	uid, gid int
	other    bool // a user other than this process's
}

// unprivileged is this process's own user or, if that is root, the first of
// users that exists: database servers refuse to run as root, and rightly.
func unprivileged(users ...string) (identity, error) {
	if os.Geteuid() != 0 {
		return identity{uid: os.Getuid(), gid: os.Getgid()}, nil
	}
	var missing error
	for _, name := range users {
		found, err := user.Lookup(name)
		if err != nil {
			missing = errors.Join(missing, err)
			continue
		}
		uid, err := strconv.Atoi(found.Uid)
		if err != nil {
			return identity{}, fmt.Errorf("engine: user %s: %w", name, err)
		}
		gid, err := strconv.Atoi(found.Gid)
		if err != nil {
			return identity{}, fmt.Errorf("engine: user %s: %w", name, err)
		}
		return identity{name: name, uid: uid, gid: gid, other: true}, nil
	}
	return identity{}, fmt.Errorf("engine: an unprivileged user to run servers: %w", missing)
}

// attributes makes a process run as this identity, detached from the terminal's
// signals.
func (i identity) attributes() *syscall.SysProcAttr {
	attributes := &syscall.SysProcAttr{Setpgid: true}
	if i.other {
		attributes.Credential = &syscall.Credential{Uid: uint32(i.uid), Gid: uint32(i.gid)} //nolint:gosec // they are from the user database
	}
	return attributes
}

// own gives the file or folder to the identity.
func (i identity) own(path string) error {
	if !i.other {
		return nil
	}
	return os.Lchown(path, i.uid, i.gid)
}

// grantSearch permits the identity to search a folder of this process, and verifies
// the access.
func (i identity) grantSearch(path string) error {
	if !i.other {
		return nil
	}
	if err := os.Lchown(path, -1, i.gid); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o710); err != nil { //nolint:gosec // so that the group of the servers' user may pass
		return err
	}
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			return err
		}
		if !i.canSearch(info) {
			return fmt.Errorf("user %s, which runs the servers, may not enter %s", i.name, dir)
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// canSearch reports whether the permissions of a folder let the identity search it.
func (i identity) canSearch(folder os.FileInfo) bool {
	stat, ok := folder.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	mode := folder.Mode().Perm()
	switch {
	case int(stat.Uid) == i.uid:
		return mode&0o100 != 0
	case int(stat.Gid) == i.gid:
		return mode&0o010 != 0
	default:
		return mode&0o001 != 0
	}
}
