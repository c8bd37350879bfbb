package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// An ossV2Check is the OSS Go SDK of the second generation with one kind of
// signature.
type ossV2Check struct {
	*checks

	version oss.SignatureVersionType
	prefix  string // of the buckets' names
	ctx     context.Context
	client  *oss.Client
}

// ossV2 runs github.com/aliyun/alibabacloud-oss-go-sdk-v2.
func ossV2(c *checks) {
	for name, version := range map[string]oss.SignatureVersionType{"v1": oss.SignatureVersionV1, "v4": oss.SignatureVersionV4} {
		o := &ossV2Check{checks: c, version: version, prefix: c.name + "-" + name + "-", ctx: context.Background()}
		o.client = o.connect(c.keyID, c.keySecret, region)
		for _, scenario := range []struct {
			name string
			run  func()
		}{
			{"service", o.service},
			{"bucket", o.bucket},
			{"bucket-options", o.bucketOptions},
			{"objects", o.objects},
			{"metadata", o.metadata},
			{"ranges", o.ranges},
			{"conditions", o.conditions},
			{"lists", o.lists},
			{"copies", o.copies},
			{"tags", o.tags},
			{"multipart", o.multipart},
			{"append", o.appending},
			{"resumable", o.resumable},
			{"presigned", o.presigned},
			{"acl", o.acl},
			{"links", o.links},
			{"versions", o.versions},
			{"lifecycle", o.lifecycle},
			{"cors", o.cors},
			{"delete-many", o.deleteMany},
			{"missing", o.missing},
			{"wrong-keys", o.wrongKeys},
			{"path-style", o.pathStyle},
		} {
			c.run(name+"/"+scenario.name, scenario.run)
		}
	}
}

// connect makes a client by its quick start, and with the emulator as proxy.
func (o *ossV2Check) connect(id, secret, region string) *oss.Client {
	return oss.NewClient(oss.LoadDefaultConfig().WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret)).
		WithRegion(region).WithEndpoint(endpoint).WithProxyHost(o.proxy()).WithSignatureVersion(o.version).WithRetryMaxAttempts(1))
}

// with runs use with a bucket of its own, which is gone at the end with its
// versions and uploads.
func (o *ossV2Check) with(name string, use func(bucket *string), options ...func(*oss.PutBucketRequest)) {
	bucket := oss.Ptr(o.prefix + name)
	request := &oss.PutBucketRequest{Bucket: bucket}
	for _, option := range options {
		option(request)
	}
	got(o.client.PutBucket(o.ctx, request))
	defer func() {
		for versions := o.client.NewListObjectVersionsPaginator(&oss.ListObjectVersionsRequest{Bucket: bucket}); versions.HasNext(); {
			page := got(versions.NextPage(o.ctx))
			var all []oss.DeleteObject
			for _, v := range page.ObjectVersions {
				all = append(all, oss.DeleteObject{Key: v.Key, VersionId: v.VersionId})
			}
			for _, m := range page.ObjectDeleteMarkers {
				all = append(all, oss.DeleteObject{Key: m.Key, VersionId: m.VersionId})
			}
			if len(all) > 0 {
				got(o.client.DeleteMultipleObjects(o.ctx, &oss.DeleteMultipleObjectsRequest{Bucket: bucket, Objects: all}))
			}
		}
		for _, u := range got(o.client.ListMultipartUploads(o.ctx, &oss.ListMultipartUploadsRequest{Bucket: bucket})).Uploads {
			got(o.client.AbortMultipartUpload(o.ctx, &oss.AbortMultipartUploadRequest{Bucket: bucket, Key: u.Key, UploadId: u.UploadId}))
		}
		got(o.client.DeleteBucket(o.ctx, &oss.DeleteBucketRequest{Bucket: bucket}))
	}()
	use(bucket)
}

// refused ends the scenario unless err is the service's, with a status and code.
func (o *ossV2Check) refused(err error, status int, code string) *oss.ServiceError {
	var service *oss.ServiceError
	if !errors.As(err, &service) {
		fail("%d %s is due, and there is: %v", status, code, err)
	}
	equal("the code of "+service.Message, fmt.Sprint(service.StatusCode, " ", service.Code), fmt.Sprint(status, " ", code))
	holds("a request id", len(service.RequestID) == 24)
	return service
}

