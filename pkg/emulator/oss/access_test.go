package oss_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
)

// bindingPolicy is the policy of a binding to bucket-a.
const bindingPolicy = `{"Version":"1","Statement":[
	{"Effect":"Allow","Action":["oss:ListObjects","oss:GetBucketInfo"],"Resource":"acs:oss:*:*:bucket-a"},
	{"Effect":"Allow","Action":["oss:GetObject","oss:PutObject","oss:DeleteObject"],"Resource":"acs:oss:*:*:bucket-a/*"}]}`

func TestAuthorize_UserPolicy_AllowsExactlyItsActions(t *testing.T) {
	e := newEnvironment(t)
	root := e.root()
	for _, name := range []string{"bucket-a", "bucket-b"} {
		mustPutBucket(t, root, name)
		mustPut(t, root, name, "k", "v")
	}
	key := e.addUser(t, "u", bindingPolicy)
	c := e.client(key.ID, key.Secret, sdk.SignatureVersionV4)

	mustPut(t, c, "bucket-a", "dir/mine", "m")
	if got, err := get(t.Context(), c, "bucket-a", "dir/mine"); err != nil || got != "m" {
		t.Errorf("get = %q, %v", got, err)
	}
	if list, err := c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Request{Bucket: new("bucket-a")}); err != nil || list.KeyCount != 2 {
		t.Errorf("list = %+v, %v", list, err)
	}
	if _, err := c.DeleteMultipleObjects(t.Context(), &sdk.DeleteMultipleObjectsRequest{Bucket: new("bucket-a"), Objects: []sdk.DeleteObject{{Key: new("k")}}}); err != nil {
		t.Errorf("delete one of many: %v", err)
	}
	for name, do := range map[string]func() error{
		"get elsewhere": func() error { _, err := get(t.Context(), c, "bucket-b", "k"); return err },
		"put elsewhere": func() error { _, err := put(t.Context(), c, "bucket-b", "k", "v"); return err },
		"list elsewhere": func() error {
			_, err := c.ListObjects(t.Context(), &sdk.ListObjectsRequest{Bucket: new("bucket-b")})
			return err
		},
		"delete the bucket": func() error {
			_, err := c.DeleteBucket(t.Context(), &sdk.DeleteBucketRequest{Bucket: new("bucket-a")})
			return err
		},
		"make a bucket": func() error {
			_, err := c.PutBucket(t.Context(), &sdk.PutBucketRequest{Bucket: new("bucket-c")})
			return err
		},
		"make its bucket": func() error {
			_, err := c.PutBucket(t.Context(), &sdk.PutBucketRequest{Bucket: new("bucket-a")})
			return err
		},
		"list all buckets": func() error { _, err := c.ListBuckets(t.Context(), &sdk.ListBucketsRequest{}); return err },
		"publish the bucket": func() error {
			_, err := c.PutBucketAcl(t.Context(), &sdk.PutBucketAclRequest{Bucket: new("bucket-a"), Acl: sdk.BucketACLPublicRead})
			return err
		},
		"copy from elsewhere": func() error {
			_, err := c.CopyObject(t.Context(), &sdk.CopyObjectRequest{Bucket: new("bucket-a"), Key: new("c"), SourceBucket: new("bucket-b"), SourceKey: new("k")})
			return err
		},
		"delete many elsewhere": func() error {
			_, err := c.DeleteMultipleObjects(t.Context(), &sdk.DeleteMultipleObjectsRequest{Bucket: new("bucket-b"), Objects: []sdk.DeleteObject{{Key: new("k")}}})
			return err
		},
		"delete an old version among many": func() error {
			_, err := c.DeleteMultipleObjects(t.Context(), &sdk.DeleteMultipleObjectsRequest{Bucket: new("bucket-a"),
				Objects: []sdk.DeleteObject{{Key: new("dir/mine"), VersionId: new("null")}}})
			return err
		},
		"delete an old version": func() error {
			_, err := c.DeleteObject(t.Context(), &sdk.DeleteObjectRequest{Bucket: new("bucket-a"), Key: new("dir/mine"), VersionId: new("null")})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, do(), "AccessDenied") })
	}
	if got := e.Buckets(); len(got) != 2 || got[0].Objects != 1 || got[1].Objects != 1 || got[0].ACL != "private" {
		t.Errorf("buckets after all this: %+v", got)
	}
}

