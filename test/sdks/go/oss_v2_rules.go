package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

func (o *ossV2Check) bucketOptions() {
	o.with("options", func(b *string) {
		equal("tags of a new bucket", len(got(o.client.GetBucketTags(o.ctx, &oss.GetBucketTagsRequest{Bucket: b})).Tagging.TagSet.Tags), 0)
		got(o.client.PutBucketTags(o.ctx, &oss.PutBucketTagsRequest{Bucket: b, Tagging: &oss.Tagging{TagSet: &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("stage"), Value: oss.Ptr("测试")}}}}}))
		equal("tags", *got(o.client.GetBucketTags(o.ctx, &oss.GetBucketTagsRequest{Bucket: b})).Tagging.TagSet.Tags[0].Value, "测试")
		got(o.client.DeleteBucketTags(o.ctx, &oss.DeleteBucketTagsRequest{Bucket: b}))

		_, err := o.client.GetBucketEncryption(o.ctx, &oss.GetBucketEncryptionRequest{Bucket: b})
		o.refused(err, 404, "NoSuchServerSideEncryptionRule")
		rule := &oss.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &oss.ApplyServerSideEncryptionByDefault{SSEAlgorithm: oss.Ptr("AES256")}}
		got(o.client.PutBucketEncryption(o.ctx, &oss.PutBucketEncryptionRequest{Bucket: b, ServerSideEncryptionRule: rule}))
		equal("encryption", *got(o.client.GetBucketInfo(o.ctx, &oss.GetBucketInfoRequest{Bucket: b})).BucketInfo.SseRule.SSEAlgorithm, "AES256")
		got(o.client.DeleteBucketEncryption(o.ctx, &oss.DeleteBucketEncryptionRequest{Bucket: b}))

		_, err = o.client.GetBucketWebsite(o.ctx, &oss.GetBucketWebsiteRequest{Bucket: b})
		o.refused(err, 404, "NoSuchWebsiteConfiguration")
		got(o.client.PutBucketWebsite(o.ctx, &oss.PutBucketWebsiteRequest{Bucket: b, WebsiteConfiguration: &oss.WebsiteConfiguration{IndexDocument: &oss.IndexDocument{Suffix: oss.Ptr("index.html")}}}))
		equal("website", *got(o.client.GetBucketWebsite(o.ctx, &oss.GetBucketWebsiteRequest{Bucket: b})).WebsiteConfiguration.IndexDocument.Suffix, "index.html")
		got(o.client.DeleteBucketWebsite(o.ctx, &oss.DeleteBucketWebsiteRequest{Bucket: b}))

		holds("no logging", got(o.client.GetBucketLogging(o.ctx, &oss.GetBucketLoggingRequest{Bucket: b})).BucketLoggingStatus.LoggingEnabled == nil)
		got(o.client.PutBucketLogging(o.ctx, &oss.PutBucketLoggingRequest{Bucket: b, BucketLoggingStatus: &oss.BucketLoggingStatus{LoggingEnabled: &oss.LoggingEnabled{TargetBucket: b, TargetPrefix: oss.Ptr("log-")}}}))
		equal("logging", *got(o.client.GetBucketLogging(o.ctx, &oss.GetBucketLoggingRequest{Bucket: b})).BucketLoggingStatus.LoggingEnabled.TargetPrefix, "log-")

		_, err = o.client.GetBucketPolicy(o.ctx, &oss.GetBucketPolicyRequest{Bucket: b})
		o.refused(err, 404, "NoSuchBucketPolicy")
		policy := `{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Principal":["1000000000000009"],"Resource":["acs:oss:*:*:` + *b + `/*"]}]}`
		got(o.client.PutBucketPolicy(o.ctx, &oss.PutBucketPolicyRequest{Bucket: b, Body: strings.NewReader(policy)}))
		equal("policy", got(o.client.GetBucketPolicy(o.ctx, &oss.GetBucketPolicyRequest{Bucket: b})).Body, policy)
		got(o.client.DeleteBucketPolicy(o.ctx, &oss.DeleteBucketPolicyRequest{Bucket: b}))

		got(o.client.PutBucketPublicAccessBlock(o.ctx, &oss.PutBucketPublicAccessBlockRequest{Bucket: b, PublicAccessBlockConfiguration: &oss.PublicAccessBlockConfiguration{BlockPublicAccess: oss.Ptr(true)}}))
		holds("public access is blocked", *got(o.client.GetBucketPublicAccessBlock(o.ctx, &oss.GetBucketPublicAccessBlockRequest{Bucket: b})).PublicAccessBlockConfiguration.BlockPublicAccess)
		_, err = o.client.PutBucketAcl(o.ctx, &oss.PutBucketAclRequest{Bucket: b, Acl: oss.BucketACLPublicRead})
		o.refused(err, 403, "AccessDenied")
		got(o.client.PutBucketHttpsConfig(o.ctx, &oss.PutBucketHttpsConfigRequest{Bucket: b, HttpsConfiguration: &oss.HttpsConfiguration{TLS: &oss.TLS{Enable: oss.Ptr(true), TLSVersions: []string{"TLSv1.2"}}}}))
		equal("versions of TLS", got(o.client.GetBucketHttpsConfig(o.ctx, &oss.GetBucketHttpsConfigRequest{Bucket: b})).HttpsConfiguration.TLS.TLSVersions, []string{"TLSv1.2"})
	})
}

