package main

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

// An ossV1Check is the OSS Go SDK of the first generation with one kind of
// signature.
type ossV1Check struct {
	*checks

	version oss.AuthVersionType
	prefix  string // of the buckets' names
	client  *oss.Client
}

// ossV1 runs github.com/aliyun/aliyun-oss-go-sdk.
func ossV1(c *checks) {
	for name, version := range map[string]oss.AuthVersionType{"v1": oss.AuthV1, "v4": oss.AuthV4} {
		o := &ossV1Check{checks: c, version: version, prefix: c.name + "-" + name + "-"}
		o.client = o.connect(c.keyID, c.keySecret)
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
func (o *ossV1Check) connect(id, secret string, options ...oss.ClientOption) *oss.Client {
	options = append([]oss.ClientOption{oss.Proxy(o.proxy()), oss.AuthVersion(o.version), oss.Region(region)}, options...)
	return got(oss.New(endpoint, id, secret, options...))
}

// with runs use with a bucket of its own.
func (o *ossV1Check) with(name string, use func(*oss.Bucket), options ...oss.Option) {
	name = o.prefix + name
	must(o.client.CreateBucket(name, options...))
	bucket := got(o.client.Bucket(name))
	defer o.remove(bucket)
	use(bucket)
}

// remove removes a bucket with its objects, versions and uploads.
func (o *ossV1Check) remove(bucket *oss.Bucket) {
	for {
		list := got(bucket.ListObjectVersions())
		var all []oss.DeleteObject
		for _, v := range list.ObjectVersions {
			all = append(all, oss.DeleteObject{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range list.ObjectDeleteMarkers {
			all = append(all, oss.DeleteObject{Key: m.Key, VersionId: m.VersionId})
		}
		if len(all) == 0 {
			break
		}
		got(bucket.DeleteObjectVersions(all))
	}
	for _, u := range got(bucket.ListMultipartUploads()).Uploads {
		must(bucket.AbortMultipartUpload(oss.InitiateMultipartUploadResult{Bucket: bucket.BucketName, Key: u.Key, UploadID: u.UploadID}))
	}
	must(o.client.DeleteBucket(bucket.BucketName))
}

// refused ends the scenario unless err is the service's, with a status and code.
func (o *ossV1Check) refused(err error, status int, code string) oss.ServiceError {
	var service oss.ServiceError
	if !errors.As(err, &service) {
		fail("%d %s is due, and there is: %v", status, code, err)
	}
	equal("the code of "+service.Message, fmt.Sprint(service.StatusCode, " ", service.Code), fmt.Sprint(status, " ", code))
	holds("a request id", len(service.RequestID) == 24)
	return service
}

func text(body io.ReadCloser, err error) string {
	defer got(body, err).Close()
	return string(got(io.ReadAll(body)))
}

// random is a body that compresses badly and differs from place to place.
func random(size int) []byte {
	body := make([]byte, size)
	state := uint32(size)
	for i := range body {
		state = state*1664525 + 1013904223
		body[i] = byte(state >> 24)
	}
	return body
}

func etag(body []byte) string { return fmt.Sprintf("\"%X\"", md5.Sum(body)) }

func (o *ossV1Check) service() {
	for _, suffix := range []string{"service-1", "service-2", "service-3"} {
		o.with(suffix, func(*oss.Bucket) {
			list := got(o.client.ListBuckets(oss.Prefix(o.prefix + suffix)))
			equal("buckets", len(list.Buckets), 1)
			equal("location", list.Buckets[0].Location, "oss-"+region)
			equal("class", list.Buckets[0].StorageClass, "Standard")
			holds("the time of creation", list.Buckets[0].CreationDate.Year() > 2000)
		})
	}
	o.with("pages-1", func(*oss.Bucket) {
		o.with("pages-2", func(*oss.Bucket) {
			page := got(o.client.ListBuckets(oss.Prefix(o.prefix+"pages-"), oss.MaxKeys(1)))
			equal("the first page", []any{len(page.Buckets), page.IsTruncated, page.NextMarker}, []any{1, true, o.prefix + "pages-1"})
			page = got(o.client.ListBuckets(oss.Prefix(o.prefix+"pages-"), oss.MaxKeys(1), oss.Marker(page.NextMarker)))
			equal("the second page", []any{page.Buckets[0].Name, page.IsTruncated}, []any{o.prefix + "pages-2", false})
		})
	})
	regions := got(o.client.DescribeRegions())
	holds("several regions", len(regions.Regions) > 1)
	one := got(o.client.DescribeRegions(oss.AddParam("regions", "oss-"+region)))
	equal("region", one.Regions[0].InternetEndpoint, "oss-"+region+".aliyuncs.com")
}

func (o *ossV1Check) bucket() {
	o.with("bucket", func(b *oss.Bucket) {
		equal("location", got(o.client.GetBucketLocation(b.BucketName)), "oss-"+region)
		info := got(o.client.GetBucketInfo(b.BucketName)).BucketInfo
		equal("name", info.Name, b.BucketName)
		equal("class", info.StorageClass, "IA")
		equal("ACL", info.ACL, "private")
		equal("redundancy", info.RedundancyType, "LRS")
		equal("endpoints", []string{info.ExtranetEndpoint, info.IntranetEndpoint}, []string{"oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou-internal.aliyuncs.com"})
		holds("an owner", info.Owner.ID != "" && info.Owner.DisplayName != "")
		must(b.PutObject("a", strings.NewReader("123")))
		stat := got(o.client.GetBucketStat(b.BucketName))
		equal("figures", []int64{stat.Storage, stat.ObjectCount, stat.MultipartUploadCount}, []int64{3, 1, 0})
		equal("figures of the class", []int64{stat.InfrequentAccessRealStorage, stat.InfrequentAccessObjectCount, stat.StandardObjectCount}, []int64{3, 1, 0})
		o.refused(o.client.DeleteBucket(b.BucketName), 409, "BucketNotEmpty")
		must(o.client.SetBucketACL(b.BucketName, oss.ACLPublicRead))
		equal("ACL", got(o.client.GetBucketACL(b.BucketName)).ACL, "public-read")
		must(o.client.CreateBucket(b.BucketName, oss.StorageClass(oss.StorageIA))) // again, without an ACL
		equal("ACL after it is put again", got(o.client.GetBucketACL(b.BucketName)).ACL, "public-read")
		holds("it exists", got(o.client.IsBucketExist(b.BucketName)))
	}, oss.StorageClass(oss.StorageIA), oss.ACL(oss.ACLPrivate))
	holds("it is gone", !got(o.client.IsBucketExist(o.prefix+"bucket")))
}

func (o *ossV1Check) bucketOptions() {
	o.with("options", func(b *oss.Bucket) {
		name := b.BucketName
		equal("tags of a new bucket", len(got(o.client.GetBucketTagging(name)).Tags), 0)
		must(o.client.SetBucketTagging(name, oss.Tagging{Tags: []oss.Tag{{Key: "team", Value: "a b"}, {Key: "stage", Value: "测试"}}}))
		equal("tags", len(got(o.client.GetBucketTagging(name)).Tags), 2)
		must(o.client.DeleteBucketTagging(name, oss.AddParam("tagging", "team")))
		left := got(o.client.GetBucketTagging(name)).Tags
		equal("tags that were not named", []any{len(left), left[0].Key}, []any{1, "stage"})
		must(o.client.DeleteBucketTagging(name))
		equal("tags at the end", len(got(o.client.GetBucketTagging(name)).Tags), 0)

		_, err := o.client.GetBucketEncryption(name)
		o.refused(err, 404, "NoSuchServerSideEncryptionRule")
		must(o.client.SetBucketEncryption(name, oss.ServerEncryptionRule{SSEDefault: oss.SSEDefaultRule{SSEAlgorithm: "AES256"}}))
		equal("encryption", got(o.client.GetBucketEncryption(name)).SSEDefault.SSEAlgorithm, "AES256")
		must(o.client.DeleteBucketEncryption(name))
		o.refused(o.client.SetBucketEncryption(name, oss.ServerEncryptionRule{SSEDefault: oss.SSEDefaultRule{SSEAlgorithm: "ROT13"}}), 400, "InvalidEncryptionAlgorithmError")

		_, err = o.client.GetBucketWebsite(name)
		o.refused(err, 404, "NoSuchWebsiteConfiguration")
		must(o.client.SetBucketWebsite(name, "index.html", "error.html"))
		site := got(o.client.GetBucketWebsite(name))
		equal("website", []string{site.IndexDocument.Suffix, site.ErrorDocument.Key}, []string{"index.html", "error.html"})
		must(o.client.DeleteBucketWebsite(name))

		must(o.client.SetBucketLogging(name, name, "log-", true))
		logging := got(o.client.GetBucketLogging(name))
		equal("logging", []string{logging.LoggingEnabled.TargetBucket, logging.LoggingEnabled.TargetPrefix}, []string{name, "log-"})
		must(o.client.DeleteBucketLogging(name))
		equal("logging at the end", got(o.client.GetBucketLogging(name)).LoggingEnabled.TargetBucket, "")

		must(o.client.SetBucketReferer(name, []string{"http://www.example.com", "https://*.example.com"}, false))
		equal("referers", got(o.client.GetBucketReferer(name)).RefererList, []string{"http://www.example.com", "https://*.example.com"})
		must(o.client.SetBucketReferer(name, []string{}, true))

		_, err = o.client.GetBucketPolicy(name)
		o.refused(err, 404, "NoSuchBucketPolicy")
		policy := `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Principal":["1000000000000009"],"Resource":["acs:oss:*:*:` + name + `/*"]}]}`
		must(o.client.SetBucketPolicy(name, policy))
		equal("policy", got(o.client.GetBucketPolicy(name)), policy)
		must(o.client.DeleteBucketPolicy(name))

		equal("payer", got(o.client.GetBucketRequestPayment(name)).Payer, "BucketOwner")
		must(o.client.SetBucketRequestPayment(name, oss.RequestPaymentConfiguration{Payer: "Requester"}))
		equal("payer", got(o.client.GetBucketRequestPayment(name)).Payer, "Requester")

		must(o.client.SetBucketTransferAcc(name, oss.TransferAccConfiguration{Enabled: true}))
		equal("acceleration", got(o.client.GetBucketTransferAcc(name)).Enabled, true)
		must(o.client.PutBucketAccessMonitor(name, oss.PutBucketAccessMonitor{Status: "Enabled"}))
		equal("access monitor", got(o.client.GetBucketAccessMonitor(name)).Status, "Enabled")
		holds("a resource group", strings.HasPrefix(got(o.client.GetBucketResourceGroup(name)).ResourceGroupId, "rg-"))

		worm := got(o.client.InitiateBucketWorm(name, 1))
		equal("retention", got(o.client.GetBucketWorm(name)).State, "InProgress")
		must(o.client.AbortBucketWorm(name))
		_, err = o.client.GetBucketWorm(name)
		o.refused(err, 404, "NoSuchWORMConfiguration")
		holds("an id of the retention", worm != "")
	})
}

func (o *ossV1Check) objects() {
	o.with("objects", func(b *oss.Bucket) {
		for _, key := range []string{"plain", "a dir/k+%é~*().txt", "中文/对象", "a//b/./c", "q?x=1&y", "quote'\"<>"} {
			body := random(3000)
			must(b.PutObject(key, bytes.NewReader(body)))
			equal("body of "+key, text(b.GetObject(key)), string(body))
			head := got(b.GetObjectDetailedMeta(key))
			equal("ETag", head.Get("ETag"), etag(body))
			equal("length", head.Get("Content-Length"), "3000")
			equal("type", head.Get("X-Oss-Object-Type"), "Normal")
			sum := md5.Sum(body)
			equal("MD5", head.Get("Content-MD5"), base64.StdEncoding.EncodeToString(sum[:]))
			holds("a CRC", head.Get("X-Oss-Hash-Crc64ecma") != "")
			holds("it exists", got(b.IsObjectExist(key)))
			must(b.DeleteObject(key))
			holds("it is gone", !got(b.IsObjectExist(key)))
			must(b.DeleteObject(key)) // again
		}
		must(b.PutObject("empty", strings.NewReader("")))
		equal("an empty body", text(b.GetObject("empty")), "")
		must(b.PutObject("once", strings.NewReader("1"), oss.ForbidOverWrite(true)))
		o.refused(b.PutObject("once", strings.NewReader("2"), oss.ForbidOverWrite(true)), 409, "FileAlreadyExists")
		o.refused(b.PutObject("bad", strings.NewReader("2"), oss.ContentMD5("AAAAAAAAAAAAAAAAAAAAAA==")), 400, "InvalidDigest")
		must(b.PutObject("cold", strings.NewReader("1"), oss.ObjectStorageClass(oss.StorageArchive)))
		_, err := b.GetObject("cold")
		o.refused(err, 403, "InvalidObjectState")
	})
}

func (o *ossV1Check) metadata() {
	o.with("metadata", func(b *oss.Bucket) {
		must(b.PutObject("a.html", strings.NewReader("<p>"), oss.Meta("Author-Name", "me and you"), oss.Meta("x", "1"),
			oss.CacheControl("no-cache"), oss.ContentDisposition("attachment; filename=a"), oss.ContentEncoding("identity"), oss.ContentLanguage("de")))
		head := got(b.GetObjectDetailedMeta("a.html"))
		equal("metadata", []string{head.Get("X-Oss-Meta-Author-Name"), head.Get("X-Oss-Meta-X")}, []string{"me and you", "1"})
		equal("headers", []string{head.Get("Cache-Control"), head.Get("Content-Disposition"), head.Get("Content-Encoding"), head.Get("Content-Language")},
			[]string{"no-cache", "attachment; filename=a", "identity", "de"})
		holds("the type of the name", strings.HasPrefix(head.Get("Content-Type"), "text/html"))
		must(b.SetObjectMeta("a.html", oss.Meta("second", "2"), oss.ContentType("text/plain")))
		head = got(b.GetObjectDetailedMeta("a.html"))
		equal("metadata after a change", []string{head.Get("X-Oss-Meta-X"), head.Get("X-Oss-Meta-Second"), head.Get("Content-Type")}, []string{"", "2", "text/plain"})
		short := got(b.GetObjectMeta("a.html"))
		equal("short metadata", []string{short.Get("Content-Length"), short.Get("X-Oss-Meta-Second")}, []string{"3", ""})
		holds("ETag and time", short.Get("ETag") != "" && short.Get("Last-Modified") != "")
		result := got(b.DoGetObject(&oss.GetObjectRequest{ObjectKey: "a.html"}, []oss.Option{oss.ResponseContentType("x/y"), oss.ResponseCacheControl("max-age=1")}))
		defer result.Response.Body.Close()
		equal("overridden headers", []string{result.Response.Headers.Get("Content-Type"), result.Response.Headers.Get("Cache-Control")}, []string{"x/y", "max-age=1"})
	})
}

func (o *ossV1Check) ranges() {
	o.with("ranges", func(b *oss.Bucket) {
		must(b.PutObject("ten", strings.NewReader("0123456789")))
		get := func(status int, options ...oss.Option) string {
			result := got(b.DoGetObject(&oss.GetObjectRequest{ObjectKey: "ten"}, options))
			equal("status", result.Response.StatusCode, status)
			return text(result.Response.Body, nil)
		}
		equal("a range", get(206, oss.Range(2, 4)), "234")
		equal("from a place on", get(206, oss.NormalizedRange("7-")), "789")
		equal("the last", get(206, oss.NormalizedRange("-3")), "789")
		equal("a range that ends behind the object", get(200, oss.Range(5, 20)), "0123456789")
		equal("a range behind the object", get(200, oss.Range(20, 30)), "0123456789")
		standard := oss.RangeBehavior("standard")
		equal("a range that ends behind the object, by the standard", get(206, oss.Range(5, 20), standard), "56789")
		_, err := b.GetObject("ten", oss.Range(20, 30), standard)
		o.refused(err, 416, "InvalidRange")
	})
}

func (o *ossV1Check) conditions() {
	o.with("conditions", func(b *oss.Bucket) {
		must(b.PutObject("a", strings.NewReader("1")))
		head := got(b.GetObjectDetailedMeta("a"))
		equal("the same", text(b.GetObject("a", oss.IfMatch(head.Get("ETag")))), "1")
		_, err := b.GetObject("a", oss.IfMatch(`"OTHER"`))
		o.refused(err, 412, "PreconditionFailed")
		_, err = b.GetObject("a", oss.IfNoneMatch(head.Get("ETag")))
		holds("not modified", err != nil && strings.Contains(err.Error(), "304"))
		modified := got(parseTime(head.Get("Last-Modified")))
		_, err = b.GetObject("a", oss.IfModifiedSince(modified))
		holds("not modified since", err != nil && strings.Contains(err.Error(), "304"))
		_, err = b.GetObject("a", oss.IfUnmodifiedSince(modified.Add(-hour)))
		o.refused(err, 412, "PreconditionFailed")
	})
}
