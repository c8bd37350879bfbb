package assumptions_test

import (
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestA241_TagOfObject_LettersOfAllScripts(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		if _, err := c.PutObjectTagging(e.Context(), &oss.PutObjectTaggingRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Tagging: tagsOf("中文", "test++/")}); err != nil {
			t.Error(err)
		}
	})
}

// lifecycle puts one rule on a bucket.
func (e *environment) lifecycle(c *oss.Client, name string, rule oss.LifecycleRule) error {
	rule.Status, rule.Prefix = oss.Ptr("Enabled"), oss.Ptr("p/")
	_, err := c.PutBucketLifecycle(e.Context(), &oss.PutBucketLifecycleRequest{Bucket: oss.Ptr(name), LifecycleConfiguration: &oss.LifecycleConfiguration{Rules: []oss.LifecycleRule{rule}}})
	return err
}

func TestA242_BadRulesAndVersioning_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		days := func(n int32) *int32 { return &n }
		e.refused(e.lifecycle(c, name, oss.LifecycleRule{
			Expiration:  &oss.LifecycleRuleExpiration{CreatedBeforeDate: oss.Ptr("2016-12-25T00:00:00.000Z")},
			Transitions: []oss.LifecycleRuleTransition{{Days: days(356), StorageClass: oss.StorageClassIA}},
		}), 400, "InvalidRequest")
		e.refused(e.lifecycle(c, name, oss.LifecycleRule{NoncurrentVersionTransitions: []oss.NoncurrentVersionTransition{
			{NoncurrentDays: days(20), StorageClass: oss.StorageClassIA}, {NoncurrentDays: days(12), StorageClass: oss.StorageClassArchive},
		}}), 400, "InvalidArgument")
		_, err := c.PutBucketVersioning(e.Context(), &oss.PutBucketVersioningRequest{Bucket: oss.Ptr(name), VersioningConfiguration: &oss.VersioningConfiguration{Status: "Disabled"}})
		e.refused(err, 400, "MalformedXML")
	})
}

func TestA243_LongTagInRule_Taken(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if err := e.lifecycle(c, name, oss.LifecycleRule{
			Tags:       []oss.Tag{{Key: oss.Ptr(strings.Repeat("a", 129)), Value: oss.Ptr("v")}},
			Expiration: &oss.LifecycleRuleExpiration{CreatedBeforeDate: oss.Ptr("2016-12-25T00:00:00.000Z")},
		}); err != nil {
			t.Error(err)
		}
	})
}

func TestA244_EncryptedPart_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		begun, err := c.InitiateMultipartUpload(e.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), ServerSideEncryption: oss.Ptr("AES256")})
		if err != nil || begun.Headers.Get("x-oss-server-side-encryption") != "AES256" {
			t.Fatalf("the upload: %+v, %v", begun, err)
		}
		part := &oss.UploadPartRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), UploadId: begun.UploadId, PartNumber: 1, Body: strings.NewReader("x")}
		part.Headers = map[string]string{"x-oss-server-side-encryption": "AES256"}
		_, err = c.UploadPart(e.Context(), part)
		e.refused(err, 400, "InvalidArgument")
	})
}

func TestA245_LongPrefixOrBadVersion_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.ListObjectVersions(e.Context(), &oss.ListObjectVersionsRequest{Bucket: oss.Ptr(name), Prefix: oss.Ptr(strings.Repeat("a", 1025))})
		e.refused(err, 400, "InvalidArgument")
		_, err = c.DeleteMultipleObjects(e.Context(), &oss.DeleteMultipleObjectsRequest{Bucket: oss.Ptr(name), Objects: []oss.DeleteObject{{Key: oss.Ptr("k"), VersionId: oss.Ptr("234")}}})
		e.refused(err, 400, "InvalidArgument")
	})
}

