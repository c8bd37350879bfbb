package main

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

const hour = time.Hour

func parseTime(text string) (time.Time, error) { return time.Parse(http.TimeFormat, text) }

func (o *ossV1Check) lists() {
	o.with("lists", func(b *oss.Bucket) {
		var all []string
		for i := range 5 {
			all = append(all, fmt.Sprintf("page/%d", i))
		}
		for _, key := range append([]string{"top", "a dir/é\x01&", "b/c"}, all...) {
			must(b.PutObject(key, strings.NewReader(key)))
		}
		var seen []string
		for marker := ""; ; {
			page := got(b.ListObjects(oss.Prefix("page/"), oss.MaxKeys(2), oss.Marker(marker)))
			for _, object := range page.Objects {
				seen = append(seen, object.Key)
				equal("size", object.Size, int64(len(object.Key)))
				equal("ETag", object.ETag, etag([]byte(object.Key)))
				equal("class and type", []string{object.StorageClass, object.Type}, []string{"Standard", "Normal"})
				holds("time and owner", object.LastModified.Year() > 2000 && object.Owner.ID != "")
			}
			if !page.IsTruncated {
				break
			}
			marker = page.NextMarker
		}
		equal("list of version 1", seen, all)
		seen = nil
		for token := ""; ; {
			page := got(b.ListObjectsV2(oss.Prefix("page/"), oss.MaxKeys(2), oss.ContinuationToken(token)))
			for _, object := range page.Objects {
				seen = append(seen, object.Key)
				equal("owner, which was not asked for", object.Owner.ID, "")
			}
			if !page.IsTruncated {
				break
			}
			token = page.NextContinuationToken
		}
		equal("list of version 2", seen, all)
		folders := got(b.ListObjectsV2(oss.Delimiter("/"), oss.FetchOwner(true)))
		equal("folders", folders.CommonPrefixes, []string{"a dir/", "b/", "page/"})
		equal("objects outside of folders", []any{len(folders.Objects), folders.Objects[0].Key}, []any{1, "top"})
		holds("owner", folders.Objects[0].Owner.ID != "")
		after := got(b.ListObjectsV2(oss.StartAfter("page/3")))
		equal("list after a key", []string{after.Objects[0].Key, after.Objects[1].Key}, []string{"page/4", "top"})
		odd := got(b.ListObjects(oss.Prefix("a dir/"), oss.EncodingType("url")))
		equal("a key that XML cannot hold", odd.Objects[0].Key, "a dir/é\x01&")
		_, err := b.ListObjects(oss.MaxKeys(1001))
		o.refused(err, 400, "InvalidArgument")
	})
}

func (o *ossV1Check) copies() {
	o.with("copies", func(b *oss.Bucket) {
		o.with("copies-2", func(other *oss.Bucket) {
			must(b.PutObject("from-é", strings.NewReader("body"), oss.Meta("kept", "1"), oss.SetTagging(oss.Tagging{Tags: []oss.Tag{{Key: "k", Value: "v"}}})))
			result := got(b.CopyObject("from-é", "to"))
			equal("ETag of the copy", result.ETag, etag([]byte("body")))
			holds("time of the copy", result.LastModified.Year() > 2000)
			head := got(b.GetObjectDetailedMeta("to"))
			equal("metadata of the copy", head.Get("X-Oss-Meta-Kept"), "1")
			equal("tags of the copy", len(got(b.GetObjectTagging("to")).Tags), 1)
			got(b.CopyObject("from-é", "to", oss.Meta("new", "2"), oss.MetadataDirective(oss.MetaReplace), oss.TaggingDirective(oss.TaggingReplace)))
			head = got(b.GetObjectDetailedMeta("to"))
			equal("replaced metadata", []string{head.Get("X-Oss-Meta-Kept"), head.Get("X-Oss-Meta-New")}, []string{"", "2"})
			equal("replaced tags", len(got(b.GetObjectTagging("to")).Tags), 0)
			got(b.CopyObjectTo(other.BucketName, "there", "from-é"))
			equal("copy in another bucket", text(other.GetObject("there")), "body")
			got(other.CopyObjectFrom(b.BucketName, "from-é", "back"))
			_, err := b.CopyObject("from-é", "to", oss.CopySourceIfMatch(`"OTHER"`))
			o.refused(err, 412, "PreconditionFailed")
			_, err = b.CopyObject("none", "to")
			o.refused(err, 404, "NoSuchKey")
		})
	})
}

