package rpc

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // signature version 1.0 is HMAC-SHA1 by definition
	"crypto/subtle"
	"encoding/base64"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// stringToSign builds the text signed in version 1.0: the method, the path "/",
// and all parameters of query and form except the signature itself, sorted and
// percent-encoded, empty values included ("Signature mechanism" of the RAM
// API).
func stringToSign(method string, params url.Values) string {
	var pairs strings.Builder
	for _, name := range slices.Sorted(maps.Keys(params)) { // by name: "Id.1" before "Id.10"
		if name == "Signature" {
			continue
		}
		for _, value := range params[name] {
			if pairs.Len() > 0 {
				pairs.WriteByte('&')
			}
			writeEncoded(&pairs, name)
			pairs.WriteByte('=')
			writeEncoded(&pairs, value)
		}
	}
	var s strings.Builder
	s.Grow(pairs.Len() * 3 / 2)
	s.WriteString(method + "&%2F&")
	writeEncoded(&s, pairs.String())
	return s.String()
}

// sign computes the signature of s by an access key's secret.
func sign(secret, s string) string {
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	mac.Write([]byte(s))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func equalSignatures(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}

// percentEncode encodes all but the unreserved characters of RFC 3986.
func percentEncode(s string) string {
	var b strings.Builder
	writeEncoded(&b, s)
	return b.String()
}

// writeEncoded is percentEncode into b.
func writeEncoded(b *strings.Builder, s string) {
	const hex = "0123456789ABCDEF"
	plain := 0 // start of the pending text that needs no encoding
	for i := range len(s) {
		switch c := s[i]; {
		case 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~':
		default:
			b.WriteString(s[plain:i])
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
			plain = i + 1
		}
	}
	b.WriteString(s[plain:])
}
