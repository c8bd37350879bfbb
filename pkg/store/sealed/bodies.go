package sealed

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"fmt"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/store"
)

// bodyKeySize is the size of a body's own key in bytes: AES-256.
const bodyKeySize = 32

// PutBody implements store.Store. It encrypts the body with a key of its own
// (AES-256-GCM), which the record seals like its other secrets. So the digest,
// of encrypted bytes, reveals nothing; rotating the keyset reseals the small
// key and keeps body and digest; and a digest copied into another record opens
// nothing there.
func (s *sealing) PutBody(ctx context.Context, content []byte) (digest string, key store.Sealed, err error) {
	plainKey := make([]byte, bodyKeySize)
	_, _ = rand.Read(plainKey) // always succeeds, as documented
	aead, err := bodyAEAD(plainKey)
	if err != nil {
		return "", store.Sealed{}, fmt.Errorf("encrypt a body: %w", err)
	}
	digest, _, err = s.Store.PutBody(ctx, aead.Seal(nil, nil, content, nil)) //nolint:gosec // the AEAD draws the nonce itself
	if err != nil {
		return "", store.Sealed{}, err
	}
	return digest, store.Seal(plainKey), nil
}

// Body implements store.Store.
func (s *sealing) Body(ctx context.Context, digest string, key store.Sealed) ([]byte, error) {
	box, err := s.Store.Body(ctx, digest, store.Sealed{})
	if err != nil {
		return nil, err
	}
	plainKey, err := key.Open()
	if err != nil {
		return nil, err
	}
	aead, err := bodyAEAD(plainKey)
	if err != nil {
		return nil, fmt.Errorf("body %s: %w: the record holds no key of it", digest, store.ErrSeal)
	}
	content, err := aead.Open(nil, nil, box, nil)
	if err != nil {
		return nil, fmt.Errorf("body %s: %w", digest, store.ErrSeal)
	}
	return content, nil
}

// bodyAEAD encrypts with a body's own key.
func bodyAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}
