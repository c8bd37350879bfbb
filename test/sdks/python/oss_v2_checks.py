"""alibabacloud_oss_v2: buckets and objects, with signatures V1 and V4."""

import contextlib
import datetime
import os

import alibabacloud_oss_v2 as oss
from alibabacloud_oss_v2 import models

from checks import (ADDRESS, KEY_ID, KEY_SECRET, OURS, PROXY, REGION, browse, done, equal, etag, md5,
                    refused as refused_as, scenario)


def unwrapped(error):
    return error.unwrap() if isinstance(error, oss.exceptions.OperationError) else error


def refused(call, code, status):
    error = refused_as(oss.exceptions.OperationError, call)
    equal((unwrapped(error).code, unwrapped(error).status_code), (code, status), "the error %s" % error)
    return unwrapped(error)


class Bucket:
    """A bucket: its operations, called by name with the members of their request."""

    def __init__(self, client, name):
        self.client, self.name = client, name

    def __getattr__(self, operation):
        words = "".join(word.capitalize() for word in operation.split("_"))
        request = getattr(models, words + "Request")
        return lambda **members: getattr(self.client, operation)(request(bucket=self.name, **members))

    def put(self, key, body, **members):
        return self.put_object(key=key, body=body.encode() if isinstance(body, str) else body, **members)

    def read(self, key, **members):
        return self.get_object(key=key, **members).body.content


class Clients:
    """Clients with one kind of signature, by their quick start."""

    def __init__(self, variant):
        self.variant = variant
        self.client = self.connect()

    def connect(self, key_id=KEY_ID, secret=KEY_SECRET, region=REGION, token=None, **members):
        config = oss.config.load_default()
        config.credentials_provider = oss.credentials.StaticCredentialsProvider(key_id, secret, token)
        config.region = region
        config.signature_version = self.variant
        config.disable_ssl = True
        config.proxy_host = {"http": PROXY}
        config.retry_max_attempts = 1
        for name, value in members.items():
            setattr(config, name, value)
        if region != REGION:
            config.endpoint = "oss-cn-hangzhou.aliyuncs.com"
        return oss.Client(config)

    def name(self, suffix):
        return "%s-%s-%s" % (OURS, self.variant, suffix)

    def bucket(self, suffix):
        return Bucket(self.client, self.name(suffix))

    @contextlib.contextmanager
    def made(self, suffix, **members):
        """A bucket that is gone at the end, with its versions and uploads."""
        b = self.bucket(suffix)
        b.put_bucket(**members)
        try:
            yield b
        finally:
            for page in self.client.list_object_versions_paginator().iter_page(models.ListObjectVersionsRequest(bucket=b.name, encoding_type="url")):
                every = [models.DeleteObject(key=v.key, version_id=v.version_id) for v in (page.version or []) + (page.delete_marker or [])]
                if every:
                    b.delete_multiple_objects(objects=every)
            for page in self.client.list_multipart_uploads_paginator().iter_page(models.ListMultipartUploadsRequest(bucket=b.name)):
                for upload in page.uploads or []:
                    b.abort_multipart_upload(key=upload.key, upload_id=upload.upload_id)
            b.delete_bucket()


def quoted(body):
    return '"%s"' % etag(body)


def service(c):
    with c.made("service-1") as first, c.made("service-2") as second:
        pages = list(c.client.list_buckets_paginator(limit=1).iter_page(models.ListBucketsRequest(prefix=c.name("service-"))))
        equal([[found.name for found in page.buckets] for page in pages], [[first.name], [second.name]])
        equal((pages[0].buckets[0].location, pages[0].buckets[0].region, pages[0].buckets[0].storage_class), ("oss-" + REGION, REGION, "Standard"))
        assert pages[0].buckets[0].creation_date.year > 2000
    regions = c.client.describe_regions(models.DescribeRegionsRequest(regions="oss-" + REGION)).region_info
    equal([r.internet_endpoint for r in regions], ["oss-cn-hangzhou.aliyuncs.com"])


