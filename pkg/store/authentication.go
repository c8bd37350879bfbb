package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"sync"
)

// An Authentication proves that the broker wrote a record as it is stored: a box
// of the keyset that holds the SHA-256 of the stored bytes without the box. The
// bytes include the members of other versions. Encode makes the box, Decode keeps
// it, and Record.Authenticate checks it on demand, so that polls and lists need no
// key and no time for it. The zero value is the one of a fresh record.
//
// A box has no time: an older state of the same record, put back whole, passes.
type Authentication struct{ v *authentication }

type authentication struct {
	box     []byte // nil: the stored bytes have none
	lost    bool   // a box is there in another place or form than Encode gives it
	content []byte // the stored bytes without the box; nil for a fresh record
	check   func() error
	seal    func(digest []byte) (box []byte, err error)
}

// Authenticate returns ErrAltered unless the broker wrote the record as it is
// stored, or the record is fresh: it comes from no store. Without keys, see
// Authentication.CheckedBy, it fails. Revision says nothing here, because the
// box leaves it out.
func (r *Record) Authenticate() error {
	switch v := r.Authentication.v; {
	case v == nil:
		return nil
	case v.check == nil:
		return &RecordError{Key: r.Key, Err: fmt.Errorf("%w: no key was given to check it", ErrAltered)}
	default:
		return v.check()
	}
}

// Box returns the box, or nil where the stored bytes have none.
func (a Authentication) Box() []byte {
	if a.v == nil {
		return nil
	}
	return a.v.box
}

// IsLost reports whether the stored bytes have a box in another place or form than
// Encode gives it, as after an edit by hand. Box is nil then.
func (a Authentication) IsLost() bool { return a.v != nil && a.v.lost }

// Digest returns the SHA-256 of the stored bytes without the box.
func (a Authentication) Digest() []byte {
	if a.v == nil {
		return digestOf(nil)
	}
	return digestOf(a.v.content)
}

// CheckedBy returns the authentication of a stored record with the check of
// Record.Authenticate, which runs once at most. A fresh one stays as it is.
func (a Authentication) CheckedBy(check func(Authentication) error) Authentication {
	if a.v == nil {
		return a
	}
	return Authentication{&authentication{
		box: a.v.box, lost: a.v.lost, content: a.v.content,
		check: sync.OnceValue(func() error { return check(a) }),
	}}
}

// SealedBy returns the authentication of a record that is about to be stored:
// Encode calls seal for its box.
func SealedBy(seal func(digest []byte) (box []byte, err error)) Authentication {
	return Authentication{&authentication{seal: seal}}
}

// boxOf returns the box that Encode stores with content. Without seal it is the
// one that was read.
func (a Authentication) boxOf(content []byte) ([]byte, error) {
	if a.v == nil || a.v.seal == nil {
		return a.Box(), nil
	}
	return a.v.seal(digestOf(content))
}

func digestOf(content []byte) []byte {
	sum := sha256.Sum256(content)
	return sum[:]
}

// The box is the last member of the stored object.
const (
	boxMember = "authentication"
	boxStart  = `,"` + boxMember + `":"`
	boxEnd    = `"}`
)

// joinBox returns content, a JSON object, with the box as its last member.
func joinBox(content, box []byte) []byte {
	if box == nil {
		return content
	}
	b := append(bytes.TrimSuffix(content, []byte{'}'}), boxStart...)
	b = base64.StdEncoding.AppendEncode(b, box)
	return append(b, boxEnd...)
}

// cutBox returns copies of the parts of joinBox's result. The box is nil where b
// has none in the place and form that joinBox gives it.
func cutBox(b []byte) (content, box []byte) {
	start := bytes.LastIndex(b, []byte(boxStart))
	if start < 0 || !bytes.HasSuffix(b, []byte(boxEnd)) {
		return bytes.Clone(b), nil
	}
	coded := b[start+len(boxStart) : len(b)-len(boxEnd)]
	box, err := base64.StdEncoding.Strict().AppendDecode(nil, coded)
	if err != nil || len(box) == 0 {
		return bytes.Clone(b), nil
	}
	content = make([]byte, 0, start+1)
	return append(append(content, b[:start]...), '}'), box
}
