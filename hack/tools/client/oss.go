package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// A bucketClient is the OSS SDK with its bucket and object.
type bucketClient struct {
	client *oss.Client
	bucket string
	key    string
	env    env
}

// runOSS makes one call to OSS with the keys in OSS_ACCESS_KEY_ID and
// OSS_ACCESS_KEY_SECRET: put (the object is read from standard input), get (it
// is written to standard output), list, delete, delete-bucket.
func runOSS(ctx context.Context, args []string, e env) error {
	flags := flag.NewFlagSet("client oss", flag.ContinueOnError)
	endpoint := flags.String("endpoint", "", "URL or host of the OSS endpoint")
	region := flags.String("region", "", "region id, such as cn-hangzhou")
	bucket := flags.String("bucket", "", "name of the bucket")
	key := flags.String("key", "", "key of the object")
	if len(args) == 0 {
		return fmt.Errorf("%w: client oss put|get|list|delete|delete-bucket", errUsage)
	}
	if err := flags.Parse(args[1:]); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	config := oss.LoadDefaultConfig().
		WithEndpoint(*endpoint).
		WithRegion(*region).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(
			e.get("OSS_ACCESS_KEY_ID"), e.get("OSS_ACCESS_KEY_SECRET")))
	b := bucketClient{client: oss.NewClient(config), bucket: *bucket, key: *key, env: e}
	calls := map[string]func(context.Context) error{
		"put":           b.put,
		"get":           b.get,
		"list":          b.list,
		"delete":        b.remove,
		"delete-bucket": b.removeBucket,
	}
	call, ok := calls[args[0]]
	if !ok {
		return fmt.Errorf("%w: no oss command %q", errUsage, args[0])
	}
	if err := call(ctx); err != nil {
		return fmt.Errorf("oss %s %s/%s: %w", args[0], *bucket, *key, ossError(err))
	}
	return nil
}

func (b bucketClient) put(ctx context.Context) error {
	_, err := b.client.PutObject(ctx, &oss.PutObjectRequest{Bucket: &b.bucket, Key: &b.key, Body: b.env.in})
	return err
}

func (b bucketClient) get(ctx context.Context) error {
	object, err := b.client.GetObject(ctx, &oss.GetObjectRequest{Bucket: &b.bucket, Key: &b.key})
	if err != nil {
		return err
	}
	defer object.Body.Close()
	_, err = io.Copy(b.env.out, object.Body)
	return err
}

// list prints the keys of all objects, one a line.
func (b bucketClient) list(ctx context.Context) error {
	pages := b.client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: &b.bucket})
	for pages.HasNext() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, object := range page.Contents {
			if _, err := fmt.Fprintln(b.env.out, oss.ToString(object.Key)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b bucketClient) remove(ctx context.Context) error {
	_, err := b.client.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: &b.bucket, Key: &b.key})
	return err
}

func (b bucketClient) removeBucket(ctx context.Context) error {
	_, err := b.client.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: &b.bucket})
	return err
}

// ossError marks a refusal. It keeps the code of the SDK's text alone, since
// the rest can quote the string to sign.
func ossError(err error) error {
	var refused *oss.ServiceError
	if !errors.As(err, &refused) {
		return err
	}
	if refused.StatusCode == http.StatusForbidden {
		return fmt.Errorf("%w: %d %s", errDenied, refused.StatusCode, refused.Code)
	}
	return fmt.Errorf("%d %s: %s", refused.StatusCode, refused.Code, refused.Message)
}