func (o *ossV1Check) tags() {
	o.with("tags", func(b *oss.Bucket) {
		tags := oss.Tagging{Tags: []oss.Tag{{Key: "kind", Value: "a+b =c"}, {Key: "名", Value: "值"}}}
		must(b.PutObject("a", strings.NewReader("1"), oss.SetTagging(tags)))
		equal("tags", len(got(b.GetObjectTagging("a")).Tags), 2)
		equal("number of tags", got(b.GetObjectDetailedMeta("a")).Get("X-Oss-Tagging-Count"), "2")
		must(b.PutObjectTagging("a", oss.Tagging{Tags: []oss.Tag{{Key: "only", Value: ""}}}))
		have := got(b.GetObjectTagging("a")).Tags
		equal("tags after a change", []any{len(have), have[0].Key, have[0].Value}, []any{1, "only", ""})
		must(b.DeleteObjectTagging("a"))
		equal("tags at the end", len(got(b.GetObjectTagging("a")).Tags), 0)
		var many oss.Tagging
		for i := range 11 {
			many.Tags = append(many.Tags, oss.Tag{Key: fmt.Sprint("k", i), Value: "v"})
		}
		holds("11 tags are refused", b.PutObjectTagging("a", many) != nil)
	})
}

func (o *ossV1Check) multipart() {
	o.with("multipart", func(b *oss.Bucket) {
		body := random(250 << 10)
		upload := got(b.InitiateMultipartUpload("big", oss.Meta("of", "upload"), oss.ContentType("a/b")))
		second := got(b.UploadPart(upload, bytes.NewReader(body[150<<10:]), 100<<10, 2))
		first := got(b.UploadPart(upload, bytes.NewReader(body[:150<<10]), 150<<10, 1))
		parts := got(b.ListUploadedParts(upload, oss.MaxParts(1)))
		equal("page of parts", []any{len(parts.UploadedParts), parts.IsTruncated, parts.NextPartNumberMarker}, []any{1, true, "1"})
		equal("the part", []any{parts.UploadedParts[0].Size, parts.UploadedParts[0].ETag}, []any{150 << 10, etag(body[:150<<10])})
		uploads := got(b.ListMultipartUploads(oss.Prefix("b")))
		equal("uploads", []any{len(uploads.Uploads), uploads.Uploads[0].Key, uploads.Uploads[0].UploadID}, []any{1, "big", upload.UploadID})
		holds("time of the upload", uploads.Uploads[0].Initiated.Year() > 2000)
		_, err := b.CompleteMultipartUpload(upload, []oss.UploadPart{second, {PartNumber: 3, ETag: first.ETag}})
		o.refused(err, 400, "InvalidPart")
		done := got(b.CompleteMultipartUpload(upload, []oss.UploadPart{first, second}))
		holds("ETag of the whole", strings.HasSuffix(done.ETag, `-2"`))
		equal("the whole", text(b.GetObject("big")), string(body))
		head := got(b.GetObjectDetailedMeta("big"))
		equal("headers", []string{head.Get("X-Oss-Object-Type"), head.Get("X-Oss-Meta-Of"), head.Get("Content-Type"), head.Get("Content-MD5")}, []string{"Multipart", "upload", "a/b", ""})

		copied := got(b.InitiateMultipartUpload("copied"))
		part := got(b.UploadPartCopy(copied, b.BucketName, "big", 100, 120<<10, 1))
		got(b.CompleteMultipartUpload(copied, []oss.UploadPart{part}))
		equal("a copied part", text(b.GetObject("copied")), string(body[100:100+120<<10]))

		left := got(b.InitiateMultipartUpload("left"))
		got(b.UploadPart(left, strings.NewReader("x"), 1, 1))
		must(b.AbortMultipartUpload(left))
		_, err = b.UploadPart(left, strings.NewReader("x"), 1, 2)
		o.refused(err, 404, "NoSuchUpload")
		small := got(b.InitiateMultipartUpload("small"))
		one := got(b.UploadPart(small, strings.NewReader("x"), 1, 1))
		two := got(b.UploadPart(small, strings.NewReader("y"), 1, 2))
		_, err = b.CompleteMultipartUpload(small, []oss.UploadPart{one, two})
		o.refused(err, 400, "EntityTooSmall")
	})
}

func (o *ossV1Check) appending() {
	o.with("append", func(b *oss.Bucket) {
		next := got(b.AppendObject("log", strings.NewReader("one,"), 0, oss.Meta("a", "b")))
		equal("the next position", next, 4)
		next = got(b.AppendObject("log", strings.NewReader("two"), next))
		equal("the next position", next, 7)
		equal("the whole", text(b.GetObject("log")), "one,two")
		head := got(b.GetObjectDetailedMeta("log"))
		equal("headers", []string{head.Get("X-Oss-Object-Type"), head.Get("X-Oss-Next-Append-Position"), head.Get("X-Oss-Meta-A")}, []string{"Appendable", "7", "b"})
		// A checksum goes on from one call to the next.
		first := got(b.DoAppendObject(&oss.AppendObjectRequest{ObjectKey: "sum", Reader: strings.NewReader("one,")}, []oss.Option{oss.InitCRC(0)}))
		second := got(b.DoAppendObject(&oss.AppendObjectRequest{ObjectKey: "sum", Reader: strings.NewReader("two"), Position: first.NextPosition}, []oss.Option{oss.InitCRC(first.CRC)}))
		equal("the next position", second.NextPosition, 7)
		_, err := b.AppendObject("log", strings.NewReader("x"), 3)
		o.refused(err, 409, "PositionNotEqualToLength")
		must(b.PutObject("plain", strings.NewReader("x")))
		_, err = b.AppendObject("plain", strings.NewReader("x"), 1)
		o.refused(err, 409, "ObjectNotAppendable")
	})
}

