"""alibabacloud_oss_v2: copies, uploads, links, versions, rules of buckets, and bad input."""

import datetime
import os
import tempfile

import alibabacloud_oss_v2 as oss
from alibabacloud_oss_v2 import models

from checks import ADDRESS, browse, equal, preflights
from oss_v2_checks import Bucket, quoted, refused
from session import Session


def tag_names(tag_set):
    return {t.key: t.value for t in tag_set.tags or []}


def copies(c):
    with c.made("copies") as b, c.made("copies-2") as other:
        b.put("from é", "body", metadata={"kept": "1"}, tagging="k=v")
        copy = b.copy_object(key="to", source_key="from é")
        equal(copy.etag, quoted(b"body"))
        assert copy.last_modified.year > 2000
        equal(dict(b.head_object(key="to").metadata), {"kept": "1"})
        equal(tag_names(b.get_object_tagging(key="to").tag_set), {"k": "v"})
        b.copy_object(key="to", source_key="from é", metadata={"new": "2"}, metadata_directive="REPLACE", tagging="n=w", tagging_directive="Replace")
        equal(dict(b.head_object(key="to").metadata), {"new": "2"})
        equal(tag_names(b.get_object_tagging(key="to").tag_set), {"n": "w"})
        other.copy_object(key="there", source_bucket=b.name, source_key="from é")
        equal(other.read("there"), b"body")
        refused(lambda: b.copy_object(key="to", source_key="from é", if_match='"OTHER"'), "PreconditionFailed", 412)
        refused(lambda: b.copy_object(key="to", source_key="none"), "NoSuchKey", 404)


def tags(c):
    with c.made("tags") as b:
        b.put("a", "1", tagging="kind=a%2Bb&%E5%90%8D=%E5%80%BC")
        equal(tag_names(b.get_object_tagging(key="a").tag_set), {"kind": "a+b", "名": "值"})
        equal(b.head_object(key="a").tagging_count, 2)
        b.put_object_tagging(key="a", tagging=models.Tagging(tag_set=models.TagSet(tags=[models.Tag(key="only", value="")])))
        equal([t.key for t in b.get_object_tagging(key="a").tag_set.tags], ["only"])
        b.delete_object_tagging(key="a")
        equal(tag_names(b.get_object_tagging(key="a").tag_set), {})


def multipart(c):
    with c.made("multipart") as b:
        body = os.urandom(250 << 10)
        upload = b.initiate_multipart_upload(key="big", metadata={"of": "upload"}, content_type="a/b").upload_id
        second = b.upload_part(key="big", upload_id=upload, part_number=2, body=body[150 << 10:])
        first = b.upload_part(key="big", upload_id=upload, part_number=1, body=body[:150 << 10])
        parts = b.list_parts(key="big", upload_id=upload, max_parts=1)
        equal((parts.is_truncated, parts.next_part_number_marker, parts.parts[0].size, parts.parts[0].etag), (True, 1, 150 << 10, first.etag))
        uploads = b.list_multipart_uploads(prefix="b").uploads
        equal([(u.key, u.upload_id) for u in uploads], [("big", upload)])
        assert uploads[0].initiated.year > 2000

        def complete(key, upload_id, *etags):
            parts = [models.UploadPart(part_number=number + 1, etag=e) for number, e in enumerate(etags)]
            return b.complete_multipart_upload(key=key, upload_id=upload_id, complete_multipart_upload=models.CompleteMultipartUpload(parts=parts))

        refused(lambda: complete("big", upload, second.etag), "InvalidPart", 400)
        assert complete("big", upload, first.etag, second.etag).etag.endswith('-2"')
        equal(b.read("big"), body)
        head = b.head_object(key="big")
        equal((head.object_type, dict(head.metadata), head.content_type, head.content_md5), ("Multipart", {"of": "upload"}, "a/b", None))

        copied = b.initiate_multipart_upload(key="copied").upload_id
        part = b.upload_part_copy(key="copied", upload_id=copied, part_number=1, source_key="big", source_range="bytes=100-%d" % (99 + (120 << 10)))
        complete("copied", copied, part.etag)
        equal(b.read("copied"), body[100:100 + (120 << 10)])

        left = b.initiate_multipart_upload(key="left").upload_id
        b.abort_multipart_upload(key="left", upload_id=left)
        refused(lambda: b.upload_part(key="left", upload_id=left, part_number=1, body="x"), "NoSuchUpload", 404)
        small = b.initiate_multipart_upload(key="small").upload_id
        etags = [b.upload_part(key="small", upload_id=small, part_number=number, body="x").etag for number in (1, 2)]
        refused(lambda: complete("small", small, *etags), "EntityTooSmall", 400)


