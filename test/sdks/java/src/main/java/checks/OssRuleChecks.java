package checks;

import static checks.Checks.browse;
import static checks.Checks.bytes;
import static checks.Checks.equal;
import static checks.Checks.holds;
import static checks.OssChecks.refused;

import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.OSS;
import com.aliyun.oss.model.*;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Map;

/** OssRuleChecks runs the scenarios of aliyun-sdk-oss about what buckets and objects are told to do. */
class OssRuleChecks {
    private final OssChecks c;
    private final OSS client;

    OssRuleChecks(OssChecks c) {
        this.c = c;
        this.client = c.client;
    }

    void bucketOptions() throws Throwable {
        c.with("options", b -> {
            equal("tags of a new bucket", client.getBucketTagging(b).getAllTags(), Map.of());
            client.setBucketTagging(b, Map.of("team", "a b", "stage", "测试"));
            equal("tags", client.getBucketTagging(b).getAllTags(), Map.of("team", "a b", "stage", "测试"));
            client.deleteBucketTagging(b);
            equal("tags at the end", client.getBucketTagging(b).getAllTags(), Map.of());

            refused("NoSuchServerSideEncryptionRule", () -> client.getBucketEncryption(b));
            client.setBucketEncryption(new SetBucketEncryptionRequest(b, new ServerSideEncryptionConfiguration()
                    .withApplyServerSideEncryptionByDefault(new ServerSideEncryptionByDefault("AES256"))));
            equal("encryption", client.getBucketEncryption(b).getApplyServerSideEncryptionByDefault().getSSEAlgorithm(), "AES256");
            client.deleteBucketEncryption(b);

            refused("NoSuchWebsiteConfiguration", () -> client.getBucketWebsite(b));
            SetBucketWebsiteRequest site = new SetBucketWebsiteRequest(b);
            site.setIndexDocument("index.html");
            site.setErrorDocument("error.html");
            client.setBucketWebsite(site);
            equal("website", List.of(client.getBucketWebsite(b).getIndexDocument(), client.getBucketWebsite(b).getErrorDocument()), List.of("index.html", "error.html"));
            client.deleteBucketWebsite(b);

            equal("logging of a new bucket", client.getBucketLogging(b).getTargetBucket(), null);
            client.setBucketLogging(new SetBucketLoggingRequest(b).withTargetBucket(b).withTargetPrefix("log-"));
            equal("logging", List.of(client.getBucketLogging(b).getTargetBucket(), client.getBucketLogging(b).getTargetPrefix()), List.of(b, "log-"));
            client.deleteBucketLogging(b);

            client.setBucketReferer(b, new BucketReferer(false, List.of("http://www.example.com")));
            equal("referers", List.of(client.getBucketReferer(b).isAllowEmptyReferer(), client.getBucketReferer(b).getRefererList()), List.of(false, List.of("http://www.example.com")));
            client.setBucketReferer(b, new BucketReferer(true, List.of()));

            refused("NoSuchBucketPolicy", () -> client.getBucketPolicy(b));
            String policy = "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"oss:GetObject\"],\"Principal\":[\"1000000000000009\"],\"Resource\":[\"acs:oss:*:*:" + b + "/*\"]}]}";
            client.setBucketPolicy(b, policy);
            equal("policy", client.getBucketPolicy(b).getPolicyText(), policy);
            client.deleteBucketPolicy(b);

            equal("payer", client.getBucketRequestPayment(b).getPayer(), Payer.BucketOwner);
            client.setBucketRequestPayment(b, Payer.Requester);
            equal("payer", client.getBucketRequestPayment(b).getPayer(), Payer.Requester);
            client.setBucketTransferAcceleration(b, true);
            equal("acceleration", client.getBucketTransferAcceleration(b).isEnabled(), true);
            client.putBucketAccessMonitor(b, "Enabled");
            equal("access monitor", client.getBucketAccessMonitor(b).getStatus(), "Enabled");
            holds("a resource group", client.getBucketResourceGroup(b).getResourceGroupId().startsWith("rg-"));
            client.putBucketPublicAccessBlock(new PutBucketPublicAccessBlockRequest(b, true));
            equal("the block of public access", client.getBucketPublicAccessBlock(b).getBlockPublicAccess(), true);
            refused("AccessDenied", () -> client.setBucketAcl(b, CannedAccessControlList.PublicRead));
            client.deleteBucketPublicAccessBlock(b);

            String worm = client.initiateBucketWorm(b, 1).getWormId();
            GetBucketWormResult kept = client.getBucketWorm(b);
            equal("retention", List.of(kept.getWormId(), kept.getWormState(), kept.getRetentionPeriodInDays()), List.of(worm, "InProgress", 1));
            client.abortBucketWorm(b);
            refused("NoSuchWORMConfiguration", () -> client.getBucketWorm(b));
        });
    }

