"""oss2: buckets and objects, with signatures V1 and V4."""

import contextlib
import os

import oss2
from oss2 import models

from checks import (ADDRESS, ENDPOINT, KEY_ID, KEY_SECRET, OURS, PROXY, REGION, browse, done, equal, etag, md5,
                    refused as refused_as, scenario)

PROXIES = {"http": PROXY}


def refused(call, code, status):
    return refused_as(oss2.exceptions.OssError, call, code, status, lambda e: e.code, lambda e: e.status)


class Clients:
    """Clients with one kind of signature, by their quick start."""

    def __init__(self, variant):
        self.variant = variant

    def auth(self, key_id=KEY_ID, secret=KEY_SECRET):
        if self.variant == "v4":
            return oss2.AuthV4(key_id, secret)
        return oss2.Auth(key_id, secret)

    def in_session(self, key):
        version = oss2.AUTH_VERSION_4 if self.variant == "v4" else oss2.AUTH_VERSION_1
        return oss2.StsAuth(key["key_id"], key["secret"], key["token"], auth_version=version)

    def service(self, auth=None):
        return oss2.Service(auth or self.auth(), ENDPOINT, proxies=PROXIES, region=REGION)

    def bucket(self, name, auth=None, region=REGION):
        return oss2.Bucket(auth or self.auth(), ENDPOINT, name, proxies=PROXIES, region=region)

    def name(self, suffix):
        return "%s-%s-%s" % (OURS, self.variant, suffix)

    @contextlib.contextmanager
    def made(self, suffix, permission=None, config=None):
        """A bucket that is gone at the end, with its versions and uploads."""
        bucket = self.bucket(self.name(suffix))
        bucket.create_bucket(permission, config)
        try:
            yield bucket
        finally:
            while True:
                found = bucket.list_object_versions()
                every = models.BatchDeleteObjectVersionList()
                for version in found.versions + found.delete_marker:
                    every.append(models.BatchDeleteObjectVersion(version.key, version.versionid))
                if every.len() == 0:
                    break
                bucket.delete_object_versions(every)
            for upload in oss2.MultipartUploadIterator(bucket):
                bucket.abort_multipart_upload(upload.key, upload.upload_id)
            bucket.delete_bucket()


def service(c):
    with c.made("service-1") as first, c.made("service-2") as second:
        page = c.service().list_buckets(prefix=c.name("service-"), max_keys=1)
        equal(([b.name for b in page.buckets], page.is_truncated, page.next_marker), ([first.bucket_name], True, first.bucket_name))
        equal((page.buckets[0].location, page.buckets[0].storage_class), ("oss-" + REGION, "Standard"))
        assert page.buckets[0].creation_date > 1500000000
        every = [b.name for b in oss2.BucketIterator(c.service(), prefix=c.name("service-"), max_keys=1)]
        equal(every, [first.bucket_name, second.bucket_name])
    regions = c.service().describe_regions().regions
    assert any(r.region == "oss-" + REGION and r.internet_endpoint == "oss-cn-hangzhou.aliyuncs.com" for r in regions)


def bucket(c):
    config = models.BucketCreateConfig(oss2.BUCKET_STORAGE_CLASS_IA, oss2.BUCKET_DATA_REDUNDANCY_TYPE_ZRS)
    with c.made("bucket", oss2.BUCKET_ACL_PRIVATE, config) as b:
        info = b.get_bucket_info()
        equal((info.name, info.storage_class, info.location, info.acl.grant, info.data_redundancy_type),
              (b.bucket_name, "IA", "oss-" + REGION, "private", "ZRS"))
        equal((info.extranet_endpoint, info.intranet_endpoint), ("oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou-internal.aliyuncs.com"))
        equal(b.get_bucket_location().location, "oss-" + REGION)
        b.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ)
        equal(b.get_bucket_acl().acl, "public-read")
        b.put_object("a", "123")
        stat = b.get_bucket_stat()
        equal((stat.storage_size_in_bytes, stat.object_count, stat.multi_part_upload_count), (3, 1, 0))
        equal((stat.infrequent_access_real_storage, stat.infrequent_access_object_count, stat.standard_object_count), (3, 1, 0))
        refused(b.delete_bucket, "BucketNotEmpty", 409)


