package oss

import (
	"cmp"
	"encoding/xml"
	"maps"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A tagRule limits the number and the form of tags.
type tagRule struct {
	most, key, value int
	characters       bool // only the characters that object tags may have; the lengths count characters
}

// bucketTags (OSS API, PutBucketTags), objectTags (PutObjectTagging) and
// lifecycleTags, whose number and length are free: such a rule applies to no object (A243).
var (
	bucketTags = tagRule{most: 20, key: 64, value: 128}                    //nolint:gochecknoglobals // constants
	objectTags = tagRule{most: 10, key: 128, value: 256, characters: true} //nolint:gochecknoglobals // constants

	lifecycleTags = tagRule{most: math.MaxInt, key: math.MaxInt, value: math.MaxInt, characters: true} //nolint:gochecknoglobals // constants
)

// checkTags checks tags against the rule for their kind.
func checkTags(tags []tag, rule tagRule) *apiError {
	if len(tags) > rule.most {
		return errorf("InvalidTag", "There are at most %d tags.", rule.most)
	}
	seen := make(map[string]bool)
	for _, t := range tags {
		length := func(s string) int { return len(s) }
		if rule.characters {
			length = utf8.RuneCountInString
		}
		switch {
		case t.Key == "" || length(t.Key) > rule.key || length(t.Value) > rule.value:
			return errorf("InvalidTag", "The key must have 1 to %d characters and the value at most %d.", rule.key, rule.value)
		case rule.characters && (!tagCharacters(t.Key) || !tagCharacters(t.Value)):
			return errorf("InvalidTag", "Tags have letters, digits, spaces and + - = . _ : / only.").with("Key", t.Key)
		case !rule.characters && (reservedInTags(t.Key) || reservedInTags(t.Value)): // values: A132
			return errorf("InvalidTag", "The key or value begins with a reserved word.").with("Key", t.Key)
		case strings.ContainsFunc(t.Key+t.Value, isUnprintable): // A131
			return errorf("InvalidTag", "The key or value has a control character.").with("Key", t.Key)
		case seen[t.Key]:
			return errorf("InvalidTag", "The key comes twice.").with("Key", t.Key)
		}
		seen[t.Key] = true
	}
	return nil
}

// reservedInTags reports whether a key or value begins with a word that the cloud
// keeps for itself.
func reservedInTags(text string) bool {
	text = strings.ToLower(text)
	for _, word := range []string{"http://", "https://", "aliyun", "acs:"} {
		if strings.HasPrefix(text, word) {
			return true
		}
	}
	return false
}

// isUnprintable finds control characters, and the sign by which XML replaces the
// characters that it cannot hold.
func isUnprintable(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }

// tagCharacters reports whether a text has the characters of object tags alone:
// letters and digits of all scripts, and a few signs (A241).
func tagCharacters(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r == unicode.ReplacementChar || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune(" +-=._:/", r)
	})
}

// parseTags reads the header x-oss-tagging, "k1=v1&k2=v2" in the encoding of
// URLs (OSS API, PutObject; error 0010-00000219).
func parseTags(header string) ([]tag, *apiError) {
	if header == "" {
		return nil, nil
	}
	var tags []tag
	for pair := range strings.SplitSeq(header, "&") {
		key, value, _ := strings.Cut(pair, "=")
		key, errKey := url.QueryUnescape(key)
		decoded, errValue := url.QueryUnescape(value)
		if errKey != nil || errValue != nil || strings.Contains(value, "=") {
			return nil, errorf("InvalidTag", "x-oss-tagging must be key1=value1&key2=value2.")
		}
		tags = append(tags, tag{key, decoded})
	}
	return tags, checkTags(tags, objectTags)
}

// readTags reads the body of PutBucketTags and PutObjectTagging.
func readTags(body []byte, rule tagRule) ([]tag, *apiError) {
	var given tagging
	if xml.Unmarshal(body, &given) != nil || given.TagSet == nil {
		return nil, malformedXML()
	}
	return given.TagSet.Tags, checkTags(given.TagSet.Tags, rule)
}

// putObjectTagging replaces the tags of a version (OSS API,
// PutObjectTagging); its time of modification stays.
func (s *Service) putObjectTagging(r *request) (*response, *apiError) {
	tags, refused := readTags(r.body, objectTags)
	if refused != nil {
		return nil, refused
	}
	return s.changeOptions(r, http.StatusOK, func(o *options) { o.tags = tags })
}

// deleteObjectTagging removes the tags of a version (OSS API,
// DeleteObjectTagging).
func (s *Service) deleteObjectTagging(r *request) (*response, *apiError) {
	return s.changeOptions(r, http.StatusNoContent, func(o *options) { o.tags = nil })
}

// getObjectTagging lists the tags of a version; the list may be empty (OSS API,
// GetObjectTagging; A071).
func (s *Service) getObjectTagging(r *request) (*response, *apiError) {
	v, refused := r.bucket.find(r.key, r.query.Get("versionId"))
	if refused != nil {
		return nil, refused
	}
	answer, refused := xmlResponse(tagging{TagSet: &tagSet{v.tags()}})
	return versioned(answer, r.bucket, v), refused
}

// changeOptions changes the options of the version that the request names.
func (s *Service) changeOptions(r *request, status int, f func(*options)) (*response, *apiError) {
	v, refused := r.bucket.find(r.key, r.query.Get("versionId"))
	if refused != nil {
		return nil, refused
	}
	v.change(f)
	return versioned(newResponse(status), r.bucket, v), nil
}

