package checks;

import static checks.Checks.ADDRESS;
import static checks.Checks.KEY_ID;
import static checks.Checks.KEY_SECRET;
import static checks.Checks.OURS;
import static checks.Checks.REGION;
import static checks.Checks.browse;
import static checks.Checks.bytes;
import static checks.Checks.equal;
import static checks.Checks.etag;
import static checks.Checks.holds;
import static checks.Checks.md5;
import static checks.Checks.random;
import static checks.Checks.read;
import static checks.Checks.same;
import static checks.Checks.scenario;

import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.credentials.StaticCredentialsProvider;
import com.aliyun.sdk.service.oss2.exceptions.OperationException;
import com.aliyun.sdk.service.oss2.exceptions.ServiceException;
import com.aliyun.sdk.service.oss2.models.*;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import com.aliyun.sdk.service.oss2.transport.HttpClientOptions;
import com.aliyun.sdk.service.oss2.transport.apache5client.Apache5HttpClientBuilder;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hc.client5.http.DnsResolver;

/** OssV2Checks runs alibabacloud-oss-v2 with one kind of signature. */
class OssV2Checks {
    final String variant;
    final OSSClient client;

    private OssV2Checks(String variant) {
        this.variant = variant;
        this.client = connect(KEY_ID, KEY_SECRET, REGION);
    }

    static void all() {
        for (String variant : List.of("v1", "v4")) {
            OssV2Checks c = new OssV2Checks(variant);
            OssV2UploadChecks uploads = new OssV2UploadChecks(c);
            OssV2RuleChecks rules = new OssV2RuleChecks(c);
            Map<String, Checks.Scenario> scenarios = new LinkedHashMap<>();
            scenarios.put("service", c::service);
            scenarios.put("bucket", c::bucket);
            scenarios.put("bucket-options", rules::bucketOptions);
            scenarios.put("objects", c::objects);
            scenarios.put("metadata", c::metadata);
            scenarios.put("ranges", c::ranges);
            scenarios.put("conditions", rules::conditions);
            scenarios.put("lists", c::lists);
            scenarios.put("copies", uploads::copies);
            scenarios.put("tags", c::tags);
            scenarios.put("multipart", uploads::multipart);
            scenarios.put("append", uploads::append);
            scenarios.put("resumable", rules::resumable);
            scenarios.put("presigned", uploads::presigned);
            scenarios.put("acl", rules::acl);
            scenarios.put("links", rules::links);
            scenarios.put("versions", c::versions);
            scenarios.put("lifecycle", rules::lifecycle);
            scenarios.put("cors", c::cors);
            scenarios.put("delete-many", c::deleteMany);
            scenarios.put("missing", c::missing);
            scenarios.put("wrong-keys", c::wrongKeys);
            scenarios.put("path-style", c::pathStyle);
            scenarios.forEach((name, scenario) -> scenario(variant + "/" + name, scenario));
        }
    }

