package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/golang/glog"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
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

// A secretFile is a file with secrets that the operator of the broker made, and its
// flag.
type secretFile struct{ flag, path string }

// secretFiles returns the configured files with passwords, tokens and private keys.
// In a pod it returns none: Kubernetes makes volumes of Secrets readable to every
// user of the container, which has one.
func (c *config) secretFiles() (files []secretFile) {
	if c.inPod {
		return nil
	}
	for _, file := range []secretFile{
		{"--users-file", c.usersFile},
		{"--tokens-file", c.tokensFile},
		{"--ops-tokens-file", c.opsTokensFile},
		{"--tls-key-file", c.tlsKey},
	} {
		if file.path != "" {
			files = append(files, file)
		}
	}
	files = append(files, keyFiles("--credentials-dir", c.credentialsDir)...)
	for _, p := range c.profiles {
		files = append(files, keyFiles("--profile-file", p.credentialsDir)...)
	}
	return files
}

// keyFiles returns the files of a static key in a directory.
func keyFiles(flag, dir string) (files []secretFile) {
	if dir == "" {
		return nil
	}
	for _, name := range []string{alicloud.FileAccessKeySecret, alicloud.FileSecurityToken} {
		files = append(files, secretFile{flag, filepath.Join(dir, name)})
	}
	return files
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
