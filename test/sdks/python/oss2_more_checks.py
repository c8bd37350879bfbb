"""oss2: uploads, links, versions, rules of buckets, and bad input."""

import os
import tempfile

import oss2
from oss2 import models

from checks import ADDRESS, KEY_ID, KEY_SECRET, REGION, browse, equal, preflights
from oss2_checks import Clients, refused
from session import Session


def multipart(c):
    with c.made("multipart") as b:
        body = os.urandom(250 << 10)
        upload = b.init_multipart_upload("big", headers={"x-oss-meta-of": "upload", "Content-Type": "a/b"}).upload_id
        second = b.upload_part("big", upload, 2, body[150 << 10:])
        first = b.upload_part("big", upload, 1, body[:150 << 10])
        parts = b.list_parts("big", upload, max_parts=1)
        equal((parts.is_truncated, parts.next_marker, parts.parts[0].size, parts.parts[0].etag), (True, "1", 150 << 10, first.etag))
        uploads = b.list_multipart_uploads(prefix="b").upload_list
        equal([(u.key, u.upload_id) for u in uploads], [("big", upload)])
        assert uploads[0].initiation_date > 1500000000
        refused(lambda: b.complete_multipart_upload("big", upload, [models.PartInfo(3, first.etag)]), "InvalidPart", 400)
        whole = b.complete_multipart_upload("big", upload, [
            models.PartInfo(1, first.etag, size=150 << 10, part_crc=first.crc), models.PartInfo(2, second.etag, size=100 << 10, part_crc=second.crc)])
        assert whole.etag.endswith("-2")
        equal(b.get_object("big").read(), body)
        head = b.head_object("big")
        equal((head.object_type, head.headers["x-oss-meta-of"], head.content_type, head.headers.get("Content-MD5")), ("Multipart", "upload", "a/b", None))

        copied = b.init_multipart_upload("copied").upload_id
        part = b.upload_part_copy(b.bucket_name, "big", (100, 100 + (120 << 10) - 1), "copied", copied, 1)
        b.complete_multipart_upload("copied", copied, [models.PartInfo(1, part.etag)])
        equal(b.get_object("copied").read(), body[100:100 + (120 << 10)])

        left = b.init_multipart_upload("left").upload_id
        b.abort_multipart_upload("left", left)
        refused(lambda: b.upload_part("left", left, 1, "x"), "NoSuchUpload", 404)
        small = b.init_multipart_upload("small").upload_id
        etags = [b.upload_part("small", small, number, "x").etag for number in (1, 2)]
        refused(lambda: b.complete_multipart_upload("small", small, [models.PartInfo(n + 1, e) for n, e in enumerate(etags)]), "EntityTooSmall", 400)


def append(c):
    with c.made("append") as b:
        first = b.append_object("log", 0, "one,", headers={"x-oss-meta-a": "b"})
        equal(first.next_position, 4)
        second = b.append_object("log", 4, "two", init_crc=first.crc)
        equal(second.next_position, 7)
        equal(b.get_object("log").read(), b"one,two")
        head = b.head_object("log")
        equal((head.object_type, head.headers["x-oss-next-append-position"], head.headers["x-oss-meta-a"]), ("Appendable", "7", "b"))
        error = refused(lambda: b.append_object("log", 3, "x"), "PositionNotEqualToLength", 409)
        equal(error.next_position, 7)
        b.put_object("plain", "x")
        refused(lambda: b.append_object("plain", 1, "x"), "ObjectNotAppendable", 409)


def resumable(c):
    with c.made("resumable") as b, tempfile.TemporaryDirectory() as folder:
        body = os.urandom(450 << 10)
        file, back = os.path.join(folder, "file"), os.path.join(folder, "back")
        with open(file, "wb") as f:
            f.write(body)
        store = oss2.ResumableStore(root=folder)
        oss2.resumable_upload(b, "file", file, store=store, multipart_threshold=100 << 10, part_size=100 << 10, num_threads=3)
        oss2.resumable_download(b, "file", back, store=oss2.ResumableDownloadStore(root=folder), multiget_threshold=100 << 10, part_size=100 << 10, num_threads=3)
        with open(back, "rb") as f:
            equal(f.read() == body, True, "the file is the same")
        b.put_object_from_file("whole", file)
        b.get_object_to_file("whole", back)


