package oss_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/google/go-cmp/cmp"
)

func TestBucketCORS_Rules_ReturnedAsPut(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	request := func(rules int, method string) *sdk.PutBucketCorsRequest {
		config := &sdk.CORSConfiguration{}
		for range rules {
			config.CORSRules = append(config.CORSRules, sdk.CORSRule{AllowedOrigins: []string{"*"}, AllowedMethods: []string{method}})
		}
		return &sdk.PutBucketCorsRequest{Bucket: new("bucket-a"), CORSConfiguration: config}
	}
	for code, bad := range map[string]*sdk.PutBucketCorsRequest{"MalformedXML": request(11, "GET"), "InvalidArgument": request(1, "TRACE")} {
		_, err := c.PutBucketCors(t.Context(), bad)
		wantCode(t, err, code)
	}
	for _, change := range []func(*sdk.CORSRule){
		func(r *sdk.CORSRule) { r.AllowedOrigins = []string{"http://*.*.example"} },
		func(r *sdk.CORSRule) { r.AllowedHeaders = []string{"x-*-*"} },
		func(r *sdk.CORSRule) { r.ExposeHeaders = []string{"x-oss-*"} },
	} {
		bad := request(1, "GET")
		change(&bad.CORSConfiguration.CORSRules[0])
		_, err := c.PutBucketCors(t.Context(), bad)
		wantCode(t, err, "InvalidArgument")
	}
	if _, err := c.PutBucketCors(t.Context(), request(10, "GET")); err != nil {
		t.Fatal(err)
	}
	got, err := c.GetBucketCors(t.Context(), &sdk.GetBucketCorsRequest{Bucket: new("bucket-a")})
	if err != nil || len(got.CORSConfiguration.CORSRules) != 10 || got.CORSConfiguration.ResponseVary == nil || *got.CORSConfiguration.ResponseVary {
		t.Errorf("rules: %+v, %v", got, err)
	}
	if _, err := c.DeleteBucketCors(t.Context(), &sdk.DeleteBucketCorsRequest{Bucket: new("bucket-a")}); err != nil {
		t.Error(err)
	}
	_, err = c.GetBucketCors(t.Context(), &sdk.GetBucketCorsRequest{Bucket: new("bucket-a")})
	wantCode(t, err, "NoSuchCORSConfiguration")
}

// A page is a script of an origin in a browser.
type page struct {
	t      *testing.T
	origin string
}

// fetch does what a browser does for a request of another origin (the Fetch
// standard): a preflight request unless the request is simple, then the request,
// whose answer the page may read or not. It returns the headers that the page
// sees.
func (p page) fetch(method, url, body string, headers ...string) (status int, seen http.Header, blocked string) {
	p.t.Helper()
	simple := slices.Contains([]string{"GET", "HEAD", "POST"}, method) && len(headers) == 0
	if !simple {
		answer := p.send("OPTIONS", url, "", map[string]string{
			"Access-Control-Request-Method": method, "Access-Control-Request-Headers": strings.Join(headers, ","),
		})
		allowed := strings.ToLower(answer.Header.Get("Access-Control-Allow-Headers"))
		methods := answer.Header.Get("Access-Control-Allow-Methods")
		switch {
		case answer.StatusCode != http.StatusOK || !p.mayRead(answer.Header):
			return answer.StatusCode, nil, "origin"
		case !slices.Contains(strings.Split(methods, ", "), method) && !slices.Contains([]string{"GET", "HEAD", "POST"}, method):
			return answer.StatusCode, nil, "method"
		}
		for _, header := range headers {
			if !slices.Contains(strings.Split(allowed, ", "), strings.ToLower(header)) {
				return answer.StatusCode, nil, "header " + header
			}
		}
	}
	given := map[string]string{}
	for _, header := range headers {
		given[header] = "x"
	}
	answer := p.send(method, url, body, given)
	if !p.mayRead(answer.Header) {
		return answer.StatusCode, nil, "answer"
	}
	seen = http.Header{}
	for _, name := range append(strings.Split(answer.Header.Get("Access-Control-Expose-Headers"), ", "), "Content-Type", "Cache-Control") {
		if value := answer.Header.Get(name); value != "" {
			seen.Set(name, value)
		}
	}
	return answer.StatusCode, seen, ""
}

func (p page) mayRead(h http.Header) bool {
	allowed := h.Values("Access-Control-Allow-Origin")
	return len(allowed) == 1 && (allowed[0] == "*" || allowed[0] == p.origin)
}