func TestAuthenticate_DisabledOrDeletedKey_Refused(t *testing.T) {
	e := newEnvironment(t)
	mustPutBucket(t, e.root(), "bucket-a")
	key := e.addUser(t, "u", bindingPolicy)
	c := e.client(key.ID, key.Secret, sdk.SignatureVersionV1)
	mustPut(t, c, "bucket-a", "k", "v")
	e.setKeyStatus(t, "u", key.ID, "Inactive")
	_, err := get(t.Context(), c, "bucket-a", "k")
	wantCode(t, err, "InvalidAccessKeyId")
	e.setKeyStatus(t, "u", key.ID, "Active")
	if _, err := get(t.Context(), c, "bucket-a", "k"); err != nil {
		t.Error(err)
	}
	e.deleteKey(t, "u", key.ID)
	_, err = get(t.Context(), c, "bucket-a", "k")
	wantCode(t, err, "InvalidAccessKeyId")
}

func TestAuthenticate_WrongSignature_Refused(t *testing.T) {
	for name, version := range map[string]sdk.SignatureVersionType{"V1": sdk.SignatureVersionV1, "V4": sdk.SignatureVersionV4} {
		t.Run(name, func(t *testing.T) {
			e := newEnvironment(t)
			_, err := e.client(keyID, "wrong", version).ListBuckets(t.Context(), &sdk.ListBucketsRequest{})
			wantCode(t, err, "SignatureDoesNotMatch")
			_, err = e.client("unknown", secret, version).ListBuckets(t.Context(), &sdk.ListBucketsRequest{})
			wantCode(t, err, "InvalidAccessKeyId")
			for _, ahead := range []time.Duration{16 * time.Minute, -16 * time.Minute} {
				e.ahead.Store(int64(ahead))
				_, err = e.client(keyID, secret, version).ListBuckets(t.Context(), &sdk.ListBucketsRequest{})
				wantCode(t, err, "RequestTimeTooSkewed")
			}
			e.ahead.Store(int64(14 * time.Minute))
			if _, err := e.client(keyID, secret, version).ListBuckets(t.Context(), &sdk.ListBucketsRequest{}); err != nil {
				t.Errorf("a difference of 14 minutes: %v", err)
			}
		})
	}
}

func TestSDK_WrongClock_CorrectedByDateHeader(t *testing.T) {
	e := newEnvironment(t)
	e.ahead.Store(int64(time.Hour))
	c := e.client(keyID, secret, sdk.SignatureVersionV4, func(c *sdk.Config) { c.WithRetryMaxAttempts(3) })
	if _, err := c.ListBuckets(t.Context(), &sdk.ListBucketsRequest{}); err != nil {
		t.Error(err)
	}
}

func TestAuthenticate_MalformedHeaders_Refused(t *testing.T) {
	e := newEnvironment(t)
	for name, c := range map[string]struct {
		headers map[string]string
		path    string
		code    string
	}{
		"another scheme":                    {map[string]string{"Authorization": "Basic dTpw"}, "/", "InvalidArgument"},
		"V1 without a signature":            {map[string]string{"Authorization": "OSS testid"}, "/", "InvalidArgument"},
		"V1 without a date":                 {map[string]string{"Authorization": "OSS testid:x", "Date": "yesterday"}, "/", "AccessDenied"},
		"V4 without a credential":           {map[string]string{"Authorization": "OSS4-HMAC-SHA256 Signature=x"}, "/", "InvalidArgument"},
		"V4 of another date":                {map[string]string{"Authorization": "OSS4-HMAC-SHA256 Credential=testid/20010101/cn-hangzhou/oss/aliyun_v4_request,Signature=x"}, "/", "InvalidArgument"},
		"V4 with another suffix":            {map[string]string{"Authorization": "OSS4-HMAC-SHA256 Credential=testid/20010101/cn-hangzhou/oss/aws4_request,Signature=x"}, "/", "InvalidArgument"},
		"signed URL without its end":        {map[string]string{"Authorization": ""}, "/?OSSAccessKeyId=testid&Signature=x", "AccessDenied"},
		"signed URL with a bad end":         {map[string]string{"Authorization": ""}, "/?OSSAccessKeyId=testid&Signature=x&Expires=soon", "AccessDenied"},
		"signed URL for too long":           {map[string]string{"Authorization": ""}, "/?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-date=20260101T000000Z&x-oss-expires=604801", "InvalidArgument"},
		"signed URL of no date":             {map[string]string{"Authorization": ""}, "/?x-oss-signature-version=OSS4-HMAC-SHA256&x-oss-expires=60", "InvalidArgument"},
		"an anonymous client lists buckets": {map[string]string{"Authorization": ""}, "/", "AccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := e.do(t, "GET", c.path, c.headers, "")
			if status < 400 || !strings.Contains(body, "<Code>"+c.code+"</Code>") {
				t.Errorf("%d %s, want %s", status, body, c.code)
			}
		})
	}
}