func (o *ossV2Check) put(bucket *string, key, body string) *oss.PutObjectResult {
	return got(o.client.PutObject(o.ctx, &oss.PutObjectRequest{Bucket: bucket, Key: oss.Ptr(key), Body: strings.NewReader(body)}))
}

func (o *ossV2Check) get(bucket *string, key string) (string, error) {
	return o.getBy(&oss.GetObjectRequest{Bucket: bucket, Key: oss.Ptr(key)})
}

func (o *ossV2Check) getBy(request *oss.GetObjectRequest) (string, error) {
	result, err := o.client.GetObject(o.ctx, request)
	if err != nil {
		return "", err
	}
	defer result.Body.Close()
	body, err := io.ReadAll(result.Body)
	return string(body), err
}

func (o *ossV2Check) head(bucket *string, key string) *oss.HeadObjectResult {
	return got(o.client.HeadObject(o.ctx, &oss.HeadObjectRequest{Bucket: bucket, Key: oss.Ptr(key)}))
}

func (o *ossV2Check) service() {
	o.with("service-1", func(first *string) {
		o.with("service-2", func(second *string) {
			var seen []string
			for pages := o.client.NewListBucketsPaginator(&oss.ListBucketsRequest{Prefix: oss.Ptr(o.prefix + "service-"), MaxKeys: 1}); pages.HasNext(); {
				for _, b := range got(pages.NextPage(o.ctx)).Buckets {
					seen = append(seen, *b.Name)
					equal("place and class", []string{*b.Location, *b.StorageClass, *b.Region}, []string{"oss-" + region, "Standard", region})
					holds("the time of creation", b.CreationDate.Year() > 2000)
				}
			}
			equal("buckets", seen, []string{*first, *second})
		})
	})
	one := got(o.client.DescribeRegions(o.ctx, &oss.DescribeRegionsRequest{Regions: oss.Ptr("oss-" + region)}))
	equal("region", *one.RegionInfoList.RegionInfos[0].InternetEndpoint, "oss-"+region+".aliyuncs.com")
}

func (o *ossV2Check) bucket() {
	o.with("bucket", func(b *string) {
		info := got(o.client.GetBucketInfo(o.ctx, &oss.GetBucketInfoRequest{Bucket: b})).BucketInfo
		equal("the bucket", []string{*info.Name, *info.StorageClass, *info.DataRedundancyType, *info.Location, *info.ACL, *info.ExtranetEndpoint},
			[]string{*b, "IA", "ZRS", "oss-" + region, "private", "oss-cn-hangzhou.aliyuncs.com"})
		holds("time, owner and group", info.CreationDate.Year() > 2000 && *info.Owner.ID != "" && strings.HasPrefix(*info.ResourceGroupId, "rg-"))
		equal("location", *got(o.client.GetBucketLocation(o.ctx, &oss.GetBucketLocationRequest{Bucket: b})).LocationConstraint, "oss-"+region)
		o.put(b, "a", "123")
		stat := got(o.client.GetBucketStat(o.ctx, &oss.GetBucketStatRequest{Bucket: b}))
		equal("figures", []int64{stat.Storage, stat.ObjectCount, stat.MultipartUploadCount, stat.InfrequentAccessRealStorage, stat.InfrequentAccessObjectCount}, []int64{3, 1, 0, 3, 1})
		got(o.client.PutBucketAcl(o.ctx, &oss.PutBucketAclRequest{Bucket: b, Acl: oss.BucketACLPublicRead}))
		equal("ACL", *got(o.client.GetBucketAcl(o.ctx, &oss.GetBucketAclRequest{Bucket: b})).ACL, "public-read")
		_, err := o.client.DeleteBucket(o.ctx, &oss.DeleteBucketRequest{Bucket: b})
		o.refused(err, 409, "BucketNotEmpty")
		holds("it exists", got(o.client.IsBucketExist(o.ctx, *b)))
	}, func(r *oss.PutBucketRequest) {
		r.Acl = oss.BucketACLPrivate
		r.CreateBucketConfiguration = &oss.CreateBucketConfiguration{StorageClass: oss.StorageClassIA, DataRedundancyType: oss.DataRedundancyZRS}
	})
	holds("it is gone", !got(o.client.IsBucketExist(o.ctx, o.prefix+"bucket")))
}