def presigned(c):
    with c.made("presigned") as b:
        headers = {"Content-Type": "text/plain", "x-oss-meta-m": "1"}
        url = b.sign_url("PUT", "a b/é", 60, headers=headers, slash_safe=True)
        status, _, text = browse(url, "PUT", headers, b"signed")
        equal(status, 200, text)
        url = b.sign_url("GET", "a b/é", 60, params={"response-content-type": "x/y"}, slash_safe=True)
        status, headers, text = browse(url)
        equal((status, text, headers["Content-Type"], headers["x-oss-meta-m"]), (200, b"signed", "x/y", "1"))
        equal(browse(url.replace("ignature=", "ignature=0"))[0], 403, "a forged URL")
        b.put_object_with_url(b.sign_url("PUT", "second", 60), "2")
        equal(b.get_object_with_url(b.sign_url("GET", "second", 60)).read(), b"2")


def acl(c):
    with c.made("acl") as b:
        b.put_object("a", "1", headers={"x-oss-object-acl": "public-read"})
        equal(b.get_object_acl("a").acl, "public-read")
        url = "http://%s.oss-cn-hangzhou.aliyuncs.com/a" % b.bucket_name
        equal(browse(url)[0::2], (200, b"1"))
        b.put_object_acl("a", oss2.OBJECT_ACL_DEFAULT)
        equal(b.get_object_acl("a").acl, "default")
        status, _, text = browse(url)
        equal(status, 403)
        assert b"<Code>AccessDenied</Code>" in text
        refused(lambda: b.put_object_acl("a", "public-all"), "InvalidArgument", 400)


def links(c):
    with c.made("links") as b:
        b.put_object("a é", "1", headers={"x-oss-meta-of": "target"})
        b.put_symlink("a é", "link", headers={"x-oss-meta-of": "link"})
        equal(b.get_symlink("link").target_key, "a é")
        equal(b.get_object("link").read(), b"1")
        head = b.head_object("link")
        equal((head.object_type, head.headers["x-oss-meta-of"]), ("Symlink", "link"))
        b.put_symlink("none", "broken")
        refused(lambda: b.get_object("broken"), "SymlinkTargetNotExist", 404)


def versions(c):
    with c.made("versions") as b:
        equal(b.get_bucket_versioning().status, None)
        config = models.BucketVersioningConfig()
        config.status = oss2.BUCKET_VERSIONING_ENABLE
        b.put_bucket_versioning(config)
        equal(b.get_bucket_versioning().status, "Enabled")
        first = b.put_object("a", "one").versionid
        second = b.put_object("a", "two").versionid
        assert first and second and first != second
        equal(b.get_object("a", params={"versionId": first}).read(), b"one")
        deleted = b.delete_object("a")
        equal(deleted.delete_marker, True)
        marker = deleted.versionid
        refused(lambda: b.get_object("a"), "NoSuchKey", 404)
        refused(lambda: b.get_object("a", params={"versionId": marker}), "MethodNotAllowed", 405)
        found = b.list_object_versions(prefix="a")
        equal([v.versionid for v in found.versions], [second, first])
        equal([(m.versionid, m.is_latest) for m in found.delete_marker], [(marker, True)])
        assert found.versions[0].last_modified > 1500000000 and found.versions[0].owner.id
        page = b.list_object_versions(max_keys=1)
        equal((page.is_truncated, page.next_key_marker, page.next_versionid_marker), (True, "a", marker))
        b.delete_object("a", params={"versionId": marker})
        equal(b.get_object("a").read(), b"two")
        b.copy_object(b.bucket_name, "a", "restored", params={"versionId": first})
        equal(b.get_object("restored").read(), b"one")
        config.status = oss2.BUCKET_VERSIONING_SUSPEND
        b.put_bucket_versioning(config)
        equal(b.put_object("a", "null").versionid, "null")
        config.status = "Disabled"
        refused(lambda: b.put_bucket_versioning(config), "MalformedXML", 400)


def lifecycle(c):
    with c.made("lifecycle") as b:
        refused(b.get_bucket_lifecycle, "NoSuchLifecycle", 404)
        tagging = models.Tagging(models.TaggingRule())
        tagging.tag_set.add("k", "v")
        b.put_bucket_lifecycle(models.BucketLifecycle([
            models.LifecycleRule("days", "logs/", status=models.LifecycleRule.ENABLED, expiration=models.LifecycleExpiration(days=30)),
            models.LifecycleRule("classes", "cold/", status=models.LifecycleRule.ENABLED,
                                 abort_multipart_upload=models.AbortMultipartUpload(days=3),
                                 storage_transitions=[models.StorageTransition(days=30, storage_class="IA"), models.StorageTransition(days=90, storage_class="Archive")],
                                 noncurrent_version_expiration=models.NoncurrentVersionExpiration(10)),
            models.LifecycleRule("tags", "tags/", status=models.LifecycleRule.DISABLED, expiration=models.LifecycleExpiration(days=9), tagging=tagging),
        ]))
        rules = b.get_bucket_lifecycle().rules
        equal([(r.id, r.prefix, r.status) for r in rules], [("days", "logs/", "Enabled"), ("classes", "cold/", "Enabled"), ("tags", "tags/", "Disabled")])
        equal(rules[0].expiration.days, 30)
        equal([(t.days, t.storage_class) for t in rules[1].storage_transitions], [(30, "IA"), (90, "Archive")])
        equal((rules[1].abort_multipart_upload.days, rules[1].noncurrent_version_expiration.noncurrent_days), (3, 10))
        equal(rules[2].tagging.tag_set.tagging_rule, {"k": "v"})
        b.delete_bucket_lifecycle()
        refused(b.get_bucket_lifecycle, "NoSuchLifecycle", 404)