def bucket(c):
    with c.made("bucket", acl="private", create_bucket_configuration=models.CreateBucketConfiguration(storage_class="IA", data_redundancy_type="ZRS")) as b:
        info = b.get_bucket_info().bucket_info
        equal((info.name, info.storage_class, info.location, info.acl, info.data_redundancy_type), (b.name, "IA", "oss-" + REGION, "private", "ZRS"))
        equal((info.extranet_endpoint, info.intranet_endpoint), ("oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou-internal.aliyuncs.com"))
        assert info.creation_date.year > 2000 and info.owner.id and info.resource_group_id.startswith("rg-")
        equal(b.get_bucket_location().location, "oss-" + REGION)
        b.put_bucket_acl(acl="public-read")
        equal(b.get_bucket_acl().acl, "public-read")
        b.put("a", "123")
        stat = b.get_bucket_stat()
        equal((stat.storage, stat.object_count, stat.multi_part_upload_count, stat.infrequent_access_real_storage, stat.infrequent_access_object_count), (3, 1, 0, 3, 1))
        refused(b.delete_bucket, "BucketNotEmpty", 409)
        assert c.client.is_bucket_exist(b.name)
    assert not c.client.is_bucket_exist(b.name)


def bucket_options(c):
    with c.made("options") as b:
        tag_set = models.TagSet(tags=[models.Tag(key="team", value="a b"), models.Tag(key="stage", value="测试")])
        equal(b.get_bucket_tags().tagging.tag_set.tags or [], [])
        b.put_bucket_tags(tagging=models.Tagging(tag_set=tag_set))
        equal([(t.key, t.value) for t in b.get_bucket_tags().tagging.tag_set.tags], [("team", "a b"), ("stage", "测试")])
        b.delete_bucket_tags(parameters={"tagging": "team"})
        equal([t.key for t in b.get_bucket_tags().tagging.tag_set.tags], ["stage"])
        b.delete_bucket_tags()

        refused(b.get_bucket_encryption, "NoSuchServerSideEncryptionRule", 404)
        default = models.ApplyServerSideEncryptionByDefault(sse_algorithm="AES256")
        b.put_bucket_encryption(server_side_encryption_rule=models.ServerSideEncryptionRule(apply_server_side_encryption_by_default=default))
        equal(b.get_bucket_encryption().server_side_encryption_rule.apply_server_side_encryption_by_default.sse_algorithm, "AES256")
        equal(b.get_bucket_info().bucket_info.sse_rule.sse_algorithm, "AES256")
        b.delete_bucket_encryption()

        refused(b.get_bucket_website, "NoSuchWebsiteConfiguration", 404)
        b.put_bucket_website(website_configuration=models.WebsiteConfiguration(
            index_document=models.IndexDocument(suffix="index.html"), error_document=models.ErrorDocument(key="error.html", http_status=404)))
        site = b.get_bucket_website().website_configuration
        equal((site.index_document.suffix, site.error_document.key, site.error_document.http_status), ("index.html", "error.html", 404))
        b.delete_bucket_website()

        equal(b.get_bucket_logging().bucket_logging_status.logging_enabled, None)
        b.put_bucket_logging(bucket_logging_status=models.BucketLoggingStatus(logging_enabled=models.LoggingEnabled(target_bucket=b.name, target_prefix="log-")))
        logging = b.get_bucket_logging().bucket_logging_status.logging_enabled
        equal((logging.target_bucket, logging.target_prefix), (b.name, "log-"))
        b.delete_bucket_logging()

        equal(b.get_bucket_referer().referer_configuration.allow_empty_referer, True)
        b.put_bucket_referer(referer_configuration=models.RefererConfiguration(
            allow_empty_referer=False, allow_truncate_query_string=True, referer_list=models.RefererList(referers=["http://www.example.com"])))
        referer = b.get_bucket_referer().referer_configuration
        equal((referer.allow_empty_referer, referer.referer_list.referers), (False, ["http://www.example.com"]))
        b.put_bucket_referer(referer_configuration=models.RefererConfiguration(allow_empty_referer=True, referer_list=models.RefererList(referers=[])))

        refused(b.get_bucket_policy, "NoSuchBucketPolicy", 404)
        policy = '{"Version":"1","Statement":[{"Effect":"Allow","Action":["oss:GetObject"],"Principal":["1000000000000009"],"Resource":["acs:oss:*:*:%s/*"]}]}' % b.name
        b.put_bucket_policy(body=policy)
        equal(b.get_bucket_policy().body, policy)
        equal(b.get_bucket_policy_status().policy_status.is_public, False)
        b.delete_bucket_policy()

        equal(b.get_bucket_request_payment().request_payment_configuration.payer, "BucketOwner")
        b.put_bucket_request_payment(request_payment_configuration=models.RequestPaymentConfiguration(payer="Requester"))
        equal(b.get_bucket_request_payment().request_payment_configuration.payer, "Requester")
        b.put_bucket_access_monitor(access_monitor_configuration=models.AccessMonitorConfiguration(status="Enabled"))
        equal(b.get_bucket_access_monitor().access_monitor_configuration.status, "Enabled")
        b.put_bucket_transfer_acceleration(transfer_acceleration_configuration=models.TransferAccelerationConfiguration(enabled=True))
        equal(b.get_bucket_transfer_acceleration().transfer_acceleration_configuration.enabled, True)
        b.put_bucket_public_access_block(public_access_block_configuration=models.PublicAccessBlockConfiguration(block_public_access=True))
        equal(b.get_bucket_public_access_block().public_access_block_configuration.block_public_access, True)
        refused(lambda: b.put_bucket_acl(acl="public-read"), "AccessDenied", 403)
        b.delete_bucket_public_access_block()
        assert b.get_bucket_resource_group().bucket_resource_group_configuration.resource_group_id.startswith("rg-")
        b.put_bucket_https_config(https_configuration=models.HttpsConfiguration(tls=models.TLS(enable=True, tls_versions=["TLSv1.2", "TLSv1.3"])))
        equal(b.get_bucket_https_config().https_configuration.tls.tls_versions, ["TLSv1.2", "TLSv1.3"])

        worm_id = b.initiate_bucket_worm(initiate_worm_configuration=models.InitiateWormConfiguration(retention_period_in_days=1)).worm_id
        worm = b.get_bucket_worm().worm_configuration
        equal((worm.worm_id, worm.state, worm.retention_period_in_days), (worm_id, "InProgress", 1))
        b.abort_bucket_worm()
        refused(b.get_bucket_worm, "NoSuchWORMConfiguration", 404)