func (o *ossV2Check) objects() {
	o.with("objects", func(b *string) {
		for _, key := range []string{"plain", "a dir/k+%é~*().txt", "中文/对象", "a//b/./c", "q?x=1&y", "quote'\"<>"} {
			body := random(3000)
			equal("ETag", *o.put(b, key, string(body)).ETag, etag(body))
			equal("body of "+key, got(o.get(b, key)), string(body))
			head := o.head(b, key)
			equal("head", []any{head.ContentLength, *head.ETag, *head.ObjectType, *head.StorageClass}, []any{int64(3000), etag(body), "Normal", "Standard"})
			holds("MD5 and CRC", head.ContentMD5 != nil && head.HashCRC64 != nil)
			got(o.client.DeleteObject(o.ctx, &oss.DeleteObjectRequest{Bucket: b, Key: oss.Ptr(key)}))
			holds("it is gone", !got(o.client.IsObjectExist(o.ctx, *b, key)))
		}
		once := func() error {
			_, err := o.client.PutObject(o.ctx, &oss.PutObjectRequest{Bucket: b, Key: oss.Ptr("once"), Body: strings.NewReader("1"), ForbidOverwrite: oss.Ptr("true")})
			return err
		}
		must(once())
		o.refused(once(), 409, "FileAlreadyExists")
		_, err := o.client.PutObject(o.ctx, &oss.PutObjectRequest{Bucket: b, Key: oss.Ptr("bad"), Body: strings.NewReader("1"), ContentMD5: oss.Ptr("AAAAAAAAAAAAAAAAAAAAAA==")})
		o.refused(err, 400, "InvalidDigest")
		file := got(o.client.OpenFile(o.ctx, *b, "once"))
		equal("an object as a file", string(got(io.ReadAll(file))), "1")
		must(file.Close())
	})
}

func (o *ossV2Check) metadata() {
	o.with("metadata", func(b *string) {
		got(o.client.PutObject(o.ctx, &oss.PutObjectRequest{
			Bucket: b, Key: oss.Ptr("a.html"), Body: strings.NewReader("<p>"), Metadata: map[string]string{"author-name": "me and you"},
			CacheControl: oss.Ptr("no-cache"), ContentDisposition: oss.Ptr("inline"), ContentEncoding: oss.Ptr("identity"),
		}))
		head := o.head(b, "a.html")
		equal("metadata", head.Metadata, map[string]string{"author-name": "me and you"})
		equal("headers", []string{*head.CacheControl, *head.ContentDisposition, *head.ContentEncoding}, []string{"no-cache", "inline", "identity"})
		short := got(o.client.GetObjectMeta(o.ctx, &oss.GetObjectMetaRequest{Bucket: b, Key: oss.Ptr("a.html")}))
		equal("short metadata", []any{short.ContentLength, *short.ETag}, []any{int64(3), etag([]byte("<p>"))})
		result := got(o.client.GetObject(o.ctx, &oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("a.html"), ResponseContentType: oss.Ptr("x/y")}))
		defer result.Body.Close()
		equal("an overridden header", *result.ContentType, "x/y")
	})
}

func (o *ossV2Check) ranges() {
	o.with("ranges", func(b *string) {
		o.put(b, "ten", "0123456789")
		get := func(span string, behaviour *string) (string, error) {
			return o.getBy(&oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("ten"), Range: oss.Ptr("bytes=" + span), RangeBehavior: behaviour})
		}
		standard := oss.Ptr("standard")
		equal("a range", got(get("2-4", nil)), "234")
		equal("from a place on", got(get("7-", nil)), "789")
		equal("the last", got(get("-3", nil)), "789")
		equal("a range that ends behind the object", got(get("5-20", nil)), "0123456789")
		equal("a range behind the object", got(get("20-30", nil)), "0123456789")
		equal("by the standard", got(get("5-20", standard)), "56789")
		_, err := get("20-30", standard)
		o.refused(err, 416, "InvalidRange")
	})
}