def cors(c):
    with c.made("cors") as b:
        refused(b.get_bucket_cors, "NoSuchCORSConfiguration", 404)
        b.put_object("a", "1", headers={"x-oss-object-acl": "public-read"})
        b.put_bucket_cors(models.BucketCors([
            models.CorsRule(["https://*.example.com"], ["GET", "PUT"], ["x-oss-*", "content-type"], ["ETag", "x-oss-request-id"], 60),
            models.CorsRule(["*"], ["HEAD"]),
        ]))
        equal([r.allowed_origins for r in b.get_bucket_cors().rules], [["https://*.example.com"], ["*"]])
        url = "http://%s.oss-cn-hangzhou.aliyuncs.com/a" % b.bucket_name
        preflights(url)
        b.delete_bucket_cors()
        equal(browse(url, "OPTIONS", {"Origin": "https://www.example.com", "Access-Control-Request-Method": "GET"})[0], 403)


def delete_many(c):
    with c.made("delete-many") as b:
        keys = ["a", "b é", "c&<"]
        for key in keys:
            b.put_object(key, "1")
        equal(b.batch_delete_objects(keys + ["none"]).deleted_keys, keys + ["none"])
        equal(b.list_objects().object_list, [])


def missing(c):
    none = c.bucket(c.name("none"))
    for call in (none.get_bucket_info, none.delete_bucket, none.list_objects, lambda: none.get_object("a"), lambda: none.put_object("a", "1")):
        refused(call, "NoSuchBucket", 404)
    with c.made("missing") as b:
        error = refused(lambda: b.get_object("a"), "NoSuchKey", 404)
        equal((error.ec, error.details.get("Key"), len(error.request_id)), ("0026-00000001", "a", 24))
        equal(refused(lambda: b.get_object_meta("a"), "NoSuchKey", 404).ec, "0026-00000001")
        refused(lambda: b.get_object_acl("a"), "NoSuchKey", 404)
        refused(lambda: b.get_symlink("a"), "NoSuchKey", 404)


def wrong_keys(c):
    refused(lambda: c.service(c.auth(secret="wrong")).list_buckets(), "SignatureDoesNotMatch", 403)
    refused(lambda: c.service(c.auth(key_id="LTAInobody")).list_buckets(), "InvalidAccessKeyId", 403)
    if c.variant == "v4":
        refused(lambda: c.bucket(c.name("any"), region="cn-shanghai").get_bucket_info(), "InvalidArgument", 400)


def in_session(c):
    session = Session()
    session.assume()
    try:
        with c.made("session") as made:
            b = c.bucket(made.bucket_name, c.in_session(session.key))
            b.put_object("a b/é", "1")
            equal(b.get_object("a b/é").read(), b"1")
            equal([o.key for o in oss2.ObjectIteratorV2(b)], ["a b/é"])
            equal(browse(b.sign_url("GET", "a b/é", 60))[0::2], (200, b"1"))
            forged = dict(session.key, token=session.key["token"] + "x")
            refused(lambda: c.bucket(made.bucket_name, c.in_session(forged)).get_object("a b/é"), "InvalidSecurityToken", 403)
    finally:
        session.end()


def path_style(c):
    b = oss2.Bucket(c.auth(), "http://" + ADDRESS, c.name("path"), region=REGION)
    b.create_bucket()
    b.put_object("a b/é", "1")
    equal(b.get_object("a b/é").read(), b"1")
    equal([o.key for o in b.list_objects_v2().object_list], ["a b/é"])
    equal(browse(b.sign_url("GET", "a b/é", 60))[0::2], (200, b"1"))
    b.delete_object("a b/é")
    b.delete_bucket()


SCENARIOS = [multipart, append, resumable, presigned, acl, links, versions, lifecycle, cors, delete_many, missing, wrong_keys, in_session, path_style]
