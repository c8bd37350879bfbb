package oss

import (
	"cmp"
	"crypto/md5" //nolint:gosec // the ETag of OSS is an MD5
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"hash/crc64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unique"
)

// A version of an object, or a delete marker in its place. Once stored, only
// its options and its storage class change. A bucket may have millions of them: equal parts are
// stored once.
type version struct {
	id           string
	data         []byte
	modified     time.Time
	sum          [md5.Size]byte // of the data, or of the parts' sums (A261)
	crc          uint64
	storageClass string
	encryption   string // algorithm; may be empty
	header       headers
	options      *options // nil for an object like most
	parts        int32    // number of parts of its multipart upload; 0: uploaded in one piece
	marker       bool
}

// Options are the rare properties of objects.
type options struct {
	tags   []tag
	acl    string // empty: the bucket's
	target string // of a symbolic link; else empty
	// keyID and dataEncryption go with the encryption KMS.
	keyID, dataEncryption string
	appendable            bool // AppendObject made it
	inOrder               bool // a sequential upload made it
	restoration           *restoration
	accessed              time.Time // where the bucket monitors accesses
	retention             *retention
	held                  bool      // PutObjectLegalHold
	moved                 time.Time // to (Deep)ColdArchive, by a lifecycle rule
}

// The types of an object that the emulator makes (OSS API, HeadObject).
const (
	typeNormal     = "Normal"
	typeMultipart  = "Multipart"
	typeAppendable = "Appendable"
	typeSymlink    = "Symlink"
)

func (v *version) objectType() string {
	switch {
	case v.target() != "":
		return typeSymlink
	case v.parts > 0:
		return typeMultipart
	case v.appendable():
		return typeAppendable
	}
	return typeNormal
}

// etag is the ETag as it is answered, in quotes.
func (v *version) etag() string {
	if v.parts == 0 {
		return quoted(v.sum[:])
	}
	return `"` + strings.ToUpper(hex.EncodeToString(v.sum[:])) + "-" + strconv.Itoa(int(v.parts)) + `"`
}

func (v *version) tags() []tag {
	if v.options == nil {
		return nil
	}
	return v.options.tags
}

func (v *version) acl() string {
	if v.options == nil {
		return ""
	}
	return v.options.acl
}

func (v *version) target() string {
	if v.options == nil {
		return ""
	}
	return v.options.target
}

func (v *version) appendable() bool { return v.options != nil && v.options.appendable }

// change changes the options of a version, and drops empty ones.
func (v *version) change(f func(*options)) {
	var o options
	if v.options != nil {
		o = *v.options
	}
	f(&o)
	v.options = &o
	if len(o.tags) == 0 && o.acl == "" && o.target == "" && o.keyID == "" && o.dataEncryption == "" && !o.appendable && !o.inOrder && o.restoration == nil && o.accessed.IsZero() && o.retention == nil && !o.held && o.moved.IsZero() {
		v.options = nil
	}
}

// encryptionRule tells how the version is encrypted.
func (v *version) encryptionRule() *encryptionRule {
	rule := &encryptionRule{SSEAlgorithm: v.encryption}
	if v.options != nil {
		rule.KMSMasterKeyID, rule.KMSDataEncryption = v.options.keyID, v.options.dataEncryption
	}
	return rule
}

// newVersion makes a version of data with the headers of the request that
// puts it, which mayWrite has checked.
func (s *Service) newVersion(b *bucket, h http.Header, data []byte) *version {
	v := &version{
		data: data, sum: md5.Sum(data), crc: crcOf(data), modified: s.cfg.Clock.Now(), //nolint:gosec // as above
		storageClass: class(cmp.Or(h.Get("x-oss-storage-class"), b.storageClass)),
		header:       kept(h),
	}
	rule := b.encryptionFor(h)
	v.encryption = rule.SSEAlgorithm
	v.change(func(o *options) {
		o.keyID, o.dataEncryption = rule.KMSMasterKeyID, rule.KMSDataEncryption
		o.acl = objectACL(h)
		o.tags, _ = parseTags(h.Get("x-oss-tagging"))
		o.retention, _ = retentionOf(b, h, v.modified)
	})
	return v
}

// Headers are the stored headers of an object, as lines. Most objects have
// equal ones, so they are shared.
type headers struct{ lines unique.Handle[string] }

// kept are the headers of a request that an object gives back.
func kept(h http.Header) headers {
	var lines []string
	for name, values := range h {
		switch lower := strings.ToLower(name); {
		case lower == "content-type", lower == "cache-control", lower == "content-disposition", lower == "content-encoding",
			lower == "content-language", lower == "expires", strings.HasPrefix(lower, "x-oss-meta-"):
			for _, value := range values {
				lines = append(lines, name+":"+value)
			}
		}
	}
	if h.Get("Content-Type") == "" {
		lines = append(lines, "Content-Type:application/octet-stream")
	}
	slices.Sort(lines)
	return headersOf(strings.Join(lines, "\n"))
}

func headersOf(lines string) headers { return headers{unique.Make(lines)} }

// text returns all lines.
func (h headers) text() string {
	if h == (headers{}) {
		return ""
	}
	return h.lines.Value()
}

// without returns the headers but one.
func (h headers) without(name string) headers {
	lines := slices.DeleteFunc(strings.Split(h.text(), "\n"), func(line string) bool { return strings.HasPrefix(line, name+":") })
	return headersOf(strings.Join(lines, "\n"))
}

// get returns the value of a header, empty if it is missing.
func (h headers) get(name string) string {
	for line := range strings.SplitSeq(h.text(), "\n") {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return value
		}
	}
	return ""
}

// with returns the headers with another value of one, or as they are if the value is
// empty.
func (h headers) with(name, value string) headers {
	if value == "" {
		return h
	}
	lines := append(strings.Split(h.without(name).text(), "\n"), name+":"+value)
	lines = slices.DeleteFunc(lines, func(line string) bool { return line == "" })
	slices.Sort(lines)
	return headersOf(strings.Join(lines, "\n"))
}

// copyTo sets the headers in an answer.
func (h headers) copyTo(to http.Header) {
	for line := range strings.SplitSeq(h.text(), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			to.Add(name, value)
		}
	}
}

// quoted is an ETag: the sum in upper-case hexadecimal, in quotes.
func quoted(sum []byte) string { return `"` + strings.ToUpper(hex.EncodeToString(sum)) + `"` }

func md5Base64(data []byte) string {
	sum := md5.Sum(data) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// crcOf is the CRC-64 of ECMA-182.
func crcOf(data []byte) uint64 { return crc64.Checksum(data, crc64.MakeTable(crc64.ECMA)) }

// decimal is a CRC as OSS gives it.
func decimal(crc uint64) string { return strconv.FormatUint(crc, 10) }

// newVersionID draws an id of 64 characters (the integration tests of the Java SDK).
func newVersionID() string {
	var b [45]byte
	_, _ = rand.Read(b[:]) // always succeeds: crypto/rand ends the process instead
	return "CAEQ" + base64.RawURLEncoding.EncodeToString(b[:])
}
