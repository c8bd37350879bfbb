package checks;

import static checks.Checks.browse;
import static checks.Checks.bytes;
import static checks.Checks.equal;
import static checks.Checks.holds;
import static checks.Checks.random;
import static checks.Checks.read;
import static checks.Checks.same;
import static checks.OssV2Checks.refused;

import com.aliyun.sdk.service.oss2.AttributeKey;
import com.aliyun.sdk.service.oss2.AttributeMap;
import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.OperationInput;
import com.aliyun.sdk.service.oss2.OperationOptions;
import com.aliyun.sdk.service.oss2.models.*;
import com.aliyun.sdk.service.oss2.transfermanager.Downloader;
import com.aliyun.sdk.service.oss2.transfermanager.DownloaderOptions;
import com.aliyun.sdk.service.oss2.transfermanager.Uploader;
import com.aliyun.sdk.service.oss2.transfermanager.UploaderOptions;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** OssV2RuleChecks runs the scenarios of alibabacloud-oss-v2 about the rules of buckets and objects, and about files. */
class OssV2RuleChecks {
    private final OssV2Checks c;
    private final OSSClient client;

    OssV2RuleChecks(OssV2Checks c) {
        this.c = c;
        this.client = c.client;
    }

    void bucketOptions() throws Throwable {
        c.with("options", b -> {
            if (c.variant.equals("v1")) {
                genericOptions(b);
                return;
            }
            encryption(b);
            website(b);
            logging(b);
            referers(b);
            policy(b);
            switches(b);
            worm(b);
        });
    }

    /**
     * generic sends an operation that the package leaves to its caller. Of these sub-resources the package's typed calls
     * sign ?cors alone in version 1, so that the cloud refuses the others; generic calls name what is signed.
     */
    private String generic(String method, String bucket, String resource, String body) {
        OperationInput.Builder input = OperationInput.newBuilder().opName(method + resource).method(method).bucket(bucket).parameters(new HashMap<>(Map.of(resource, "")))
                .opMetadata(AttributeMap.empty().put(AttributeKey.SUBRESOURCE, List.of(resource)));
        if (body != null) {
            input.headers(new HashMap<>(Map.of("Content-Type", "application/xml"))).body(BinaryData.fromString(body));
        }
        return client.invokeOperation(input.build(), OperationOptions.defaults()).body().map(BinaryData::toString).orElse("").replaceAll(">\\s+<", "><");
    }

    /** kept writes rules and reads them back, by generic calls. */
    private void kept(String b, String resource, String rules) {
        generic("PUT", b, resource, rules);
        String answer = generic("GET", b, resource, null);
        String inside = rules.substring(rules.indexOf('>') + 1, rules.lastIndexOf("</"));
        holds(inside + " in " + answer, answer.contains(inside));
    }

    /** removable is kept, with a refusal where no rules are there. */
    private void removable(String b, String resource, String missing, String rules) throws Throwable {
        refused(404, missing, () -> generic("GET", b, resource, null));
        kept(b, resource, rules);
        generic("DELETE", b, resource, null);
        refused(404, missing, () -> generic("GET", b, resource, null));
    }

    private void genericOptions(String b) throws Throwable {
        removable(b, "encryption", "NoSuchServerSideEncryptionRule", "<ServerSideEncryptionRule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>"
                + "</ApplyServerSideEncryptionByDefault></ServerSideEncryptionRule>");
        removable(b, "website", "NoSuchWebsiteConfiguration", "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>");
        kept(b, "logging", "<BucketLoggingStatus><LoggingEnabled><TargetBucket>" + b + "</TargetBucket><TargetPrefix>log-</TargetPrefix></LoggingEnabled></BucketLoggingStatus>");
        kept(b, "requestPayment", "<RequestPaymentConfiguration><Payer>Requester</Payer></RequestPaymentConfiguration>");
        kept(b, "transferAcceleration", "<TransferAccelerationConfiguration><Enabled>true</Enabled></TransferAccelerationConfiguration>");
        kept(b, "accessmonitor", "<AccessMonitorConfiguration><Status>Enabled</Status></AccessMonitorConfiguration>");
        kept(b, "publicAccessBlock", "<PublicAccessBlockConfiguration><BlockPublicAccess>true</BlockPublicAccess></PublicAccessBlockConfiguration>");
    }

