package assumptions_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
)

// atHost gives a client the endpoint of a host of the cloud. The emulator serves it
// under its own address.
func (e *environment) atHost(host string) func(*oss.Config) {
	return func(c *oss.Config) {
		c.WithEndpoint(host)
		if e.srv == nil {
			return
		}
		address := strings.TrimPrefix(e.srv.URL(), "http://")
		c.WithEndpoint("http://" + host).WithHttpClient(&http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, address)
			},
		}})
	}
}

// head returns the status line and headers of an answer as they come.
func (e *environment) head(method, address string) []string {
	e.Helper()
	u, err := url.Parse(address)
	if err != nil {
		e.Fatal(err)
	}
	conn, err := net.Dial("tcp", net.JoinHostPort(u.Hostname(), map[string]string{"": "443"}[u.Port()]+u.Port()))
	if err != nil {
		e.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if u.Scheme == "https" {
		conn = tls.Client(conn, &tls.Config{ServerName: u.Hostname()})
	}
	if _, err := io.WriteString(conn, method+" "+u.RequestURI()+" HTTP/1.1\r\nHost: "+u.Host+"\r\nConnection: close\r\n\r\n"); err != nil {
		e.Fatal(err)
	}
	all, err := io.ReadAll(conn)
	if err != nil {
		e.Fatal(err)
	}
	head, _, _ := strings.Cut(string(all), "\r\n\r\n")
	return strings.Split(head, "\r\n")
}

func TestA200_UnknownQueryMember_IgnoredInReadsOfObjects(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.openBucket()
		e.put(c, name, "k", "x")
		if _, err := c.PutObjectAcl(e.Context(), &oss.PutObjectAclRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Acl: oss.ObjectACLPublicRead}); err != nil {
			t.Fatal(err)
		}
		e.answers(e.link(name, "k")+"?v=1", "an object with ?v=1", 200)
	})
}

func TestA201_SignatureV4WithDate_SignsItsText(t *testing.T) {
	verify(t, free, func(e *environment) {
		if e.key.token != "" {
			t.Skip("for keys without a token")
		}
		date := time.Now().UTC().Format(http.TimeFormat)
		scope := time.Now().UTC().Format("20060102") + "/" + e.region + "/oss/aliyun_v4_request"
		canonical := sha256.Sum256([]byte("GET\n/\n\nx-oss-content-sha256:UNSIGNED-PAYLOAD\n\n\nUNSIGNED-PAYLOAD"))
		sign := func(datetime string) string {
			key := []byte("aliyun_v4" + e.key.secret)
			for _, part := range append(strings.Split(scope, "/"), "OSS4-HMAC-SHA256\n"+datetime+"\n"+scope+"\n"+hex.EncodeToString(canonical[:])) {
				mac := hmac.New(sha256.New, key)
				mac.Write([]byte(part))
				key = mac.Sum(nil)
			}
			return hex.EncodeToString(key)
		}
		address := "https://oss-" + e.region + ".aliyuncs.com/"
		if e.srv != nil {
			address = e.srv.URL() + "/"
		}
		for datetime, status := range map[string]int{date: 200, time.Now().UTC().Format("20060102T150405Z"): 403} {
			header := http.Header{
				"Date": {date}, "X-Oss-Content-Sha256": {"UNSIGNED-PAYLOAD"},
				"Authorization": {"OSS4-HMAC-SHA256 Credential=" + e.key.id + "/" + scope + ",Signature=" + sign(datetime)},
			}
			if a := e.do("GET", address, "ListBuckets", header); a.status != status {
				t.Errorf("signed with %q: %d %s, want %d", datetime, a.status, a.body, status)
			}
		}
	})
}

func TestA215_DayOfOneDigit_IsADate(t *testing.T) {
	verify(t, free, func(e *environment) {
		if e.key.token != "" {
			t.Skip("for keys without a token")
		}
		date := time.Now().UTC().Format("Mon, 2 Jan 2006 15:04:05 GMT") // it is the plain form from the tenth on
		address := "https://oss-" + e.region + ".aliyuncs.com/"
		if e.srv != nil {
			address = e.srv.URL() + "/"
		}
		mac := hmac.New(sha1.New, []byte(e.key.secret))
		mac.Write([]byte("GET\n\n\n" + date + "\n/"))
		header := http.Header{"Date": {date}, "Authorization": {"OSS " + e.key.id + ":" + base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
		if a := e.do("GET", address, "ListBuckets", header); a.status == 403 && strings.Contains(a.body, "valid Date") {
			t.Errorf("%q: %d %s", date, a.status, a.body)
		}
	})
}

func TestA202_PathStyleAtHostOfCloud_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		_, name := e.bucket()
		c := e.bucketClient(e.atHost("oss-"+e.region+".aliyuncs.com"), func(c *oss.Config) { c.WithUsePathStyle(true) })
		_, err := c.GetBucketAcl(e.Context(), &oss.GetBucketAclRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 403, "SecondLevelDomainForbidden")
		if _, err := c.ListBuckets(e.Context(), &oss.ListBucketsRequest{}); err != nil {
			t.Errorf("ListBuckets: %v", err)
		}
	})
}