def append(c):
    with c.made("append") as b:
        first = b.append_object(key="log", position=0, body="one,", metadata={"a": "b"})
        equal(first.next_position, 4)
        equal(b.append_object(key="log", position=4, body="two", init_hash_crc64=first.hash_crc64).next_position, 7)
        equal(b.read("log"), b"one,two")
        head = b.head_object(key="log")
        equal((head.object_type, head.next_append_position, dict(head.metadata)), ("Appendable", 7, {"a": "b"}))
        refused(lambda: b.append_object(key="log", position=3, body="x"), "PositionNotEqualToLength", 409)
        b.put("plain", "x")
        refused(lambda: b.append_object(key="plain", position=1, body="x"), "ObjectNotAppendable", 409)
        with c.client.append_file(b.name, "file") as file:
            file.write(b"hello ")
            file.write(b"world")
        equal(b.read("file"), b"hello world")


def resumable(c):
    with c.made("resumable") as b, tempfile.TemporaryDirectory() as folder:
        body = os.urandom(450 << 10)
        file, back = os.path.join(folder, "file"), os.path.join(folder, "back")
        with open(file, "wb") as f:
            f.write(body)
        settings = {"part_size": 100 << 10, "parallel_num": 3, "enable_checkpoint": True, "checkpoint_dir": folder}
        c.client.uploader(**settings).upload_file(models.PutObjectRequest(bucket=b.name, key="file"), filepath=file)
        c.client.downloader(**settings).download_file(models.GetObjectRequest(bucket=b.name, key="file"), filepath=back)
        with open(back, "rb") as f:
            equal(f.read() == body, True, "the file is the same")
        copier = c.client.copier(part_size=100 << 10, multipart_copy_threshold=100 << 10, disable_shallow_copy=True)
        copier.copy(models.CopyObjectRequest(bucket=b.name, key="copy", source_bucket=b.name, source_key="file"))
        equal(b.read("copy") == body, True, "the copy is the same")


def presigned(c):
    with c.made("presigned") as b:
        def sign(request):
            return c.client.presign(request, expires=datetime.timedelta(seconds=60))

        put = sign(models.PutObjectRequest(bucket=b.name, key="a b/é", content_type="text/plain", metadata={"m": "1"}))
        status, _, text = browse(put.url, put.method, put.signed_headers, b"signed")
        equal(status, 200, text)
        get = sign(models.GetObjectRequest(bucket=b.name, key="a b/é", response_content_type="x/y"))
        status, headers, text = browse(get.url)
        equal((status, text, headers["Content-Type"], headers["x-oss-meta-m"]), (200, b"signed", "x/y", "1"))
        equal(browse(get.url.replace("ignature=", "ignature=0"))[0], 403, "a forged URL")
        start = sign(models.InitiateMultipartUploadRequest(bucket=b.name, key="parts"))
        status, _, text = browse(start.url, start.method, start.signed_headers)
        equal(status, 200, text)
        assert b"<UploadId>" in text


def acl(c):
    with c.made("acl") as b:
        b.put("a", "1", acl="public-read")
        equal(b.get_object_acl(key="a").acl, "public-read")
        url = "http://%s.oss-cn-hangzhou.aliyuncs.com/a" % b.name
        equal(browse(url)[0::2], (200, b"1"))
        b.put_object_acl(key="a", acl="default")
        equal(b.get_object_acl(key="a").acl, "default")
        equal(browse(url)[0], 403)
        refused(lambda: b.put_object_acl(key="a", acl="public-all"), "InvalidArgument", 400)