    private void encryption(String b) throws Throwable {
        refused(404, "NoSuchServerSideEncryptionRule", () -> client.getBucketEncryption(GetBucketEncryptionRequest.newBuilder().bucket(b).build()));
        ServerSideEncryptionRule rule = ServerSideEncryptionRule.newBuilder()
                .applyServerSideEncryptionByDefault(ApplyServerSideEncryptionByDefault.newBuilder().sSEAlgorithm("AES256").build()).build();
        client.putBucketEncryption(PutBucketEncryptionRequest.newBuilder().bucket(b).serverSideEncryptionRule(rule).build());
        equal("encryption", client.getBucketEncryption(GetBucketEncryptionRequest.newBuilder().bucket(b).build()).serverSideEncryptionRule()
                .applyServerSideEncryptionByDefault().sSEAlgorithm(), "AES256");
        client.deleteBucketEncryption(DeleteBucketEncryptionRequest.newBuilder().bucket(b).build());
    }

    private void website(String b) throws Throwable {
        refused(404, "NoSuchWebsiteConfiguration", () -> client.getBucketWebsite(GetBucketWebsiteRequest.newBuilder().bucket(b).build()));
        WebsiteConfiguration site = WebsiteConfiguration.newBuilder().indexDocument(IndexDocument.newBuilder().suffix("index.html").build())
                .errorDocument(ErrorDocument.newBuilder().key("error.html").build()).build();
        client.putBucketWebsite(PutBucketWebsiteRequest.newBuilder().bucket(b).websiteConfiguration(site).build());
        WebsiteConfiguration kept = client.getBucketWebsite(GetBucketWebsiteRequest.newBuilder().bucket(b).build()).websiteConfiguration();
        equal("website", List.of(kept.indexDocument().suffix(), kept.errorDocument().key()), List.of("index.html", "error.html"));
        client.deleteBucketWebsite(DeleteBucketWebsiteRequest.newBuilder().bucket(b).build());
    }

    private void logging(String b) {
        BucketLoggingStatus none = client.getBucketLogging(GetBucketLoggingRequest.newBuilder().bucket(b).build()).bucketLoggingStatus();
        holds("no logging", none == null || none.loggingEnabled() == null);
        BucketLoggingStatus status = BucketLoggingStatus.newBuilder().loggingEnabled(LoggingEnabled.newBuilder().targetBucket(b).targetPrefix("log-").build()).build();
        client.putBucketLogging(PutBucketLoggingRequest.newBuilder().bucket(b).bucketLoggingStatus(status).build());
        LoggingEnabled kept = client.getBucketLogging(GetBucketLoggingRequest.newBuilder().bucket(b).build()).bucketLoggingStatus().loggingEnabled();
        equal("logging", List.of(kept.targetBucket(), kept.targetPrefix()), List.of(b, "log-"));
        client.deleteBucketLogging(DeleteBucketLoggingRequest.newBuilder().bucket(b).build());
    }

    private void referers(String b) {
        RefererConfiguration configuration = RefererConfiguration.newBuilder().allowEmptyReferer(false)
                .refererList(RefererList.newBuilder().referers(List.of("http://www.example.com")).build()).build();
        client.putBucketReferer(PutBucketRefererRequest.newBuilder().bucket(b).refererConfiguration(configuration).build());
        RefererConfiguration kept = client.getBucketReferer(GetBucketRefererRequest.newBuilder().bucket(b).build()).refererConfiguration();
        equal("referers", List.of(kept.allowEmptyReferer(), kept.refererList().referers()), List.of(false, List.of("http://www.example.com")));
        client.putBucketReferer(PutBucketRefererRequest.newBuilder().bucket(b).refererConfiguration(RefererConfiguration.newBuilder().allowEmptyReferer(true)
                .refererList(RefererList.newBuilder().referers(List.of("")).build()).build()).build());
    }