    void tags() throws Throwable {
        c.with("tags", b -> {
            ObjectMetadata given = new ObjectMetadata();
            given.setObjectTagging(Map.of("kind", "a+b", "名", "值"));
            client.putObject(b, "a", new ByteArrayInputStream(bytes("1")), given);
            equal("tags", client.getObjectTagging(b, "a").getAllTags(), Map.of("kind", "a+b", "名", "值"));
            client.setObjectTagging(b, "a", Map.of("only", "x"));
            equal("tags after a change", client.getObjectTagging(b, "a").getAllTags(), Map.of("only", "x"));
            client.deleteObjectTagging(b, "a");
            equal("tags at the end", client.getObjectTagging(b, "a").getAllTags(), Map.of());
        });
    }

    void acl() throws Throwable {
        c.with("acl", b -> {
            ObjectMetadata given = new ObjectMetadata();
            given.setObjectAcl(CannedAccessControlList.PublicRead);
            client.putObject(b, "a", new ByteArrayInputStream(bytes("1")), given);
            equal("ACL", client.getObjectAcl(b, "a").getPermission(), ObjectPermission.PublicRead);
            String url = "http://" + b + ".oss-cn-hangzhou.aliyuncs.com/a";
            equal("a public object", browse("GET", url).status(), 200);
            client.setObjectAcl(b, "a", CannedAccessControlList.Default);
            equal("ACL", client.getObjectAcl(b, "a").getPermission(), ObjectPermission.Default);
            equal("a private object", browse("GET", url).status(), 403);
        });
    }

    void links() throws Throwable {
        c.with("links", b -> {
            c.put(b, "a é", "1");
            ObjectMetadata given = new ObjectMetadata();
            given.addUserMetadata("of", "link");
            CreateSymlinkRequest request = new CreateSymlinkRequest(b, "link", "a é");
            request.setMetadata(given);
            client.createSymlink(request);
            OSSSymlink link = client.getSymlink(b, "link");
            equal("link", List.of(link.getTarget(), link.getMetadata().getUserMetadata()), List.of("a é", Map.of("of", "link")));
            equal("by the link", c.text(b, "link"), "1");
            ObjectMetadata head = client.getObjectMetadata(b, "link");
            equal("type and metadata", List.of(head.getObjectType(), head.getUserMetadata()), List.of("Symlink", Map.of("of", "link")));
            client.createSymlink(b, "broken", "none");
            refused("SymlinkTargetNotExist", () -> client.getObject(b, "broken"));
        });
    }

    void versions() throws Throwable {
        c.with("versions", b -> {
            client.setBucketVersioning(new SetBucketVersioningRequest(b, new BucketVersioningConfiguration("Enabled")));
            equal("versioning", client.getBucketVersioning(b).getStatus(), "Enabled");
            String first = c.put(b, "a", "one").getVersionId();
            String second = c.put(b, "a", "two").getVersionId();
            holds("version ids", first != null && !first.equals(second));
            equal("the old version", new String(Checks.read(client.getObject(new GetObjectRequest(b, "a", first)).getObjectContent()), "UTF-8"), "one");
            client.deleteObject(b, "a");
            refused("NoSuchKey", () -> client.getObject(b, "a"));
            List<OSSVersionSummary> all = client.listVersions(b, "a").getVersionSummaries();
            equal("versions", all.stream().filter(v -> !v.isDeleteMarker()).map(OSSVersionSummary::getVersionId).toList(), List.of(second, first));
            OSSVersionSummary marker = all.stream().filter(OSSVersionSummary::isDeleteMarker).findFirst().orElseThrow();
            holds("the marker is the latest", marker.isLatest());
            refused("MethodNotAllowed", () -> client.getObject(new GetObjectRequest(b, "a", marker.getVersionId())));
            client.deleteVersion(b, "a", marker.getVersionId());
            equal("after the marker is gone", c.text(b, "a"), "two");
            client.copyObject(new CopyObjectRequest(b, "a", first, b, "restored"));
            equal("copy of an old version", c.text(b, "restored"), "one");
            client.setBucketVersioning(new SetBucketVersioningRequest(b, new BucketVersioningConfiguration("Suspended")));
            equal("version of a suspended bucket", c.put(b, "a", "null").getVersionId(), "null");
            refused("MalformedXML", () -> client.setBucketVersioning(new SetBucketVersioningRequest(b, new BucketVersioningConfiguration("Disabled"))));
        });
    }

