package alicloud

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Names of the files of a directory of static credentials, as a mounted
// Kubernetes Secret shows its members.
const (
	FileAccessKeyID     = "access_key_id"
	FileAccessKeySecret = "access_key_secret" //nolint:gosec // the name of a file
	FileSecurityToken   = "security_token"    // optional
)

// sourceFiles is the name of such a source in metrics.
const sourceFiles = "files"

// files reads a key from a directory, again whenever a file changed.
type files struct {
	dir     string
	metrics *metrics // may be nil

	mu    sync.Mutex
	stamp string
	key   *Key
}

// Files returns a source that reads a key from the files of a directory. The
// files may be replaced at any time; the next call signs with the new key.
func Files(dir string) CredentialsSource { return &files{dir: dir} }

// measure implements measured.
func (f *files) measure(m *metrics) {
	f.metrics = m
	m.expect(sourceFiles)
}

// Credentials implements CredentialsSource.
func (f *files) Credentials(context.Context) (Key, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	stamp, err := f.modified()
	if err == nil && f.key != nil && stamp == f.stamp {
		return *f.key, nil
	}
	var key Key
	if err == nil {
		key, err = f.read()
	}
	f.metrics.refreshed(sourceFiles, key, err)
	if err != nil {
		return Key{}, credentialsError("Files", err.Error(), nil)
	}
	f.key, f.stamp = &key, stamp
	return key, nil
}

// modified returns a text that changes with the files.
func (f *files) modified() (string, error) {
	var stamp strings.Builder
	for _, name := range []string{FileAccessKeyID, FileAccessKeySecret, FileSecurityToken} {
		info, err := os.Stat(filepath.Join(f.dir, name))
		if name == FileSecurityToken && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&stamp, name, info.ModTime().UnixNano(), info.Size())
	}
	return stamp.String(), nil
}

func (f *files) read() (Key, error) {
	var key Key
	for name, to := range map[string]*string{FileAccessKeyID: &key.ID, FileAccessKeySecret: &key.Secret, FileSecurityToken: &key.Token} {
		b, err := os.ReadFile(filepath.Join(f.dir, name)) //nolint:gosec // the directory is configuration
		if name == FileSecurityToken && errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return Key{}, err
		}
		*to = strings.TrimSpace(string(b))
		if *to == "" && name != FileSecurityToken {
			return Key{}, fmt.Errorf("the file %s is empty", filepath.Join(f.dir, name))
		}
	}
	return key, nil
}