func (o *ossV2Check) tagsOf(bucket *string, key string) map[string]string {
	all := map[string]string{}
	for _, t := range got(o.client.GetObjectTagging(o.ctx, &oss.GetObjectTaggingRequest{Bucket: bucket, Key: oss.Ptr(key)})).Tags {
		all[*t.Key] = *t.Value
	}
	return all
}

func (o *ossV2Check) tags() {
	o.with("tags", func(b *string) {
		got(o.client.PutObject(o.ctx, &oss.PutObjectRequest{Bucket: b, Key: oss.Ptr("a"), Body: strings.NewReader("1"), Tagging: oss.Ptr("kind=a%2Bb&%E5%90%8D=%E5%80%BC")}))
		equal("tags", o.tagsOf(b, "a"), map[string]string{"kind": "a+b", "名": "值"})
		equal("number of tags", o.head(b, "a").TaggingCount, 2)
		got(o.client.PutObjectTagging(o.ctx, &oss.PutObjectTaggingRequest{Bucket: b, Key: oss.Ptr("a"), Tagging: &oss.Tagging{TagSet: &oss.TagSet{Tags: []oss.Tag{{Key: oss.Ptr("only"), Value: oss.Ptr("x")}}}}}))
		equal("tags after a change", o.tagsOf(b, "a"), map[string]string{"only": "x"})
		got(o.client.DeleteObjectTagging(o.ctx, &oss.DeleteObjectTaggingRequest{Bucket: b, Key: oss.Ptr("a")}))
		equal("tags at the end", o.tagsOf(b, "a"), map[string]string{})
	})
}

func (o *ossV2Check) appending() {
	o.with("append", func(b *string) {
		appended := func(position int64, body string) (int64, error) {
			result, err := o.client.AppendObject(o.ctx, &oss.AppendObjectRequest{Bucket: b, Key: oss.Ptr("log"), Position: oss.Ptr(position), Body: strings.NewReader(body)})
			if err != nil {
				return 0, err
			}
			return result.NextPosition, nil
		}
		equal("the next position", got(appended(0, "one,")), 4)
		equal("the next position", got(appended(4, "two")), 7)
		equal("the whole", got(o.get(b, "log")), "one,two")
		equal("type", *o.head(b, "log").ObjectType, "Appendable")
		_, err := appended(3, "x")
		o.refused(err, 409, "PositionNotEqualToLength")
		file := got(o.client.AppendFile(o.ctx, *b, "file"))
		got(file.Write([]byte("hello ")))
		got(file.Write([]byte("world")))
		must(file.Close())
		equal("an object as a file", got(o.get(b, "file")), "hello world")
	})
}

