package oss_test

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// raw sends a request signed with V1 over a socket of its own and returns the answer
// as it comes: status line and header lines, and the body.
func (e *environment) raw(t *testing.T, method, resource, body string, headers ...string) (head []string, answer string) {
	t.Helper()
	address := strings.TrimPrefix(e.url, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	date := time.Now().UTC().Format(http.TimeFormat)
	var signed strings.Builder
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		signed.WriteString(strings.ToLower(name) + ":" + value + "\n")
	}
	path, query, _ := strings.Cut(resource, "?")
	toSign, err := url.PathUnescape(path)
	if err != nil {
		t.Fatal(err)
	}
	if query != "" {
		toSign += "?" + query
	}
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(method + "\n\n\n" + date + "\n" + signed.String() + toSign))
	head = append([]string{
		method + " " + resource + " HTTP/1.1", "Host: " + address, "Date: " + date, "Connection: close",
		"Authorization: OSS " + keyID + ":" + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		fmt.Sprintf("Content-Length: %d", len(body)),
	}, headers...)
	_, _ = io.WriteString(conn, strings.Join(head, "\r\n")+"\r\n\r\n"+body) // the server may refuse a head before its end
	all, err := io.ReadAll(bufio.NewReader(conn))
	if err != nil && len(all) == 0 {
		t.Fatal(err)
	}
	before, after, _ := strings.Cut(string(all), "\r\n\r\n")
	return strings.Split(before, "\r\n"), after
}

// wantLines requires header lines of an answer with the case of their names.
func wantLines(t *testing.T, head []string, prefixes ...string) {
	t.Helper()
	for _, prefix := range prefixes {
		if n := countPrefix(head, prefix); n != 1 {
			t.Errorf("%q stands %d times in the answer, want once:\n%s", prefix, n, strings.Join(head, "\n"))
		}
	}
	for _, line := range head[1:] {
		if name, _, _ := strings.Cut(line, ":"); strings.HasPrefix(strings.ToLower(name), "x-oss-") && name != strings.ToLower(name) {
			t.Errorf("the header %s is not in lower case", name)
		}
	}
}

func countPrefix(lines []string, prefix string) (n int) {
	for _, line := range lines {
		if strings.HasPrefix(line, prefix) {
			n++
		}
	}
	return n
}

func TestHeaders_OnTheWire_HaveTheCaseOfOSS(t *testing.T) {
	e := newEnvironment(t)
	mustPutBucket(t, e.root(), "bucket-a")
	head, _ := e.raw(t, "PUT", "/bucket-a/k", "hello", "X-OSS-Meta-Foo: Bar", "x-oss-meta-two-words: x")
	wantLines(t, head, "HTTP/1.1 200", `ETag: "5D41402ABC4B2A76B9719D911017C592"`, "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==",
		"x-oss-hash-crc64ecma: ", "x-oss-request-id: ", "x-oss-server-time: ", "Server: AliyunOSS")
	for _, method := range []string{"GET", "HEAD"} {
		head, _ = e.raw(t, method, "/bucket-a/k", "")
		wantLines(t, head, "HTTP/1.1 200", "x-oss-meta-foo: Bar", "x-oss-meta-two-words: x", "x-oss-object-type: Normal", "x-oss-storage-class: Standard",
			`ETag: "5D41402ABC4B2A76B9719D911017C592"`, "Content-MD5: XUFAKrxLKna5cZ2REBfFkg==", "Last-Modified: ", "Content-Length: 5", "x-oss-hash-crc64ecma: ")
	}
}

func TestHeaders_OfErrors_HaveCauseOnTheWire(t *testing.T) {
	e := newEnvironment(t)
	mustPutBucket(t, e.root(), "bucket-a")
	head, body := e.raw(t, "GET", "/bucket-a/none", "")
	wantLines(t, head, "HTTP/1.1 404", "x-oss-ec: 0026-00000001")
	for _, want := range []string{"<Code>NoSuchKey</Code>", "<EC>0026-00000001</EC>", "<RecommendDoc>https://api.aliyun.com/troubleshoot?q=0026-00000001</RecommendDoc>"} {
		if !strings.Contains(body, want) {
			t.Errorf("the error lacks %s: %s", want, body)
		}
	}
	head, body = e.raw(t, "HEAD", "/bucket-a/none", "")
	wantLines(t, head, "HTTP/1.1 404", "x-oss-ec: 0026-00000001", "x-oss-err: ")
	if body != "" {
		t.Errorf("HEAD has the body %q", body)
	}
	for _, line := range head {
		if encoded, ok := strings.CutPrefix(line, "x-oss-err: "); ok {
			if text, err := base64.StdEncoding.DecodeString(encoded); err != nil || !strings.Contains(string(text), "<EC>0026-00000001</EC>") {
				t.Errorf("x-oss-err is %q, %v", text, err)
			}
		}
	}
}

func TestTimes_InXML_HaveNoMilliseconds(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	if _, err := c.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningRequest{
		Bucket: new("bucket-a"), VersioningConfiguration: &sdk.VersioningConfiguration{Status: sdk.VersionEnabled},
	}); err != nil {
		t.Fatal(err)
	}
	mustPut(t, c, "bucket-a", "k", "v")
	upload, err := c.InitiateMultipartUpload(t.Context(), &sdk.InitiateMultipartUploadRequest{Bucket: new("bucket-a"), Key: new("m")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.UploadPart(t.Context(), &sdk.UploadPartRequest{
		Bucket: new("bucket-a"), Key: new("m"), UploadId: upload.UploadId, PartNumber: 1, Body: strings.NewReader("part"),
	}); err != nil {
		t.Fatal(err)
	}
	anyTime := regexp.MustCompile(`\d{4}-\d\d-\d\dT[^<]*`)
	whole := regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$`)
	for _, resource := range []string{
		"/", "/bucket-a/", "/bucket-a/?versions", "/bucket-a/?uploads", "/bucket-a/?bucketInfo", "/bucket-a/m?uploadId=" + url.QueryEscape(*upload.UploadId),
	} {
		_, body := e.raw(t, "GET", resource, "")
		times := anyTime.FindAllString(body, -1)
		if len(times) == 0 {
			t.Errorf("%s has no time: %s", resource, body)
		}
		for _, at := range times {
			if !whole.MatchString(at) {
				t.Errorf("%s has the time %s, want .000Z at its end", resource, at)
			}
		}
	}
	_, body := e.raw(t, "PUT", "/bucket-a/copy", "", "x-oss-copy-source: /bucket-a/k")
	if at := anyTime.FindString(body); !whole.MatchString(at) {
		t.Errorf("CopyObject has the time %q", at)
	}
}

// HEAD of a bucket is getBucketMetadata of aliyun-sdk-oss for Java.
func TestHeadBucket_NamesItsRegion(t *testing.T) {
	e := newEnvironment(t)
	mustPutBucket(t, e.root(), "bucket-a")
	head, _ := e.raw(t, "HEAD", "/bucket-a/", "")
	wantLines(t, head, "HTTP/1.1 200", "x-oss-bucket-region: oss-cn-hangzhou")
	head, _ = e.raw(t, "HEAD", "/bucket-b/", "")
	wantLines(t, head, "HTTP/1.1 404", "x-oss-request-id: ")
}
