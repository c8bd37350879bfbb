package oss

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// putObject stores an object (OSS API, PutObject).
func (s *Service) putObject(r *request) (*response, *apiError) {
	if refused := mayWrite(r, s.cfg.Clock.Now()); refused != nil {
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
func mayWrite(r *request, now time.Time) *apiError {
	if class := r.Header.Get("x-oss-storage-class"); class != "" && !validClass(class) {
		return errorf("InvalidArgument", "The storage class is not valid.").with("ArgumentName", "x-oss-storage-class").with("ArgumentValue", class)
	}
	if _, refused := encryptionOf(r.Header); refused != nil {
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

// getObject answers GET and HEAD of an object (OSS API, GetObject and
// HeadObject).
func (s *Service) getObject(r *request) (*response, *apiError) {
	v, link, refused := s.followed(r, actionGetObject)
	if refused != nil {
		return nil, refused
	}
	if refused := precondition(v, r.Header, "If-Match", "If-Unmodified-Since", "If-None-Match", "If-Modified-Since", http.StatusNotModified); refused != nil {
		return nil, refused
	}
	now := s.cfg.Clock.Now()
	if r.Method == http.MethodGet && v.isFrozen(now) {
		refused := errorf("InvalidObjectState", "The operation is not valid for the object's state.").with("Key", r.key)
		refused.status = http.StatusForbidden
		return nil, refused
	}
	answer := newResponse(http.StatusOK)
	v.header.copyTo(answer.header)
	describe(answer, r.bucket, v)
	if state := v.restoreState(now); state != "" {
		answer.header.Set("x-oss-restore", state)
	}
	if r.Method == http.MethodHead {
		v.writeMoved(answer.header)
	}
	own := v
	if link != nil {
		own = link
	}
	if expiration := r.bucket.expiration(r.key, own); expiration != "" {
		answer.header.Set("x-oss-expiration", expiration)
	}
	if r.bucket.isPaidByOthers(r) {
		answer.header.Set("x-oss-request-charged", payerRequester)
	}
	if r.bucket.monitorsAccess() {
		v.change(func(o *options) { o.accessed = now })
	}
	if link != nil {
		link.describeAsLink(answer, r.bucket, v)
	}
	answer.body = v.data
	if given := r.Header.Get("Range"); given != "" {
		part, ok, refused := parseRange(given, len(v.data), r.Header.Get("x-oss-range-behavior") == "standard")
		if refused != nil {
			return nil, refused
		}
		if ok {
			answer.status = http.StatusPartialContent
			answer.header.Set("Content-Range", part.contentRange(len(v.data)))
			answer.body = v.data[part.from:part.to]
		}
	}
	for name := range r.query {
		if header, ok := strings.CutPrefix(name, "response-"); ok && r.caller.signed && s.table.covers(name) {
			answer.header.Set(header, r.query.Get(name))
		}
	}
	answer.header.Set("Content-Length", strconv.Itoa(len(answer.body)))
	return answer, nil
}

// getObjectMeta answers with little more than ETag, size and date (OSS API,
// GetObjectMeta).
func (s *Service) getObjectMeta(r *request) (*response, *apiError) {
	v, refused := r.bucket.find(r.key, r.query.Get("versionId"))
	if refused != nil {
		return nil, refused
	}
	answer := newResponse(http.StatusOK)
	stored(answer, r.bucket, v)
	answer.header.Set("Last-Modified", v.modified.UTC().Format(http.TimeFormat))
	v.writeMoved(answer.header)
	answer.header.Set("Content-Length", strconv.Itoa(len(v.data)))
	if r.bucket.monitorsAccess() {
		at := v.modified
		if v.options != nil && !v.options.accessed.IsZero() {
			at = v.options.accessed
		}
		answer.header.Set("x-oss-last-access-time", at.UTC().Format(http.TimeFormat))
	}
	return answer, nil
}

// describe adds the headers that describe a version.
func describe(answer *response, b *bucket, v *version) {
	stored(answer, b, v)
	answer.header.Set("Last-Modified", v.modified.UTC().Format(http.TimeFormat))
	answer.header.Set("Accept-Ranges", "bytes")
	answer.header.Set("x-oss-object-type", v.objectType())
	if v.appendable() {
		answer.header.Set(headerNextPosition, strconv.Itoa(len(v.data)))
	}
	answer.header.Set("x-oss-storage-class", v.storageClass)
	v.retention().writeTo(answer.header)
	switch {
	case v.objectType() == typeNormal: // put whole (A207)
		answer.header.Set("Content-MD5", base64.StdEncoding.EncodeToString(v.sum[:]))
	case v.options != nil && v.options.inOrder: // OSS API, InitiateMultipartUpload, sequential
		answer.header.Set("Content-MD5", md5Base64(v.data))
	}
	if n := len(v.tags()); n > 0 {
		answer.header.Set("x-oss-tagging-count", strconv.Itoa(n))
	}
}

// precondition checks the four conditions of a request, which have other names
// for the source of a copy. unchanged is the status of an unmet "modified".
func precondition(v *version, h http.Header, match, unmodified, noneMatch, modified string, unchanged int) *apiError {
	etag := strings.Trim(v.etag(), `"`)
	seconds := v.modified.Truncate(time.Second)
	failed := errorf("PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
	if given := h.Get(match); given != "" && strings.Trim(given, `"`) != etag {
		return failed.with("Condition", plainer(h, "If-Match", match))
	}
	if at, err := http.ParseTime(h.Get(unmodified)); err == nil && seconds.After(at) {
		return failed.with("Condition", plainer(h, "If-Unmodified-Since", unmodified))
	}
	same := &apiError{status: unchanged, code: "NotModified", message: "The object has not been modified.", header: http.Header{"Etag": {v.etag()}}}
	if given := h.Get(noneMatch); given != "" && strings.Trim(given, `"`) == etag {
		return same
	}
	if at, err := http.ParseTime(h.Get(modified)); err == nil && !seconds.After(at) {
		return same
	}
	return nil
}

// plainer names an unmet condition by the plain header, where a copy has it beside
// the one for its source (A263).
func plainer(h http.Header, plain, name string) string {
	if h.Get(plain) != "" {
		return plain
	}
	return name
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
	case v.appendable(): // OSS API, AppendObject; the code is A239
		refused = errorf("OperationNotSupported", "Appendable objects cannot be copied.").with("Key", from.key)
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
	if refused := mayWrite(r, s.cfg.Clock.Now()); refused != nil {
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
