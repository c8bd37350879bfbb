package oss

import (
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

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
	if at, err := parseDate(h.Get(unmodified)); err == nil && seconds.After(at) {
		return failed.with("Condition", plainer(h, "If-Unmodified-Since", unmodified))
	}
	same := &apiError{status: unchanged, code: "NotModified", message: "The object has not been modified.", header: http.Header{"Etag": {v.etag()}}}
	if given := h.Get(noneMatch); given != "" && strings.Trim(given, `"`) == etag {
		return same
	}
	if at, err := parseDate(h.Get(modified)); err == nil && !seconds.After(at) {
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