func (p page) send(method, url, body string, headers map[string]string) *http.Response {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header.Set("Origin", p.origin)
	for name, value := range headers {
		if value != "" {
			request.Header.Set(name, value)
		}
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer
}

func TestCORS_PagesOfBrowsers_ByRule(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPut(t, c, "bucket-a", "k", "v")
	get, err := c.Presign(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("k")})
	if err != nil {
		t.Fatal(err)
	}
	put, err := c.Presign(t.Context(), &sdk.PutObjectRequest{Bucket: new("bucket-a"), Key: new("new")})
	if err != nil {
		t.Fatal(err)
	}
	missing, err := c.Presign(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("missing")})
	if err != nil {
		t.Fatal(err)
	}
	a, sub, stranger := page{t, "https://a.example"}, page{t, "https://x.sub.example"}, page{t, "https://evil.example"}
	wantBlocked := func(p page, method, url, why string, headers ...string) {
		t.Helper()
		if status, _, blocked := p.fetch(method, url, "new", headers...); blocked != why {
			t.Errorf("%s %s of %s with %v is blocked by %q (%d), want %q", method, url, p.origin, headers, blocked, status, why)
		}
	}
	wantBlocked(a, "GET", get.URL, "answer")
	wantBlocked(a, "PUT", put.URL, "origin")
	rule := func(origins, methods, headers, expose []string) sdk.CORSRule {
		return sdk.CORSRule{AllowedOrigins: origins, AllowedMethods: methods, AllowedHeaders: headers, ExposeHeaders: expose, MaxAgeSeconds: new(int64(600))}
	}
	if _, err := c.PutBucketCors(t.Context(), &sdk.PutBucketCorsRequest{Bucket: new("bucket-a"), CORSConfiguration: &sdk.CORSConfiguration{CORSRules: []sdk.CORSRule{
		rule([]string{"https://a.example", "https://*.sub.example"}, []string{"GET", "PUT"}, []string{"x-custom", "x-more-*"}, []string{"ETag", "x-oss-request-id"}),
		rule([]string{"*"}, []string{"HEAD"}, nil, nil),
	}, ResponseVary: new(true)}}); err != nil {
		t.Fatal(err)
	}
	for _, p := range []page{a, sub} {
		status, seen, blocked := p.fetch("GET", get.URL, "")
		if status != 200 || blocked != "" || seen.Get("Etag") == "" || len(seen.Get("X-Oss-Request-Id")) != 24 || seen.Get("Last-Modified") != "" {
			t.Errorf("GET of %s: %d, %v, blocked %q", p.origin, status, seen, blocked)
		}
	}
	if status, _, blocked := a.fetch("PUT", put.URL, "new"); status != 200 || blocked != "" {
		t.Errorf("PUT: %d, blocked %q", status, blocked)
	}
	if status, _, blocked := a.fetch("GET", missing.URL, ""); status != 404 || blocked != "" {
		t.Errorf("a missing object: %d, blocked %q", status, blocked)
	}
	if status, _, blocked := a.fetch("GET", get.URL, "", "X-Custom", "X-More-1"); status != 200 || blocked != "" {
		t.Errorf("GET with headers: %d, blocked %q", status, blocked)
	}
	wantBlocked(a, "GET", get.URL, "origin", "X-Other")
	wantBlocked(a, "DELETE", put.URL, "origin")
	wantBlocked(stranger, "PUT", put.URL, "origin")
	wantBlocked(stranger, "GET", get.URL, "answer")
	wantBlocked(page{t, "https://sub.example"}, "GET", get.URL, "answer")

	preflight := a.send("OPTIONS", put.URL, "", map[string]string{"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "X-Custom"})
	want := map[string]string{
		"Access-Control-Allow-Origin": "https://a.example", "Access-Control-Allow-Methods": "GET, PUT", "Access-Control-Allow-Headers": "X-Custom",
		"Access-Control-Expose-Headers": "ETag, x-oss-request-id", "Access-Control-Max-Age": "600", "Vary": "Origin",
	}
	got := map[string]string{}
	for name := range want {
		got[name] = preflight.Header.Get(name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("preflight (-want, +got):\n%s", diff)
	}
	if h := stranger.send("HEAD", get.URL, "", nil).Header; h.Get("Access-Control-Allow-Origin") != "*" || h.Get("Vary") != "Origin" {
		t.Errorf("HEAD by the second rule: %v", h)
	}
	if h := (page{t, ""}).send("GET", get.URL, "", nil).Header; h.Get("Vary") != "Origin" || h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("a request without Origin: %v", h)
	}
	for path, status := range map[string]int{"/bucket-a/k": 403, "/": 403, "/absent-bucket/k": 404} {
		if answer := stranger.send("OPTIONS", e.url+path, "", map[string]string{"Access-Control-Request-Method": "PUT"}); answer.StatusCode != status {
			t.Errorf("OPTIONS %s: %d, want %d", path, answer.StatusCode, status)
		}
	}
	if answer := a.send("OPTIONS", e.url+"/bucket-a/k", "", nil); answer.StatusCode != 403 {
		t.Errorf("OPTIONS without a method: %d", answer.StatusCode)
	}
}
