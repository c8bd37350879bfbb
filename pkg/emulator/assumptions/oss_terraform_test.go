package assumptions_test

import (
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

func TestA390_ReadOfObject_IgnoresACLHeader(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		common := oss.RequestCommon{Headers: map[string]string{"x-oss-object-acl": "private"}}
		if _, err := c.HeadObject(e.Context(), &oss.HeadObjectRequest{RequestCommon: common, Bucket: oss.Ptr(name), Key: oss.Ptr("k")}); err != nil {
			t.Errorf("HEAD: %v", err)
		}
		read, err := c.GetObject(e.Context(), &oss.GetObjectRequest{RequestCommon: common, Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		if err != nil {
			t.Fatal(err)
		}
		_ = read.Body.Close()
	})
}

func TestA391_ObjectRetention_NeedsVersioning(t *testing.T) {
	verify(t, free, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x")
		_, err := c.GetBucketObjectWormConfiguration(e.Context(), &oss.GetBucketObjectWormConfigurationRequest{Bucket: oss.Ptr(name)})
		e.refused(err, 404, "NoSuchObjectWormConfiguration")
		_, err = c.GetObjectRetention(e.Context(), &oss.GetObjectRetentionRequest{Bucket: oss.Ptr(name), Key: oss.Ptr("k")})
		e.refused(err, 404, "NoSuchObjectRetention")
		_, err = c.PutObjectRetention(e.Context(), &oss.PutObjectRetentionRequest{
			Bucket: oss.Ptr(name), Key: oss.Ptr("k"), Retention: &oss.ObjectWormRetention{Mode: oss.Ptr("COMPLIANCE"), RetainUntilDate: oss.Ptr("2099-01-01T00:00:00.000Z")},
		})
		e.refused(err, 400, "InvalidRequest")
		_, err = c.PutBucketObjectWormConfiguration(e.Context(), &oss.PutBucketObjectWormConfigurationRequest{
			Bucket: oss.Ptr(name), ObjectWormConfiguration: &oss.ObjectWormConfiguration{ObjectWormEnabled: oss.Ptr("Enabled")},
		})
		e.refused(err, 400, "InvalidRequest")
	})
}