func TestA203_Error_NamesItsCause(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.GetObject(e.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("none")})
		if text := e.refused(err, 404, "NoSuchKey"); !strings.Contains(text, "<EC>0026-00000001</EC>") || !strings.Contains(text, "<RecommendDoc>") {
			t.Errorf("the error is %s", text)
		}
	})
}

// objectHead returns the head of the answer to a signed GET of an object with metadata.
func (e *environment) objectHead() []string {
	e.Helper()
	c, name := e.bucket()
	if _, err := c.PutObject(e.Context(), &oss.PutObjectRequest{
		Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Metadata: map[string]string{"Foo": "x"}, Body: strings.NewReader("x"),
	}); err != nil {
		e.Fatal(err)
	}
	signed, err := c.Presign(e.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
	if err != nil {
		e.Fatal(err)
	}
	return e.head("GET", signed.URL)
}

func TestA204_HeaderNames_HaveTheCaseOfOSS(t *testing.T) {
	verify(t, free, func(e *environment) {
		head := e.objectHead()
		for _, name := range []string{"x-oss-meta-foo: ", "ETag: ", "x-oss-request-id: ", "x-oss-hash-crc64ecma: "} {
			if !slices.ContainsFunc(head, func(line string) bool { return strings.HasPrefix(line, name) }) {
				t.Errorf("the answer lacks %s\n%s", name, strings.Join(head, "\n"))
			}
		}
	})
}

func TestA205_TimesInXML_EndWithZeros(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		result, err := c.InvokeOperation(e.Context(), &oss.OperationInput{
			OpName: "GetBucketInfo", Method: "GET", Bucket: oss.Ptr(name), Parameters: map[string]string{"bucketInfo": ""},
		})
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(result.Body)
		if err != nil || !regexp.MustCompile(`<CreationDate>[0-9T:-]{19}\.000Z<`).Match(body) {
			t.Errorf("the bucket is %s, %v", body, err)
		}
	})
}

func TestA206_SeveralRanges_FirstCounts(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "0123456789")
		got, err := c.GetObject(e.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Range: oss.Ptr("bytes=1-2,5-6")})
		if err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(got.Body); err != nil || got.StatusCode != 206 || string(content) != "12" {
			t.Errorf("%d %q, %v", got.StatusCode, content, err)
		}
		_, err = c.GetObject(e.Context(), &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Range: oss.Ptr("bytes=-0")})
		e.refused(err, 416, "InvalidRange")
	})
}

func TestA207_ObjectPutWhole_HasContentMD5(t *testing.T) {
	verify(t, free, func(e *environment) {
		if head := e.objectHead(); !slices.Contains(head, "Content-MD5: ndTkYSaMgDT1yFZOFVxnpg==") {
			t.Errorf("the answer lacks Content-MD5:\n%s", strings.Join(head, "\n"))
		}
	})
}

func TestA208_CopyAnswers_HaveETagAndRange(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "0123456789")
		copied, err := c.CopyObject(e.Context(), &oss.CopyObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("c"), SourceKey: oss.Ptr("k")})
		if err != nil || copied.Headers.Get("ETag") != oss.ToString(copied.ETag) || copied.Headers.Get("ETag") == "" {
			t.Errorf("CopyObject has the ETag %q: %+v, %v", copied.Headers.Get("ETag"), copied, err)
		}
		upload, err := c.InitiateMultipartUpload(e.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("m")})
		if err != nil {
			t.Fatal(err)
		}
		part, err := c.UploadPartCopy(e.Context(), &oss.UploadPartCopyRequest{
			Bucket: oss.Ptr(name), Key: oss.Ptr("m"), SourceKey: oss.Ptr("k"), PartNumber: 1, UploadId: upload.UploadId, Range: oss.Ptr("bytes=2-5"),
		})
		if err != nil || part.Headers.Get("Content-Range") != "bytes 2-5/10" {
			t.Errorf("UploadPartCopy has the range %q, %v", part.Headers.Get("Content-Range"), err)
		}
	})
}