def links(c):
    with c.made("links") as b:
        b.put("a é", "1", metadata={"of": "target"})
        b.put_symlink(key="link", symlink_target="a%20%C3%A9", metadata={"of": "link"})
        link = b.get_symlink(key="link")
        equal((link.target, dict(link.metadata)), ("a%20%C3%A9", {"of": "link"}))
        equal(b.read("link"), b"1")
        head = b.head_object(key="link")
        equal((head.object_type, dict(head.metadata)), ("Symlink", {"of": "link"}))
        b.put_symlink(key="broken", symlink_target="none")
        refused(lambda: b.read("broken"), "SymlinkTargetNotExist", 404)


def versions(c):
    with c.made("versions") as b:
        def put_versioning(status):
            return b.put_bucket_versioning(versioning_configuration=models.VersioningConfiguration(status=status))

        equal(b.get_bucket_versioning().version_status, None)
        put_versioning("Enabled")
        equal(b.get_bucket_versioning().version_status, "Enabled")
        first = b.put("a", "one").version_id
        second = b.put("a", "two").version_id
        assert first and second and first != second
        equal(b.read("a", version_id=first), b"one")
        deleted = b.delete_object(key="a")
        equal(deleted.delete_marker, True)
        marker = deleted.version_id
        refused(lambda: b.read("a"), "NoSuchKey", 404)
        refused(lambda: b.read("a", version_id=marker), "MethodNotAllowed", 405)
        found = b.list_object_versions(prefix="a")
        equal([v.version_id for v in found.version], [second, first])
        equal([(m.version_id, m.is_latest) for m in found.delete_marker], [(marker, True)])
        page = b.list_object_versions(max_keys=1)
        equal((page.is_truncated, page.next_key_marker, page.next_version_id_marker), (True, "a", marker))
        b.delete_object(key="a", version_id=marker)
        equal(b.read("a"), b"two")
        b.copy_object(key="restored", source_key="a", source_version_id=first)
        equal(b.read("restored"), b"one")
        put_versioning("Suspended")
        equal(b.put("a", "null").version_id, "null")
        refused(lambda: put_versioning("Disabled"), "MalformedXML", 400)


def lifecycle(c):
    with c.made("lifecycle") as b:
        refused(b.get_bucket_lifecycle, "NoSuchLifecycle", 404)
        b.put_bucket_lifecycle(lifecycle_configuration=models.LifecycleConfiguration(rules=[
            models.LifecycleRule(id="days", prefix="logs/", status="Enabled", expiration=models.LifecycleRuleExpiration(days=30)),
            models.LifecycleRule(id="classes", prefix="cold/", status="Enabled",
                                 transitions=[models.LifecycleRuleTransition(days=30, storage_class="IA"), models.LifecycleRuleTransition(days=90, storage_class="Archive")],
                                 abort_multipart_upload=models.LifecycleRuleAbortMultipartUpload(days=3),
                                 noncurrent_version_expiration=models.NoncurrentVersionExpiration(noncurrent_days=10)),
            models.LifecycleRule(id="tags", prefix="tags/", status="Disabled", expiration=models.LifecycleRuleExpiration(days=9), tags=[models.Tag(key="k", value="v")]),
        ]))
        rules = b.get_bucket_lifecycle().lifecycle_configuration.rules
        equal([(r.id, r.prefix, r.status) for r in rules], [("days", "logs/", "Enabled"), ("classes", "cold/", "Enabled"), ("tags", "tags/", "Disabled")])
        equal(rules[0].expiration.days, 30)
        equal([(t.days, t.storage_class) for t in rules[1].transitions], [(30, "IA"), (90, "Archive")])
        equal((rules[1].abort_multipart_upload.days, rules[1].noncurrent_version_expiration.noncurrent_days, rules[2].tags[0].key), (3, 10, "k"))
        b.delete_bucket_lifecycle()
        refused(b.get_bucket_lifecycle, "NoSuchLifecycle", 404)