func (o *ossV2Check) conditions() {
	o.with("conditions", func(b *string) {
		tag := o.put(b, "a", "1").ETag
		equal("the same", got(o.getBy(&oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("a"), IfMatch: tag})), "1")
		_, err := o.getBy(&oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("a"), IfMatch: oss.Ptr(`"OTHER"`)})
		o.refused(err, 412, "PreconditionFailed")
		_, err = o.getBy(&oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("a"), IfNoneMatch: tag})
		var service *oss.ServiceError
		holds("not modified", errors.As(err, &service) && service.StatusCode == 304)
	})
}

func (o *ossV2Check) lists() {
	o.with("lists", func(b *string) {
		var all []string
		for i := range 5 {
			all = append(all, fmt.Sprintf("page/%d", i))
		}
		for _, key := range append([]string{"top", "a dir/é\x01&", "b/c"}, all...) {
			o.put(b, key, key)
		}
		var first, second []string
		for pages := o.client.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: b, Prefix: oss.Ptr("page/"), MaxKeys: 2}); pages.HasNext(); {
			page := got(pages.NextPage(o.ctx))
			equal("keys of the page", page.KeyCount, len(page.Contents))
			for _, object := range page.Contents {
				second = append(second, *object.Key)
				equal("properties", []any{object.Size, *object.ETag, *object.StorageClass, *object.Type}, []any{int64(6), etag([]byte(*object.Key)), "Standard", "Normal"})
				holds("the time", object.LastModified.Year() > 2000)
			}
		}
		equal("list of version 2", second, all)
		for pages := o.client.NewListObjectsPaginator(&oss.ListObjectsRequest{Bucket: b, Prefix: oss.Ptr("page/"), MaxKeys: 2}); pages.HasNext(); {
			for _, object := range got(pages.NextPage(o.ctx)).Contents {
				first = append(first, *object.Key)
			}
		}
		equal("list of version 1", first, all)
		folders := got(o.client.ListObjectsV2(o.ctx, &oss.ListObjectsV2Request{Bucket: b, Delimiter: oss.Ptr("/"), FetchOwner: true}))
		equal("folders", []string{*folders.CommonPrefixes[0].Prefix, *folders.CommonPrefixes[1].Prefix, *folders.Contents[0].Key}, []string{"a dir/", "b/", "top"})
		holds("owner", *folders.Contents[0].Owner.ID != "")
		odd := got(o.client.ListObjectsV2(o.ctx, &oss.ListObjectsV2Request{Bucket: b, Prefix: oss.Ptr("a dir/")}))
		equal("a key that XML cannot hold", *odd.Contents[0].Key, "a dir/é\x01&")
		got(o.client.DeleteObject(o.ctx, &oss.DeleteObjectRequest{Bucket: b, Key: odd.Contents[0].Key}))
		_, err := o.client.ListObjectsV2(o.ctx, &oss.ListObjectsV2Request{Bucket: b, MaxKeys: 1001})
		o.refused(err, 400, "InvalidArgument")
	})
}

func (o *ossV2Check) copies() {
	o.with("copies", func(b *string) {
		got(o.client.PutObject(o.ctx, &oss.PutObjectRequest{Bucket: b, Key: oss.Ptr("from é"), Body: strings.NewReader("body"), Metadata: map[string]string{"kept": "1"}, Tagging: oss.Ptr("k=v")}))
		result := got(o.client.CopyObject(o.ctx, &oss.CopyObjectRequest{Bucket: b, Key: oss.Ptr("to"), SourceKey: oss.Ptr("from é")}))
		equal("ETag of the copy", *result.ETag, etag([]byte("body")))
		holds("time of the copy", result.LastModified.Year() > 2000)
		equal("metadata of the copy", o.head(b, "to").Metadata, map[string]string{"kept": "1"})
		got(o.client.CopyObject(o.ctx, &oss.CopyObjectRequest{
			Bucket: b, Key: oss.Ptr("to"), SourceKey: oss.Ptr("from é"), MetadataDirective: oss.Ptr("REPLACE"), Metadata: map[string]string{"new": "2"},
			TaggingDirective: oss.Ptr("Replace"), Tagging: oss.Ptr("n=w"),
		}))
		equal("replaced metadata", o.head(b, "to").Metadata, map[string]string{"new": "2"})
		_, err := o.client.CopyObject(o.ctx, &oss.CopyObjectRequest{Bucket: b, Key: oss.Ptr("to"), SourceKey: oss.Ptr("none")})
		o.refused(err, 404, "NoSuchKey")
		_, err = o.client.CopyObject(o.ctx, &oss.CopyObjectRequest{Bucket: b, Key: oss.Ptr("to"), SourceKey: oss.Ptr("from é"), IfMatch: oss.Ptr(`"OTHER"`)})
		o.refused(err, 412, "PreconditionFailed")
	})
}