func TestA209_SignatureV1_CoversSubresources(t *testing.T) {
	verify(t, never, func(e *environment) { // a new bucket of the cloud refuses version 1 (A403)
		_, name := e.bucket()
		_, err := e.v1().GetBucketPublicAccessBlock(e.Context(), &oss.GetBucketPublicAccessBlockRequest{Bucket: oss.Ptr(name)})
		if err != nil {
			t.Errorf("publicAccessBlock is not signed: %v", err)
		}
	}, emulatortest.WithConfig(func(c *emulator.Config) { c.Account = emulator.Account2024 }))
}

func TestA210_SignatureV2_Refused(t *testing.T) {
	verify(t, never, func(e *environment) {
		header := http.Header{"Authorization": {"OSS2 AccessKeyId:" + e.key.id + ",Signature:x"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}}
		if a := e.do("GET", e.link("", ""), "ListBuckets", header); a.status != 400 || !strings.Contains(a.body, "InvalidArgument") {
			t.Errorf("the answer is %d %s", a.status, a.body)
		}
	})
}

func TestA211_BucketBeforeBareRegion_IsItsHost(t *testing.T) {
	verify(t, never, func(e *environment) {
		_, name := e.bucket()
		c := e.bucketClient(e.atHost(e.region + ".aliyuncs.com"))
		if _, err := c.GetBucketAcl(e.Context(), &oss.GetBucketAclRequest{Bucket: oss.Ptr(name)}); err != nil {
			t.Error(err)
		}
	})
}

func TestA212_SecurityTokenHeader_CountsInV1(t *testing.T) {
	verify(t, never, func(e *environment) {
		_, k := e.user("sts:AssumeRole")
		me := into[struct{ AccountId string }](e.sts("GetCallerIdentity"))
		session := into[struct {
			Credentials struct{ AccessKeyId, AccessKeySecret, SecurityToken string }
		}](e.as(k).sts("AssumeRole", "RoleArn", "acs:ram::"+me.AccountId+":role/EmulatedInstanceRole", "RoleSessionName", "Check")).Credentials
		date := time.Now().UTC().Format(http.TimeFormat)
		mac := hmac.New(sha1.New, []byte(session.AccessKeySecret))
		mac.Write([]byte("GET\n\n\n" + date + "\n/"))
		header := http.Header{"Date": {date}, "Authorization": {"OSS " + session.AccessKeyId + ":" + base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
		if a := e.do("GET", e.link("", ""), "ListBuckets without the token", header); !strings.Contains(a.body, "InvalidAccessKeyId") {
			t.Errorf("without the token: %d %s", a.status, a.body)
		}
		header.Set("security-token", session.SecurityToken)
		if a := e.do("GET", e.link("", ""), "ListBuckets", header); strings.Contains(a.body, "InvalidAccessKeyId") || strings.Contains(a.body, "InvalidSecurityToken") {
			t.Errorf("with the token: %d %s", a.status, a.body)
		}
	})
}

func TestA213_MissingBucket_ComesBeforeUnknownKey(t *testing.T) {
	verify(t, free, func(e *environment) {
		_, name := e.bucket()
		stranger := e.as(key{id: "unknownkey", secret: "x"}).bucketClient()
		for bucket, want := range map[string]struct {
			status int
			code   string
		}{name: {403, "InvalidAccessKeyId"}, name + "-none": {404, "NoSuchBucket"}} {
			_, err := stranger.GetBucketAcl(e.Context(), &oss.GetBucketAclRequest{Bucket: oss.Ptr(bucket)})
			e.refused(err, want.status, want.code)
		}
	})
}

func TestA214_AdditionalHeaderMissing_InvalidArgument(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		c = e.bucketClient(func(c *oss.Config) { c.WithAdditionalHeaders([]string{"x-test"}) })
		signed, err := c.Presign(e.Context(), &oss.GetObjectRequest{
			Bucket: oss.Ptr(name), Key: oss.Ptr("k"), RequestCommon: oss.RequestCommon{Headers: map[string]string{"x-test": "1"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		if a := e.do("GET", signed.URL, "an object", http.Header{"X-Test": {"1"}}); a.status != 200 {
			t.Errorf("with the header: %d %s", a.status, a.body)
		}
		if a := e.do("GET", signed.URL, "an object", nil); a.status != 400 {
			t.Errorf("without the header: %d %s", a.status, a.body)
		}
	})
}
