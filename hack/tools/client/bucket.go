package main

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// tokenPrefix comes before the tokens in the keys of objects.
const tokenPrefix = "binding-client/"

// boundBucket is a bound OSS bucket; tokens are objects in it.
type boundBucket struct {
	client *oss.Client
	bucket string
}

// openBucket opens the bucket with the key of the credentials, or with the role that
// they name.
func openBucket(secret map[string]string, e env) (boundBucket, error) {
	var provider credentials.CredentialsProvider
	var err error
	if secret["role_arn"] == "" {
		provider = credentials.NewStaticCredentialsProvider(secret["access_key_id"], secret["secret_access_key"])
	} else if provider, err = assumeRole(secret, e); err != nil {
		return boundBucket{}, err
	}
	config := oss.LoadDefaultConfig().WithEndpoint(secret["endpoint"]).WithRegion(secret["region"]).WithCredentialsProvider(provider)
	return boundBucket{client: oss.NewClient(config), bucket: secret["bucket"]}, nil
}

func (b boundBucket) login(ctx context.Context) error {
	_, err := b.tokens(ctx)
	return err
}

func (b boundBucket) write(ctx context.Context, token string) error {
	var got bytes.Buffer
	object := bucketClient{client: b.client, bucket: b.bucket, key: tokenPrefix + token, env: env{in: strings.NewReader(token), out: &got}}
	if err := errors.Join(object.put(ctx), object.get(ctx)); err != nil {
		return ossError(err)
	}
	if got.String() != token {
		return errors.New("the object is not what was put")
	}
	return nil
}

func (b boundBucket) count(ctx context.Context) (int, error) {
	tokens, err := b.tokens(ctx)
	return len(tokens), err
}

func (b boundBucket) clean(ctx context.Context) error {
	tokens, err := b.tokens(ctx)
	if err != nil {
		return err
	}
	for _, key := range tokens {
		object := bucketClient{client: b.client, bucket: b.bucket, key: key}
		if err := object.remove(ctx); err != nil {
			return ossError(err)
		}
	}
	return nil
}

// tokens are the keys of all tokens.
func (b boundBucket) tokens(ctx context.Context) ([]string, error) {
	prefix := tokenPrefix
	var keys []string
	for pages := b.client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: &b.bucket, Prefix: &prefix}); pages.HasNext(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, ossError(err)
		}
		for _, object := range page.Contents {
			keys = append(keys, oss.ToString(object.Key))
		}
	}
	return keys, nil
}
