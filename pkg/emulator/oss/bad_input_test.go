package oss_test

import (
	"bufio"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// TestBadInput_EachKind_RefusedAndWithoutEffect sends what no client should, and
// requires the documented error, or a loud refusal, and the state of before.
func TestBadInput_EachKind_RefusedAndWithoutEffect(t *testing.T) {
	e, c := filled(t)
	upload, err := c.InitiateMultipartUpload(t.Context(), &sdk.InitiateMultipartUploadRequest{Bucket: new("bucket-a"), Key: new("k")})
	if err != nil {
		t.Fatal(err)
	}
	id := *upload.UploadId
	tags := func(n int) string {
		var b strings.Builder
		b.WriteString("<Tagging><TagSet>")
		for i := range n {
			fmt.Fprintf(&b, "<Tag><Key>k%d</Key><Value>v</Value></Tag>", i)
		}
		return b.String() + "</TagSet></Tagging>"
	}
	type m = map[string]string
	long := strings.Repeat("x", 1<<20)
	for name, bad := range map[string]struct {
		method, level string
		query, header m
		body          string
		code          string
	}{
		"max-keys is no number":              {"GET", "bucket", m{"max-keys": "many"}, nil, "", "InvalidArgument"},
		"max-keys is 1001":                   {"GET", "bucket", m{"max-keys": "1001"}, nil, "", "InvalidArgument"},
		"max-keys is negative":               {"GET", "service", m{"max-keys": "-1"}, nil, "", "InvalidArgument"},
		"another encoding":                   {"GET", "bucket", m{"encoding-type": "rot13"}, nil, "", "InvalidArgument"},
		"a token that is none":               {"GET", "bucket", m{"list-type": "2", "continuation-token": "%"}, nil, "", "InvalidArgument"},
		"an unknown list type":               {"GET", "bucket", m{"list-type": "3"}, nil, "", "NotImplemented"},
		"an unknown member":                  {"PUT", "bucket", m{"colour": "red"}, nil, "", "NotImplemented"},
		"an action of RDS":                   {"GET", "service", m{"Action": "DescribeDBInstances", "Version": "2014-08-15"}, nil, "", "NotImplemented"},
		"an action of RDS, posted":           {"POST", "service", m{"Action": "DeleteDBInstance"}, nil, "", "NotImplemented"},
		"two sub-resources":                  {"PUT", "bucket", m{"acl": "", "tagging": ""}, m{"x-oss-acl": "private"}, tags(1), "NotImplemented"},
		"an ACL that is none":                {"PUT", "bucket", m{"acl": ""}, m{"x-oss-acl": "everything"}, "", "InvalidArgument"},
		"an ACL is missing":                  {"PUT", "bucket", m{"acl": ""}, nil, "", "InvalidArgument"},
		"a storage class that is none":       {"PUT", "object", nil, m{"x-oss-storage-class": "Gold"}, "x", "InvalidArgument"},
		"an encryption that is none":         {"PUT", "object", nil, m{"x-oss-server-side-encryption": "ROT13"}, "x", "InvalidEncryptionAlgorithmError"},
		"a digest of another body":           {"PUT", "object", nil, m{"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}, "x", "InvalidDigest"},
		"tags in the header are malformed":   {"PUT", "object", nil, m{"x-oss-tagging": "a=b=c"}, "x", "InvalidTag"},
		"10,000 tags in the header":          {"PUT", "object", nil, m{"x-oss-tagging": strings.TrimSuffix(strings.Repeat("a=b&", 10000), "&")}, "x", "InvalidTag"},
		"a traffic limit that is too low":    {"PUT", "object", nil, m{"x-oss-traffic-limit": "1"}, "x", "InvalidArgument"},
		"a traffic limit that is no number":  {"PUT", "object", m{"x-oss-traffic-limit": "fast"}, nil, "x", "InvalidArgument"},
		"a source that is none":              {"PUT", "object", nil, m{"x-oss-copy-source": "k"}, "", "InvalidArgument"},
		"a source that is missing":           {"PUT", "object", nil, m{"x-oss-copy-source": "/bucket-a/none"}, "", "NoSuchKey"},
		"a link to nothing":                  {"PUT", "object", m{"symlink": ""}, nil, "", "InvalidArgument"},
		"tags are no XML":                    {"PUT", "bucket", m{"tagging": ""}, nil, "k=v", "MalformedXML"},
		"tags are missing":                   {"PUT", "bucket", m{"tagging": ""}, nil, "", "MalformedXML"},
		"10,000 tags of a bucket":            {"PUT", "bucket", m{"tagging": ""}, nil, tags(10000), "InvalidTag"},
		"10,000 tags of an object":           {"PUT", "object", m{"tagging": ""}, nil, tags(10000), "InvalidTag"},
		"a key of 1 MB in a tag":             {"PUT", "bucket", m{"tagging": ""}, nil, "<Tagging><TagSet><Tag><Key>" + long + "</Key><Value>v</Value></Tag></TagSet></Tagging>", "InvalidTag"},
		"an element of another product":      {"PUT", "bucket", m{"tagging": ""}, nil, "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value><Colour>red</Colour></Tag></TagSet></Tagging>", "NotImplemented"},
		"a class in the body that is none":   {"PUT", "bucket", nil, nil, "<CreateBucketConfiguration><StorageClass>Gold</StorageClass></CreateBucketConfiguration>", "MalformedXML"},
		"a bucket's body is no XML":          {"PUT", "bucket", nil, nil, "{}", "MalformedXML"},
		"versioning is no XML":               {"PUT", "bucket", m{"versioning": ""}, nil, "Enabled", "MalformedXML"},
		"encryption is no XML":               {"PUT", "bucket", m{"encryption": ""}, nil, "KMS", "MalformedXML"},
		"CORS is no XML":                     {"PUT", "bucket", m{"cors": ""}, nil, "*", "MalformedXML"},
		"lifecycle is no XML":                {"PUT", "bucket", m{"lifecycle": ""}, nil, "[]", "MalformedXML"},
		"a block is no XML":                  {"PUT", "bucket", m{"publicAccessBlock": ""}, nil, "true", "MalformedXML"},
		"a block is no truth":                {"PUT", "bucket", m{"publicAccessBlock": ""}, nil, "<PublicAccessBlockConfiguration><BlockPublicAccess>maybe</BlockPublicAccess></PublicAccessBlockConfiguration>", "MalformedXML"},
		"a part without a number":            {"PUT", "object", m{"uploadId": id}, nil, "x", "InvalidArgument"},
		"a part number that is no number":    {"PUT", "object", m{"uploadId": id, "partNumber": "one"}, nil, "x", "InvalidArgument"},
		"a part number of 10,001":            {"PUT", "object", m{"uploadId": id, "partNumber": "10001"}, nil, "x", "InvalidArgument"},
		"an unknown upload":                  {"PUT", "object", m{"uploadId": "none", "partNumber": "1"}, nil, "x", "NoSuchUpload"},
		"parts are no XML":                   {"POST", "object", m{"uploadId": id}, nil, "1", "MalformedXML"},
		"parts that are missing":             {"POST", "object", m{"uploadId": id}, nil, "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>", "InvalidPart"},
		"a part marker that is no number":    {"GET", "object", m{"uploadId": id, "part-number-marker": "x"}, nil, "", "InvalidArgument"},
		"nothing to delete":                  {"POST", "bucket", m{"delete": ""}, m{"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}, "", "MalformedXML"},
		"an unknown version":                 {"GET", "object", m{"versionId": "x"}, nil, "", ""},
		"restoring with a process":           {"POST", "object", m{"restore": "", "x-oss-process": "x"}, nil, "", "NotImplemented"},
		"an unknown region":                  {"GET", "service", m{"regions": "oss-mars"}, nil, "", "NoSuchRegion"},
		"a sub-resource at another level":    {"PUT", "service", m{"acl": ""}, nil, "", "NotImplemented"},
		"a sub-resource in another spelling": {"DELETE", "bucket", m{"Tagging": ""}, nil, "", "NotImplemented"},
	} {
		t.Run(name, func(t *testing.T) {
			before := e.state(t)
			err := invoke(t, c, bad.method, bad.level, bad.query, bad.header, bad.body)
			var answer *sdk.ServiceError
			switch {
			case !errors.As(err, &answer):
				t.Errorf("error = %v, want an answer", err)
			case bad.code != "" && answer.Code != bad.code:
				t.Errorf("code = %s (%s), want %s", answer.Code, answer.Message, bad.code)
			case answer.StatusCode < 400 || answer.StatusCode == http.StatusInternalServerError || answer.StatusCode > 501:
				t.Errorf("status = %d", answer.StatusCode)
			}
			if e.state(t) != before {
				t.Error("the state has changed")
			}
		})
	}
}

func TestBadNames_OfBucketsAndKeys_Refused(t *testing.T) {
	e := newEnvironment(t)
	mustPutBucket(t, e.root(), "bucket-a")
	before := e.state(t)
	for path, code := range map[string]string{
		"/ab/":                                    "InvalidBucketName",
		"/Bucket-A/":                              "InvalidBucketName",
		"/-bucket/":                               "InvalidBucketName",
		"/" + strings.Repeat("b", 64) + "/":       "InvalidBucketName",
		"/" + strings.Repeat("b", 1<<19) + "/":    "InvalidBucketName",
		"/bucket-a//k":                            "InvalidObjectName",
		"/bucket-a/%5Ck":                          "InvalidObjectName",
		"/bucket-a/%ff":                           "InvalidObjectName",
		"/bucket-a/" + strings.Repeat("k", 1024):  "InvalidObjectName",
		"/bucket-a/" + strings.Repeat("k", 1<<19): "InvalidObjectName",
	} {
		head, body := e.raw(t, "PUT", path, "x")
		if !strings.HasPrefix(head[0], "HTTP/1.1 400") || !strings.Contains(body, code) {
			t.Errorf("%.30s: %s %.300s, want %s", path, head[0], body, code)
		}
		if e.state(t) != before {
			t.Errorf("%.30s: the state has changed", path)
		}
	}
	if head, _ := e.raw(t, "PATCH", "/bucket-a/k", ""); !strings.HasPrefix(head[0], "HTTP/1.1 501") || e.state(t) != before {
		t.Errorf("a method of no operation: %s", head[0])
	}
	// A key of 1 MB exceeds what the server reads of a request's head.
	if head, _ := e.raw(t, "PUT", "/bucket-a/"+strings.Repeat("k", 2<<20), ""); !strings.HasPrefix(head[0], "HTTP/1.1 431") {
		t.Errorf("a key of 2 MB: %s", head[0])
	}
}

func TestGet_AnnouncedBodyMissing_AnsweredAtOnce(t *testing.T) {
	e := newEnvironment(t)
	mustPutBucket(t, e.root(), "bucket-a")
	mustPut(t, e.root(), "bucket-a", "k", "v")
	presigned, err := e.root().Presign(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("k")})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(e.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "GET "+strings.TrimPrefix(presigned.URL, e.url)+" HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%+v, %v", answer, err)
	}
	if body, err := io.ReadAll(answer.Body); err != nil || string(body) != "v" {
		t.Errorf("%q, %v", body, err)
	}
}

func TestDeleteMany_ControlCharactersInKeys_AsTheyAre(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	mustPutBucket(t, c, "bucket-a")
	mustPut(t, c, "bucket-a", "a\x0cb\x01", "v")
	body := "<Delete><Object><Key>a\x0cb&#1;</Key></Object></Delete>"
	err := invoke(t, c, "POST", "bucket", map[string]string{"delete": "", "encoding-type": "url"}, map[string]string{"Content-MD5": md5Of(body)}, body)
	if err != nil || e.Buckets()[0].Objects != 0 {
		t.Errorf("%v, %d objects are left", err, e.Buckets()[0].Objects)
	}
}

func md5Of(body string) string {
	sum := md5.Sum([]byte(body))
	return base64.StdEncoding.EncodeToString(sum[:])
}
