package assumptions_test

import (
	"io"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestA060_BucketWithoutTags_EmptyTagSet(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		got, err := c.GetBucketTags(e.Context(), &oss.GetBucketTagsRequest{Bucket: oss.Ptr(name)})
		if err != nil || got.Tagging == nil || got.Tagging.TagSet == nil || len(got.Tagging.TagSet.Tags) != 0 {
			t.Errorf("tags %+v, %v", got, err)
		}
	})
}

func TestA061_BadBucketTag_InvalidTag(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		for _, key := range []string{"aliyun-x", "acs:x", "http://x", strings.Repeat("k", 65)} {
			_, err := c.PutBucketTags(e.Context(), &oss.PutBucketTagsRequest{Bucket: oss.Ptr(name), Tagging: tagsOf(key, "v")})
			e.refused(err, 400, "InvalidTag")
		}
	})
}

func TestA062_OwnBucket_PutAgainSucceeds(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPrivate}); err != nil {
			t.Error(err)
		}
	})
}

func TestA063_PutBucketAgain_ChangesACL(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.openBucket()
		if _, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPublicRead}); err != nil {
			t.Fatal(err)
		}
		acl, err := c.GetBucketAcl(e.Context(), &oss.GetBucketAclRequest{Bucket: oss.Ptr(name)})
		if err != nil || *acl.ACL != "public-read" {
			t.Errorf("the ACL is %v, %v", acl, err)
		}
	})
}

func TestA064_PutBucketOtherStorageClass_Conflict(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		_, err := c.PutBucket(e.Context(), &oss.PutBucketRequest{Bucket: oss.Ptr(name), CreateBucketConfiguration: &oss.CreateBucketConfiguration{StorageClass: oss.StorageClassIA}})
		e.refused(err, 409, "BucketAlreadyExists")
	})
}

func TestA065_PublicBucket_AnonymousListRefused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.openBucket()
		if _, err := c.PutBucketAcl(e.Context(), &oss.PutBucketAclRequest{Bucket: oss.Ptr(name), Acl: oss.BucketACLPublicRead}); err != nil {
			t.Fatal(err)
		}
		e.put(c, name, "k", "x")
		host := e.link(name, "")
		if a := e.do("GET", host+"k", "an object", nil); a.status != 200 {
			t.Errorf("a public object is answered %d", a.status)
		}
		if a := e.do("GET", host, "the list", nil); a.status != 403 {
			t.Errorf("the list of a public bucket is answered %d", a.status)
		}
	})
}

func TestA066_BucketOfOtherRegion_NamesItsEndpoint(t *testing.T) {
	verify(t, free, func(e *environment) {
		_, name := e.bucket()
		region := func(c *oss.Config) { c.WithRegion("cn-beijing") }
		elsewhere := e.bucketClient(e.atHost("oss-cn-beijing.aliyuncs.com"), region)
		_, err := elsewhere.GetBucketAcl(e.Context(), &oss.GetBucketAclRequest{Bucket: oss.Ptr(name)})
		if text := e.refused(err, 403, "AccessDenied"); !strings.Contains(text, "<Endpoint>oss-"+e.region+".aliyuncs.com</Endpoint>") {
			t.Errorf("the error is %s", text)
		}
		signedElsewhere := e.bucketClient(e.atHost("oss-"+e.region+".aliyuncs.com"), region)
		_, err = signedElsewhere.GetBucketAcl(e.Context(), &oss.GetBucketAclRequest{Bucket: oss.Ptr(name)})
		if text := e.refused(err, 400, "InvalidArgument"); !strings.Contains(text, "<EC>0002-00000226</EC>") {
			t.Errorf("the error is %s", text)
		}
	})
}

func TestA067_MultiDelete_RefusedAsAWhole(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "mine", "x")
		e.put(c, name, "theirs", "x")
		user, k := e.user("")
		e.attached(e.policy(`{"Version":"1","Statement":[{"Effect":"Allow","Action":"oss:DeleteObject","Resource":"acs:oss:*:*:`+name+`/mine"}]}`), user)
		keys := []oss.DeleteObject{{Key: oss.Ptr("mine")}, {Key: oss.Ptr("theirs")}}
		_, err := e.as(k).bucketClient().DeleteMultipleObjects(e.Context(), &oss.DeleteMultipleObjectsRequest{Bucket: oss.Ptr(name), Objects: keys})
		e.refused(err, 403, "AccessDenied")
		if _, err := c.HeadObject(e.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("mine")}); err != nil {
			t.Errorf("the allowed one is gone: %v", err)
		}
	})
}

func TestA068_BucketWithUploads_NotEmpty(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		if _, err := c.InitiateMultipartUpload(e.Context(), &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")}); err != nil {
			t.Fatal(err)
		}
		_, err := c.DeleteBucket(e.Context(), &oss.DeleteBucketRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 409, "BucketNotEmpty")
	})
}

func TestA069_RangeOutsideObject_ReturnsWholeObject(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "0123456789")
		request := &oss.GetObjectRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Range: oss.Ptr("bytes=8-30")}
		got, err := c.GetObject(e.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(got.Body)
		if err != nil || got.StatusCode != 200 || string(content) != "0123456789" {
			t.Errorf("%d %q, %v", got.StatusCode, content, err)
		}
		request.Range, request.RangeBehavior = oss.Ptr("bytes=20-30"), oss.Ptr("standard")
		_, err = c.GetObject(e.Context(), request)
		e.refused(err, 416, "InvalidRange")
	})
}

func TestA070_OverlappingLifecycleRules_Refused(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		rule := func(prefix string) oss.LifecycleRule {
			return oss.LifecycleRule{Prefix: oss.Ptr(prefix), Status: oss.Ptr("Enabled"), Expiration: &oss.LifecycleRuleExpiration{Days: oss.Ptr(int32(9))}}
		}
		_, err := c.PutBucketLifecycle(e.Context(), &oss.PutBucketLifecycleRequest{
			Bucket: oss.Ptr(name), LifecycleConfiguration: &oss.LifecycleConfiguration{Rules: []oss.LifecycleRule{rule("a"), rule("ab")}},
		})
		e.refused(err, 400, "InvalidArgument")
	})
}

func TestA071_ObjectWithoutTags_EmptyTagSet(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		got, err := c.GetObjectTagging(e.Context(), &oss.GetObjectTaggingRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil || len(got.Tags) != 0 {
			t.Errorf("tags %v, %v", got, err)
		}
	})
}

func TestA085_Regions_AreListed(t *testing.T) {
	verify(t, free, func(e *environment) {
		c := e.bucketClient()
		all, err := c.DescribeRegions(e.Context(), &oss.DescribeRegionsRequest{})
		if err != nil {
			e.Fatal(err)
		}
		var found bool
		for _, region := range all.RegionInfoList.RegionInfos {
			found = found || oss.ToString(region.Region) == "oss-"+e.region
		}
		if !found {
			e.Errorf("the list lacks %s", e.region)
		}
		one, err := c.DescribeRegions(e.Context(), &oss.DescribeRegionsRequest{Regions: oss.Ptr("oss-" + e.region)})
		if err != nil || len(one.RegionInfoList.RegionInfos) != 1 {
			e.Errorf("%s alone: %v, %v", e.region, one, err)
		}
		_, err = c.DescribeRegions(e.Context(), &oss.DescribeRegionsRequest{Regions: oss.Ptr("oss-mars-1")})
		e.refused(err, 404, "NoSuchRegion")
	})
}