func (o *ossV2Check) resumable() {
	dir := got(os.MkdirTemp("", "sdk-checks-"))
	defer os.RemoveAll(dir)
	o.with("resumable", func(b *string) {
		body := random(450 << 10)
		file, back := filepath.Join(dir, "file"), filepath.Join(dir, "back")
		must(os.WriteFile(file, body, 0o600))
		got(o.client.NewUploader(func(u *oss.UploaderOptions) { u.PartSize, u.EnableCheckpoint, u.CheckpointDir = 100<<10, true, dir }).
			UploadFile(o.ctx, &oss.PutObjectRequest{Bucket: b, Key: oss.Ptr("file")}, file))
		got(o.client.NewDownloader(func(d *oss.DownloaderOptions) { d.PartSize, d.EnableCheckpoint, d.CheckpointDir = 100<<10, true, dir }).
			DownloadFile(o.ctx, &oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("file")}, back))
		holds("the file is the same", string(got(os.ReadFile(back))) == string(body))
		got(o.client.NewCopier(func(c *oss.CopierOptions) {
			c.PartSize, c.MultipartCopyThreshold, c.DisableShallowCopy = 100<<10, 100<<10, true
		}).
			Copy(o.ctx, &oss.CopyObjectRequest{Bucket: b, Key: oss.Ptr("copy"), SourceBucket: b, SourceKey: oss.Ptr("file")}))
		holds("the copy is the same", got(o.get(b, "copy")) == string(body))
	})
}

func (o *ossV2Check) presigned() {
	o.with("presigned", func(b *string) {
		put := got(o.client.Presign(o.ctx, &oss.PutObjectRequest{Bucket: b, Key: oss.Ptr("a b/é"), ContentType: oss.Ptr("text/plain"), Metadata: map[string]string{"m": "1"}}, oss.PresignExpires(time.Minute)))
		header := http.Header{}
		for name, value := range put.SignedHeaders {
			header[name] = []string{value}
		}
		response, answer := o.browser(put.Method, put.URL, header, []byte("signed"))
		equal("status of PUT: "+string(answer), response.StatusCode, 200)
		get := got(o.client.Presign(o.ctx, &oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("a b/é"), ResponseContentType: oss.Ptr("x/y")}, oss.PresignExpires(time.Minute)))
		response, answer = o.browser(get.Method, get.URL, nil, nil)
		equal("answer", []any{response.StatusCode, string(answer), response.Header.Get("Content-Type")}, []any{200, "signed", "x/y"})
		response, _ = o.browser(http.MethodGet, strings.Replace(get.URL, "ignature=", "ignature=0", 1), nil, nil)
		equal("a forged URL", response.StatusCode, 403)
	})
}

func (o *ossV2Check) acl() {
	o.with("acl", func(b *string) {
		got(o.client.PutObject(o.ctx, &oss.PutObjectRequest{Bucket: b, Key: oss.Ptr("a"), Body: strings.NewReader("1"), Acl: oss.ObjectACLPublicRead}))
		equal("ACL", *got(o.client.GetObjectAcl(o.ctx, &oss.GetObjectAclRequest{Bucket: b, Key: oss.Ptr("a")})).ACL, "public-read")
		address := "http://" + *b + ".oss-cn-hangzhou.aliyuncs.com/a"
		response, _ := o.browser(http.MethodGet, address, nil, nil)
		equal("a public object", response.StatusCode, 200)
		got(o.client.PutObjectAcl(o.ctx, &oss.PutObjectAclRequest{Bucket: b, Key: oss.Ptr("a"), Acl: oss.ObjectACLDefault}))
		response, _ = o.browser(http.MethodGet, address, nil, nil)
		equal("a private object", response.StatusCode, 403)
	})
}

func (o *ossV2Check) links() {
	o.with("links", func(b *string) {
		o.put(b, "a é", "1")
		got(o.client.PutSymlink(o.ctx, &oss.PutSymlinkRequest{Bucket: b, Key: oss.Ptr("link"), Target: oss.Ptr("a%20%C3%A9"), Metadata: map[string]string{"of": "link"}}))
		link := got(o.client.GetSymlink(o.ctx, &oss.GetSymlinkRequest{Bucket: b, Key: oss.Ptr("link")}))
		equal("link", []any{*link.Target, link.Metadata}, []any{"a%20%C3%A9", map[string]string{"of": "link"}})
		equal("by the link", got(o.get(b, "link")), "1")
		head := o.head(b, "link")
		equal("type and metadata", []any{*head.ObjectType, head.Metadata}, []any{"Symlink", map[string]string{"of": "link"}})
	})
}