    /** Emulator is the address of every host: the client's own setting of a proxy has no effect. */
    private static final class Emulator implements DnsResolver {
        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            return new InetAddress[] {InetAddress.getByName(Checks.HOST)};
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }
    }

    private OSSClient connect(String id, String secret, String region) {
        return OSSClient.newBuilder().credentialsProvider(new StaticCredentialsProvider(id, secret)).region(region).endpoint(Checks.ENDPOINT + ":" + Checks.PORT)
                .signatureVersion(variant).httpClient(Apache5HttpClientBuilder.create().options(HttpClientOptions.custom().build()).dnsResolver(new Emulator()).build())
                .retryMaxAttempts(1).build();
    }

    void with(String suffix, OssChecks.BucketUser user) throws Throwable {
        with(PutBucketRequest.newBuilder().bucket(OURS + "-" + variant + "-" + suffix).build(), user);
    }

    /** with makes a bucket, which is gone at the end with its versions and uploads. */
    private void with(PutBucketRequest request, OssChecks.BucketUser user) throws Throwable {
        client.putBucket(request);
        String b = request.bucket();
        try {
            user.use(b);
        } finally {
            for (ListObjectVersionsResult page : client.listObjectVersionsPaginator(ListObjectVersionsRequest.newBuilder().bucket(b).build())) {
                List<DeleteObject> every = new ArrayList<>();
                if (page.versions() != null) {
                    page.versions().forEach(v -> every.add(DeleteObject.newBuilder().key(v.key()).versionId(v.versionId()).build()));
                }
                if (page.deleteMarkers() != null) {
                    page.deleteMarkers().forEach(v -> every.add(DeleteObject.newBuilder().key(v.key()).versionId(v.versionId()).build()));
                }
                if (!every.isEmpty()) {
                    client.deleteMultipleObjects(DeleteMultipleObjectsRequest.newBuilder().bucket(b).deleteObjects(every).build());
                }
            }
            for (ListMultipartUploadsResult page : client.listMultipartUploadsPaginator(ListMultipartUploadsRequest.newBuilder().bucket(b).build())) {
                if (page.uploads() != null) {
                    page.uploads().forEach(u -> client.abortMultipartUpload(AbortMultipartUploadRequest.newBuilder().bucket(b).key(u.key()).uploadId(u.uploadId()).build()));
                }
            }
            client.deleteBucket(DeleteBucketRequest.newBuilder().bucket(b).build());
        }
    }

    PutObjectResult put(String bucket, String key, byte[] body) {
        return client.putObject(PutObjectRequest.newBuilder().bucket(bucket).key(key).body(BinaryData.fromBytes(body)).build());
    }

    byte[] get(GetObjectRequest.Builder request) throws Exception {
        try (GetObjectResult result = client.getObject(request.build())) {
            return read(result.body());
        }
    }

    GetObjectRequest.Builder of(String bucket, String key) {
        return GetObjectRequest.newBuilder().bucket(bucket).key(key);
    }

    HeadObjectResult head(String bucket, String key) {
        return client.headObject(HeadObjectRequest.newBuilder().bucket(bucket).key(key).build());
    }

    static ServiceException refused(int status, String code, Checks.Scenario call) throws Throwable {
        try {
            call.run();
        } catch (OperationException e) {
            ServiceException service = service(e);
            equal("the error " + service.errorMessage(), service.statusCode() + " " + service.errorCode(), status + " " + code);
            return service;
        }
        throw new AssertionError("there was an answer where " + code + " is due");
    }

    /** service returns the service's own error of a failed operation. */
    static ServiceException service(OperationException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ServiceException service) {
                return service;
            }
        }
        throw e;
    }

    private void service() throws Throwable {
        with("service-1", first -> with("service-2", second -> {
            ListBucketsRequest request = ListBucketsRequest.newBuilder().prefix(first.substring(0, first.length() - 1)).maxKeys(1L).build();
            List<String> seen = new ArrayList<>();
            for (ListBucketsResult page : client.listBucketsPaginator(request)) {
                for (BucketSummary one : page.buckets()) {
                    seen.add(one.name());
                    equal("place and class", List.of(one.location(), one.storageClass(), one.region()), List.of("oss-" + REGION, "Standard", REGION));
                    holds("the time of creation", one.creationDate().getEpochSecond() > 1500000000);
                }
            }
            equal("buckets", seen, List.of(first, second));
        }));
        holds("regions", client.describeRegions(DescribeRegionsRequest.newBuilder().build()).regionInfoList() != null);
    }

    private void bucket() throws Throwable {
        CreateBucketConfiguration configuration = CreateBucketConfiguration.newBuilder().storageClass("IA").dataRedundancyType("ZRS").build();
        PutBucketRequest request = PutBucketRequest.newBuilder().bucket(OURS + "-" + variant + "-bucket").acl("private").createBucketConfiguration(configuration).build();
        with(request, b -> {
            BucketInfo info = client.getBucketInfo(GetBucketInfoRequest.newBuilder().bucket(b).build()).bucketInfo();
            equal("the bucket", List.of(info.name(), info.storageClass(), info.dataRedundancyType(), info.location(), info.extranetEndpoint()),
                    List.of(b, "IA", "ZRS", "oss-" + REGION, "oss-cn-hangzhou.aliyuncs.com"));
            put(b, "a", bytes("123"));
            BucketStat stat = client.getBucketStat(GetBucketStatRequest.newBuilder().bucket(b).build()).bucketStat();
            equal("figures", List.of(stat.storage(), stat.objectCount(), stat.multipartUploadCount(), stat.infrequentAccessRealStorage()), List.of(3L, 1L, 0L, 3L));
            client.putBucketAcl(PutBucketAclRequest.newBuilder().bucket(b).acl("public-read").build());
            equal("ACL", client.getBucketAcl(GetBucketAclRequest.newBuilder().bucket(b).build()).accessControlPolicy().accessControlList().grant(), "public-read");
            refused(409, "BucketNotEmpty", () -> client.deleteBucket(DeleteBucketRequest.newBuilder().bucket(b).build()));
        });
        holds("it is gone", !client.doesBucketExist(request.bucket()));
    }

    private void objects() throws Throwable {
        with("objects", b -> {
            for (String key : List.of("plain", "a dir/k+%é~*().txt", "中文/对象", "a//b", "q?x=1&y", "quote'\"<>")) {
                byte[] body = random(3000);
                equal("ETag", put(b, key, body).eTag(), "\"" + etag(body) + "\"");
                same("body of " + key, get(of(b, key)), body);
                HeadObjectResult head = head(b, key);
                equal("head", List.of(head.contentLength(), head.contentMd5(), head.objectType()), List.of(3000L, md5(body), "Normal"));
                client.deleteObject(DeleteObjectRequest.newBuilder().bucket(b).key(key).build());
                holds("it is gone", !client.doesObjectExist(b, key));
            }
            PutObjectRequest once = PutObjectRequest.newBuilder().bucket(b).key("once").forbidOverwrite(true).body(BinaryData.fromString("1")).build();
            client.putObject(once);
            refused(409, "FileAlreadyExists", () -> client.putObject(once));
        });
    }

    private void metadata() throws Throwable {
        with("metadata", b -> {
            client.putObject(PutObjectRequest.newBuilder().bucket(b).key("a").body(BinaryData.fromString("<p>")).metadata(Map.of("author-name", "me and you"))
                    .cacheControl("no-cache").contentType("text/html").build());
            HeadObjectResult head = head(b, "a");
            equal("head", List.of(head.metadata(), head.cacheControl(), head.contentType()), List.of(Map.of("author-name", "me and you"), "no-cache", "text/html"));
            GetObjectMetaResult small = client.getObjectMeta(GetObjectMetaRequest.newBuilder().bucket(b).key("a").build());
            equal("short metadata", small.contentLength(), 3L);
            try (GetObjectResult got = client.getObject(of(b, "a").responseContentType("x/y").build())) {
                equal("an overridden header", got.contentType(), "x/y");
                read(got.body());
            }
        });
    }

    private void ranges() throws Throwable {
        with("ranges", b -> {
            put(b, "ten", bytes("0123456789"));
            same("a range", get(of(b, "ten").range("bytes=2-4")), bytes("234"));
            same("from a place on", get(of(b, "ten").range("bytes=7-")), bytes("789"));
            same("the last", get(of(b, "ten").range("bytes=-3")), bytes("789"));
            same("of several ranges the first", get(of(b, "ten").range("bytes=1-2,5-6")), bytes("12"));
            same("a range that ends behind the object", get(of(b, "ten").range("bytes=5-20")), bytes("0123456789"));
            same("by the standard", get(of(b, "ten").range("bytes=5-20").header("x-oss-range-behavior", "standard")), bytes("56789"));
            refused(416, "InvalidRange", () -> get(of(b, "ten").range("bytes=20-30").header("x-oss-range-behavior", "standard")));
            refused(412, "PreconditionFailed", () -> get(of(b, "ten").ifMatch("\"OTHER\"")));
        });
    }

    private void lists() throws Throwable {
        with("lists", b -> {
            List<String> every = List.of("page/0", "page/1", "page/2", "page/3", "page/4");
            for (String key : every) {
                put(b, key, bytes(key));
            }
            put(b, "a dir/é&<", bytes("x"));
            List<String> seen = new ArrayList<>();
            for (ListObjectsV2Result page : client.listObjectsV2Paginator(ListObjectsV2Request.newBuilder().bucket(b).prefix("page/").maxKeys(2L).build())) {
                for (ObjectSummary o : page.contents()) {
                    seen.add(o.key());
                    equal("summary", List.of(o.size(), o.eTag(), o.storageClass(), o.type()), List.of(6L, "\"" + etag(bytes(o.key())) + "\"", "Standard", "Normal"));
                    holds("time", o.lastModified().getEpochSecond() > 1500000000);
                }
            }
            equal("list of version 2", seen, every);
            seen.clear();
            for (ListObjectsResult page : client.listObjectsPaginator(ListObjectsRequest.newBuilder().bucket(b).prefix("page/").maxKeys(2L).build())) {
                page.contents().forEach(o -> seen.add(o.key()));
            }
            equal("list of version 1", seen, every);
            ListObjectsV2Result folders = client.listObjectsV2(ListObjectsV2Request.newBuilder().bucket(b).delimiter("/").build());
            equal("folders", folders.commonPrefixes().stream().map(CommonPrefix::prefix).toList(), List.of("a dir/", "page/"));
        });
    }

    private Map<String, String> tagsOf(String bucket, String key) {
        Map<String, String> all = new LinkedHashMap<>();
        List<Tag> tags = client.getObjectTagging(GetObjectTaggingRequest.newBuilder().bucket(bucket).key(key).build()).tagging().tagSet().tags();
        if (tags != null) {
            tags.forEach(t -> all.put(t.key(), t.value()));
        }
        return all;
    }

    private void tags() throws Throwable {
        with("tags", b -> {
            equal("tags of a new bucket", client.getBucketTags(GetBucketTagsRequest.newBuilder().bucket(b).build()).tagging().tagSet().tags() == null
                    || client.getBucketTags(GetBucketTagsRequest.newBuilder().bucket(b).build()).tagging().tagSet().tags().isEmpty(), true);
            Tagging tagging = Tagging.newBuilder().tagSet(TagSet.newBuilder().tags(List.of(Tag.newBuilder().key("名").value("值").build())).build()).build();
            client.putBucketTags(PutBucketTagsRequest.newBuilder().bucket(b).tagging(tagging).build());
            equal("tags of the bucket", client.getBucketTags(GetBucketTagsRequest.newBuilder().bucket(b).build()).tagging().tagSet().tags().get(0).value(), "值");
            client.putObject(PutObjectRequest.newBuilder().bucket(b).key("a").tagging("kind=a%2Bb").body(BinaryData.fromString("1")).build());
            equal("tags of the object", tagsOf(b, "a"), Map.of("kind", "a+b"));
            client.putObjectTagging(PutObjectTaggingRequest.newBuilder().bucket(b).key("a").tagging(tagging).build());
            equal("tags after a change", tagsOf(b, "a"), Map.of("名", "值"));
            client.deleteObjectTagging(DeleteObjectTaggingRequest.newBuilder().bucket(b).key("a").build());
            equal("tags at the end", tagsOf(b, "a"), Map.of());
        });
    }

    private void versions() throws Throwable {
        with("versions", b -> {
            client.putBucketVersioning(PutBucketVersioningRequest.newBuilder().bucket(b).versioningConfiguration(VersioningConfiguration.newBuilder().status("Enabled").build()).build());
            equal("versioning", client.getBucketVersioning(GetBucketVersioningRequest.newBuilder().bucket(b).build()).versioningConfiguration().status(), "Enabled");
            String first = put(b, "a", bytes("one")).versionId();
            String second = put(b, "a", bytes("two")).versionId();
            same("the old version", get(of(b, "a").versionId(first)), bytes("one"));
            DeleteObjectResult deleted = client.deleteObject(DeleteObjectRequest.newBuilder().bucket(b).key("a").build());
            equal("a delete marker", deleted.deleteMarker(), true);
            refused(404, "NoSuchKey", () -> get(of(b, "a")));
            refused(405, "MethodNotAllowed", () -> get(of(b, "a").versionId(deleted.versionId())));
            ListObjectVersionsResult list = client.listObjectVersions(ListObjectVersionsRequest.newBuilder().bucket(b).build());
            equal("versions", list.versions().stream().map(ObjectVersion::versionId).toList(), List.of(second, first));
            CopyObjectRequest restore = CopyObjectRequest.newBuilder().bucket(b).key("restored").sourceKey("a").sourceVersionId(first).build();
            client.copyObject(restore);
            same("copy of an old version", get(of(b, "restored")), bytes("one"));
            equal("markers", list.deleteMarkers().stream().map(DeleteMarkerEntry::versionId).toList(), List.of(deleted.versionId()));
        });
    }

    private void cors() throws Throwable {
        with("cors", b -> {
            refused(404, "NoSuchCORSConfiguration", () -> client.getBucketCors(GetBucketCorsRequest.newBuilder().bucket(b).build()));
            client.putObject(PutObjectRequest.newBuilder().bucket(b).key("a").objectAcl("public-read").body(BinaryData.fromString("1")).build());
            CORSRule first = CORSRule.newBuilder().allowedOrigins(List.of("https://*.example.com")).allowedMethods(List.of("GET", "PUT"))
                    .allowedHeaders(List.of("x-oss-*", "content-type")).exposeHeaders(List.of("ETag", "x-oss-request-id")).maxAgeSeconds(60L).build();
            CORSRule second = CORSRule.newBuilder().allowedOrigins(List.of("*")).allowedMethods(List.of("HEAD")).build();
            client.putBucketCors(PutBucketCorsRequest.newBuilder().bucket(b).corsConfiguration(CORSConfiguration.newBuilder().corsRules(List.of(first, second)).responseVary(true).build()).build());
            CORSConfiguration kept = client.getBucketCors(GetBucketCorsRequest.newBuilder().bucket(b).build()).corsConfiguration();
            equal("rules", List.of(kept.corsRules().size(), kept.responseVary()), List.of(2, true));
            Checks.preflights("http://" + b + ".oss-cn-hangzhou.aliyuncs.com/a");
            OptionObjectResult asked = client.optionObject(OptionObjectRequest.newBuilder().bucket(b).key("a").origin("https://www.example.com").accessControlRequestMethod("GET").build());
            equal("by the client", asked.accessControlAllowOrigin(), "https://www.example.com");
        });
    }

    private void deleteMany() throws Throwable {
        with("delete-many", b -> {
            List<DeleteObject> every = new ArrayList<>();
            for (String key : List.of("a", "b é", "c&<")) {
                put(b, key, bytes("1"));
                every.add(DeleteObject.newBuilder().key(key).build());
            }
            DeleteMultipleObjectsResult result = client.deleteMultipleObjects(DeleteMultipleObjectsRequest.newBuilder().bucket(b).deleteObjects(every).encodingType("url").build());
            equal("deleted", result.deletedObjects().stream().map(DeletedInfo::key).toList(), List.of("a", "b é", "c&<"));
        });
    }

    private void missing() throws Throwable {
        String none = OURS + "-none";
        refused(404, "NoSuchBucket", () -> get(of(none, "a")));
        refused(404, "NoSuchBucket", () -> client.getBucketInfo(GetBucketInfoRequest.newBuilder().bucket(none).build()));
        with("missing", b -> {
            ServiceException error = refused(404, "NoSuchKey", () -> get(of(b, "a")));
            equal("EC and request id", List.of(error.ec(), error.requestId().length()), List.of("0026-00000001", 24));
            equal("EC without a body", refused(404, "NoSuchKey", () -> head(b, "a")).ec(), "0026-00000001");
        });
    }

    private void wrongKeys() throws Throwable {
        ListBucketsRequest request = ListBucketsRequest.newBuilder().build();
        refused(403, "SignatureDoesNotMatch", () -> connect(KEY_ID, "wrong", REGION).listBuckets(request));
        refused(403, "InvalidAccessKeyId", () -> connect("LTAInobody", "wrong", REGION).listBuckets(request));
        if (variant.equals("v4")) {
            GetBucketInfoRequest any = GetBucketInfoRequest.newBuilder().bucket(OURS + "-v4-any").build();
            refused(400, "InvalidArgument", () -> connect(KEY_ID, KEY_SECRET, "cn-shanghai").getBucketInfo(any));
        }
    }

    private void pathStyle() throws Throwable {
        OSSClient byIP = OSSClient.newBuilder().credentialsProvider(new StaticCredentialsProvider(KEY_ID, KEY_SECRET)).region(REGION).endpoint("http://" + ADDRESS)
                .signatureVersion(variant).build();
        String b = OURS + "-" + variant + "-path";
        byIP.putBucket(PutBucketRequest.newBuilder().bucket(b).build());
        byIP.putObject(PutObjectRequest.newBuilder().bucket(b).key("a b/é").body(BinaryData.fromString("1")).build());
        equal("presigned", browse("GET", byIP.presign(of(b, "a b/é").build()).url()).text(), "1");
        byIP.deleteObject(DeleteObjectRequest.newBuilder().bucket(b).key("a b/é").build());
        byIP.deleteBucket(DeleteBucketRequest.newBuilder().bucket(b).build());
    }
}
