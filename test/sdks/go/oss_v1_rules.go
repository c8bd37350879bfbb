package main

import (
	"net/http"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

func (o *ossV1Check) versions() {
	o.with("versions", func(b *oss.Bucket) {
		equal("versioning of a new bucket", got(o.client.GetBucketVersioning(b.BucketName)).Status, "")
		must(o.client.SetBucketVersioning(b.BucketName, oss.VersioningConfig{Status: "Enabled"}))
		equal("versioning", got(o.client.GetBucketVersioning(b.BucketName)).Status, "Enabled")
		var header http.Header
		must(b.PutObject("a", strings.NewReader("one"), oss.GetResponseHeader(&header)))
		first := oss.GetVersionId(header)
		holds("a version id", first != "")
		must(b.PutObject("a", strings.NewReader("two"), oss.GetResponseHeader(&header)))
		second := oss.GetVersionId(header)
		holds("another version id", second != first)
		equal("the old version", text(b.GetObject("a", oss.VersionId(first))), "one")
		must(b.DeleteObject("a", oss.GetResponseHeader(&header)))
		holds("a delete marker", oss.GetDeleteMark(header) && oss.GetVersionId(header) != "")
		marker := oss.GetVersionId(header)
		_, err := b.GetObject("a")
		o.refused(err, 404, "NoSuchKey")
		_, err = b.GetObject("a", oss.VersionId(marker))
		o.refused(err, 405, "MethodNotAllowed")
		list := got(b.ListObjectVersions(oss.Prefix("a")))
		equal("versions", []string{list.ObjectVersions[0].VersionId, list.ObjectVersions[1].VersionId}, []string{second, first})
		equal("markers", []any{len(list.ObjectDeleteMarkers), list.ObjectDeleteMarkers[0].VersionId, list.ObjectDeleteMarkers[0].IsLatest}, []any{1, marker, true})
		holds("time and owner", list.ObjectVersions[0].LastModified.Year() > 2000 && list.ObjectVersions[0].Owner.ID != "")
		page := got(b.ListObjectVersions(oss.MaxKeys(1)))
		equal("a page", []any{page.IsTruncated, page.NextKeyMarker, page.NextVersionIdMarker}, []any{true, "a", marker})
		must(b.DeleteObject("a", oss.VersionId(marker)))
		equal("after the marker is gone", text(b.GetObject("a")), "two")
		got(b.CopyObject("a", "restored", oss.VersionId(first)))
		equal("copy of an old version", text(b.GetObject("restored")), "one")
		must(b.PutObjectTagging("a", oss.Tagging{Tags: []oss.Tag{{Key: "k", Value: "v"}}}, oss.VersionId(first)))
		equal("tags of an old version", len(got(b.GetObjectTagging("a", oss.VersionId(first))).Tags), 1)
		equal("tags of the newest", len(got(b.GetObjectTagging("a")).Tags), 0)
		must(o.client.SetBucketVersioning(b.BucketName, oss.VersioningConfig{Status: "Suspended"}))
		must(b.PutObject("a", strings.NewReader("null"), oss.GetResponseHeader(&header)))
		equal("version of a suspended bucket", oss.GetVersionId(header), "null")
		o.refused(o.client.SetBucketVersioning(b.BucketName, oss.VersioningConfig{Status: "Disabled"}), 400, "MalformedXML")
	})
}

func (o *ossV1Check) lifecycle() {
	o.with("lifecycle", func(b *oss.Bucket) {
		_, err := o.client.GetBucketLifecycle(b.BucketName)
		o.refused(err, 404, "NoSuchLifecycle")
		rules := []oss.LifecycleRule{
			oss.BuildLifecycleRuleByDays("days", "logs/", true, 30),
			{
				ID: "classes", Prefix: "cold/", Status: "Enabled",
				Transitions:          []oss.LifecycleTransition{{Days: 30, StorageClass: oss.StorageIA}, {Days: 90, StorageClass: oss.StorageArchive}},
				AbortMultipartUpload: &oss.LifecycleAbortMultipartUpload{Days: 3},
				NonVersionExpiration: &oss.LifecycleVersionExpiration{NoncurrentDays: 10},
			},
			{ID: "date", Prefix: "old/", Status: "Disabled", Tags: []oss.Tag{{Key: "k", Value: "v"}}, Expiration: &oss.LifecycleExpiration{CreatedBeforeDate: "2020-01-01T00:00:00.000Z"}},
		}
		must(o.client.SetBucketLifecycle(b.BucketName, rules))
		have := got(o.client.GetBucketLifecycle(b.BucketName)).Rules
		equal("rules", []string{have[0].ID, have[1].ID, have[2].ID}, []string{"days", "classes", "date"})
		equal("days", []any{have[0].Prefix, have[0].Expiration.Days}, []any{"logs/", 30})
		equal("classes", []any{have[1].Transitions[1].Days, have[1].Transitions[1].StorageClass, have[1].AbortMultipartUpload.Days, have[1].NonVersionExpiration.NoncurrentDays, have[2].Tags[0].Key},
			[]any{90, oss.StorageArchive, 3, 10, "k"})
		equal("date", []string{have[2].Status, have[2].Expiration.CreatedBeforeDate}, []string{"Disabled", "2020-01-01T00:00:00.000Z"})
		must(o.client.DeleteBucketLifecycle(b.BucketName))
		_, err = o.client.GetBucketLifecycle(b.BucketName)
		o.refused(err, 404, "NoSuchLifecycle")
	})
}

func (o *ossV1Check) cors() {
	o.with("cors", func(b *oss.Bucket) {
		_, err := o.client.GetBucketCORS(b.BucketName)
		o.refused(err, 404, "NoSuchCORSConfiguration")
		must(b.PutObject("a", strings.NewReader("1"), oss.ObjectACL(oss.ACLPublicRead)))
		must(o.client.SetBucketCORS(b.BucketName, []oss.CORSRule{
			{AllowedOrigin: []string{"https://*.example.com"}, AllowedMethod: []string{"GET", "PUT"}, AllowedHeader: []string{"x-oss-*", "content-type"}, ExposeHeader: []string{"ETag", "x-oss-request-id"}, MaxAgeSeconds: 60},
			{AllowedOrigin: []string{"*"}, AllowedMethod: []string{"HEAD"}},
		}))
		equal("rules", len(got(o.client.GetBucketCORS(b.BucketName)).CORSRules), 2)
		address := "http://" + b.BucketName + ".oss-cn-hangzhou.aliyuncs.com/a"
		o.preflights(address)
		header := got(b.OptionsMethod("a", oss.Origin("https://www.example.com"), oss.ACReqMethod("GET")))
		equal("by the client", header.Get("Access-Control-Allow-Origin"), "https://www.example.com")
		must(o.client.DeleteBucketCORS(b.BucketName))
		response, _ := o.browser(http.MethodOptions, address, http.Header{"Origin": {"https://www.example.com"}, "Access-Control-Request-Method": {"GET"}}, nil)
		equal("without rules", response.StatusCode, 403)
	})
}

// preflights asks as browsers do: what a page at another origin may send, and
// what it may read. The rules admit GET and PUT from https://*.example.com, and
// HEAD from everywhere.
func (c *checks) preflights(address string) {
	ask := func(origin, method, headers string) *http.Response {
		header := http.Header{"Origin": {origin}, "Access-Control-Request-Method": {method}}
		if headers != "" {
			header["Access-Control-Request-Headers"] = []string{headers}
		}
		response, _ := c.browser(http.MethodOptions, address, header, nil)
		return response
	}
	admitted := ask("https://www.example.com", "PUT", "x-oss-meta-a,Content-Type")
	equal("a preflight", admitted.StatusCode, 200)
	equal("its origin and age", []string{admitted.Header.Get("Access-Control-Allow-Origin"), admitted.Header.Get("Access-Control-Max-Age")}, []string{"https://www.example.com", "60"})
	holds("its methods", strings.Contains(admitted.Header.Get("Access-Control-Allow-Methods"), "PUT"))
	holds("its headers", strings.Contains(strings.ToLower(admitted.Header.Get("Access-Control-Allow-Headers")), "x-oss-meta-a"))
	equal("another method", ask("https://www.example.com", "DELETE", "").StatusCode, 403)
	equal("another header", ask("https://www.example.com", "PUT", "authorization").StatusCode, 403)
	equal("another origin", ask("https://www.example.net", "GET", "").StatusCode, 403)
	equal("the second rule", ask("https://www.example.net", "HEAD", "").StatusCode, 200)

	response, _ := c.browser(http.MethodGet, address, http.Header{"Origin": {"https://www.example.com"}}, nil)
	equal("a request from a page", []any{response.StatusCode, response.Header.Get("Access-Control-Allow-Origin")}, []any{200, "https://www.example.com"})
	holds("the headers that a page reads", strings.Contains(response.Header.Get("Access-Control-Expose-Headers"), "ETag"))
	response, _ = c.browser(http.MethodGet, address, http.Header{"Origin": {"https://www.example.net"}}, nil)
	equal("a request from another page", []any{response.StatusCode, response.Header.Get("Access-Control-Allow-Origin")}, []any{200, ""})
}

func (o *ossV1Check) deleteMany() {
	o.with("delete-many", func(b *oss.Bucket) {
		keys := []string{"a", "b é", "c&<"}
		for _, key := range keys {
			must(b.PutObject(key, strings.NewReader("1")))
		}
		equal("deleted", got(b.DeleteObjects(append(keys, "none"))).DeletedObjects, append(keys, "none"))
		must(b.PutObject("a", strings.NewReader("1")))
		equal("deleted without a word", len(got(b.DeleteObjects([]string{"a"}, oss.DeleteObjectsQuiet(true))).DeletedObjects), 0)
		equal("what is left", len(got(b.ListObjects()).Objects), 0)
		must(o.client.SetBucketVersioning(b.BucketName, oss.VersioningConfig{Status: "Enabled"}))
		must(b.PutObject("a", strings.NewReader("1")))
		result := got(b.DeleteObjectVersions([]oss.DeleteObject{{Key: "a"}}))
		holds("a delete marker", result.DeletedObjectsDetail[0].DeleteMarker && result.DeletedObjectsDetail[0].DeleteMarkerVersionId != "")
	})
}

func (o *ossV1Check) missing() {
	none := got(o.client.Bucket(o.prefix + "none"))
	_, err := none.GetObject("a")
	o.refused(err, 404, "NoSuchBucket")
	_, err = o.client.GetBucketInfo(none.BucketName)
	o.refused(err, 404, "NoSuchBucket")
	o.refused(o.client.DeleteBucket(none.BucketName), 404, "NoSuchBucket")
	o.refused(none.PutObject("a", strings.NewReader("1")), 404, "NoSuchBucket")
	o.with("missing", func(b *oss.Bucket) {
		_, err := b.GetObject("a")
		equal("EC of a missing key", o.refused(err, 404, "NoSuchKey").Ec, "0026-00000001")
		_, err = b.GetObjectDetailedMeta("a")
		equal("EC of a missing key, without a body", o.refused(err, 404, "NoSuchKey").Ec, "0026-00000001")
		_, err = b.GetObjectTagging("a")
		o.refused(err, 404, "NoSuchKey")
		o.refused(b.SetObjectACL("a", oss.ACLPrivate), 404, "NoSuchKey")
		_, err = b.GetSymlink("a")
		holds("no link", err != nil)
	})
}

func (o *ossV1Check) wrongKeys() {
	_, err := o.connect(o.keyID, "wrong").ListBuckets()
	o.refused(err, 403, "SignatureDoesNotMatch")
	_, err = o.connect("LTAInobody", "wrong").ListBuckets()
	o.refused(err, 403, "InvalidAccessKeyId")
	_, err = o.connect(o.keyID, o.keySecret, oss.SecurityToken("nonsense")).ListBuckets()
	holds("a wrong token", err != nil)
	if o.version == oss.AuthV4 {
		client := got(oss.New(endpoint, o.keyID, o.keySecret, oss.Proxy(o.proxy()), oss.AuthVersion(oss.AuthV4), oss.Region("cn-shanghai")))
		_, err := client.GetBucketInfo(o.prefix + "any")
		o.refused(err, 400, "InvalidArgument")
	}
}

// pathStyle addresses the emulator by its IP address, as all its users do.
func (o *ossV1Check) pathStyle() {
	client := got(oss.New("http://"+o.address, o.keyID, o.keySecret, oss.AuthVersion(o.version), oss.Region(region)))
	name := o.prefix + "path"
	must(client.CreateBucket(name))
	bucket := got(client.Bucket(name))
	must(bucket.PutObject("a b/é", strings.NewReader("1")))
	equal("body", text(bucket.GetObject("a b/é")), "1")
	equal("list", got(bucket.ListObjectsV2()).Objects[0].Key, "a b/é")
	signer := got(oss.New("http://"+o.address, o.keyID, o.keySecret)) // V1: the client has no V4 in URLs
	address := got(got(signer.Bucket(name)).SignURL("a b/é", oss.HTTPGet, 60))
	response, body := o.browser(http.MethodGet, address, nil, nil)
	equal("presigned", []any{response.StatusCode, string(body)}, []any{200, "1"})
	must(bucket.DeleteObject("a b/é"))
	must(client.DeleteBucket(name))
}