def bucket_options(c):
    with c.made("options") as b:
        equal(b.get_bucket_tagging().tag_set.tagging_rule, {})
        rule = models.TaggingRule()
        rule.add("team", "a b")
        rule.add("stage", "测试")
        b.put_bucket_tagging(models.Tagging(rule))
        equal(b.get_bucket_tagging().tag_set.tagging_rule, {"team": "a b", "stage": "测试"})
        b.delete_bucket_tagging(params={"tagging": "team"})
        equal(b.get_bucket_tagging().tag_set.tagging_rule, {"stage": "测试"})
        b.delete_bucket_tagging()
        equal(b.get_bucket_tagging().tag_set.tagging_rule, {})

        refused(b.get_bucket_encryption, "NoSuchServerSideEncryptionRule", 404)
        encryption = models.ServerSideEncryptionRule()
        encryption.sse_algorithm = oss2.SERVER_SIDE_ENCRYPTION_AES256
        b.put_bucket_encryption(encryption)
        equal(b.get_bucket_encryption().sse_algorithm, "AES256")
        b.delete_bucket_encryption()

        refused(b.get_bucket_website, "NoSuchWebsiteConfiguration", 404)
        b.put_bucket_website(models.BucketWebsite("index.html", "error.html"))
        site = b.get_bucket_website()
        equal((site.index_file, site.error_file), ("index.html", "error.html"))
        b.delete_bucket_website()

        equal(b.get_bucket_logging().target_bucket, "")
        b.put_bucket_logging(models.BucketLogging(b.bucket_name, "log-"))
        logging = b.get_bucket_logging()
        equal((logging.target_bucket, logging.target_prefix), (b.bucket_name, "log-"))
        b.delete_bucket_logging()

        b.put_bucket_referer(models.BucketReferer(False, ["http://www.example.com"]))
        referer = b.get_bucket_referer()
        equal((referer.allow_empty_referer, referer.referers), (False, ["http://www.example.com"]))
        b.put_bucket_referer(models.BucketReferer(True, []))

        refused(b.get_bucket_policy, "NoSuchBucketPolicy", 404)
        policy = '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Principal":["1000000000000009"],"Resource":["acs:oss:*:*:%s/*"]}]}' % b.bucket_name
        b.put_bucket_policy(policy)
        equal(b.get_bucket_policy().policy, policy)
        b.delete_bucket_policy()

        equal(b.get_bucket_request_payment().payer, "BucketOwner")
        b.put_bucket_request_payment("Requester")
        equal(b.get_bucket_request_payment().payer, "Requester")
        b.put_bucket_transfer_acceleration("true")
        equal(b.get_bucket_transfer_acceleration().enabled, "true")
        b.put_bucket_access_monitor("Enabled")
        equal(b.get_bucket_access_monitor().access_monitor.status, "Enabled")
        assert b.get_bucket_resource_group().resource_group_id.startswith("rg-")
        b.put_bucket_public_access_block(True)
        equal(b.get_bucket_public_access_block().block_public_access, True)
        refused(lambda: b.put_bucket_acl(oss2.BUCKET_ACL_PUBLIC_READ), "AccessDenied", 403)
        b.delete_bucket_public_access_block()

        worm_id = b.init_bucket_worm(1).worm_id
        worm = b.get_bucket_worm()
        equal((worm.worm_id, worm.state, worm.retention_period_days), (worm_id, "InProgress", 1))
        b.abort_bucket_worm()
        refused(b.get_bucket_worm, "NoSuchWORMConfiguration", 404)


