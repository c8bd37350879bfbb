package oss

import (
	"cmp"
	"crypto/md5" //nolint:gosec // the ETag of OSS is an MD5
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const headerNextPosition = "x-oss-next-append-position"

// appendObject adds to the end of an appendable object, or makes one at the
// position 0. Metadata, tags and ACL come from the request that makes it (OSS
// API, AppendObject).
func (s *Service) appendObject(r *request) (*response, *apiError) {
	given := r.query.Get("position")
	position, err := strconv.ParseInt(given, 10, 64)
	switch {
	case given == "": // OSS error 0016-00000501
		return nil, errorf("MissingArgument", "Missing Some Required Arguments.").with("ArgumentName", "position")
	case err != nil || position < 0:
		return nil, invalid("position", given, "Invalid append position.")
	}
	if r.bucket.objectWorm != nil {
		return nil, errorf("InvalidRequest", "A bucket with object retention has no appendable objects.").with("BucketName", r.bucket.name) // A391
	}
	versions := r.bucket.objects.get(r.key)
	if len(versions) == 0 || versions[len(versions)-1].marker { // A262
		return s.beginAppending(r, position)
	}
	old := versions[len(versions)-1]
	switch {
	case !old.appendable():
		return nil, errorf("ObjectNotAppendable", "The object is not appendable").with("Key", r.key)
	case position != int64(len(old.data)):
		return nil, notTheLength(r.key, len(old.data))
	case strings.EqualFold(r.Header.Get("x-oss-forbid-overwrite"), trueText): // whether an addition overwrites is in no source
		return nil, unsupported("AppendObject x-oss-forbid-overwrite")
	case len(old.data)+len(r.body) > maxBody:
		return nil, errorf("EntityTooLarge", "The emulator keeps objects of at most %d bytes.", maxBody)
	}
	now := s.cfg.Clock.Now()
	if refused := r.bucket.immutable(r.key, old.id, now); refused != nil {
		return nil, refused
	}
	longer := *old
	longer.data, longer.modified = slices.Concat(old.data, r.body), now
	longer.sum, longer.crc = appendedSum(old, r.body), crcOf(longer.data)
	if r.Header.Get("x-oss-object-acl") != "" { // A266
		longer.change(func(o *options) { o.acl = objectACL(r.Header) })
	}
	r.bucket.objects.set(r.key, append(slices.Clone(versions[:len(versions)-1]), &longer))
	return appended(r.bucket, &longer)
}

func (s *Service) beginAppending(r *request, position int64) (*response, *apiError) {
	class := cmp.Or(r.Header.Get("x-oss-storage-class"), r.bucket.storageClass)
	switch {
	case position != 0:
		return nil, notTheLength(r.key, 0)
	case rankOf(class) > rankOf("Archive"): // OSS error 0016-00000503
		return nil, invalid("x-oss-storage-class", class, "Appendable objects are Standard, IA or Archive.")
	}
	if refused := s.mayWrite(r, s.cfg.Clock.Now()); refused != nil {
		return nil, refused
	}
	v := s.newVersion(r.bucket, r.Header, r.body)
	v.sum = appendedSum(&version{}, r.body)
	v.change(func(o *options) { o.appendable = true })
	r.bucket.add(r.key, v)
	return appended(r.bucket, v)
}

// appendedSum returns the sum behind the ETag of an appendable object, which is
// not the MD5 of its content (OSS API, AppendObject).
func appendedSum(old *version, added []byte) [md5.Size]byte {
	return md5.Sum(slices.Concat(old.sum[:], added)) //nolint:gosec // as above
}

// notTheLength refuses a position and tells the right one (oss2 reads it from the
// header).
func notTheLength(key string, length int) *apiError {
	refused := errorf("PositionNotEqualToLength", "Position is not equal to file length").with("Key", key)
	refused.header = http.Header{}
	refused.header.Set(headerNextPosition, strconv.Itoa(length))
	return refused
}

func appended(b *bucket, v *version) (*response, *apiError) {
	answer := newResponse(http.StatusOK)
	stored(answer, b, v)
	answer.header.Set(headerNextPosition, strconv.Itoa(len(v.data)))
	return answer, nil
}