def cors(c):
    with c.made("cors") as b:
        refused(b.get_bucket_cors, "NoSuchCORSConfiguration", 404)
        b.put("a", "1", acl="public-read")
        b.put_bucket_cors(cors_configuration=models.CORSConfiguration(response_vary=True, cors_rules=[
            models.CORSRule(allowed_origins=["https://*.example.com"], allowed_methods=["GET", "PUT"], allowed_headers=["x-oss-*", "content-type"],
                            expose_headers=["ETag", "x-oss-request-id"], max_age_seconds=60),
            models.CORSRule(allowed_origins=["*"], allowed_methods=["HEAD"]),
        ]))
        kept = b.get_bucket_cors().cors_configuration
        equal(([r.allowed_origins for r in kept.cors_rules], kept.response_vary), ([["https://*.example.com"], ["*"]], True))
        url = "http://%s.oss-cn-hangzhou.aliyuncs.com/a" % b.name
        preflights(url)
        option = b.option_object(key="a", origin="https://www.example.com", access_control_request_method="GET")
        equal(option.access_control_allow_origin, "https://www.example.com")
        b.delete_bucket_cors()
        equal(browse(url, "OPTIONS", {"Origin": "https://www.example.com", "Access-Control-Request-Method": "GET"})[0], 403)


def delete_many(c):
    with c.made("delete-many") as b:
        keys = ["a", "b é", "c&<"]
        for key in keys:
            b.put(key, "1")
        every = [models.DeleteObject(key=key) for key in keys + ["none"]]
        equal([d.key for d in b.delete_multiple_objects(objects=every, encoding_type="url").deleted_objects], keys + ["none"])
        equal(b.list_objects_v2().contents or [], [])


def missing(c):
    none = c.bucket("none")
    for call in (none.get_bucket_info, none.delete_bucket, none.list_objects_v2, lambda: none.read("a"), lambda: none.put("a", "1")):
        refused(call, "NoSuchBucket", 404)
    with c.made("missing") as b:
        error = refused(lambda: b.read("a"), "NoSuchKey", 404)
        equal((error.ec, len(error.request_id)), ("0026-00000001", 24))
        equal(refused(lambda: b.head_object(key="a"), "NoSuchKey", 404).ec, "0026-00000001")
        refused(lambda: b.get_object_acl(key="a"), "NoSuchKey", 404)


def wrong_keys(c):
    buckets = models.ListBucketsRequest()
    refused(lambda: c.connect(secret="wrong").list_buckets(buckets), "SignatureDoesNotMatch", 403)
    refused(lambda: c.connect(key_id="LTAInobody").list_buckets(buckets), "InvalidAccessKeyId", 403)
    if c.variant == "v4":
        refused(lambda: c.connect(region="cn-shanghai").get_bucket_info(models.GetBucketInfoRequest(bucket=c.name("any"))), "InvalidArgument", 400)


def in_session(c):
    session = Session()
    session.assume()
    try:
        with c.made("session") as made:
            b = Bucket(c.connect(**session.key), made.name)
            b.put("a b/é", "1")
            equal(b.read("a b/é"), b"1")
            equal([o.key for o in b.list_objects_v2().contents], ["a b/é"])
            equal(browse(b.client.presign(models.GetObjectRequest(bucket=b.name, key="a b/é")).url)[0::2], (200, b"1"))
            forged = Bucket(c.connect(**dict(session.key, token=session.key["token"] + "x")), made.name)
            refused(lambda: forged.read("a b/é"), "InvalidSecurityToken", 403)
    finally:
        session.end()


def path_style(c):
    b = Bucket(c.connect(endpoint="http://" + ADDRESS, proxy_host=None), c.name("path"))
    b.put_bucket()
    b.put("a b/é", "1")
    equal(b.read("a b/é"), b"1")
    equal([o.key for o in b.list_objects_v2().contents], ["a b/é"])
    url = b.client.presign(models.GetObjectRequest(bucket=b.name, key="a b/é")).url
    equal(browse(url)[0::2], (200, b"1"))
    b.delete_object(key="a b/é")
    b.delete_bucket()


SCENARIOS = [copies, tags, multipart, append, resumable, presigned, acl, links, versions, lifecycle, cors, delete_many, missing, wrong_keys,
             in_session, path_style]