func (o *ossV2Check) versions() {
	o.with("versions", func(b *string) {
		versioning := func(status oss.VersioningStatusType) error {
			_, err := o.client.PutBucketVersioning(o.ctx, &oss.PutBucketVersioningRequest{Bucket: b, VersioningConfiguration: &oss.VersioningConfiguration{Status: status}})
			return err
		}
		must(versioning(oss.VersionEnabled))
		equal("versioning", *got(o.client.GetBucketVersioning(o.ctx, &oss.GetBucketVersioningRequest{Bucket: b})).VersionStatus, "Enabled")
		first, second := o.put(b, "a", "one").VersionId, o.put(b, "a", "two").VersionId
		equal("the old version", got(o.getBy(&oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("a"), VersionId: first})), "one")
		deleted := got(o.client.DeleteObject(o.ctx, &oss.DeleteObjectRequest{Bucket: b, Key: oss.Ptr("a")}))
		holds("a delete marker", deleted.DeleteMarker)
		_, err := o.get(b, "a")
		o.refused(err, 404, "NoSuchKey")
		_, err = o.getBy(&oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("a"), VersionId: deleted.VersionId})
		o.refused(err, 405, "MethodNotAllowed")
		list := got(o.client.ListObjectVersions(o.ctx, &oss.ListObjectVersionsRequest{Bucket: b}))
		equal("versions", []string{*list.ObjectVersions[0].VersionId, *list.ObjectVersions[1].VersionId, *list.ObjectDeleteMarkers[0].VersionId}, []string{*second, *first, *deleted.VersionId})
		got(o.client.CopyObject(o.ctx, &oss.CopyObjectRequest{Bucket: b, Key: oss.Ptr("restored"), SourceKey: oss.Ptr("a"), SourceVersionId: first}))
		equal("copy of an old version", got(o.get(b, "restored")), "one")
		must(versioning(oss.VersionSuspended))
		equal("version of a suspended bucket", *o.put(b, "a", "null").VersionId, "null")
		o.refused(versioning("Disabled"), 400, "MalformedXML")
	})
}

func (o *ossV2Check) lifecycle() {
	o.with("lifecycle", func(b *string) {
		_, err := o.client.GetBucketLifecycle(o.ctx, &oss.GetBucketLifecycleRequest{Bucket: b})
		o.refused(err, 404, "NoSuchLifecycle")
		rules := []oss.LifecycleRule{
			{ID: oss.Ptr("days"), Prefix: oss.Ptr("logs/"), Status: oss.Ptr("Enabled"), Expiration: &oss.LifecycleRuleExpiration{Days: oss.Ptr(int32(30))}},
			{
				ID: oss.Ptr("classes"), Prefix: oss.Ptr("cold/"), Status: oss.Ptr("Enabled"),
				Transitions:          []oss.LifecycleRuleTransition{{Days: oss.Ptr(int32(30)), StorageClass: oss.StorageClassIA}},
				AbortMultipartUpload: &oss.LifecycleRuleAbortMultipartUpload{Days: oss.Ptr(int32(3))},
			},
		}
		got(o.client.PutBucketLifecycle(o.ctx, &oss.PutBucketLifecycleRequest{Bucket: b, LifecycleConfiguration: &oss.LifecycleConfiguration{Rules: rules}}))
		have := got(o.client.GetBucketLifecycle(o.ctx, &oss.GetBucketLifecycleRequest{Bucket: b})).LifecycleConfiguration.Rules
		equal("rules", []any{*have[0].Expiration.Days, have[1].Transitions[0].StorageClass, *have[1].AbortMultipartUpload.Days}, []any{int32(30), oss.StorageClassIA, int32(3)})
		got(o.client.DeleteBucketLifecycle(o.ctx, &oss.DeleteBucketLifecycleRequest{Bucket: b}))
	})
}

