package oss

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // OSS signature V1 is HMAC-SHA1
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	algorithmV4     = "OSS4-HMAC-SHA256"
	scopeEndV4      = "aliyun_v4_request"
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// A target is the subject of a request: the service (both empty), a bucket, or
// an object.
type target struct {
	bucket, key string
}

// path is the resource as both signatures spell it before any encoding.
func (t target) path() string {
	if t.bucket == "" {
		return "/"
	}
	return "/" + t.bucket + "/" + t.key
}

// stringToSignV1 builds the string that signature V1 signs. date is the Date
// line: the Date header, x-oss-date where that is sent, or Expires of a signed
// URL. covers reports whether the signature covers a query member.
func stringToSignV1(method string, header http.Header, date string, query url.Values, t target, covers func(string) bool) string {
	var b strings.Builder
	for _, line := range []string{method, header.Get("Content-MD5"), header.Get("Content-Type"), date} {
		b.WriteString(line + "\n")
	}
	for _, name := range ossHeaders(header) {
		b.WriteString(name + ":" + joined(header, name) + "\n")
	}
	b.WriteString(t.path())
	var signed []string
	for name, values := range query {
		if !covers(name) {
			continue
		}
		if len(values) > 0 && values[0] != "" {
			name += "=" + values[0]
		}
		signed = append(signed, name)
	}
	slices.Sort(signed)
	if len(signed) > 0 {
		b.WriteString("?" + strings.Join(signed, "&"))
	}
	return b.String()
}

func signV1(secret, stringToSign string) string {
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(stringToSign))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// A scopeV4 is the scope of the signing key of a signature V4.
type scopeV4 struct {
	date, region string // 20060102, cn-hangzhou
}

func (s scopeV4) String() string { return s.date + "/" + s.region + "/oss/" + scopeEndV4 }

// stringToSignV4 builds the string that signature V4 signs (OSS
// documentation, "Include a V4 signature in the Authorization header").
// rawQuery is the query as sent; x-oss-signature is left out of it.
func stringToSignV4(method string, header http.Header, rawQuery string, t target, additional []string, datetime string, scope scopeV4) string {
	signed := ossHeaders(header)
	for _, name := range []string{"content-type", "content-md5"} {
		if header.Get(name) != "" {
			signed = append(signed, name)
		}
	}
	signed = append(signed, additional...)
	slices.Sort(signed)
	var headers strings.Builder
	for _, name := range slices.Compact(signed) {
		headers.WriteString(name + ":" + joined(header, name) + "\n")
	}
	payload := header.Get("x-oss-content-sha256")
	if payload == "" {
		payload = unsignedPayload
	}
	canonical := strings.Join([]string{
		method, percentEncode(t.path(), true), canonicalQueryV4(rawQuery),
		headers.String(), strings.Join(additional, ";"), payload,
	}, "\n")
	hash := sha256.Sum256([]byte(canonical))
	return strings.Join([]string{algorithmV4, datetime, scope.String(), hex.EncodeToString(hash[:])}, "\n")
}

func signV4(secret string, scope scopeV4, stringToSign string) string {
	key := []byte("aliyun_v4" + secret)
	for _, part := range []string{scope.date, scope.region, "oss", scopeEndV4, stringToSign} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return hex.EncodeToString(key)
}

// canonicalQueryV4 decodes and encodes each parameter anew, since clients
// escape differently.
func canonicalQueryV4(rawQuery string) string {
	var params []string
	for pair := range strings.SplitSeq(rawQuery, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, value = decoded(name), decoded(value)
		if name == "" || name == "x-oss-signature" {
			continue
		}
		param := percentEncode(name, false)
		if value != "" {
			param += "=" + percentEncode(value, false)
		}
		params = append(params, param)
	}
	slices.SortFunc(params, func(a, b string) int {
		nameA, _, _ := strings.Cut(a, "=")
		nameB, _, _ := strings.Cut(b, "=")
		return strings.Compare(nameA, nameB)
	})
	return strings.Join(params, "&")
}

func decoded(s string) string {
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return s
}

// ossHeaders lists the x-oss- headers in lower case, sorted.
func ossHeaders(header http.Header) []string {
	var names []string
	for name := range header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-oss-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func joined(header http.Header, name string) string {
	values := slices.Clone(header.Values(name))
	for i := range values {
		values[i] = strings.TrimSpace(values[i])
	}
	return strings.Join(values, ",")
}

// percentEncode encodes all bytes but the unreserved ones of RFC 3986, and
// the slash where it is to be kept.
func percentEncode(s string, keepSlash bool) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0, c == '/' && keepSlash:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}
