package checks;

import static checks.Checks.ADDRESS;
import static checks.Checks.ENDPOINT;
import static checks.Checks.HOST;
import static checks.Checks.KEY_ID;
import static checks.Checks.KEY_SECRET;
import static checks.Checks.OURS;
import static checks.Checks.PORT;
import static checks.Checks.REGION;
import static checks.Checks.bytes;
import static checks.Checks.equal;
import static checks.Checks.etag;
import static checks.Checks.holds;
import static checks.Checks.md5;
import static checks.Checks.random;
import static checks.Checks.read;
import static checks.Checks.same;
import static checks.Checks.scenario;

import com.aliyun.oss.ClientBuilderConfiguration;
import com.aliyun.oss.OSS;
import com.aliyun.oss.OSSClientBuilder;
import com.aliyun.oss.OSSException;
import com.aliyun.oss.common.auth.DefaultCredentialProvider;
import com.aliyun.oss.common.comm.SignVersion;
import com.aliyun.oss.model.*;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** OssChecks runs aliyun-sdk-oss with one kind of signature. */
class OssChecks {
    final SignVersion version;
    final String prefix;
    final OSS client;

    OssChecks(String variant, SignVersion version) {
        this.version = version;
        this.prefix = OURS + "-" + variant + "-";
        this.client = connect(KEY_ID, KEY_SECRET, REGION);
    }

    static void all() {
        for (Map.Entry<String, SignVersion> variant : Map.of("v1", SignVersion.V1, "v4", SignVersion.V4).entrySet()) {
            OssChecks c = new OssChecks(variant.getKey(), variant.getValue());
            OssUploadChecks uploads = new OssUploadChecks(c);
            OssRuleChecks rules = new OssRuleChecks(c);
            Map<String, Checks.Scenario> scenarios = new LinkedHashMap<>();
            scenarios.put("service", c::service);
            scenarios.put("bucket", c::bucket);
            scenarios.put("bucket-options", rules::bucketOptions);
            scenarios.put("objects", c::objects);
            scenarios.put("metadata", c::metadata);
            scenarios.put("ranges", c::ranges);
            scenarios.put("conditions", c::conditions);
            scenarios.put("lists", c::lists);
            scenarios.put("copies", uploads::copies);
            scenarios.put("tags", rules::tags);
            scenarios.put("multipart", uploads::multipart);
            scenarios.put("append", uploads::append);
            scenarios.put("resumable", uploads::resumable);
            scenarios.put("presigned", uploads::presigned);
            scenarios.put("acl", rules::acl);
            scenarios.put("links", rules::links);
            scenarios.put("versions", rules::versions);
            scenarios.put("lifecycle", rules::lifecycle);
            scenarios.put("cors", rules::cors);
            scenarios.put("delete-many", rules::deleteMany);
            scenarios.put("missing", c::missing);
            scenarios.put("wrong-keys", c::wrongKeys);
            scenarios.put("path-style", c::pathStyle);
            scenarios.forEach((name, scenario) -> scenario(variant.getKey() + "/" + name, scenario));
        }
    }

    /** connect makes a client by its quick start, and with the emulator as proxy. */
    OSS connect(String id, String secret, String region) {
        ClientBuilderConfiguration configuration = new ClientBuilderConfiguration();
        configuration.setSignatureVersion(version);
        configuration.setProxyHost(HOST);
        configuration.setProxyPort(PORT);
        configuration.setMaxErrorRetry(0);
        return OSSClientBuilder.create().endpoint(ENDPOINT).region(region).clientConfiguration(configuration)
                .credentialsProvider(new DefaultCredentialProvider(id, secret)).build();
    }

    /** A BucketUser uses a bucket of its own. */
    interface BucketUser {
        void use(String bucket) throws Throwable;
    }

    void with(String suffix, BucketUser user) throws Throwable {
        with(new CreateBucketRequest(prefix + suffix), user);
    }

