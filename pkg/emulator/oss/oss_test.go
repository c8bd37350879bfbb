package oss_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/ram"
)

const (
	account = "1234567890123456"
	keyID   = "testid"
	secret  = "testsecret"
)

// A environment is an emulated OSS with its RAM, behind a real port.
type environment struct {
	*oss.Service

	ram     *ram.RAM
	faults  *cloud.Faults
	journal *cloud.Journal
	clock   *cloud.Clock
	ahead   atomic.Int64 // nanoseconds by which the time of OSS is ahead of its clients'
	session map[string]cloud.Key
	url     string
	arrived func() // called when a request arrives, if set
	close   func() // waits for the requests under way
}

// Key finds the keys of sessions besides the ones of RAM, as STS does.
func (e *environment) Key(id string) (cloud.Key, bool) {
	if key, ok := e.session[id]; ok {
		return key, true
	}
	return e.ram.Key(id)
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	e := &environment{faults: new(cloud.Faults), journal: new(cloud.Journal), clock: cloud.NewClock(), session: make(map[string]cloud.Key)}
	e.ram = ram.New(e.clock, account)
	e.ram.AddAccountKey(keyID, secret)
	e.Service = oss.New(oss.Config{
		Clock: e.clock, Keys: e, Authorizer: e.ram, Faults: e.faults, Journal: e.journal,
		Wall: func() time.Time { return time.Now().Add(time.Duration(e.ahead.Load())) },
	})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if e.arrived != nil {
			e.arrived()
		}
		e.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	e.url, e.close = server.URL, server.Close
	return e
}

// client returns the real SDK's client, which tries each call once.
func (e *environment) client(id, secret string, version sdk.SignatureVersionType, options ...func(*sdk.Config)) *sdk.Client {
	config := sdk.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(e.url).WithRetryMaxAttempts(1).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret)).WithSignatureVersion(version)
	for _, option := range options {
		option(config)
	}
	return sdk.NewClient(config)
}

// root is the account's own client, signing with V4.
func (e *environment) root() *sdk.Client { return e.client(keyID, secret, sdk.SignatureVersionV4) }

// mustPutBucket makes a bucket.
func mustPutBucket(t *testing.T, client *sdk.Client, name string) {
	t.Helper()
	if _, err := client.PutBucket(t.Context(), &sdk.PutBucketRequest{Bucket: new(name)}); err != nil {
		t.Fatal(err)
	}
}

// mustPut stores an object.
func mustPut(t *testing.T, client *sdk.Client, bucket, key, content string) {
	t.Helper()
	if _, err := put(t.Context(), client, bucket, key, content); err != nil {
		t.Fatal(err)
	}
}

func put(ctx context.Context, client *sdk.Client, bucket, key, content string) (*sdk.PutObjectResult, error) {
	return client.PutObject(ctx, &sdk.PutObjectRequest{Bucket: new(bucket), Key: new(key), Body: strings.NewReader(content)})
}

// get reads an object whole.
func get(ctx context.Context, client *sdk.Client, bucket, key string) (string, error) {
	result, err := client.GetObject(ctx, &sdk.GetObjectRequest{Bucket: new(bucket), Key: new(key)})
	if err != nil {
		return "", err
	}
	defer func() { _ = result.Body.Close() }()
	content, err := io.ReadAll(result.Body)
	return string(content), err
}

// wantCode checks that err is the service's answer with this code.
func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	var answer *sdk.ServiceError
	if !errors.As(err, &answer) {
		t.Errorf("error = %v, want the service's %s", err, code)
		return
	}
	if answer.Code != code {
		t.Errorf("code = %s (%s), want %s", answer.Code, answer.Message, code)
	}
	if len(answer.RequestID) != 24 {
		t.Errorf("request id = %q, want 24 digits", answer.RequestID)
	}
}

