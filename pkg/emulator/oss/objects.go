package oss

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// putObject stores an object (OSS API, PutObject).
func (s *Service) putObject(r *request) (*response, *apiError) {
	if refused := s.mayWrite(r, s.cfg.Clock.Now()); refused != nil {
		return nil, refused
	}
	v := s.newVersion(r.bucket, r.Header, r.body)
	r.bucket.add(r.key, v)
	answer := newResponse(http.StatusOK)
	answer.header.Set("Content-MD5", md5Base64(v.data))
	stored(answer, r.bucket, v)
	return answer, nil
}

// mayWrite checks the headers of a request that makes an object.
func (s *Service) mayWrite(r *request, now time.Time) *apiError {
	if class := r.Header.Get("x-oss-storage-class"); class != "" && !validClass(class) {
		return errorf("InvalidArgument", "The storage class is not valid.").with("ArgumentName", "x-oss-storage-class").with("ArgumentValue", class)
	}
	if _, refused := encryptionOf(r.Header); refused != nil {
		return refused
	}
	if refused := s.refuseUnknownKey(r); refused != nil {
		return refused
	}
	if acl := r.Header.Get("x-oss-object-acl"); acl != "" {
		if refused := checkObjectACL(r.bucket, acl); refused != nil {
			return refused
		}
	}
	if _, refused := parseTags(r.Header.Get("x-oss-tagging")); refused != nil {
		return refused
	}
	if _, refused := retentionOf(r.bucket, r.Header, now); refused != nil {
		return refused
	}
	if strings.EqualFold(r.Header.Get("x-oss-forbid-overwrite"), trueText) && r.bucket.versioning == "" && r.bucket.latest(r.key) != nil {
		return errorf("FileAlreadyExists", "The object you specified already exists and can not be overwritten.").with("Key", r.key)
	}
	return r.bucket.immutable(r.key, "", now)
}

// storageClasses are all there are, the warmest first.
func storageClasses() [5]string {
	return [...]string{classStandard, "IA", "Archive", "ColdArchive", "DeepColdArchive"}
}

func validClass(name string) bool { return class(name) != "" }

// class returns the constant of a storage class, empty for an unknown one.
// Storing the word of the request would keep the text of the whole request.
func class(name string) string {
	for _, c := range storageClasses() {
		if c == name {
			return c
		}
	}
	return ""
}

// stored adds the headers that describe a new version.
func stored(answer *response, b *bucket, v *version) {
	answer.header.Set("ETag", v.etag())
	answer.header.Set("x-oss-hash-crc64ecma", decimal(v.crc))
	v.encryptionRule().writeTo(answer.header)
	if b.versioning != "" {
		answer.header.Set("x-oss-version-id", v.id)
	}
}

// deleteObject deletes an object or one version of it (OSS API,
// DeleteObject).
func (s *Service) deleteObject(r *request) (*response, *apiError) {
	if id := r.query.Get("versionId"); id != "" && !isVersionID(id) {
		return nil, invalidVersionID(id)
	}
	if refused := r.bucket.immutable(r.key, r.query.Get("versionId"), s.cfg.Clock.Now()); refused != nil {
		return nil, refused
	}
	done := s.remove(r.bucket, r.key, r.query.Get("versionId"))
	answer := newResponse(http.StatusNoContent)
	if done.DeleteMarker {
		answer.header.Set("x-oss-delete-marker", trueText)
		answer.header.Set("x-oss-version-id", done.DeleteMarkerVersionID)
	} else if done.VersionID != "" && r.bucket.versioning != "" {
		answer.header.Set("x-oss-version-id", done.VersionID)
	}
	return answer, nil
}