func TestAuthenticate_DayOfOneDigit_Taken(t *testing.T) {
	e := newEnvironment(t)
	next := time.Now().UTC().AddDate(0, 1, 0)
	second := time.Date(next.Year(), next.Month(), 2, 12, 0, 0, 0, time.UTC)
	e.ahead.Store(int64(time.Until(second)))
	for _, date := range []string{second.Format("Mon, 2 Jan 2006 15:04:05 GMT"), second.Format(http.TimeFormat)} {
		if status, body := e.do(t, "GET", "/", map[string]string{"Date": date}, ""); status != 200 {
			t.Errorf("Date %q: %d %s", date, status, body)
		}
	}
}

func TestSignedURL_Expired_Refused(t *testing.T) {
	for name, version := range map[string]sdk.SignatureVersionType{"V1": sdk.SignatureVersionV1, "V4": sdk.SignatureVersionV4} {
		t.Run(name, func(t *testing.T) {
			e := newEnvironment(t)
			c := e.client(keyID, secret, version)
			mustPutBucket(t, c, "bucket-a")
			mustPut(t, c, "bucket-a", "k", "v")
			presigned, err := c.Presign(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("k")}, sdk.PresignExpires(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			e.ahead.Store(int64(59 * time.Minute))
			if status, body := fetch(t, presigned.URL); status != http.StatusOK {
				t.Errorf("before its end: %d %s", status, body)
			}
			e.ahead.Store(int64(61 * time.Minute))
			if status, body := fetch(t, presigned.URL); status != http.StatusForbidden || !strings.Contains(body, "<Code>AccessDenied</Code>") {
				t.Errorf("after its end: %d %s", status, body)
			}
		})
	}
}

func TestAuthenticate_SessionKey_NeedsItsToken(t *testing.T) {
	e := newEnvironment(t)
	e.session["STS.a"] = cloud.Key{Secret: "s", Token: "token", Active: true, Expires: e.clock.Now().Add(time.Hour),
		Caller: cloud.Caller{AccountID: account, Kind: cloud.Role, Name: "reader"}}
	if err := e.ram.AddRole("reader", bindingPolicy); err != nil {
		t.Fatal(err)
	}
	mustPutBucket(t, e.root(), "bucket-a")
	mustPut(t, e.root(), "bucket-a", "k", "v")
	with := func(token string, version sdk.SignatureVersionType) *sdk.Client {
		return e.client("STS.a", "s", version, func(c *sdk.Config) {
			c.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("STS.a", "s", token))
		})
	}
	for name, version := range map[string]sdk.SignatureVersionType{"V1": sdk.SignatureVersionV1, "V4": sdk.SignatureVersionV4} {
		t.Run(name, func(t *testing.T) {
			if got, err := get(t.Context(), with("token", version), "bucket-a", "k"); err != nil || got != "v" {
				t.Errorf("with the token: %q, %v", got, err)
			}
			presigned, err := with("token", version).Presign(t.Context(), &sdk.GetObjectRequest{Bucket: new("bucket-a"), Key: new("k")})
			if err != nil {
				t.Fatal(err)
			}
			if status, body := fetch(t, presigned.URL); status != http.StatusOK || body != "v" {
				t.Errorf("with the token in the URL: %d %s", status, body)
			}
			_, err = get(t.Context(), with("", version), "bucket-a", "k")
			wantCode(t, err, "InvalidAccessKeyId")
			_, err = get(t.Context(), with("other", version), "bucket-a", "k")
			wantCode(t, err, "InvalidSecurityToken")
			_, err = put(t.Context(), with("token", version), "bucket-b", "k", "v")
			wantCode(t, err, "NoSuchBucket")
		})
	}
	e.clock.Advance(time.Hour)
	_, err := get(t.Context(), with("token", sdk.SignatureVersionV4), "bucket-a", "k")
	wantCode(t, err, "SecurityTokenExpired")
}