    private void policy(String b) throws Throwable {
        refused(404, "NoSuchBucketPolicy", () -> client.getBucketPolicy(GetBucketPolicyRequest.newBuilder().bucket(b).build()));
        String policy = "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"oss:GetObject\"],\"Principal\":[\"1000000000000009\"],\"Resource\":[\"acs:oss:*:*:" + b + "/*\"]}]}";
        client.putBucketPolicy(PutBucketPolicyRequest.newBuilder().bucket(b).body(BinaryData.fromString(policy)).build());
        equal("policy", client.getBucketPolicy(GetBucketPolicyRequest.newBuilder().bucket(b).build()).body().toString(), policy);
        client.deleteBucketPolicy(DeleteBucketPolicyRequest.newBuilder().bucket(b).build());
    }

    private void switches(String b) throws Throwable {
        client.putBucketRequestPayment(PutBucketRequestPaymentRequest.newBuilder().bucket(b)
                .requestPaymentConfiguration(RequestPaymentConfiguration.newBuilder().payer("Requester").build()).build());
        equal("payer", client.getBucketRequestPayment(GetBucketRequestPaymentRequest.newBuilder().bucket(b).build()).requestPaymentConfiguration().payer(), "Requester");
        client.putBucketTransferAcceleration(PutBucketTransferAccelerationRequest.newBuilder().bucket(b)
                .transferAccelerationConfiguration(TransferAccelerationConfiguration.newBuilder().enabled(true).build()).build());
        equal("acceleration", client.getBucketTransferAcceleration(GetBucketTransferAccelerationRequest.newBuilder().bucket(b).build())
                .transferAccelerationConfiguration().enabled(), true);
        client.putBucketAccessMonitor(PutBucketAccessMonitorRequest.newBuilder().bucket(b)
                .accessMonitorConfiguration(AccessMonitorConfiguration.newBuilder().status("Enabled").build()).build());
        equal("access monitor", client.getBucketAccessMonitor(GetBucketAccessMonitorRequest.newBuilder().bucket(b).build()).accessMonitorConfiguration().status(), "Enabled");
        holds("a resource group", client.getBucketResourceGroup(GetBucketResourceGroupRequest.newBuilder().bucket(b).build())
                .bucketResourceGroupConfiguration().resourceGroupId().startsWith("rg-"));
        client.putBucketPublicAccessBlock(PutBucketPublicAccessBlockRequest.newBuilder().bucket(b)
                .bucketPublicAccessBlockConfiguration(BucketPublicAccessBlockConfiguration.newBuilder().blockPublicAccess(true).build()).build());
        equal("the block of public access", client.getBucketPublicAccessBlock(GetBucketPublicAccessBlockRequest.newBuilder().bucket(b).build())
                .publicAccessBlockConfiguration().blockPublicAccess(), true);
        refused(403, "AccessDenied", () -> client.putBucketAcl(PutBucketAclRequest.newBuilder().bucket(b).acl("public-read").build()));
        client.deleteBucketPublicAccessBlock(DeleteBucketPublicAccessBlockRequest.newBuilder().bucket(b).build());
    }

    private void worm(String b) throws Throwable {
        String worm = client.initiateBucketWorm(InitiateBucketWormRequest.newBuilder().bucket(b)
                .initiateWormConfiguration(InitiateWormConfiguration.newBuilder().retentionPeriodInDays(1).build()).build()).wormId();
        WormConfiguration kept = client.getBucketWorm(GetBucketWormRequest.newBuilder().bucket(b).build()).wormConfiguration();
        equal("retention", List.of(kept.wormId(), kept.state(), kept.retentionPeriodInDays()), List.of(worm, "InProgress", 1));
        client.abortBucketWorm(AbortBucketWormRequest.newBuilder().bucket(b).build());
        refused(404, "NoSuchWORMConfiguration", () -> client.getBucketWorm(GetBucketWormRequest.newBuilder().bucket(b).build()));
    }