    /** with makes a bucket, which is gone at the end with its versions and uploads. */
    void with(CreateBucketRequest request, BucketUser user) throws Throwable {
        client.createBucket(request);
        String bucket = request.getBucketName();
        try {
            user.use(bucket);
        } finally {
            for (;;) {
                List<DeleteVersionsRequest.KeyVersion> every = new ArrayList<>();
                for (OSSVersionSummary v : client.listVersions(new ListVersionsRequest().withBucketName(bucket)).getVersionSummaries()) {
                    every.add(new DeleteVersionsRequest.KeyVersion(v.getKey(), v.getVersionId()));
                }
                if (every.isEmpty()) {
                    break;
                }
                client.deleteVersions(new DeleteVersionsRequest(bucket).withKeys(every));
            }
            for (MultipartUpload u : client.listMultipartUploads(new ListMultipartUploadsRequest(bucket)).getMultipartUploads()) {
                client.abortMultipartUpload(new AbortMultipartUploadRequest(bucket, u.getKey(), u.getUploadId()));
            }
            client.deleteBucket(bucket);
        }
    }

    PutObjectResult put(String bucket, String key, byte[] body) {
        return client.putObject(bucket, key, new ByteArrayInputStream(body));
    }

    PutObjectResult put(String bucket, String key, String body) {
        return put(bucket, key, bytes(body));
    }

    byte[] get(String bucket, String key) throws IOException {
        return read(client.getObject(bucket, key).getObjectContent());
    }

    String text(String bucket, String key) throws IOException {
        return new String(get(bucket, key), "UTF-8");
    }

    static OSSException refused(String code, Checks.Scenario call) throws Throwable {
        try {
            call.run();
        } catch (OSSException e) {
            equal("the code of " + e.getMessage(), e.getErrorCode(), code);
            return e;
        }
        throw new AssertionError("there was an answer where " + code + " is due");
    }

    void service() throws Throwable {
        with("service-1", first -> with("service-2", second -> {
            BucketList page = client.listBuckets(prefix + "service-", null, 1);
            equal("the first page", List.of(page.getBucketList().get(0).getName(), page.isTruncated(), page.getNextMarker()), List.of(first, true, first));
            Bucket one = page.getBucketList().get(0);
            equal("its place and class", List.of(one.getLocation(), one.getStorageClass()), List.of("oss-" + REGION, StorageClass.Standard));
            holds("the time of creation", one.getCreationDate().after(new Date(1500000000000L)));
            page = client.listBuckets(prefix + "service-", page.getNextMarker(), 1);
            equal("the second page", page.getBucketList().get(0).getName(), second);
        }));
        holds("regions", client.describeRegions(new DescribeRegionsRequest()).getRegionInfoList().stream().anyMatch(r -> r.getRegion().equals("oss-" + REGION)));
    }

    void bucket() throws Throwable {
        CreateBucketRequest request = new CreateBucketRequest(prefix + "bucket").withCannedACL(CannedAccessControlList.Private)
                .withStorageType(StorageClass.IA).withDataRedundancyType(DataRedundancyType.ZRS);
        with(request, b -> {
            BucketInfo info = client.getBucketInfo(b);
            equal("name and class", List.of(info.getBucket().getName(), info.getBucket().getStorageClass(), info.getDataRedundancyType(), info.getCannedACL()),
                    List.of(b, StorageClass.IA, DataRedundancyType.ZRS, CannedAccessControlList.Private));
            equal("endpoints", List.of(info.getBucket().getExtranetEndpoint(), info.getBucket().getIntranetEndpoint()),
                    List.of("oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou-internal.aliyuncs.com"));
            equal("location", client.getBucketLocation(b), "oss-" + REGION);
            client.setBucketAcl(b, CannedAccessControlList.PublicRead);
            equal("ACL", client.getBucketAcl(b).getCannedACL(), CannedAccessControlList.PublicRead);
            put(b, "a", "123");
            BucketStat stat = client.getBucketStat(b);
            equal("figures", List.of(stat.getStorageSize(), stat.getObjectCount(), stat.getMultipartUploadCount()), List.of(3L, 1L, 0L));
            equal("figures of the class", List.of(stat.getInfrequentAccessRealStorage(), stat.getInfrequentAccessObjectCount()), List.of(3L, 1L));
            refused("BucketNotEmpty", () -> client.deleteBucket(b));
            equal("the bucket's region", client.getBucketMetadata(b).getBucketRegion(), "oss-" + REGION);
        });
        holds("it is gone", !client.doesBucketExist(prefix + "bucket"));
    }

