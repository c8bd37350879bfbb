package assumptions_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/emulatortest"
	emulatedoss "github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
)

// v1 returns a client that signs by version 1.
func (e *environment) v1() *oss.Client {
	return e.bucketClient(func(c *oss.Config) { c.WithSignatureVersion(oss.SignatureVersionV1) })
}

func TestA018_V1SignatureOfNewAccount_Refused(t *testing.T) {
	verify(t, never, func(e *environment) {
		_, err := e.v1().ListBuckets(e.Context(), &oss.ListBucketsRequest{})
		if text := e.refused(err, 403, "AccessDenied"); !strings.Contains(text, "<EC>0002-00000080</EC>") {
			t.Errorf("the error is %s", text)
		}
		if _, err := e.bucketClient().ListBuckets(e.Context(), &oss.ListBucketsRequest{}); err != nil {
			t.Errorf("a signature of version 4: %v", err)
		}
		e.srv.Open(emulator.Account2024)
		if _, err := e.v1().ListBuckets(e.Context(), &oss.ListBucketsRequest{}); err != nil {
			t.Errorf("an account of before: %v", err)
		}
	})
}

func TestA403_V1SignatureOfNewBucket_Refused(t *testing.T) {
	verify(t, never, func(e *environment) {
		reads := func(name string) error {
			_, err := e.v1().GetBucketInfo(e.Context(), &oss.GetBucketInfoRequest{Bucket: &name})
			return err
		}
		_, old := e.bucket()
		// An account of before has buckets of before and new ones.
		e.srv.OSS().Behave(func(b *emulatedoss.Behaviour) { b.RefuseV1, b.RefuseV1OfNewBuckets = false, true })
		_, made := e.bucket()
		if text := e.refused(reads(made), 403, "AccessDenied"); !strings.Contains(text, "<EC>0002-00000080</EC>") {
			t.Errorf("the error is %s", text)
		}
		e.srv.OSS().Behave(func(b *emulatedoss.Behaviour) { b.RefuseV1 = true })
		if err := reads(old); err != nil {
			t.Errorf("a bucket of before: %v", err)
		}
		e.srv.OSS().Behave(func(b *emulatedoss.Behaviour) { *b = emulatedoss.Behaviour{} })
		if err := reads(made); err != nil {
			t.Errorf("a new bucket, with the switches unset: %v", err)
		}
	}, emulatortest.WithConfig(func(c *emulator.Config) { c.Account = emulator.Account2024 }))
}

func TestA019_DataAtPublicEndpoint_Forbidden(t *testing.T) {
	verify(t, never, func(e *environment) {
		c, name := e.bucket()
		e.put(c, name, "k", "x") // at an address, which counts as internal
		at := func(host string) *oss.Client {
			return e.bucketClient(func(c *oss.Config) {
				c.WithEndpoint("http://" + host).WithHttpClient(&http.Client{Transport: &http.Transport{
					DisableKeepAlives: true,
					DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
						return new(net.Dialer).DialContext(ctx, network, e.srv.Addr())
					},
				}})
			})
		}
		public := at("oss-" + e.region + ".aliyuncs.com")
		_, errGet := public.GetObject(e.Context(), &oss.GetObjectRequest{Bucket: &name, Key: oss.Ptr("k")})
		_, errList := public.ListObjectsV2(e.Context(), &oss.ListObjectsV2Request{Bucket: &name})
		_, errVersions := public.ListObjectVersions(e.Context(), &oss.ListObjectVersionsRequest{Bucket: &name})
		_, errDelete := public.DeleteMultipleObjects(e.Context(), &oss.DeleteMultipleObjectsRequest{Bucket: &name, Objects: []oss.DeleteObject{{Key: oss.Ptr("k")}}})
		for _, err := range []error{errGet, errList, errVersions, errDelete} {
			if text := e.refused(err, 400, "PublicEndpointForbidden"); !strings.Contains(text, "<EC>0048-00000401</EC>") {
				t.Errorf("the error is %s", text)
			}
		}
		if _, err := public.GetBucketInfo(e.Context(), &oss.GetBucketInfoRequest{Bucket: &name}); err != nil {
			t.Errorf("managing the bucket at a public endpoint: %v", err)
		}
		if _, err := at("oss-"+e.region+"-internal.aliyuncs.com").GetObject(e.Context(), &oss.GetObjectRequest{Bucket: &name, Key: oss.Ptr("k")}); err != nil {
			t.Errorf("data at an internal endpoint: %v", err)
		}
	})
}