func TestA246_HeadOfLink_OwnMetadata(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "hello")
		link := &oss.PutSymlinkRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("link"), Target: oss.Ptr("k"), Metadata: map[string]string{"key1": "value1"}}
		if _, err := c.PutSymlink(e.Context(), link); err != nil {
			t.Fatal(err)
		}
		head, err := c.HeadObject(e.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("link")})
		if err != nil || head.ContentLength != 5 || head.Metadata["key1"] != "value1" {
			t.Errorf("head %+v, %v", head, err)
		}
	})
}

func TestA247_Restore_OfStandardObject_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		restore := func(key string) (int, error) {
			r, err := c.RestoreObject(e.Context(), &oss.RestoreObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr(key)})
			if err != nil {
				return 0, err
			}
			return r.StatusCode, nil
		}
		_, err := restore("k")
		e.refused(err, 400, "OperationNotSupported")
		if _, err := c.PutObject(e.Context(), &oss.PutObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("archived"), Body: strings.NewReader("x"), StorageClass: oss.StorageClassArchive}); err != nil {
			t.Fatal(err)
		}
		if status, err := restore("archived"); err != nil || status != 202 {
			t.Errorf("restoring: %d, %v", status, err)
		}
		_, err = restore("archived")
		e.refused(err, 409, "RestoreAlreadyInProgress")
	})
}

func TestA248_RequesterPays_AnonymousRefused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.openBucket()
		e.put(c, name, "k", "x")
		if _, err := c.PutBucketAcl(e.Context(), &oss.PutBucketAclRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPublicRead}); err != nil {
			t.Fatal(err)
		}
		e.answers(e.link(name, "k"), "a public object", 200)
		if _, err := c.PutBucketRequestPayment(e.Context(), &oss.PutBucketRequestPaymentRequest{Bucket: oss.Ptr(name), PaymentConfiguration: &oss.RequestPaymentConfiguration{Payer: oss.Requester}}); err != nil {
			t.Fatal(err)
		}
		e.answers(e.link(name, "k"), "a public object that its readers pay", 403)
	})
}

func TestA249_Expiration_NamesRuleAndDate(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if err := e.lifecycle(c, name, oss.LifecycleRule{ID: oss.Ptr("gone"), Expiration: &oss.LifecycleRuleExpiration{Days: oss.Ptr(int32(3))}}); err != nil {
			t.Fatal(err)
		}
		e.put(c, name, "p/k", "x")
		head, err := c.HeadObject(e.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("p/k")})
		if err != nil || head.Expiration == nil || !strings.Contains(*head.Expiration, `rule-id="gone"`) {
			t.Errorf("head %+v, %v", head, err)
		}
	})
}

func TestA250_ListBuckets_ByTags(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutBucketTags(e.Context(), &oss.PutBucketTagsRequest{Bucket: oss.Ptr(name), Tagging: tagsOf("k", "v")}); err != nil {
			t.Fatal(err)
		}
		for tagging, want := range map[string]int{`"k":"v"`: 1, `"k":"other"`: 0} {
			list, err := c.ListBuckets(e.Context(), &oss.ListBucketsRequest{Prefix: oss.Ptr(name), Tagging: oss.Ptr(tagging)})
			if err != nil || len(list.Buckets) != want {
				t.Errorf("%s: %+v, %v", tagging, list, err)
			}
		}
	})
}

func TestA251_NullVersionDeleted_NoVersionID(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		done, err := c.DeleteObject(e.Context(), &oss.DeleteObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), VersionId: oss.Ptr("null")})
		if err != nil || done.VersionId != nil {
			t.Errorf("deletion %+v, %v", done, err)
		}
	})
}

func TestA252_SignedURLWithoutItsHeader_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		additional := e.bucketClient(func(c *oss.Config) { c.WithAdditionalHeaders([]string{"email"}) })
		request := &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")}
		request.Headers = map[string]string{"email": "a@example.com"}
		e.put(c, name, "k", "x")
		signed, err := additional.Presign(e.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		e.answers(signed.URL, "a signed URL without its header", 400)
	})
}
