package main

import (
	"errors"
	"io/fs"
	"os"

	"github.com/golang/glog"
)

// ofOthers are the permissions of every user of the machine. Groups are left out:
// Kubernetes gives volumes to the group of the pod.
const ofOthers fs.FileMode = 0o007

// warnIfOpen logs a warning if other users of the machine may use the file or
// folder, which holds secrets or the records of instances.
func warnIfOpen(flag, path string) {
	if open, err := isOpenToOthers(path); err != nil {
		glog.Warningf("permissions are unknown flag=%s path=%q err=%q", flag, path, err)
	} else if open {
		glog.Warningf("every user of this machine may use it: take the permissions of others away (chmod o-rwx) flag=%s path=%q", flag, path)
	}
}

// isOpenToOthers reports on an existing file or folder; an absent one is not
// readable.
func isOpenToOthers(path string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return info.Mode().Perm()&ofOthers != 0, nil
}