    void conditions() throws Throwable {
        c.with("conditions", b -> {
            String tag = c.put(b, "a", bytes("1")).eTag();
            same("the same", c.get(c.of(b, "a").ifMatch(tag)), bytes("1"));
            refused(412, "PreconditionFailed", () -> c.get(c.of(b, "a").ifMatch("\"OTHER\"")));
            refused(412, "PreconditionFailed", () -> c.get(c.of(b, "a").ifUnmodifiedSince("Sun, 01 Jan 2017 00:00:00 GMT")));
            equal("the same tag", status(c.of(b, "a").ifNoneMatch(tag)), 304);
            equal("a time before", status(c.of(b, "a").ifModifiedSince("Sun, 01 Jan 2017 00:00:00 GMT")), 200);
            CopyObjectRequest.Builder copy = CopyObjectRequest.newBuilder().bucket(b).key("b").sourceKey("a");
            refused(412, "PreconditionFailed", () -> client.copyObject(copy.copySourceIfMatch("\"OTHER\"").build()));
        });
    }

    private int status(GetObjectRequest.Builder request) throws Throwable {
        try (GetObjectResult answer = client.getObject(request.build())) {
            read(answer.body());
            return answer.statusCode();
        } catch (com.aliyun.sdk.service.oss2.exceptions.OperationException e) {
            return OssV2Checks.service(e).statusCode();
        }
    }