def objects(c):
    with c.made("objects") as b:
        for key in ("plain", "a dir/k+%é~*().txt", "中文/对象", "a//b/./c", "q?x=1&y", "quote'\"<>"):
            body = os.urandom(3000)
            put = b.put_object(key, body)
            equal(put.etag, etag(body))
            got = b.get_object(key)
            equal(got.read(), body)
            equal(got.server_crc, got.client_crc)
            head = b.head_object(key)
            equal((head.content_length, head.etag, head.object_type), (3000, etag(body), "Normal"))
            equal(head.headers.get("Content-MD5"), md5(body))
            assert b.object_exists(key)
            b.delete_object(key)
            assert not b.object_exists(key)
        b.put_object("empty", "")
        equal(b.get_object("empty").read(), b"")
        forbid = {"x-oss-forbid-overwrite": "true"}
        b.put_object("once", "1", headers=forbid)
        refused(lambda: b.put_object("once", "2", headers=forbid), "FileAlreadyExists", 409)
        refused(lambda: b.put_object("bad", "2", headers={"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}), "InvalidDigest", 400)
        b.put_object("chunks", (part for part in (b"a", b"b" * 1000)))
        equal(b.get_object("chunks").read(), b"a" + b"b" * 1000)


def metadata(c):
    with c.made("metadata") as b:
        b.put_object("a.html", "<p>", headers={"x-oss-meta-Author-Name": "me and you", "Cache-Control": "no-cache", "Content-Disposition": "inline",
                                               "Content-Language": "de", "Expires": "Thu, 01 Dec 2044 16:00:00 GMT"})
        head = b.head_object("a.html")
        equal((head.headers["x-oss-meta-author-name"], head.headers["Cache-Control"], head.headers["Content-Disposition"], head.headers["Content-Language"],
               head.headers["Expires"], head.content_type),
              ("me and you", "no-cache", "inline", "de", "Thu, 01 Dec 2044 16:00:00 GMT", "text/html"))
        b.update_object_meta("a.html", {"x-oss-meta-second": "2"})
        head = b.head_object("a.html")
        equal((head.headers.get("x-oss-meta-author-name"), head.headers["x-oss-meta-second"]), (None, "2"))
        short = b.get_object_meta("a.html")
        equal((short.content_length, short.etag, short.headers.get("x-oss-meta-second")), (3, etag(b"<p>"), None))
        assert short.last_modified > 1500000000
        got = b.get_object("a.html", params={"response-content-type": "x/y", "response-cache-control": "max-age=1"})
        equal((got.content_type, got.headers["Cache-Control"]), ("x/y", "max-age=1"))


def ranges(c):
    with c.made("ranges") as b:
        b.put_object("ten", "0123456789")

        def get(byte_range, headers=None):
            got = b.get_object("ten", byte_range=byte_range, headers=headers)
            return got.status, got.read()

        standard = {"x-oss-range-behavior": "standard"}
        equal(get((2, 4)), (206, b"234"))
        equal(get((7, None)), (206, b"789"))
        equal(get((None, 3)), (206, b"789"))
        equal(b.get_object("ten", byte_range=(2, 4)).headers["Content-Range"], "bytes 2-4/10")
        equal(get((5, 20)), (200, b"0123456789"), "a range that ends behind the object")
        equal(get((20, 30)), (200, b"0123456789"), "a range behind the object")
        equal(get((5, 20), standard), (206, b"56789"))
        refused(lambda: get((20, 30), standard), "InvalidRange", 416)


def conditions(c):
    with c.made("conditions") as b:
        put = b.put_object("a", "1")
        head = b.head_object("a")
        modified = head.headers["Last-Modified"]
        equal(b.get_object("a", headers={"If-Match": '"%s"' % put.etag}).read(), b"1")
        refused(lambda: b.get_object("a", headers={"If-Match": '"OTHER"'}), "PreconditionFailed", 412)
        for condition in ({"If-None-Match": '"%s"' % put.etag}, {"If-Modified-Since": modified}):
            error = refused_as(oss2.exceptions.NotModified, lambda: b.get_object("a", headers=condition))
            equal(error.status, 304)
        refused(lambda: b.get_object("a", headers={"If-Unmodified-Since": oss2.http_date(head.last_modified - 3600)}), "PreconditionFailed", 412)


def lists(c):
    with c.made("lists") as b:
        every = ["page/%d" % i for i in range(5)]
        for key in every + ["top", "a dir/é\x01&", "b/c"]:
            b.put_object(key, key)
        equal([o.key for o in oss2.ObjectIterator(b, prefix="page/", max_keys=2)], every)
        equal([o.key for o in oss2.ObjectIteratorV2(b, prefix="page/", max_keys=2)], every)
        page = b.list_objects("page/", max_keys=2)
        equal((page.is_truncated, page.next_marker), (True, "page/1"))
        one = page.object_list[0]
        equal((one.etag, one.size, one.type, one.storage_class), (etag(b"page/0"), 6, "Normal", "Standard"))
        assert one.last_modified > 1500000000 and one.owner.id
        folders = b.list_objects_v2(delimiter="/", fetch_owner=True)
        equal((folders.prefix_list, [o.key for o in folders.object_list]), (["a dir/", "b/", "page/"], ["top"]))
        assert folders.object_list[0].owner.id
        equal([o.key for o in b.list_objects_v2(start_after="page/3").object_list], ["page/4", "top"])
        equal([o.key for o in b.list_objects("a dir/").object_list], ["a dir/é\x01&"])
        b.delete_object("a dir/é\x01&")  # a list of keys to delete cannot hold it
        refused(lambda: b.list_objects(max_keys=1001), "InvalidArgument", 400)


def copies(c):
    with c.made("copies") as b, c.made("copies-2") as other:
        b.put_object("from é", "body", headers={"x-oss-meta-kept": "1", "x-oss-tagging": "k=v"})
        copy = b.copy_object(b.bucket_name, "from é", "to")
        equal(copy.etag, etag(b"body"))
        equal(b.head_object("to").headers["x-oss-meta-kept"], "1")
        equal(b.get_object_tagging("to").tag_set.tagging_rule, {"k": "v"})
        b.copy_object(b.bucket_name, "from é", "to", headers={"x-oss-metadata-directive": "REPLACE", "x-oss-meta-new": "2", "x-oss-tagging-directive": "REPLACE", "x-oss-tagging": "n=w"})
        head = b.head_object("to")
        equal((head.headers.get("x-oss-meta-kept"), head.headers["x-oss-meta-new"]), (None, "2"))
        equal(b.get_object_tagging("to").tag_set.tagging_rule, {"n": "w"})
        other.copy_object(b.bucket_name, "from é", "there")
        equal(other.get_object("there").read(), b"body")
        refused(lambda: b.copy_object(b.bucket_name, "from é", "to", headers={"x-oss-copy-source-if-match": '"OTHER"'}), "PreconditionFailed", 412)
        refused(lambda: b.copy_object(b.bucket_name, "none", "to"), "NoSuchKey", 404)


def tags(c):
    with c.made("tags") as b:
        b.put_object("a", "1", headers={"x-oss-tagging": "kind=a%2Bb&%E5%90%8D=%E5%80%BC"})
        equal(b.get_object_tagging("a").tag_set.tagging_rule, {"kind": "a+b", "名": "值"})
        equal(b.head_object("a").headers["x-oss-tagging-count"], "2")
        rule = models.TaggingRule()
        rule.add("only", "")
        b.put_object_tagging("a", models.Tagging(rule))
        equal(b.get_object_tagging("a").tag_set.tagging_rule, {"only": ""})
        b.delete_object_tagging("a")
        equal(b.get_object_tagging("a").tag_set.tagging_rule, {})


SCENARIOS = [service, bucket, bucket_options, objects, metadata, ranges, conditions, lists, copies, tags]

if __name__ == "__main__":
    import oss2_more_checks

    for signature in ("v1", "v4"):
        for check in SCENARIOS + oss2_more_checks.SCENARIOS:
            scenario("%s/%s" % (signature, check.__name__.replace("_", "-")), check, Clients(signature))
    done()
