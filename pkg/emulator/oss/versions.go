package oss

import (
	"crypto/md5" //nolint:gosec // the ETag of OSS is an MD5
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"hash/crc64"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The states of a bucket's versioning that can be put.
const (
	versioningEnabled   = "Enabled"
	versioningSuspended = "Suspended"
)

// nullVersion is the version id of what was put while versioning was not
// enabled.
const nullVersion = "null"

// yes is how headers and parameters say that something is so.
const yes = "true"

// A version of an object, or a delete marker in its place. It never changes
// once it is stored.
type version struct {
	id           string
	marker       bool
	data         []byte
	etag         string // as answered, in quotes
	crc          string
	modified     time.Time
	objectType   string // Normal or Multipart
	storageClass string
	encryption   string      // algorithm, empty without
	header       http.Header // Content-Type, x-oss-meta-..., as they are given back
}

// newVersion makes a version of data with the headers of the request that
// puts it.
func (s *Service) newVersion(b *bucket, h http.Header, data []byte) *version {
	sum := md5.Sum(data) //nolint:gosec // as above
	v := &version{
		data: data, etag: quoted(sum[:]), crc: crcOf(data), modified: s.cfg.Clock.Now(), objectType: "Normal",
		storageClass: h.Get("x-oss-storage-class"), encryption: h.Get("x-oss-server-side-encryption"), header: kept(h),
	}
	if v.storageClass == "" {
		v.storageClass = b.storageClass
	}
	if v.encryption == "" && b.encryption != nil {
		v.encryption = b.encryption.SSEAlgorithm
	}
	return v
}

// add stores v as the latest version of key.
func (b *bucket) add(key string, v *version) {
	if b.versioning == versioningEnabled {
		v.id = newVersionID()
	} else {
		v.id = nullVersion
		b.drop(key, nullVersion)
	}
	b.objects[key] = append(b.objects[key], v)
}

// drop removes one version for good and returns it, nil if there is none.
func (b *bucket) drop(key, id string) *version {
	versions := b.objects[key]
	i := slices.IndexFunc(versions, func(v *version) bool { return v.id == id })
	if i < 0 {
		return nil
	}
	found := versions[i]
	if rest := slices.Delete(slices.Clone(versions), i, i+1); len(rest) > 0 {
		b.objects[key] = rest
	} else {
		delete(b.objects, key)
	}
	return found
}

// latest returns the latest version of key, nil if there is none or if it is
// a delete marker.
func (b *bucket) latest(key string) *version {
	if versions := b.objects[key]; len(versions) > 0 {
		if v := versions[len(versions)-1]; !v.marker {
			return v
		}
	}
	return nil
}

// find returns the version id of key, or the latest one for the empty id.
func (b *bucket) find(key, id string) (*version, *apiError) {
	versions := b.objects[key]
	if id == "" {
		if v := b.latest(key); v != nil {
			return v, nil
		}
		refused := errorf("NoSuchKey", "The specified key does not exist.").with("Key", key)
		if len(versions) > 0 {
			refused.header = http.Header{"X-Oss-Delete-Marker": {yes}, "X-Oss-Version-Id": {versions[len(versions)-1].id}}
		}
		return nil, refused
	}
	i := slices.IndexFunc(versions, func(v *version) bool { return v.id == id })
	if i < 0 {
		return nil, errorf("NoSuchVersion", "The specified version does not exist.").with("Key", key).with("VersionId", id)
	}
	if versions[i].marker {
		refused := errorf("MethodNotAllowed", "The specified method is not allowed against this resource.").with("Key", key)
		refused.header = http.Header{"X-Oss-Delete-Marker": {yes}, "X-Oss-Version-Id": {id}}
		return nil, refused
	}
	return versions[i], nil
}

// remove deletes as DeleteObject does: without an id the latest version, for
// which a versioned bucket gets a delete marker; with one that version for
// good. Deleting what is not there succeeds (OSS API, DeleteObject).
func (s *Service) remove(b *bucket, key, id string) deleted {
	if id != "" {
		done := deleted{Key: key, VersionID: id}
		if v := b.drop(key, id); v != nil && v.marker {
			done.DeleteMarker, done.DeleteMarkerVersionID = true, id
		}
		return done
	}
	if b.versioning == "" {
		b.drop(key, nullVersion)
		return deleted{Key: key}
	}
	marker := &version{marker: true, modified: s.cfg.Clock.Now()}
	b.add(key, marker)
	return deleted{Key: key, DeleteMarker: true, DeleteMarkerVersionID: marker.id}
}

// A deleted tells what became of a key.
type deleted struct {
	Key                   string
	VersionID             string `xml:"VersionId,omitempty"`
	DeleteMarker          bool   `xml:",omitempty"`
	DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
}

// kept are the headers of a request that an object gives back.
func kept(h http.Header) http.Header {
	keep := make(http.Header)
	for name, values := range maps.All(h) {
		switch lower := strings.ToLower(name); {
		case lower == "content-type", lower == "cache-control", lower == "content-disposition", lower == "content-encoding",
			lower == "content-language", lower == "expires", strings.HasPrefix(lower, "x-oss-meta-"):
			keep[name] = values
		}
	}
	if keep.Get("Content-Type") == "" {
		keep.Set("Content-Type", "application/octet-stream")
	}
	return keep
}

// quoted is an ETag: the sum in upper-case hexadecimal, in quotes.
func quoted(sum []byte) string { return `"` + strings.ToUpper(hex.EncodeToString(sum)) + `"` }

func md5Base64(data []byte) string {
	sum := md5.Sum(data) //nolint:gosec // as above
	return base64.StdEncoding.EncodeToString(sum[:])
}

// crcOf is the CRC-64 of ECMA-182 in decimal, as OSS gives it.
func crcOf(data []byte) string {
	return strconv.FormatUint(crc64.Checksum(data, crc64.MakeTable(crc64.ECMA)), 10)
}

func newVersionID() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return "CAEQ" + base64.RawURLEncoding.EncodeToString(b[:])
}