func TestObjects_BothSignatures_RoundTrip(t *testing.T) {
	for name, version := range map[string]sdk.SignatureVersionType{"V1": sdk.SignatureVersionV1, "V4": sdk.SignatureVersionV4} {
		t.Run(name, func(t *testing.T) {
			e := newEnvironment(t)
			client := e.client(keyID, secret, version)
			mustPutBucket(t, client, "bucket-a")
			for _, key := range []string{"plain", "dir a/k+%é", "a//b/../c", "ends/", "?x=y&z"} {
				content := "the content of " + key
				put, err := put(t.Context(), client, "bucket-a", key, content)
				if err != nil {
					t.Fatalf("put %q: %v", key, err)
				}
				got, err := get(t.Context(), client, "bucket-a", key)
				if err != nil || got != content {
					t.Errorf("get %q = %q, %v, want %q", key, got, err, content)
				}
				head, err := client.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new(key)})
				if err != nil || head.ContentLength != int64(len(content)) || *head.ETag != *put.ETag || *head.HashCRC64 != *put.HashCRC64 {
					t.Errorf("head %q = %+v, %v", key, head, err)
				}
				if _, err := client.DeleteObject(t.Context(), &sdk.DeleteObjectRequest{Bucket: new("bucket-a"), Key: new(key)}); err != nil {
					t.Errorf("delete %q: %v", key, err)
				}
			}
			if _, err := client.DeleteBucket(t.Context(), &sdk.DeleteBucketRequest{Bucket: new("bucket-a")}); err != nil {
				t.Error(err)
			}
			if left := e.Buckets(); len(left) != 0 {
				t.Errorf("left: %+v", left)
			}
		})
	}
}

func TestSignedURL_OtherObject_Refused(t *testing.T) {
	for name, version := range map[string]sdk.SignatureVersionType{"V1": sdk.SignatureVersionV1, "V4": sdk.SignatureVersionV4} {
		t.Run(name, func(t *testing.T) {
			e := newEnvironment(t)
			client := e.client(keyID, secret, version)
			mustPutBucket(t, client, "bucket-a")
			mustPut(t, client, "bucket-a", "dir/a b", "hello")
			presigned, err := client.Presign(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("dir/a b")})
			if err != nil {
				t.Fatal(err)
			}
			if status, body := fetch(t, presigned.URL); status != http.StatusOK || body != "hello" {
				t.Errorf("signed URL: %d %s", status, body)
			}
			if status, body := fetch(t, strings.Replace(presigned.URL, "a%20b", "a%20c", 1)); status != http.StatusForbidden || !strings.Contains(body, "SignatureDoesNotMatch") {
				t.Errorf("spoilt URL: %d %s", status, body)
			}
		})
	}
}

// do sends a request, signed by hand with V1 unless headers has an empty
// Authorization.
func (e *environment) do(t *testing.T, method, path string, headers map[string]string, body string) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, e.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	if _, unsigned := headers["Authorization"]; !unsigned {
		resource, query, _ := strings.Cut(path, "?")
		if strings.Count(resource, "/") == 1 && resource != "/" {
			resource += "/"
		}
		if query != "" && !strings.Contains(query, "=") { // a sub-resource
			resource += "?" + query
		}
		var signed []string
		for name, value := range headers {
			if strings.HasPrefix(name, "x-oss-") {
				signed = append(signed, name+":"+value+"\n")
			}
		}
		slices.Sort(signed)
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write([]byte(method + "\n" + headers["Content-MD5"] + "\n" + headers["Content-Type"] + "\n" + request.Header.Get("Date") + "\n" + strings.Join(signed, "") + resource))
		request.Header.Set("Authorization", "OSS "+keyID+":"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return read(t, request)
}

func fetch(t *testing.T, url string) (status int, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, request)
}

func read(t *testing.T, request *http.Request) (status int, body string) {
	t.Helper()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	var b bytes.Buffer
	if _, err := b.ReadFrom(answer.Body); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, b.String()
}
