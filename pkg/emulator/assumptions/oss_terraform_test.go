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