func TestBucketACL_AnonymousRequests_Decided(t *testing.T) {
	e := newEnvironment(t)
	c := e.root()
	anonymous := map[string]string{"Authorization": ""}
	stranger := e.addUser(t, "stranger", "")
	user := e.client(stranger.ID, stranger.Secret, sdk.SignatureVersionV4)
	for acl, may := range map[sdk.BucketACLType]struct{ read, write bool }{
		sdk.BucketACLPrivate: {false, false}, sdk.BucketACLPublicRead: {true, false}, sdk.BucketACLPublicReadWrite: {true, true},
	} {
		t.Run(string(acl), func(t *testing.T) {
			if _, err := c.PutBucket(t.Context(), &sdk.PutBucketRequest{Bucket: new("bucket-a"), Acl: acl}); err != nil {
				t.Fatal(err)
			}
			mustPut(t, c, "bucket-a", "k", "v")
			check := func(what string, status int, want bool) {
				if ok := status < 300; ok != want || !ok && status != http.StatusForbidden {
					t.Errorf("%s: %d, want allowed: %v", what, status, want)
				}
			}
			status, _ := e.do(t, "GET", "/bucket-a/k", anonymous, "")
			check("get", status, may.read)
			status, _ = e.do(t, "PUT", "/bucket-a/new", anonymous, "new")
			check("put", status, may.write)
			status, _ = e.do(t, "DELETE", "/bucket-a/new", anonymous, "")
			check("delete", status, may.write)
			status, _ = e.do(t, "GET", "/bucket-a/", anonymous, "")
			check("list", status, false)
			status, _ = e.do(t, "DELETE", "/bucket-a/", anonymous, "")
			check("delete the bucket", status, false)
			status, _ = e.do(t, "PUT", "/bucket-n/", anonymous, "")
			check("make a bucket", status, false)
			if _, err := get(t.Context(), user, "bucket-a", "k"); (err == nil) != may.read {
				t.Errorf("get by a user without a policy: %v, want allowed: %v", err, may.read)
			}
		})
	}
}

func TestBucket_OfOtherAccount_Refused(t *testing.T) {
	e := newEnvironment(t)
	e.AddForeignBucket("of-another", "9999999999999999")
	_, err := get(t.Context(), e.root(), "of-another", "k")
	wantCode(t, err, "AccessDenied")
	_, err = e.root().DeleteBucket(t.Context(), &sdk.DeleteBucketRequest{Bucket: new("of-another")})
	wantCode(t, err, "AccessDenied")
	list, err := e.root().ListBuckets(t.Context(), &sdk.ListBucketsRequest{})
	if err != nil || len(list.Buckets) != 0 {
		t.Errorf("list: %+v, %v", list, err)
	}
}

func TestBucket_OtherRegionsEndpoint_Refused(t *testing.T) {
	e := newEnvironment(t)
	mustPutBucket(t, e.root(), "bucket-a")
	elsewhere := e.client(keyID, secret, sdk.SignatureVersionV4, func(c *sdk.Config) {
		c.WithRegion("cn-beijing").WithEndpoint("http://oss-cn-beijing.aliyuncs.com").WithHttpClient(e.atEmulator())
	})
	_, err := elsewhere.GetBucketInfo(t.Context(), &sdk.GetBucketInfoRequest{Bucket: new("bucket-a")})
	wantCode(t, err, "AccessDenied")
	noRegion := e.client(keyID, secret, sdk.SignatureVersionV1)
	if _, err := noRegion.GetBucketInfo(t.Context(), &sdk.GetBucketInfoRequest{Bucket: new("bucket-a")}); err != nil {
		t.Errorf("a request that names no region: %v", err)
	}
}