    void resumable() throws Throwable {
        Path folder = Files.createTempDirectory("sdk-checks-");
        try {
            c.with("resumable", b -> {
                byte[] body = random(450 << 10);
                Path file = Files.write(folder.resolve("file"), body);
                Path back = folder.resolve("back");
                String checkpoints = folder.toString();
                Uploader uploader = new Uploader(client, UploaderOptions.newBuilder().partSize(100 << 10).parallelNum(3).enableCheckpoint(true).checkpointDir(checkpoints).build());
                holds("ETag of the whole", uploader.uploadFile(PutObjectRequest.newBuilder().bucket(b).key("file").metadata(Map.of("of", "upload")).build(), file.toString())
                        .etag().endsWith("-5\""));
                equal("head", List.of(c.head(b, "file").objectType(), c.head(b, "file").metadata()), List.of("Multipart", Map.of("of", "upload")));
                Downloader downloader = new Downloader(client, DownloaderOptions.newBuilder().partSize(100 << 10).parallelNum(3).enableCheckpoint(true).checkpointDir(checkpoints).build());
                downloader.downloadFile(c.of(b, "file").build(), back.toString());
                same("the file", Files.readAllBytes(back), body);
                uploader.uploadFrom(PutObjectRequest.newBuilder().bucket(b).key("stream").build(), BinaryData.fromBytes(body));
                same("the stream", c.get(c.of(b, "stream")), body);
            });
        } finally {
            try (var files = Files.walk(folder)) {
                for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    void acl() throws Throwable {
        c.with("acl", b -> {
            client.putObject(PutObjectRequest.newBuilder().bucket(b).key("a").objectAcl("public-read").body(BinaryData.fromString("1")).build());
            equal("ACL", aclOf(b), "public-read");
            String url = "http://" + b + ".oss-cn-hangzhou.aliyuncs.com/a";
            equal("a public object", browse("GET", url).status(), 200);
            client.putObjectAcl(PutObjectAclRequest.newBuilder().bucket(b).key("a").objectAcl("default").build());
            equal("ACL", aclOf(b), "default");
            equal("a private object", browse("GET", url).status(), 403);
            refused(400, "InvalidArgument", () -> client.putObjectAcl(PutObjectAclRequest.newBuilder().bucket(b).key("a").objectAcl("none").build()));
        });
    }

    private String aclOf(String bucket) {
        return client.getObjectAcl(GetObjectAclRequest.newBuilder().bucket(bucket).key("a").build()).accessControlPolicy().accessControlList().grant();
    }

    void links() throws Throwable {
        c.with("links", b -> {
            c.put(b, "a", bytes("1"));
            client.putSymlink(PutSymlinkRequest.newBuilder().bucket(b).key("link").symlinkTarget("a").header("x-oss-meta-of", "link").build());
            equal("link", client.getSymlink(GetSymlinkRequest.newBuilder().bucket(b).key("link").build()).symlinkTarget(), "a");
            same("by the link", c.get(c.of(b, "link")), bytes("1"));
            equal("type and metadata", List.of(c.head(b, "link").objectType(), c.head(b, "link").metadata()), List.of("Symlink", Map.of("of", "link")));
            client.putSymlink(PutSymlinkRequest.newBuilder().bucket(b).key("broken").symlinkTarget("none").build());
            refused(404, "SymlinkTargetNotExist", () -> c.get(c.of(b, "broken")));
            refused(400, "NotSymlink", () -> client.getSymlink(GetSymlinkRequest.newBuilder().bucket(b).key("a").build()));
        });
    }

    void lifecycle() throws Throwable {
        c.with("lifecycle", b -> {
            if (c.variant.equals("v1")) {
                removable(b, "lifecycle", "NoSuchLifecycle", "<LifecycleConfiguration><Rule><ID>days</ID><Prefix>logs/</Prefix><Status>Enabled</Status>"
                        + "<Expiration><Days>30</Days></Expiration></Rule></LifecycleConfiguration>");
                return;
            }
            refused(404, "NoSuchLifecycle", () -> rules(b));
            LifecycleRule days = LifecycleRule.newBuilder().id("days").prefix("logs/").status("Enabled").expiration(LifecycleRuleExpiration.newBuilder().days(30).build()).build();
            LifecycleRule classes = LifecycleRule.newBuilder().id("classes").prefix("cold/").status("Enabled")
                    .transitions(List.of(transition(30, "IA"), transition(90, "Archive")))
                    .abortMultipartUpload(LifecycleRuleAbortMultipartUpload.newBuilder().days(3).build()).build();
            LifecycleRule date = LifecycleRule.newBuilder().id("date").prefix("old/").status("Disabled").tags(List.of(Tag.newBuilder().key("k").value("v").build()))
                    .expiration(LifecycleRuleExpiration.newBuilder().createdBeforeDate("2020-01-01T00:00:00.000Z").build()).build();
            client.putBucketLifecycle(put(b, List.of(days, classes, date)));
            List<LifecycleRule> kept = rules(b);
            equal("rules", kept.stream().map(LifecycleRule::id).toList(), List.of("days", "classes", "date"));
            equal("days", kept.get(0).expiration().days(), 30);
            equal("classes", kept.get(1).transitions().stream().map(LifecycleRuleTransition::storageClass).toList(), List.of("IA", "Archive"));
            equal("uploads", kept.get(1).abortMultipartUpload().days(), 3);
            equal("tag and date", List.of(kept.get(2).tags().get(0).key(), kept.get(2).expiration().createdBeforeDate()), List.of("k", "2020-01-01T00:00:00.000Z"));
            LifecycleRule mixed = days.toBuilder().expiration(LifecycleRuleExpiration.newBuilder().days(30).build()).transitions(List.of(
                    LifecycleRuleTransition.newBuilder().createdBeforeDate("2020-01-01T00:00:00.000Z").storageClass("IA").build())).build();
            refused(400, "InvalidRequest", () -> client.putBucketLifecycle(put(b, List.of(mixed))));
            client.deleteBucketLifecycle(DeleteBucketLifecycleRequest.newBuilder().bucket(b).build());
            refused(404, "NoSuchLifecycle", () -> rules(b));
        });
    }

    private static LifecycleRuleTransition transition(int days, String storageClass) {
        return LifecycleRuleTransition.newBuilder().days(days).storageClass(storageClass).build();
    }

    private static PutBucketLifecycleRequest put(String bucket, List<LifecycleRule> rules) {
        return PutBucketLifecycleRequest.newBuilder().bucket(bucket).lifecycleConfiguration(LifecycleConfiguration.newBuilder().rules(rules).build()).build();
    }

    private List<LifecycleRule> rules(String bucket) {
        return client.getBucketLifecycle(GetBucketLifecycleRequest.newBuilder().bucket(bucket).build()).lifecycleConfiguration().rules();
    }
}