def objects(c):
    with c.made("objects") as b:
        # Left out is a key with "/./", which the client's HTTP library shortens.
        for key in ("plain", "a dir/k+%é~*().txt", "中文/对象", "a//b", "q?x=1&y", "quote'\"<>"):
            body = os.urandom(3000)
            put = b.put(key, body)
            equal((put.etag, put.content_md5), (quoted(body), md5(body)))
            got = b.get_object(key=key)
            equal((got.body.content, got.content_md5), (body, md5(body)))
            head = b.head_object(key=key)
            equal((head.content_length, head.etag, head.object_type, head.storage_class), (3000, quoted(body), "Normal", "Standard"))
            assert c.client.is_object_exist(b.name, key)
            b.delete_object(key=key)
            assert not c.client.is_object_exist(b.name, key)
        b.put("empty", b"")
        equal(b.read("empty"), b"")
        b.put("once", "1", forbid_overwrite=True)
        refused(lambda: b.put("once", "2", forbid_overwrite=True), "FileAlreadyExists", 409)
        refused(lambda: b.put("bad", "2", content_md5="AAAAAAAAAAAAAAAAAAAAAA=="), "InvalidDigest", 400)
        with c.client.open_file(b.name, "once") as file:
            equal(file.read(), b"1")


def metadata(c):
    with c.made("metadata") as b:
        b.put("a.html", "<p>", metadata={"Author-Name": "me and you", "x": "1"}, cache_control="no-cache", content_disposition="inline", expires="Thu, 01 Dec 2044 16:00:00 GMT")
        head = b.head_object(key="a.html")
        equal({name.lower(): value for name, value in head.metadata.items()}, {"author-name": "me and you", "x": "1"})
        equal((head.cache_control, head.content_disposition, head.expires, head.content_type), ("no-cache", "inline", "Thu, 01 Dec 2044 16:00:00 GMT", "text/html"))
        b.copy_object(key="a.html", source_key="a.html", metadata={"second": "2"}, metadata_directive="REPLACE")
        equal(dict(b.head_object(key="a.html").metadata), {"second": "2"})
        short = b.get_object_meta(key="a.html")
        equal((short.content_length, short.etag), (3, quoted(b"<p>")))
        assert short.last_modified.year > 2000
        got = b.get_object(key="a.html", response_content_type="x/y", response_cache_control="max-age=1")
        equal((got.content_type, got.cache_control), ("x/y", "max-age=1"))