func (o *ossV2Check) cors() {
	o.with("cors", func(b *string) {
		_, err := o.client.GetBucketCors(o.ctx, &oss.GetBucketCorsRequest{Bucket: b})
		o.refused(err, 404, "NoSuchCORSConfiguration")
		got(o.client.PutObject(o.ctx, &oss.PutObjectRequest{Bucket: b, Key: oss.Ptr("a"), Body: strings.NewReader("1"), Acl: oss.ObjectACLPublicRead}))
		got(o.client.PutBucketCors(o.ctx, &oss.PutBucketCorsRequest{Bucket: b, CORSConfiguration: &oss.CORSConfiguration{
			CORSRules: []oss.CORSRule{
				{
					AllowedOrigins: []string{"https://*.example.com"}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"x-oss-*", "content-type"},
					ExposeHeaders: []string{"ETag", "x-oss-request-id"}, MaxAgeSeconds: oss.Ptr(int64(60)),
				},
				{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"HEAD"}},
			}, ResponseVary: oss.Ptr(true),
		}}))
		kept := got(o.client.GetBucketCors(o.ctx, &oss.GetBucketCorsRequest{Bucket: b})).CORSConfiguration
		equal("rules", []any{len(kept.CORSRules), *kept.ResponseVary}, []any{2, true})
		o.preflights("http://" + *b + ".oss-cn-hangzhou.aliyuncs.com/a")
		asked := got(o.client.OptionObject(o.ctx, &oss.OptionObjectRequest{Bucket: b, Key: oss.Ptr("a"), Origin: oss.Ptr("https://www.example.com"), AccessControlRequestMethod: oss.Ptr("GET")}))
		equal("by the client", *asked.AccessControlAllowOrigin, "https://www.example.com")
	})
}

func (o *ossV2Check) deleteMany() {
	o.with("delete-many", func(b *string) {
		var all []oss.DeleteObject
		for _, key := range []string{"a", "b é", "c&<"} {
			o.put(b, key, "1")
			all = append(all, oss.DeleteObject{Key: oss.Ptr(key)})
		}
		result := got(o.client.DeleteMultipleObjects(o.ctx, &oss.DeleteMultipleObjectsRequest{Bucket: b, Objects: all, EncodingType: oss.Ptr("url")}))
		equal("deleted", []string{*result.DeletedObjects[0].Key, *result.DeletedObjects[1].Key, *result.DeletedObjects[2].Key}, []string{"a", "b é", "c&<"})
	})
}

func (o *ossV2Check) missing() {
	none := oss.Ptr(o.prefix + "none")
	_, err := o.get(none, "a")
	o.refused(err, 404, "NoSuchBucket")
	_, err = o.client.GetBucketInfo(o.ctx, &oss.GetBucketInfoRequest{Bucket: none})
	o.refused(err, 404, "NoSuchBucket")
	o.with("missing", func(b *string) {
		_, err := o.get(b, "a")
		equal("EC of a missing key", o.refused(err, 404, "NoSuchKey").EC, "0026-00000001")
		_, err = o.client.HeadObject(o.ctx, &oss.HeadObjectRequest{Bucket: b, Key: oss.Ptr("a")})
		equal("EC without a body", o.refused(err, 404, "NoSuchKey").EC, "0026-00000001")
	})
}

func (o *ossV2Check) wrongKeys() {
	_, err := o.connect(o.keyID, "wrong", region).ListBuckets(o.ctx, &oss.ListBucketsRequest{})
	o.refused(err, 403, "SignatureDoesNotMatch")
	_, err = o.connect("LTAInobody", "wrong", region).ListBuckets(o.ctx, &oss.ListBucketsRequest{})
	o.refused(err, 403, "InvalidAccessKeyId")
	if o.version == oss.SignatureVersionV4 {
		_, err := o.connect(o.keyID, o.keySecret, "cn-shanghai").GetBucketInfo(o.ctx, &oss.GetBucketInfoRequest{Bucket: oss.Ptr(o.prefix + "any")})
		o.refused(err, 400, "InvalidArgument")
	}
}

// pathStyle addresses the emulator by its IP address, as the broker does.
func (o *ossV2Check) pathStyle() {
	by := *o
	by.client = oss.NewClient(oss.LoadDefaultConfig().WithCredentialsProvider(credentials.NewStaticCredentialsProvider(o.keyID, o.keySecret)).WithRegion(region).WithEndpoint("http://" + o.address).WithSignatureVersion(o.version))
	by.with("path", func(b *string) {
		by.put(b, "a b/é", "1")
		equal("body", got(by.get(b, "a b/é")), "1")
		address := got(by.client.Presign(by.ctx, &oss.GetObjectRequest{Bucket: b, Key: oss.Ptr("a b/é")}))
		response, body := o.browser(http.MethodGet, address.URL, nil, nil)
		equal("presigned", []any{response.StatusCode, string(body)}, []any{200, "1"})
	})
}
