package assumptions_test

import (
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestA500_ConditionPrefix_NarrowsListObjects(t *testing.T) {
	verify(t, free, func(e *environment) {
		_, bucket := e.bucket()
		user, k := e.user("")
		e.attached(e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:ListObjects","oss:ListObjectVersions"],`+
			`"Resource":"acs:oss:*:*:`+bucket+`","Condition":{"StringLike":{"oss:Prefix":["in/*"]}}}]}`), user)
		as := e.as(k).bucketClient()
		list := func(prefix *string) error {
			_, err := as.ListObjectsV2(e.Context(), &oss.ListObjectsV2Request{Bucket: &bucket, Prefix: prefix})
			return err
		}
		e.eventually("the list of the prefix", func() bool { return list(oss.Ptr("in/")) == nil })
		if err := list(oss.Ptr("in/deeper")); err != nil {
			t.Errorf("below the prefix: %v", err)
		}
		if _, err := as.ListObjects(e.Context(), &oss.ListObjectsRequest{Bucket: &bucket, Prefix: oss.Ptr("in/"), Delimiter: oss.Ptr("/")}); err != nil {
			t.Errorf("the first form of the call: %v", err)
		}
		for _, prefix := range []*string{nil, oss.Ptr("in"), oss.Ptr("out/")} {
			e.refused(list(prefix), 403, "AccessDenied")
		}
	})
}

func TestA501_OSSsOwnKMSKey_NeedsNoPermission(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, bucket := e.bucket()
		if _, err := c.PutBucketEncryption(e.Context(), &oss.PutBucketEncryptionRequest{Bucket: &bucket, ServerSideEncryptionRule: &oss.ServerSideEncryptionRule{
			ApplyServerSideEncryptionByDefault: &oss.ApplyServerSideEncryptionByDefault{SSEAlgorithm: oss.Ptr("KMS")},
		}}); err != nil {
			t.Fatal(err)
		}
		user, k := e.user("")
		e.attached(e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:PutObject","oss:GetObject"],"Resource":"acs:oss:*:*:`+bucket+`/*"}]}`), user)
		as := e.as(k).bucketClient()
		e.eventually("a put", func() bool {
			_, err := as.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("k")})
			return err == nil
		})
		if _, err := as.GetObject(e.Context(), &oss.GetObjectRequest{Bucket: &bucket, Key: oss.Ptr("k")}); err != nil {
			t.Errorf("a get: %v", err)
		}
	})
}