// versioned adds the version's id where the bucket has versions.
func versioned(answer *response, b *bucket, v *version) *response {
	if answer != nil && b.versioning != "" {
		answer.header.Set("x-oss-version-id", v.id)
	}
	return answer
}

// aclDefault is the ACL of an object that has its bucket's.
const aclDefault = "default"

// objectACL is the ACL that a request gives an object; empty for the bucket's.
func objectACL(h http.Header) string {
	if acl := h.Get("x-oss-object-acl"); acl != aclDefault {
		return strings.Clone(acl)
	}
	return ""
}

// checkObjectACL refuses a public ACL where public access is blocked (A086). The
// permission is the one of the call that sets it (A088).
func checkObjectACL(b *bucket, acl string) *apiError {
	switch {
	case acl == aclDefault || acl == aclPrivate:
		return nil
	case !validACL(acl):
		return errorf("InvalidArgument", "no such object access control exists").with("ArgumentName", "x-oss-object-acl").with("ArgumentValue", acl)
	case b.isBlocked():
		return errorf("AccessDenied", "Put public object acl is not allowed.").cause("0016-00000901")
	}
	return nil
}

// putObjectACL changes the ACL of a version (OSS API, PutObjectACL).
func (s *Service) putObjectACL(r *request) (*response, *apiError) {
	if refused := checkObjectACL(r.bucket, r.Header.Get("x-oss-object-acl")); refused != nil {
		return nil, refused
	}
	return s.changeOptions(r, http.StatusOK, func(o *options) { o.acl = objectACL(r.Header) })
}

// getObjectACL returns the ACL of a version (OSS API, GetObjectACL).
func (s *Service) getObjectACL(r *request) (*response, *apiError) {
	v, refused := r.bucket.find(r.key, r.query.Get("versionId"))
	if refused != nil {
		return nil, refused
	}
	answer, refused := xmlResponse(accessControlPolicy{Owner: owner(r.bucket.owner), AccessControlList: accessControlList{cmp.Or(v.acl(), aclDefault)}})
	return versioned(answer, r.bucket, v), refused
}

// putSymlink makes a symbolic link; a read checks whether its target exists
// (OSS API, PutSymlink).
func (s *Service) putSymlink(r *request) (*response, *apiError) {
	target, err := url.PathUnescape(r.Header.Get("x-oss-symlink-target"))
	if err != nil || !validKey(target) {
		return nil, invalid("x-oss-symlink-target", target, "The target is no name of an object.")
	}
	if refused := s.mayWrite(r, s.cfg.Clock.Now()); refused != nil {
		return nil, refused
	}
	v := s.newVersion(r.bucket, r.Header, nil)
	v.change(func(o *options) { o.target = target })
	if r.Header.Get("Content-Type") == "" {
		v.header = v.header.without("Content-Type") // the target's is shown
	}
	r.bucket.add(r.key, v)
	answer := newResponse(http.StatusOK)
	stored(answer, r.bucket, v)
	return answer, nil
}

// getSymlink returns the target of a symbolic link (OSS API, GetSymlink).
func (s *Service) getSymlink(r *request) (*response, *apiError) {
	v, refused := r.bucket.find(r.key, r.query.Get("versionId"))
	if refused != nil {
		return nil, refused
	}
	if v.target() == "" {
		return nil, errorf("NotSymlink", "The object is not symlink").with("Key", r.key)
	}
	answer := newResponse(http.StatusOK)
	stored(answer, r.bucket, v)
	answer.header.Set("x-oss-symlink-target", percentEncode(v.target(), true))
	v.header.copyTo(answer.header)
	answer.header.Set("Last-Modified", v.modified.UTC().Format(http.TimeFormat))
	return answer, nil
}

// followed returns the version that a request reads: the one it names, or the
// target of a symbolic link, with the link (A074).
func (s *Service) followed(r *request, action string) (v, link *version, refused *apiError) {
	v, refused = r.bucket.find(r.key, r.query.Get("versionId"))
	if refused != nil || v.target() == "" {
		return v, nil, refused
	}
	target := r.bucket.latest(v.target())
	switch {
	case target == nil:
		return nil, nil, errorf("SymlinkTargetNotExist", "The symlink target object does not exist.").with("Key", v.target())
	case target.target() != "":
		return nil, nil, errorf("InvalidTargetType", "The symbolic's target object is also a symlink.").with("Key", v.target())
	}
	return target, v, s.authorizeIn(r, r.bucket, action, v.target())
}

// describeAsLink completes the description of a target that was read through a
// link: size, ETag and sums are the target's, Last-Modified is the later one, and
// all else is the link's (OSS API, HeadObject).
func (v *version) describeAsLink(answer *response, b *bucket, target *version) {
	for name := range answer.header {
		if strings.HasPrefix(strings.ToLower(name), metaPrefix) || name == "Cache-Control" || name == "Expires" ||
			strings.HasPrefix(name, "Content-") && name != "Content-Md5" && name != "Content-Type" {
			answer.header.Del(name)
		}
	}
	shown := make(http.Header)
	v.header.copyTo(shown)
	maps.Copy(answer.header, shown)
	answer.header.Set("x-oss-object-type", typeSymlink)
	answer.header.Set("x-oss-storage-class", v.storageClass)
	answer.header.Del("x-oss-tagging-count")
	if n := len(v.tags()); n > 0 {
		answer.header.Set("x-oss-tagging-count", strconv.Itoa(n))
	}
	if v.modified.After(target.modified) {
		answer.header.Set("Last-Modified", v.modified.UTC().Format(http.TimeFormat))
	}
	versioned(answer, b, v)
}