func (o *ossV2Check) multipart() {
	o.with("multipart", func(b *string) {
		body := random(250 << 10)
		start := func(key string) *string {
			return got(o.client.InitiateMultipartUpload(o.ctx, &oss.InitiateMultipartUploadRequest{Bucket: b, Key: oss.Ptr(key), Metadata: map[string]string{"of": "upload"}})).UploadId
		}
		part := func(key string, upload *string, number int32, body []byte) (oss.UploadPart, error) {
			result, err := o.client.UploadPart(o.ctx, &oss.UploadPartRequest{Bucket: b, Key: oss.Ptr(key), UploadId: upload, PartNumber: number, Body: bytes.NewReader(body)})
			if err != nil {
				return oss.UploadPart{}, err
			}
			return oss.UploadPart{PartNumber: number, ETag: result.ETag}, nil
		}
		complete := func(key string, upload *string, parts ...oss.UploadPart) error {
			_, err := o.client.CompleteMultipartUpload(o.ctx, &oss.CompleteMultipartUploadRequest{
				Bucket: b, Key: oss.Ptr(key), UploadId: upload, CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: parts},
			})
			return err
		}
		upload := start("big")
		second := got(part("big", upload, 2, body[150<<10:]))
		first := got(part("big", upload, 1, body[:150<<10]))
		parts := got(o.client.ListParts(o.ctx, &oss.ListPartsRequest{Bucket: b, Key: oss.Ptr("big"), UploadId: upload, MaxParts: 1}))
		equal("page of parts", []any{parts.IsTruncated, parts.NextPartNumberMarker, parts.Parts[0].Size}, []any{true, int32(1), int64(150 << 10)})
		uploads := got(o.client.ListMultipartUploads(o.ctx, &oss.ListMultipartUploadsRequest{Bucket: b}))
		equal("uploads", []string{*uploads.Uploads[0].Key, *uploads.Uploads[0].UploadId}, []string{"big", *upload})
		o.refused(complete("big", upload, oss.UploadPart{PartNumber: 3, ETag: first.ETag}), 400, "InvalidPart")
		must(complete("big", upload, first, second))
		equal("the whole", got(o.get(b, "big")), string(body))
		head := o.head(b, "big")
		equal("head", []any{*head.ObjectType, head.Metadata, head.ContentMD5 == nil}, []any{"Multipart", map[string]string{"of": "upload"}, true})

		copied := start("copied")
		result := got(o.client.UploadPartCopy(o.ctx, &oss.UploadPartCopyRequest{Bucket: b, Key: oss.Ptr("copied"), UploadId: copied, PartNumber: 1, SourceKey: oss.Ptr("big"), Range: oss.Ptr("bytes=100-200")}))
		must(complete("copied", copied, oss.UploadPart{PartNumber: 1, ETag: result.ETag}))
		equal("a copied part", got(o.get(b, "copied")), string(body[100:201]))

		left := start("left")
		got(o.client.AbortMultipartUpload(o.ctx, &oss.AbortMultipartUploadRequest{Bucket: b, Key: oss.Ptr("left"), UploadId: left}))
		_, err := part("left", left, 1, []byte("x"))
		o.refused(err, 404, "NoSuchUpload")
		small := start("small")
		o.refused(complete("small", small, got(part("small", small, 1, []byte("x"))), got(part("small", small, 2, []byte("y")))), 400, "EntityTooSmall")
	})
}
