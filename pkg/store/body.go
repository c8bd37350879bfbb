package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// MaxBody is the largest stored size of a body, in bytes: a Kubernetes object holds
// 1 MiB.
const MaxBody = 768 << 10

// BodyAge is the time that a body stays after a sweep first found it unnamed. It
// leaves time to name a body that was just put, and exceeds the time of any
// write by far.
const BodyAge = time.Hour

// Bodies keep values that are too large for a record, such as templates and
// manifests. A body is put before the record that names it, so that a crash
// leaves an unused body at worst:
//
//	digest, key, err := st.PutBody(ctx, manifest)
//	... r.Bodies = map[string]store.Sealed{digest: key}   // in the change of Update
//	manifest, err = st.Body(ctx, digest, r.Bodies[digest])
//
// A spec maps the provider's names of its bodies to digests, and a frozen request
// carries the name. Once no record names a body, sweeps delete it.
type Bodies interface {
	// PutBody stores a body, which is durable then, and returns its digest and
	// the key that opens it. The digest is the SHA-256 of the stored bytes, so
	// a plain store keeps equal bodies once and returns a zero key. A sealing
	// store encrypts each body with a key of its own, because the SHA-256 of a
	// secret would reveal equality and confirm guesses; the record then seals
	// the key for its place.
	PutBody(ctx context.Context, content []byte) (digest string, key Sealed, err error)
	// Body returns a body. key is the one that the record holds for the digest.
	// The error is ErrNoBody, ErrCorrupt or ErrSeal.
	Body(ctx context.Context, digest string, key Sealed) ([]byte, error)
	// SweepBodies deletes each body that is unnamed now and was unnamed in an
	// earlier sweep, BodyAge or more before now, unless it was put or named in
	// between. It returns the number of deletions. One process sweeps at a
	// time, while writers go on.
	SweepBodies(ctx context.Context, now time.Time) (deleted int, err error)
}

// BodyDigest returns the digest of a body as it is stored.
func BodyDigest(stored []byte) string {
	sum := sha256.Sum256(stored)
	return hex.EncodeToString(sum[:])
}

// CheckBody returns ErrTooLarge for a body that no store takes.
func CheckBody(stored []byte) error {
	if len(stored) > MaxBody {
		return fmt.Errorf("%w: a body of %d bytes, at most %d are kept: make the template or manifest smaller", ErrTooLarge, len(stored), MaxBody)
	}
	return nil
}

// VerifyBody returns ErrCorrupt if the stored bytes have another digest.
func VerifyBody(digest string, stored []byte) error {
	if BodyDigest(stored) != digest {
		return fmt.Errorf("%w: body %s has another digest: restore it from a backup, or delete the instance that uses it", ErrCorrupt, digest)
	}
	return nil
}

// IsBodyDigest reports whether digest has the form of a body's digest.
func IsBodyDigest(digest string) bool {
	sum, err := hex.DecodeString(digest)
	return err == nil && len(sum) == sha256.Size && strings.ToLower(digest) == digest
}

// NewBodies returns, in order, the digests that now names and before does not.
// Stores check in Update that these bodies exist.
func NewBodies(before, now map[string]Sealed) []string {
	var added []string
	for digest := range now {
		if _, ok := before[digest]; !ok {
			added = append(added, digest)
		}
	}
	slices.Sort(added)
	return added
}
