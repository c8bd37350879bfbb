package oss_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
)

// byHost sends the SDK's requests to the emulator under the hosts of the real
// service.
func (e *environment) byHost(version sdk.SignatureVersionType, endpoint string, pathStyle bool) *sdk.Client {
	return e.client(keyID, secret, version, func(c *sdk.Config) {
		c.WithEndpoint(endpoint).WithUsePathStyle(pathStyle).WithHttpClient(e.atEmulator())
	})
}

// atEmulator sends each request to the emulator, whatever its host.
func (e *environment) atEmulator() *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, strings.TrimPrefix(e.url, "http://"))
	}}}
}

func TestHosts_OfRealService_Served(t *testing.T) {
	for name, version := range map[string]sdk.SignatureVersionType{"V1": sdk.SignatureVersionV1, "V4": sdk.SignatureVersionV4} {
		t.Run(name, func(t *testing.T) {
			e := newEnvironment(t)
			c := e.byHost(version, "http://oss-cn-hangzhou.aliyuncs.com", false)
			mustPutBucket(t, c, "bucket-a")
			mustPut(t, c, "bucket-a", "bucket-a/dir/é", "v")
			if got, err := get(t.Context(), c, "bucket-a", "bucket-a/dir/é"); err != nil || got != "v" {
				t.Errorf("get = %q, %v", got, err)
			}
			if list, err := c.ListBuckets(t.Context(), &sdk.ListBucketsRequest{}); err != nil || len(list.Buckets) != 1 {
				t.Errorf("list = %+v, %v", list, err)
			}
			if got := e.Buckets()[0]; got.Region != "cn-hangzhou" || got.Objects != 1 {
				t.Errorf("bucket: %+v", got)
			}
			elsewhere := e.byHost(sdk.SignatureVersionV1, "http://oss-cn-beijing.aliyuncs.com", false)
			_, err := get(t.Context(), elsewhere, "bucket-a", "bucket-a/dir/é")
			wantCode(t, err, "AccessDenied")
		})
	}
}

func TestPathStyle_AtHostOfCloud_Refused(t *testing.T) {
	for name, version := range map[string]sdk.SignatureVersionType{"V1": sdk.SignatureVersionV1, "V4": sdk.SignatureVersionV4} {
		t.Run(name, func(t *testing.T) {
			e := newEnvironment(t)
			c := e.byHost(version, "http://oss-cn-hangzhou.aliyuncs.com", true)
			_, err := c.PutBucket(t.Context(), &sdk.PutBucketRequest{Bucket: new("bucket-a")})
			wantCode(t, err, "SecondLevelDomainForbidden")
			if len(e.Buckets()) != 0 {
				t.Errorf("buckets: %+v", e.Buckets())
			}
			if _, err := c.ListBuckets(t.Context(), &sdk.ListBucketsRequest{}); err != nil {
				t.Errorf("list: %v", err)
			}
		})
	}
}

func TestOwnDomain_OfBucket_SignatureNamesBucket(t *testing.T) {
	for name, version := range map[string]sdk.SignatureVersionType{"V1": sdk.SignatureVersionV1, "V4": sdk.SignatureVersionV4} {
		t.Run(name, func(t *testing.T) {
			e := newEnvironment(t)
			mustPutBucket(t, e.root(), "bucket-a")
			mustPutBucket(t, e.root(), "bucket-b")
			c := e.client(keyID, secret, version, func(config *sdk.Config) {
				config.WithEndpoint("http://img.example.com").WithUseCName(true).WithHttpClient(e.atEmulator())
			})
			mustPut(t, c, "bucket-a", "dir/key", "v")
			if got, err := get(t.Context(), e.root(), "bucket-a", "dir/key"); err != nil || got != "v" {
				t.Errorf("get = %q, %v", got, err)
			}
			wrong := e.client(keyID, "another", version, func(config *sdk.Config) {
				config.WithEndpoint("http://img.example.com").WithUseCName(true).WithHttpClient(e.atEmulator())
			})
			_, err := get(t.Context(), wrong, "bucket-a", "dir/key")
			wantCode(t, err, "SignatureDoesNotMatch")
		})
	}
}

func TestSignatureV4_OtherRegion_InvalidArgument(t *testing.T) {
	e := newEnvironment(t)
	mustPutBucket(t, e.root(), "bucket-a")
	for name, endpoint := range map[string]string{"an address": e.url, "the region's host": "http://oss-cn-hangzhou.aliyuncs.com"} {
		t.Run(name, func(t *testing.T) {
			c := e.client(keyID, secret, sdk.SignatureVersionV4, func(config *sdk.Config) {
				config.WithRegion("cn-beijing").WithEndpoint(endpoint)
				if endpoint != e.url {
					config.WithHttpClient(e.atEmulator())
				}
			})
			_, err := get(t.Context(), c, "bucket-a", "k")
			wantCode(t, err, "InvalidArgument")
			var answer *sdk.ServiceError
			if errors.As(err, &answer) && (answer.StatusCode != http.StatusBadRequest || answer.EC != "0002-00000226") {
				t.Errorf("%d, EC %s, want 400, 0002-00000226", answer.StatusCode, answer.EC)
			}
		})
	}
}