    void lifecycle() throws Throwable {
        c.with("lifecycle", b -> {
            refused("NoSuchLifecycle", () -> client.getBucketLifecycle(b));
            SetBucketLifecycleRequest request = new SetBucketLifecycleRequest(b);
            request.AddLifecycleRule(new LifecycleRule("days", "logs/", LifecycleRule.RuleStatus.Enabled, 30));
            LifecycleRule classes = new LifecycleRule("classes", "cold/", LifecycleRule.RuleStatus.Enabled);
            classes.setStorageTransition(List.of(new LifecycleRule.StorageTransition(30, StorageClass.IA), new LifecycleRule.StorageTransition(90, StorageClass.Archive)));
            classes.setAbortMultipartUpload(new LifecycleRule.AbortMultipartUpload(3));
            request.AddLifecycleRule(classes);
            LifecycleRule tags = new LifecycleRule("tags", "tags/", LifecycleRule.RuleStatus.Disabled, 9);
            tags.addTag("k", "v");
            request.AddLifecycleRule(tags);
            client.setBucketLifecycle(request);
            List<LifecycleRule> rules = client.getBucketLifecycle(b);
            equal("rules", rules.stream().map(LifecycleRule::getId).toList(), List.of("days", "classes", "tags"));
            equal("days", rules.get(0).getExpirationDays(), 30);
            equal("classes", rules.get(1).getStorageTransition().get(1).getStorageClass(), StorageClass.Archive);
            equal("uploads", rules.get(1).getAbortMultipartUpload().getExpirationDays(), 3);
            equal("tags", rules.get(2).getTags(), Map.of("k", "v"));
            client.deleteBucketLifecycle(b);
            refused("NoSuchLifecycle", () -> client.getBucketLifecycle(b));
        });
    }

    void cors() throws Throwable {
        c.with("cors", b -> {
            refused("NoSuchCORSConfiguration", () -> client.getBucketCORSRules(b));
            ObjectMetadata open = new ObjectMetadata();
            open.setObjectAcl(CannedAccessControlList.PublicRead);
            client.putObject(b, "a", new ByteArrayInputStream(bytes("1")), open);
            SetBucketCORSRequest request = new SetBucketCORSRequest(b);
            SetBucketCORSRequest.CORSRule first = new SetBucketCORSRequest.CORSRule();
            first.setAllowedOrigins(List.of("https://*.example.com"));
            first.setAllowedMethods(List.of("GET", "PUT"));
            first.setAllowedHeaders(List.of("x-oss-*", "content-type"));
            first.setExposeHeaders(List.of("ETag", "x-oss-request-id"));
            first.setMaxAgeSeconds(60);
            SetBucketCORSRequest.CORSRule second = new SetBucketCORSRequest.CORSRule();
            second.setAllowedOrigins(List.of("*"));
            second.setAllowedMethods(List.of("HEAD"));
            request.setCorsRules(List.of(first, second));
            request.setResponseVary(true);
            client.setBucketCORS(request);
            CORSConfiguration kept = client.getBucketCORS(new GenericRequest(b));
            equal("rules", List.of(kept.getCorsRules().size(), kept.getResponseVary()), List.of(2, true));
            String url = "http://" + b + ".oss-cn-hangzhou.aliyuncs.com/a";
            Checks.preflights(url);
            OptionsRequest asked = new OptionsRequest(b, "a").withOrigin("https://www.example.com").withRequestMethod(HttpMethod.GET);
            equal("by the client", client.optionsObject(asked).getHeaders().get("Access-Control-Allow-Origin"), "https://www.example.com");
            client.deleteBucketCORSRules(b);
            equal("without rules", Checks.preflight(url, "https://www.example.com", "GET", null).status(), 403);
        });
    }

    void deleteMany() throws Throwable {
        c.with("delete-many", b -> {
            for (String key : List.of("a", "b é", "c&<")) {
                c.put(b, key, "1");
            }
            List<String> deleted = client.deleteObjects(new DeleteObjectsRequest(b).withKeys(List.of("a", "b é", "c&<", "none")).withEncodingType("url")).getDeletedObjects();
            equal("deleted", deleted, List.of("a", "b é", "c&<", "none"));
            c.put(b, "a", "1");
            equal("deleted without a word", client.deleteObjects(new DeleteObjectsRequest(b).withKeys(List.of("a")).withQuiet(true)).getDeletedObjects(), List.of());
            equal("what is left", client.listObjects(b).getObjectSummaries().size(), 0);
        });
    }
}