func (o *ossV1Check) resumable() {
	dir := got(os.MkdirTemp("", "sdk-checks-"))
	defer os.RemoveAll(dir)
	o.with("resumable", func(b *oss.Bucket) {
		body := random(450 << 10)
		file, back := filepath.Join(dir, "file"), filepath.Join(dir, "back")
		must(os.WriteFile(file, body, 0o600))
		must(b.UploadFile("file", file, 100<<10, oss.Routines(3), oss.CheckpointDir(true, dir)))
		must(b.DownloadFile("file", back, 100<<10, oss.Routines(3), oss.CheckpointDir(true, dir)))
		equal("the file", string(got(os.ReadFile(back))), string(body))
		must(b.CopyFile(b.BucketName, "file", "copy", 100<<10, oss.Routines(2)))
		equal("the copy", text(b.GetObject("copy")), string(body))
		must(b.PutObjectFromFile("whole", file))
		must(b.GetObjectToFile("whole", back))
		equal("the whole file", string(got(os.ReadFile(back))), string(body))
	})
}

func (o *ossV1Check) presigned() {
	o.with("presigned", func(b *oss.Bucket) {
		if o.version == oss.AuthV4 { // the client has no V4 in URLs
			b = got(o.connect(o.keyID, o.keySecret, oss.AuthVersion(oss.AuthV1)).Bucket(b.BucketName))
		}
		put := got(b.SignURL("a b/é", oss.HTTPPut, 60, oss.ContentType("text/plain"), oss.Meta("m", "1")))
		response, answer := o.browser(http.MethodPut, put, http.Header{"Content-Type": {"text/plain"}, "x-oss-meta-m": {"1"}}, []byte("signed"))
		equal("status of PUT: "+string(answer), response.StatusCode, 200)
		get := got(b.SignURL("a b/é", oss.HTTPGet, 60, oss.ResponseContentType("x/y")))
		response, answer = o.browser(http.MethodGet, get, nil, nil)
		equal("answer", []any{response.StatusCode, string(answer), response.Header.Get("Content-Type"), response.Header.Get("X-Oss-Meta-M")}, []any{200, "signed", "x/y", "1"})
		response, answer = o.browser(http.MethodGet, strings.Replace(get, "ignature=", "ignature=0", 1), nil, nil)
		equal("a forged URL: "+string(answer), response.StatusCode, 403)
		must(b.PutObjectWithURL(got(b.SignURL("second", oss.HTTPPut, 60)), strings.NewReader("2")))
		equal("by the client", text(b.GetObjectWithURL(got(b.SignURL("second", oss.HTTPGet, 60)))), "2")
	})
}

func (o *ossV1Check) acl() {
	o.with("acl", func(b *oss.Bucket) {
		must(b.PutObject("a", strings.NewReader("1"), oss.ObjectACL(oss.ACLPublicRead)))
		equal("ACL", got(b.GetObjectACL("a")).ACL, "public-read")
		address := "http://" + b.BucketName + ".oss-cn-hangzhou.aliyuncs.com/a"
		response, body := o.browser(http.MethodGet, address, nil, nil)
		equal("a public object", []any{response.StatusCode, string(body)}, []any{200, "1"})
		must(b.SetObjectACL("a", oss.ACLDefault))
		equal("ACL", got(b.GetObjectACL("a")).ACL, "default")
		response, body = o.browser(http.MethodGet, address, nil, nil)
		equal("a private object", response.StatusCode, 403)
		holds("its error", strings.Contains(string(body), "<Code>AccessDenied</Code>"))
		o.refused(b.SetObjectACL("a", "public-all"), 400, "InvalidArgument")
	})
}

func (o *ossV1Check) links() {
	o.with("links", func(b *oss.Bucket) {
		must(b.PutObject("a-é", strings.NewReader("1"), oss.Meta("of", "target")))
		must(b.PutSymlink("link", "a-é", oss.Meta("of", "link")))
		equal("target", got(b.GetSymlink("link")).Get(oss.HTTPHeaderOssSymlinkTarget), "a-é")
		equal("by the link", text(b.GetObject("link")), "1")
		head := got(b.GetObjectDetailedMeta("link"))
		equal("type and metadata", []string{head.Get("X-Oss-Object-Type"), head.Get("X-Oss-Meta-Of")}, []string{"Symlink", "link"})
		must(b.PutSymlink("broken", "none"))
		_, err := b.GetObject("broken")
		o.refused(err, 404, "SymlinkTargetNotExist")
	})
}
