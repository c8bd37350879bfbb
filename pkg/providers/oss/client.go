package oss

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/alicloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/providers"
)

// bucketCalls are the calls to OSS that instances need.
type bucketCalls interface {
	bucketLooks
	bucketChanges
	bucketRemovals
}

type bucketLooks interface {
	optionLooks

	contentLooks
	// Info returns ErrNotFound for a missing bucket, and ErrDenied for another
	// account's.
	Info(ctx context.Context, bucket string) (bucketInfo, error)
	// IsListed reports whether the caller's own account has the bucket.
	IsListed(ctx context.Context, bucket string) (bool, error)
	Tags(ctx context.Context, bucket string) ([]providers.Tag, error)
}

type bucketChanges interface {
	optionChanges

	Put(ctx context.Context, r bucketRequest) error
	PutACL(ctx context.Context, bucket, acl string) error
	// BlockPublicAccess blocks public access to the bucket and its objects, or
	// lifts the block.
	BlockPublicAccess(ctx context.Context, bucket string, block bool) error
	// PutTags replaces all tags.
	PutTags(ctx context.Context, bucket string, tags []providers.Tag) error
}

// bucketInfo has the read members of GetBucketInfo.
type bucketInfo struct {
	Owner   string // account id
	ACL     string
	Blocked *bool // public access; nil: not told
	Told    toldOptions
}

// client makes the calls to OSS through its SDK, each once.
type client struct {
	cloud    *alicloud.Clients
	region   string // of the buckets
	reach    func(context.Context) (endpoint *url.URL, isInternal bool)
	emptying emptyingMetrics
}

var _ bucketCalls = client{}

// call makes one call at the pace of the cloud, and classifies its error.
func (c client) call(ctx context.Context, action string, access alicloud.Access, do func(*oss.Client) error) error {
	endpoint, isInternal := c.reach(ctx)
	op := alicloud.Op{Product: productName, Action: action, Access: access, Internal: isInternal}
	return c.cloud.Call(ctx, op, func(k alicloud.Key) error {
		return do(oss.NewClient(oss.NewConfig().
			WithRegion(c.region).
			WithEndpoint(endpoint.String()).
			WithUsePathStyle(isPathStyle(endpoint.Hostname())).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(k.ID, k.Secret, k.Token)).
			WithHttpClient(c.cloud.HTTP(access)).
			WithRetryMaxAttempts(1)))
	})
}

// isPathStyle reports whether the bucket goes into the path. OSS itself expects it
// in the host (OSS documentation, "Access OSS resources"); other hosts resolve
// their own name only.
func isPathStyle(host string) bool {
	return net.ParseIP(host) != nil || !strings.HasSuffix(host, cloudDomain)
}

func (c client) Info(ctx context.Context, bucket string) (info bucketInfo, err error) {
	err = c.call(ctx, "GetBucketInfo", alicloud.Read, func(client *oss.Client) error {
		r, err := client.GetBucketInfo(ctx, &oss.GetBucketInfoRequest{Bucket: &bucket})
		if err != nil {
			return err
		}
		info.ACL, info.Blocked = oss.ToString(r.BucketInfo.ACL), r.BucketInfo.BlockPublicAccess
		info.Told = toldBy(r.BucketInfo)
		if r.BucketInfo.Owner != nil {
			info.Owner = oss.ToString(r.BucketInfo.Owner.ID)
		}
		return nil
	})
	return info, err
}

func (c client) IsListed(ctx context.Context, bucket string) (listed bool, err error) {
	err = c.call(ctx, "ListBuckets", alicloud.Read, func(client *oss.Client) error {
		r, err := client.ListBuckets(ctx, &oss.ListBucketsRequest{Prefix: &bucket})
		if err != nil {
			return err
		}
		for _, b := range r.Buckets {
			listed = listed || oss.ToString(b.Name) == bucket
		}
		return nil
	})
	return listed, err
}

func (c client) Tags(ctx context.Context, bucket string) (tags []providers.Tag, err error) {
	err = c.call(ctx, "GetBucketTags", alicloud.Read, func(client *oss.Client) error {
		r, err := client.GetBucketTags(ctx, &oss.GetBucketTagsRequest{Bucket: &bucket})
		if err != nil {
			return err
		}
		if r.Tagging == nil || r.Tagging.TagSet == nil {
			return nil
		}
		for _, t := range r.Tagging.TagSet.Tags {
			tags = append(tags, providers.Tag{Key: oss.ToString(t.Key), Value: oss.ToString(t.Value)})
		}
		return nil
	})
	return tags, err
}

func (c client) Put(ctx context.Context, request bucketRequest) error {
	return c.putACL(ctx, "PutBucket", func(client *oss.Client) error {
		_, err := client.PutBucket(ctx, &oss.PutBucketRequest{
			Bucket:          &request.Bucket,
			Acl:             oss.BucketACLType(request.ACL),
			ResourceGroupId: emptyAsNil(request.ResourceGroup),
			CreateBucketConfiguration: &oss.CreateBucketConfiguration{
				StorageClass: oss.StorageClassType(request.StorageClass), DataRedundancyType: oss.DataRedundancyType(request.Redundancy),
			},
		})
		return err
	})
}

// putACL is call for requests with an ACL. A public ACL is refused where public
// access is blocked, with AccessDenied and this text (OSS documentation, "Block
// Public Access"): it is no lack of a permission.
func (c client) putACL(ctx context.Context, action string, do func(*oss.Client) error) error {
	isBlocked := false
	err := c.call(ctx, action, alicloud.Write, func(client *oss.Client) error {
		err := do(client)
		refusal, ok := errors.AsType[*oss.ServiceError](err)
		isBlocked = ok && strings.Contains(strings.ToLower(refusal.Message), "put public bucket acl")
		return err
	})
	if err != nil && isBlocked {
		return &providers.Failure{Kind: providers.Policy, Text: textRefusedACL, Cause: err}
	}
	return err
}

func (c client) BlockPublicAccess(ctx context.Context, bucket string, block bool) error {
	return c.call(ctx, "PutBucketPublicAccessBlock", alicloud.Write, func(client *oss.Client) error {
		_, err := client.PutBucketPublicAccessBlock(ctx, &oss.PutBucketPublicAccessBlockRequest{
			Bucket: &bucket, PublicAccessBlockConfiguration: &oss.PublicAccessBlockConfiguration{BlockPublicAccess: &block},
		})
		return err
	})
}

func (c client) PutACL(ctx context.Context, bucket, acl string) error {
	return c.putACL(ctx, "PutBucketAcl", func(client *oss.Client) error {
		_, err := client.PutBucketAcl(ctx, &oss.PutBucketAclRequest{Bucket: &bucket, Acl: oss.BucketACLType(acl)})
		return err
	})
}

func (c client) PutTags(ctx context.Context, bucket string, tags []providers.Tag) error {
	set := &oss.TagSet{}
	for _, t := range tags {
		set.Tags = append(set.Tags, oss.Tag{Key: new(t.Key), Value: new(t.Value)})
	}
	return c.call(ctx, "PutBucketTags", alicloud.Write, func(client *oss.Client) error {
		_, err := client.PutBucketTags(ctx, &oss.PutBucketTagsRequest{Bucket: &bucket, Tagging: &oss.Tagging{TagSet: set}})
		return err
	})
}