def ranges(c):
    with c.made("ranges") as b:
        b.put("ten", "0123456789")

        def get(byte_range, behavior=None):
            got = b.get_object(key="ten", range_header="bytes=" + byte_range, range_behavior=behavior)
            return got.status_code, got.content_range, got.body.content

        equal(get("2-4"), (206, "bytes 2-4/10", b"234"))
        equal(get("7-"), (206, "bytes 7-9/10", b"789"))
        equal(get("-3"), (206, "bytes 7-9/10", b"789"))
        equal(get("5-20"), (200, None, b"0123456789"), "a range that ends behind the object")
        equal(get("20-30"), (200, None, b"0123456789"), "a range behind the object")
        equal(get("5-20", "standard"), (206, "bytes 5-9/10", b"56789"))
        refused(lambda: get("20-30", "standard"), "InvalidRange", 416)


def conditions(c):
    with c.made("conditions") as b:
        put = b.put("a", "1")
        modified = b.head_object(key="a").last_modified
        equal(b.read("a", if_match=put.etag), b"1")
        refused(lambda: b.read("a", if_match='"OTHER"'), "PreconditionFailed", 412)
        stamp = "%a, %d %b %Y %H:%M:%S GMT"
        for condition in ({"if_none_match": put.etag}, {"if_modified_since": modified.strftime(stamp)}):
            equal(unwrapped(refused_as(oss.exceptions.OperationError, lambda: b.read("a", **condition))).status_code, 304)
        refused(lambda: b.read("a", if_unmodified_since=(modified - datetime.timedelta(hours=1)).strftime(stamp)), "PreconditionFailed", 412)


def lists(c):
    with c.made("lists") as b:
        every = ["page/%d" % i for i in range(5)]
        for key in every + ["top", "a dir/é\x01&", "b/c"]:
            b.put(key, key)
        pages = list(c.client.list_objects_v2_paginator(limit=2).iter_page(models.ListObjectsV2Request(bucket=b.name, prefix="page/")))
        equal([o.key for page in pages for o in page.contents], every)
        equal([page.key_count for page in pages], [2, 2, 1])
        pages = list(c.client.list_objects_paginator(limit=2).iter_page(models.ListObjectsRequest(bucket=b.name, prefix="page/")))
        equal([o.key for page in pages for o in page.contents], every)
        one = pages[0].contents[0]
        equal((one.etag, one.size, one.object_type, one.storage_class), (quoted(b"page/0"), 6, "Normal", "Standard"))
        assert one.last_modified.year > 2000 and one.owner.id
        folders = b.list_objects_v2(delimiter="/", fetch_owner=True)
        equal(([p.prefix for p in folders.common_prefixes], [o.key for o in folders.contents]), (["a dir/", "b/", "page/"], ["top"]))
        assert folders.contents[0].owner.id
        equal([o.key for o in b.list_objects_v2(start_after="page/3").contents], ["page/4", "top"])
        equal([o.key for o in b.list_objects(prefix="a dir/", encoding_type="url").contents], ["a dir/é\x01&"])
        b.delete_object(key="a dir/é\x01&")  # a list of keys to delete cannot hold it
        refused(lambda: b.list_objects_v2(max_keys=1001), "InvalidArgument", 400)


SCENARIOS = [service, bucket, bucket_options, objects, metadata, ranges, conditions, lists]

if __name__ == "__main__":
    import oss_v2_more_checks

    for signature in ("v1", "v4"):
        for check in SCENARIOS + oss_v2_more_checks.SCENARIOS:
            scenario("%s/%s" % (signature, check.__name__.replace("_", "-")), check, Clients(signature))
    done()