    void objects() throws Throwable {
        with("objects", b -> {
            for (String key : List.of("plain", "a dir/k+%é~*().txt", "中文/对象", "a//b", "q?x=1&y", "quote'\"<>")) {
                byte[] body = random(3000);
                equal("ETag", put(b, key, body).getETag(), etag(body));
                OSSObject object = client.getObject(b, key);
                same("body of " + key, read(object.getObjectContent()), body);
                equal("MD5", object.getObjectMetadata().getContentMD5(), md5(body));
                equal("CRC", object.getServerCRC() != null, true);
                ObjectMetadata head = client.getObjectMetadata(b, key);
                equal("head", List.of(head.getContentLength(), head.getETag(), head.getObjectType()), List.of(3000L, etag(body), "Normal"));
                client.deleteObject(b, key);
                holds("it is gone", !client.doesObjectExist(b, key));
            }
            put(b, "empty", "");
            equal("an empty body", text(b, "empty"), "");
            ObjectMetadata once = new ObjectMetadata();
            once.setHeader("x-oss-forbid-overwrite", "true");
            put(b, "once", "1");
            refused("FileAlreadyExists", () -> client.putObject(b, "once", new ByteArrayInputStream(bytes("2")), once));
            ObjectMetadata bad = new ObjectMetadata();
            bad.setContentMD5("AAAAAAAAAAAAAAAAAAAAAA==");
            refused("InvalidDigest", () -> client.putObject(b, "bad", new ByteArrayInputStream(bytes("2")), bad));
        });
    }

    void metadata() throws Throwable {
        with("metadata", b -> {
            ObjectMetadata given = new ObjectMetadata();
            given.addUserMetadata("author-name", "me and you");
            given.setCacheControl("no-cache");
            given.setContentDisposition("inline");
            given.setContentEncoding("identity");
            given.setContentType("text/html");
            client.putObject(b, "a", new ByteArrayInputStream(bytes("<p>")), given);
            ObjectMetadata head = client.getObjectMetadata(b, "a");
            equal("metadata", head.getUserMetadata(), Map.of("author-name", "me and you"));
            equal("headers", List.of(head.getCacheControl(), head.getContentDisposition(), head.getContentEncoding(), head.getContentType()),
                    List.of("no-cache", "inline", "identity", "text/html"));
            ObjectMetadata changed = new ObjectMetadata();
            changed.addUserMetadata("second", "2");
            CopyObjectRequest copy = new CopyObjectRequest(b, "a", b, "a");
            copy.setNewObjectMetadata(changed);
            client.copyObject(copy);
            equal("metadata after a change", client.headObject(b, "a").getUserMetadata(), Map.of("second", "2"));
            SimplifiedObjectMeta small = client.getSimplifiedObjectMeta(b, "a");
            equal("short metadata", List.of(small.getSize(), small.getETag()), List.of(3L, etag(bytes("<p>"))));
            holds("time", small.getLastModified().after(new Date(1500000000000L)));
        });
    }

    void ranges() throws Throwable {
        with("ranges", b -> {
            put(b, "ten", "0123456789");
            equal("a range", range(b, 2, 4, false), "234");
            equal("from a place on", range(b, 7, -1, false), "789");
            equal("the last", range(b, -1, 3, false), "789");
            equal("a range that ends behind the object", range(b, 5, 20, false), "0123456789");
            equal("a range behind the object", range(b, 20, 30, false), "0123456789");
            equal("a range that ends behind the object, by the standard", range(b, 5, 20, true), "56789");
            refused("InvalidRange", () -> range(b, 20, 30, true));
        });
    }

    private String range(String bucket, long from, long to, boolean standard) throws IOException {
        GetObjectRequest request = new GetObjectRequest(bucket, "ten");
        request.setRange(from, to);
        if (standard) {
            request.addHeader("x-oss-range-behavior", "standard");
        }
        return new String(read(client.getObject(request).getObjectContent()), "UTF-8");
    }

    void conditions() throws Throwable {
        with("conditions", b -> {
            String tag = put(b, "a", "1").getETag();
            GetObjectRequest request = new GetObjectRequest(b, "a");
            request.setMatchingETagConstraints(List.of("\"" + tag + "\""));
            equal("the same", new String(read(client.getObject(request).getObjectContent()), "UTF-8"), "1");
            GetObjectRequest other = new GetObjectRequest(b, "a");
            other.setMatchingETagConstraints(List.of("\"OTHER\""));
            refused("PreconditionFailed", () -> client.getObject(other));
            GetObjectRequest same = new GetObjectRequest(b, "a");
            same.setNonmatchingETagConstraints(List.of("\"" + tag + "\""));
            refused("NotModified", () -> client.getObject(same));
        });
    }

