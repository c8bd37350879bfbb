package rpc

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// algorithmV3 is the signature version 3 of the gateway, in which action,
// version and signature travel in headers ("Request syntax and signature
// method V3").
const algorithmV3 = "ACS3-HMAC-SHA256"

// isV3 reports whether a request is signed by headers, with any algorithm.
func isV3(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("Authorization"), "ACS3-") }

// An authorization is the parsed Authorization header of version 3.
type authorization struct {
	accessKeyID, signature string
	signed                 []string // names of headers, as the client listed them
}

// parseAuthorization reads "ACS3-HMAC-SHA256 Credential=ID,SignedHeaders=a;b,Signature=HEX".
func parseAuthorization(r *http.Request) (authorization, *Error) {
	algorithm, fields, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if algorithm != algorithmV3 {
		return authorization{}, Unsupported(algorithm)
	}
	var a authorization
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			a.accessKeyID = value
		case "SignedHeaders":
			a.signed = strings.Split(value, ";")
		case "Signature":
			a.signature = value
		}
	}
	if a.accessKeyID == "" || a.signature == "" || !a.covers(r) {
		return a, Errorf(http.StatusBadRequest, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
	}
	return a, nil
}

// covers reports whether host and all x-acs-* headers are signed, as the
// documentation demands. IncompleteSignature as the answer is a guess (A010).
func (a authorization) covers(r *http.Request) bool {
	if !slices.Contains(a.signed, "host") {
		return false
	}
	for name := range r.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-acs-") && !slices.Contains(a.signed, name) {
			return false
		}
	}
	return true
}

// canonicalRequest is the text that version 3 hashes. The payload's hash is
// computed from the received body, so that a changed body is refused.
func canonicalRequest(r *http.Request, query url.Values, signed []string, body []byte) string {
	var b strings.Builder
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	b.WriteString(r.Method + "\n" + path + "\n")
	for i, name := range slices.Sorted(maps.Keys(query)) {
		for j, value := range query[name] {
			if i+j > 0 {
				b.WriteByte('&')
			}
			b.WriteString(percentEncode(name) + "=" + percentEncode(value))
		}
	}
	b.WriteByte('\n')
	for _, name := range signed {
		value := strings.Join(r.Header.Values(name), ",")
		if name == "host" {
			value = r.Host // the server takes it out of the headers
		}
		b.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	sum := sha256.Sum256(body)
	b.WriteString("\n" + strings.Join(signed, ";") + "\n" + hex.EncodeToString(sum[:]))
	return b.String()
}

// stringToSignV3 names the algorithm and the hash of the canonical request.
func stringToSignV3(canonical string) string {
	sum := sha256.Sum256([]byte(canonical))
	return algorithmV3 + "\n" + hex.EncodeToString(sum[:])
}

// signV3 computes the signature of s; unlike in version 1.0 the key is the
// bare secret.
func signV3(secret, s string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(s))
	return hex.EncodeToString(mac.Sum(nil))
}
