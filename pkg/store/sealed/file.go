package sealed

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/atomicfile"
)

// maxKeyset limits the size of a keyset file, in bytes: some thousand keys.
const maxKeyset = 1 << 20

// file is the source in a file.
type file struct{ path string }

// File is the keyset in the file path, readable by its owner alone. Where it is
// a mounted Secret or on a read-only file system it can be read only.
func File(path string) Source { return file{path} }

// String implements Source.
func (f file) String() string { return f.path }

// Read implements Source. The version is a digest of the content, so that files
// that others put there count as well.
func (f file) Read(context.Context) (keyset []byte, version string, err error) {
	info, err := os.Stat(f.path)
	switch {
	case err != nil:
		return nil, "", err
	case info.Size() > maxKeyset:
		return nil, "", fmt.Errorf("%s is too large for a keyset: check the path", f.path)
	}
	keyset, err = os.ReadFile(f.path)
	if err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(keyset)
	return keyset, hex.EncodeToString(sum[:]), nil
}

// Create implements Source.
func (f file) Create(_ context.Context, keyset []byte) error {
	return atomicfile.Create(f.path, atomicfile.Content(keyset))
}

// Replace implements Source. The file has always its old content or its new
// one, whole.
func (f file) Replace(ctx context.Context, keyset []byte, version string) error {
	path, err := filepath.EvalSymlinks(f.path)
	if err != nil {
		return err
	}
	unlock, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return readOnly(f.path, err)
	}
	defer unlock()
	_, now, err := file{path}.Read(ctx)
	switch {
	case err != nil:
		return err
	case now != version:
		return fmt.Errorf("%s: %w", f.path, ErrChanged)
	}
	return readOnly(f.path, atomicfile.Replace(path, atomicfile.Content(keyset)))
}

// readOnly turns the errors of a file on a read-only file system, of another
// owner, or mounted by itself, into ErrReadOnly.
func readOnly(path string, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) || errors.Is(err, syscall.EBUSY) {
		return fmt.Errorf("%s: %w: change it where it comes from (%w)", path, ErrReadOnly, err)
	}
	return err
}
