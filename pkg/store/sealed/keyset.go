package sealed

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store/internal/newfile"
)

// A Keyset is one or more keys: the primary one seals, each of them opens what
// it sealed.
type Keyset struct{ aead tink.AEAD }

// OpenKeyset reads a keyset from a file: a Tink AEAD keyset as JSON, in clear,
// as CreateKeyset and Tink's own tools write it. The error is fs.ErrNotExist if
// there is no such file, and ErrForeign if it is not a keyset.
func OpenKeyset(path string) (*Keyset, error) {
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read the keyset: %w", err)
	}
	// The causes are left out: they can quote the file.
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(b)))
	if err != nil {
		return nil, fmt.Errorf("%s: %w: it is not a Tink keyset in JSON", path, store.ErrForeign)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: its keys are not for AEAD", path, store.ErrForeign)
	}
	return &Keyset{primitive}, nil
}

// CreateKeyset makes the file path with a keyset of one new key (AES-256-GCM),
// readable by its owner alone. The error is fs.ErrExist if there is a file
// already: it stays as it is.
func CreateKeyset(path string) (*Keyset, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("draw a key: %w", err)
	}
	err = newfile.Create(path, func(temp string) error {
		var b bytes.Buffer
		if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)); err != nil {
			return errors.New("the keyset cannot be written as JSON")
		}
		return os.WriteFile(temp, b.Bytes(), 0o600)
	})
	if err != nil {
		return nil, fmt.Errorf("make the keyset: %w", err)
	}
	return OpenKeyset(path)
}

// seal puts plain into a box for a place.
func (k *Keyset) seal(plain []byte, place string) ([]byte, error) {
	return k.aead.Encrypt(plain, []byte(place))
}

// open opens a box that was sealed for the place, by any key of the set. The
// cause of a failure is always the same to Tink, so it is left out.
func (k *Keyset) open(box []byte, place string) ([]byte, error) {
	plain, err := k.aead.Decrypt(box, []byte(place))
	if err != nil {
		return nil, store.ErrSeal
	}
	return plain, nil
}

// String hides the keys.
func (*Keyset) String() string { return "keyset" }

// GoString hides the keys.
func (*Keyset) GoString() string { return "keyset" }

// errMissing says what to do about a keyset that is gone.
func errMissing(path string) error {
	return fmt.Errorf("the keyset %s is missing (%w), and the store holds records whose secrets only it can open: "+
		"put back the keyset that belongs to this store", path, fs.ErrNotExist)
}

// errWrong says what to do about a keyset of another store.
func errWrong(path string, cause error) error {
	return fmt.Errorf("%w: the keyset %s does not open what the store holds (%w): "+
		"put back the keyset that belongs to this store", store.ErrForeign, path, cause)
}
