package oss_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/cloud"
	"github.com/AliyunContainerService/open-service-broker-alibabacloud/pkg/emulator/oss"
)

// Empty lists are there as the outer element.
func (a *answers) wantOuter(t *testing.T, operation, element string) {
	t.Helper()
	if !a.seen[operation][element] {
		t.Errorf("%s without elements lacks %s", operation, element)
	}
}

func (a *answers) optionsOfBuckets(t *testing.T, c *sdk.Client) {
	t.Helper()
	list, err := c.ListBuckets(t.Context(), &sdk.ListBucketsRequest{})
	if err != nil || len(list.Buckets) != 0 {
		t.Fatal(list, err)
	}
	a.wantOuter(t, "ListBuckets", "Buckets")
	a.do(t, c, "PUT", "", "", "", "x-oss-server-side-encryption", "KMS", "x-oss-server-side-encryption-key-id", "key", "x-oss-server-side-data-encryption", "SM4")
	mustPutBucket(t, c, "bucket-b")
	if _, err := c.ListBuckets(t.Context(), &sdk.ListBucketsRequest{MaxKeys: 1, Prefix: new("bucket"), Marker: new("a")}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetPublicAccessBlock(t.Context(), &sdk.GetPublicAccessBlockRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DescribeRegions(t.Context(), &sdk.DescribeRegionsRequest{}); err != nil {
		t.Fatal(err)
	}
	a.do(t, c, "GET", "", "tagging", "")
	a.wantOuter(t, "GetBucketTags", "TagSet")
	a.do(t, c, "GET", "", "referer", "")
	a.wantOuter(t, "GetBucketReferer", "RefererList")
	setTags(t, c, "bucket-a", "k", "v")
	for subresource := range oss.Documents() {
		a.do(t, c, "PUT", "", subresource, strings.ReplaceAll(oss.Sample(subresource), "<ResourceGroupId>bucket-a", "<ResourceGroupId>rg-a"))
		a.do(t, c, "GET", "", subresource, "")
	}
	for subresource, body := range map[string]string{
		"cors": "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod><AllowedHeader>*</AllowedHeader>" +
			"<ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>5</MaxAgeSeconds></CORSRule></CORSConfiguration>",
		"policy": `{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		"lifecycle": "<LifecycleConfiguration><Rule><ID>a</ID><Status>Enabled</Status><Prefix>a/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>" +
			"<Expiration><Days>40</Days></Expiration><Transition><Days>30</Days><StorageClass>IA</StorageClass></Transition>" +
			"<NoncurrentVersionExpiration><NoncurrentDays>9</NoncurrentDays></NoncurrentVersionExpiration>" +
			"<NoncurrentVersionTransition><NoncurrentDays>5</NoncurrentDays><StorageClass>IA</StorageClass></NoncurrentVersionTransition></Rule>" +
			rule("b", "<Expiration><CreatedBeforeDate>2030-01-01T00:00:00.000Z</CreatedBeforeDate></Expiration><Transition><CreatedBeforeDate>2029-01-01T00:00:00.000Z</CreatedBeforeDate><StorageClass>IA</StorageClass></Transition><AbortMultipartUpload><CreatedBeforeDate>2030-01-01T00:00:00.000Z</CreatedBeforeDate></AbortMultipartUpload>") +
			rule("c", "<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration><AbortMultipartUpload><Days>3</Days></AbortMultipartUpload>") +
			rule("e", "<AbortMultipartUpload><Date>2030-01-01T00:00:00.000Z</Date></AbortMultipartUpload>") +
			rule("d", "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>") + "</LifecycleConfiguration>",
		"versioning": "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
	} {
		a.do(t, c, "PUT", "", subresource, body)
	}
	for _, subresource := range []string{
		"bucketInfo", "location", "stat", "acl", "tagging", "versioning", "encryption", "cors", "lifecycle", "publicAccessBlock", "policy", "policyStatus",
	} {
		a.do(t, c, "GET", "", subresource, "")
	}
	if _, err := c.InitiateBucketWorm(t.Context(), &sdk.InitiateBucketWormRequest{Bucket: new("bucket-b"), InitiateWormConfiguration: &sdk.InitiateWormConfiguration{RetentionPeriodInDays: new(int32(1))}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.GetBucketWorm(t.Context(), &sdk.GetBucketWormRequest{Bucket: new("bucket-b")}); err != nil {
		t.Fatal(err)
	}
}

// transitions calls the operations on the task that moves a bucket to ZRS, in each of
// its states.
func (a *answers) transitions(t *testing.T, c *sdk.Client) {
	t.Helper()
	mustPutBucket(t, c, "bucket-zrs")
	name := new("bucket-zrs")
	r, err := c.CreateBucketDataRedundancyTransition(t.Context(), &sdk.CreateBucketDataRedundancyTransitionRequest{Bucket: name, TargetRedundancyType: new("ZRS")})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		_, err := c.GetBucketDataRedundancyTransition(t.Context(), &sdk.GetBucketDataRedundancyTransitionRequest{Bucket: name, RedundancyTransitionTaskid: r.BucketDataRedundancyTransition.TaskId})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.ListBucketDataRedundancyTransition(t.Context(), &sdk.ListBucketDataRedundancyTransitionRequest{Bucket: name}); err != nil {
			t.Fatal(err)
		}
		a.clock.Advance(25 * time.Hour)
	}
}

func rule(prefix, inner string) string {
	return "<Rule><ID>" + prefix + "</ID><Status>Enabled</Status><Prefix>" + prefix + "/</Prefix>" + inner + "</Rule>"
}

func (a *answers) objects(t *testing.T, c *sdk.Client) {
	t.Helper()
	made := a.do(t, c, "PUT", "c/k", "", "content", "x-oss-meta-m", "v", "x-oss-tagging", "k=v", "Cache-Control", "no-store", "Content-Disposition", "inline",
		"Content-Encoding", "identity", "Expires", "Fri, 28 Feb 2030 05:38:42 GMT", "Content-Type", "text/plain")
	for _, method := range []string{"GET", "HEAD"} {
		a.do(t, c, method, "c/k", "", "", "Origin", "https://a.example", "Range", "bytes=0-1")
	}
	a.do(t, c, "HEAD", "c/k", "objectMeta", "")
	a.do(t, c, "PUT", "c/k", "acl", "", "x-oss-object-acl", "private")
	a.do(t, c, "GET", "c/k", "acl", "")
	a.do(t, c, "GET", "c/k", "tagging", "")
	a.do(t, c, "PUT", "c/k", "tagging", "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>")
	a.do(t, c, "DELETE", "c/k", "tagging", "")
	a.do(t, c, "GET", "c/k", "tagging", "")
	a.wantOuter(t, "GetObjectTagging", "TagSet")
	a.do(t, c, "PUT", "copy", "", "", "x-oss-copy-source", "/bucket-a/c/k?versionId="+made.Get("x-oss-version-id"))
	a.do(t, c, "PUT", "link", "symlink", "", "x-oss-symlink-target", "c/k", "x-oss-meta-m", "v")
	a.do(t, c, "GET", "link", "symlink", "")
	a.do(t, c, "POST", "log", "append&position=0", "line")
	a.do(t, c, "GET", "log", "", "")
	a.do(t, c, "HEAD", "log", "", "")
	a.do(t, c, "PUT", "cold", "", "content", "x-oss-storage-class", "ColdArchive")
	a.do(t, c, "POST", "cold", "restore", "<RestoreRequest><Days>1</Days><JobParameters><Tier>Expedited</Tier></JobParameters></RestoreRequest>")
	a.clock.Advance(2 * time.Hour)
	a.do(t, c, "GET", "cold", "", "")
	a.do(t, c, "HEAD", "cold", "", "")
	a.do(t, c, "DELETE", "gone", "", "")
	_, err := get(t.Context(), c, "bucket-a", "gone")
	wantCode(t, err, "NoSuchKey")
	a.otherPays(t)
}

// otherPays reads an object by another account's key.
func (a *answers) otherPays(t *testing.T) {
	t.Helper()
	a.session["other"] = cloud.Key{Caller: cloud.Caller{AccountID: "9999999999999999"}, Secret: "secret", Active: true}
	if _, err := a.root().PutBucketAcl(t.Context(), &sdk.PutBucketAclRequest{Bucket: new("bucket-a"), Acl: sdk.BucketACLPublicRead}); err != nil {
		t.Fatal(err)
	}
	other := a.client("other", "secret", sdk.SignatureVersionV4, func(config *sdk.Config) { config.WithHttpClient(&http.Client{Transport: a}) })
	paid := call{method: "PUT", bucket: "bucket-a", query: map[string]string{"requestPayment": ""}, body: "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>"}
	if _, _, err := send(t, a.root(), paid); err != nil {
		t.Fatal(err)
	}
	_, err := other.HeadObject(t.Context(), &sdk.HeadObjectRequest{Bucket: new("bucket-a"), Key: new("copy")})
	wantCode(t, err, "AccessDenied")
	h := a.do(t, other, "HEAD", "copy", "", "", "x-oss-request-payer", "requester")
	if h.Get("x-oss-request-charged") != "requester" {
		t.Errorf("headers %v", h)
	}
}

func (a *answers) uploads(t *testing.T, c *sdk.Client) {
	t.Helper()
	for _, key := range []string{"up/1", "up/2", "up/3"} {
		begun, err := c.InitiateMultipartUpload(t.Context(), &sdk.InitiateMultipartUploadRequest{Bucket: new("bucket-a"), Key: new(key), Metadata: map[string]string{
			"client-side-encryption-key": "k", "client-side-encryption-start": "s", "client-side-encryption-cek-alg": "AES/CTR/NoPadding",
			"client-side-encryption-wrap-alg": "w", "client-side-encryption-data-size": "1", "client-side-encryption-part-size": "102400",
		}})
		if err != nil {
			t.Fatal(err)
		}
		id := *begun.UploadId
		a.do(t, c, "PUT", key, "partNumber=1&uploadId="+id, "one")
		if key != "up/3" {
			a.do(t, c, "PUT", key, "partNumber=2&uploadId="+id, "", "x-oss-copy-source", "/bucket-a/c/k")
		}
		a.do(t, c, "GET", key, "max-parts=1&encoding-type=url&uploadId="+id, "")
		if key == "up/3" {
			a.do(t, c, "POST", key, "encoding-type=url&uploadId="+id, "", "x-oss-complete-all", "yes")
		}
	}
	a.do(t, c, "GET", "", "uploads&max-uploads=1&prefix=up&delimiter=x&encoding-type=url&key-marker=up/1&upload-id-marker=0", "")
}

func (a *answers) lists(t *testing.T, c *sdk.Client) {
	t.Helper()
	a.do(t, c, "GET", "", "max-keys=2&prefix=c&delimiter=/&encoding-type=url&marker=b", "")
	a.do(t, c, "GET", "", "", "")
	a.do(t, c, "GET", "", "list-type=2&max-keys=2&prefix=c&delimiter=/&encoding-type=url&start-after=b&fetch-owner=true", "")
	first, err := c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Request{Bucket: new("bucket-a"), MaxKeys: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Request{Bucket: new("bucket-a"), ContinuationToken: first.NextContinuationToken}); err != nil {
		t.Fatal(err)
	}
	a.do(t, c, "GET", "", "versions&max-keys=2&prefix=c&delimiter=/&encoding-type=url&key-marker=b", "")
	a.do(t, c, "GET", "", "versions", "")
	if _, err := c.DeleteMultipleObjects(t.Context(), &sdk.DeleteMultipleObjectsRequest{Bucket: new("bucket-a"), EncodingType: new("url"), Objects: []sdk.DeleteObject{{Key: new("copy")}, {Key: new("k"), VersionId: new("CAE")}}}); err != nil {
		t.Fatal(err)
	}
}

// moved lets a lifecycle rule move an object.
func (a *answers) moved(t *testing.T, c *sdk.Client) {
	t.Helper()
	a.do(t, c, "PUT", "", "lifecycle", "<LifecycleConfiguration>"+rule("moved", "<Transition><Days>1</Days><StorageClass>DeepColdArchive</StorageClass></Transition>")+"</LifecycleConfiguration>")
	a.do(t, c, "PUT", "moved/k", "", "content")
	a.clock.Advance(2 * 24 * time.Hour)
	a.do(t, c, "HEAD", "moved/k", "", "")
	a.do(t, c, "HEAD", "moved/k", "objectMeta", "")
	for _, list := range []string{"prefix=moved", "list-type=2&prefix=moved", "versions&prefix=moved"} {
		a.do(t, c, "GET", "", list, "")
	}
}

// retentions is the last to run: a bucket keeps object retention for good.
func (a *answers) retentions(t *testing.T, c *sdk.Client) {
	t.Helper()
	a.do(t, c, "PUT", "", "versioning", "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>")
	for _, period := range []string{"Days", "Years"} {
		a.do(t, c, "PUT", "", "objectWorm", "<ObjectWormConfiguration><ObjectWormEnabled>Enabled</ObjectWormEnabled><Rule><DefaultRetention><Mode>COMPLIANCE</Mode><"+
			period+">1</"+period+"></DefaultRetention></Rule></ObjectWormConfiguration>")
		a.do(t, c, "GET", "", "objectWorm", "")
	}
	a.do(t, c, "PUT", "kept", "", "content")
	a.do(t, c, "GET", "kept", "retention", "")
	a.do(t, c, "GET", "kept", "legalHold", "")
}