    void lists() throws Throwable {
        with("lists", b -> {
            List<String> every = List.of("page/0", "page/1", "page/2", "page/3", "page/4");
            for (String key : every) {
                put(b, key, key);
            }
            for (String key : List.of("top", "a dir/é&<", "b/c")) {
                put(b, key, key);
            }
            List<String> seen = new ArrayList<>();
            String marker = null;
            ObjectListing page;
            do {
                page = client.listObjects(new ListObjectsRequest(b).withPrefix("page/").withMaxKeys(2).withMarker(marker));
                for (OSSObjectSummary o : page.getObjectSummaries()) {
                    seen.add(o.getKey());
                    equal("summary", List.of(o.getSize(), o.getETag(), o.getStorageClass(), o.getType()), List.of(6L, etag(bytes(o.getKey())), "Standard", "Normal"));
                    holds("time and owner", o.getLastModified().after(new Date(1500000000000L)) && !o.getOwner().getId().isEmpty());
                }
                marker = page.getNextMarker();
            } while (page.isTruncated());
            equal("list of version 1", seen, every);
            seen.clear();
            String token = null;
            ListObjectsV2Result second;
            do {
                second = client.listObjectsV2(new ListObjectsV2Request(b, "page/", token, null, null, 2, null, false));
                second.getObjectSummaries().forEach(o -> seen.add(o.getKey()));
                equal("keys of the page", second.getKeyCount(), second.getObjectSummaries().size());
                token = second.getNextContinuationToken();
            } while (second.isTruncated());
            equal("list of version 2", seen, every);
            ListObjectsV2Result folders = client.listObjectsV2(b, null, null, null, "/", 100, null, true);
            equal("folders", folders.getCommonPrefixes(), List.of("a dir/", "b/", "page/"));
            equal("outside of folders", folders.getObjectSummaries().get(0).getKey(), "top");
            equal("an odd key", client.listObjects(b, "a dir/").getObjectSummaries().get(0).getKey(), "a dir/é&<");
        });
    }

    void missing() throws Throwable {
        String none = prefix + "none";
        refused("NoSuchBucket", () -> client.getObject(none, "a"));
        refused("NoSuchBucket", () -> client.getBucketInfo(none));
        refused("NoSuchBucket", () -> client.listObjects(none));
        refused("NoSuchBucket", () -> put(none, "a", "1"));
        with("missing", b -> {
            OSSException error = refused("NoSuchKey", () -> client.getObject(b, "a"));
            equal("EC", error.getEC(), "0026-00000001");
            equal("a request id", error.getRequestId().length(), 24);
            refused("NoSuchKey", () -> client.getObjectMetadata(b, "a"));
            refused("NoSuchKey", () -> client.getObjectTagging(b, "a"));
        });
    }

    void wrongKeys() throws Throwable {
        refused("SignatureDoesNotMatch", () -> connect(KEY_ID, "wrong", REGION).listBuckets());
        refused("InvalidAccessKeyId", () -> connect("LTAInobody", "wrong", REGION).listBuckets());
        if (version == SignVersion.V4) {
            refused("InvalidArgument", () -> connect(KEY_ID, KEY_SECRET, "cn-shanghai").getBucketInfo(prefix + "any"));
        }
    }

    void pathStyle() throws Throwable {
        ClientBuilderConfiguration configuration = new ClientBuilderConfiguration();
        configuration.setSignatureVersion(version);
        OSS byIP = OSSClientBuilder.create().endpoint("http://" + ADDRESS).region(REGION).clientConfiguration(configuration)
                .credentialsProvider(new DefaultCredentialProvider(KEY_ID, KEY_SECRET)).build();
        String b = prefix + "path";
        byIP.createBucket(b);
        byIP.putObject(b, "a b/é", new ByteArrayInputStream(bytes("1")));
        equal("body", new String(read(byIP.getObject(b, "a b/é").getObjectContent()), "UTF-8"), "1");
        equal("list", byIP.listObjectsV2(b).getObjectSummaries().get(0).getKey(), "a b/é");
        Checks.Answer answer = Checks.browse("GET", byIP.generatePresignedUrl(b, "a b/é", new Date(System.currentTimeMillis() + 60000)).toString());
        equal("presigned", answer.status() + answer.text(), "2001");
        byIP.deleteObject(b, "a b/é");
        byIP.deleteBucket(b);
    }
}