// copySource finds the version that x-oss-copy-source names: an object of the
// same region that the caller may read and that fulfils the conditions. id is the
// version's where its bucket has versions.
func (s *Service) copySource(r *request) (v *version, id string, refused *apiError) {
	path, rawQuery, _ := strings.Cut(r.Header.Get("x-oss-copy-source"), "?")
	path, err := url.PathUnescape(path)
	query, errQuery := url.ParseQuery(rawQuery)
	from := pathStyle(path)
	if err != nil || errQuery != nil || from.bucket == "" || from.key == "" {
		return nil, "", errorf("InvalidArgument", "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey").with("ArgumentName", "x-oss-copy-source")
	}
	s.runLifecycle(from.bucket)
	source, ok := s.buckets[from.bucket]
	if !ok {
		return nil, "", noSuchBucket(from.bucket)
	}
	action := actionGetObject
	if id = query.Get("versionId"); query.Has("versionId") && id == "" { // the integration tests of oss2
		return nil, "", invalidVersionID(id)
	}
	if id != "" {
		action = actionGetObject + actionOfOldVersions
	}
	if refused := s.authorizeIn(r, source, action, from.key); refused != nil {
		return nil, "", refused
	}
	if source.region != r.bucket.region {
		return nil, "", errorf("AccessDenied", "Target object does not reside in the same data center as source object.")
	}
	v, refused = source.find(from.key, id)
	switch {
	case refused != nil:
	case v.target() != "":
		refused = unsupported("PUT object with a symbolic link as x-oss-copy-source")
	case v.isFrozen(s.cfg.Clock.Now()):
		refused = errorf("InvalidObjectState", "The operation is not valid for the object's state.").with("Key", from.key)
		refused.status = http.StatusForbidden
	}
	if refused != nil {
		return nil, "", refused
	}
	if refused := precondition(v, r.Header, "x-oss-copy-source-if-match", "x-oss-copy-source-if-unmodified-since",
		"x-oss-copy-source-if-none-match", "x-oss-copy-source-if-modified-since", http.StatusNotModified); refused != nil {
		return nil, "", refused
	}
	if source.versioning != "" {
		return v, v.id, nil
	}
	return v, "", nil
}

// copyObject copies an object within a region (OSS API, CopyObject).
func (s *Service) copyObject(r *request) (*response, *apiError) {
	v, sourceID, refused := s.copySource(r)
	if refused != nil {
		return nil, refused
	}
	if refused := s.mayWrite(r, s.cfg.Clock.Now()); refused != nil {
		return nil, refused
	}
	made := s.newVersion(r.bucket, r.Header, v.data)
	switch strings.ToUpper(r.Header.Get("x-oss-metadata-directive")) {
	case "", "COPY":
		made.header = v.header
	case "REPLACE":
		if r.Header.Get("Content-Type") == "" { // keeps that of the source (A268)
			made.header = made.header.with("Content-Type", v.header.get("Content-Type"))
		}
		for line := range strings.SplitSeq(v.header.text(), "\n") { // what a client needs to decrypt stays (A276)
			if name, value, _ := strings.Cut(line, ":"); strings.HasPrefix(strings.ToLower(name), metaPrefix+"client-side-encryption-") && made.header.get(name) == "" {
				made.header = made.header.with(name, value)
			}
		}
	default:
		return nil, errorf("InvalidArgument", "The metadata directive is not valid.").with("ArgumentName", "x-oss-metadata-directive")
	}
	switch strings.ToUpper(r.Header.Get("x-oss-tagging-directive")) {
	case "", "COPY":
		made.change(func(o *options) { o.tags = v.tags() })
	case "REPLACE":
	default:
		return nil, errorf("InvalidArgument", "The tagging directive is not valid.").with("ArgumentName", "x-oss-tagging-directive")
	}
	r.bucket.add(r.key, made)
	answer, refused := xmlResponse(struct {
		XMLName      xml.Name `xml:"CopyObjectResult"`
		LastModified string
		ETag         string
	}{LastModified: xmlTime(made.modified), ETag: made.etag()})
	if refused == nil {
		stored(answer, r.bucket, made)
		fromVersion(answer, sourceID)
	}
	return answer, refused
}

// fromVersion names the version that was copied, in answers of buckets with
// versions.
func fromVersion(answer *response, id string) {
	if id != "" {
		answer.header.Set("x-oss-copy-source-version-id", id)
	}
}
