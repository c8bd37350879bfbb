package oss

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The vectors are requests of the real clients and of the documentation, with
// the signatures that they carried.
func TestSignatureV1_KnownRequests_Match(t *testing.T) {
	const date = "Fri, 20 Nov 2026 15:29:11 GMT"
	cases := map[string]struct {
		secret, method, date string
		header               http.Header
		query                string
		target               target
		want                 string
	}{
		"the documentation's example": {
			"OtxrzxIsfpFjA7SwPzILwy8Bw21TLhquhboDYROV", "PUT", "Thu, 17 Nov 2005 18:49:58 GMT",
			http.Header{"Content-Md5": {"ODBGOERFMDMzQTczRUY3NUE3NzA5QzdFNUYzMDQxNEM="}, "Content-Type": {"text/html"},
				"X-Oss-Magic": {"abracadabra"}, "X-Oss-Meta-Author": {"foo@bar.com"}},
			"", target{"oss-example", "nelson"}, "26NBxoKdsyly4EDv6inkoDft/yA="},
		"put a bucket":     {"testsecret", "PUT", date, http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, "", target{"bucket-b", ""}, "5sKBJdQ14waqYPoAMgO0atRoq6I="},
		"put an object":    {"testsecret", "PUT", date, http.Header{"Content-Type": {"application/octet-stream"}}, "", target{"bucket-b", "dir a/k+%é"}, "PxnC/feONq1992Usr0gfIS/CLr8="},
		"list by a prefix": {"testsecret", "GET", date, nil, "prefix=x", target{}, "uzveDr9RnT6DXf8lBV+84V+ZTwQ="},
		"a sub-resource":   {"testsecret", "GET", date, nil, "bucketInfo", target{"bucket-b", ""}, "yXvHQe2iVv3GYMaEmRIop/QItAI="},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			query, err := url.ParseQuery(c.query)
			if err != nil {
				t.Fatal(err)
			}
			toSign := stringToSignV1(c.method, c.header, c.date, query, c.target, newTable().covers)
			if got := signV1(c.secret, toSign); got != c.want {
				t.Errorf("signature = %s, want %s; string to sign %q", got, c.want, toSign)
			}
		})
	}
}

func TestSignatureV4_KnownRequests_Match(t *testing.T) {
	const datetime = "20261120T152911Z"
	scope := scopeV4{"20261120", "cn-hangzhou"}
	cases := map[string]struct {
		method    string
		header    map[string]string
		query     string
		target    target
		wantBegin string
	}{
		"put a bucket": {"PUT", map[string]string{"Content-Type": "application/xml", "Content-MD5": "KLrQqQCwN3S/w8UBAC7aqQ=="},
			"", target{"bucket-a", ""}, "724e87c3e180df51"},
		"list buckets by a prefix": {"GET", map[string]string{"Content-Type": "application/octet-stream", "Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="},
			"prefix=a%20b%2Fc", target{}, "0393d3a2112f3e66"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			header := http.Header{}
			for k, v := range c.header {
				header.Set(k, v)
			}
			header.Set("x-oss-date", datetime)
			header.Set("x-oss-content-sha256", unsignedPayload)
			toSign := stringToSignV4(c.method, header, c.query, c.target, nil, datetime, scope)
			if got := signV4("testsecret", scope, toSign); !strings.HasPrefix(got, c.wantBegin) {
				t.Errorf("signature = %s, want %s...; string to sign %q", got, c.wantBegin, toSign)
			}
		})
	}
}

func TestCanonicalQuery_Escapings_SignAlike(t *testing.T) {
	const want = "a%20b=c%2Fd&encoding-type=url&uploads"
	for _, raw := range []string{"uploads&a+b=c/d&encoding-type=url", "a%20b=c%2fd&uploads=&encoding-type=url&x-oss-signature=s"} {
		if got := canonicalQueryV4(raw); got != want {
			t.Errorf("canonicalQueryV4(%q) = %q, want %q", raw, got, want)
		}
	}
}
