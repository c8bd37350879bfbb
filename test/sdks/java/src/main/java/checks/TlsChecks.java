package checks;

import static checks.Checks.ADDRESS;
import static checks.Checks.KEY_ID;
import static checks.Checks.KEY_SECRET;
import static checks.Checks.OURS;
import static checks.Checks.PLAIN;
import static checks.Checks.REGION;
import static checks.Checks.bytes;
import static checks.Checks.equal;
import static checks.Checks.holds;
import static checks.Checks.read;
import static checks.Checks.same;
import static checks.Checks.scenario;
import static checks.OssV2Checks.refused;
import static checks.TeaChecks.RAM;
import static checks.TeaChecks.RDS;
import static checks.TeaChecks.STS;
import static checks.TeaChecks.at;

import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.credentials.StaticCredentialsProvider;
import com.aliyun.sdk.service.oss2.models.*;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import com.aliyun.tea.TeaException;
import com.aliyun.teaopenapi.models.Config;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.List;

/** TlsChecks runs the Tea packages and alibabacloud-oss-v2 over TLS, and with the key of a session. */
class TlsChecks {
    private static final String ROLE = OURS + "-assumed";
    private static final String USER = OURS + ".assumer";
    private final TeaChecks account = new TeaChecks(key(KEY_ID, KEY_SECRET, null));
    private String assumer;
    private String id;
    private String secret;
    private String token;

    private TlsChecks() throws Exception {}

    static void all() throws Exception {
        Path store = trust(Path.of(System.getenv("SDK_CHECK_CA")));
        try {
            TlsChecks c = new TlsChecks();
            scenario("plain-http", c::plainHttp);
            TeaChecks.life();
            scenario("oss", () -> c.objects(KEY_ID, KEY_SECRET, null));
            scenario("session", c::session);
            scenario("oss-session", c::ossSession);
            scenario("expired", c::expired);
            scenario("session-end", c::end);
        } finally {
            Files.delete(store);
        }
    }

    /** trust writes the trust store of javax.net.ssl, which both kinds of clients use, with one authority. */
    private static Path trust(Path authority) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (InputStream in = Files.newInputStream(authority)) {
            store.setCertificateEntry("emulator", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        Path file = Files.createTempFile("sdk-checks-", ".p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, "changeit".toCharArray());
        }
        System.setProperty("javax.net.ssl.trustStore", file.toString());
        System.setProperty("javax.net.ssl.trustStorePassword", "changeit");
        return file;
    }

    private static Config key(String id, String secret, String token) {
        return new Config().setAccessKeyId(id).setAccessKeySecret(secret).setSecurityToken(token);
    }

    private void plainHttp() throws Throwable {
        TeaChecks plain = new TeaChecks(key(KEY_ID, KEY_SECRET, null).setEndpoint(PLAIN).setProtocol("HTTP"));
        TeaChecks.refused(404, "InvalidProtocol.NeedSsl", () -> plain.call(RAM, "GetUser", "UserName", "any"));
        TeaChecks.refused(404, "InvalidProtocol.NeedSsl", () -> plain.call(STS, "GetCallerIdentity"));
        plain.call(RDS, "DescribeRegions");
    }

    private OSSClient connect(String id, String secret, String token) {
        return OSSClient.newBuilder().credentialsProvider(new StaticCredentialsProvider(id, secret, token)).region(REGION).endpoint("https://" + ADDRESS).retryMaxAttempts(1).build();
    }

    /** objects puts, reads, lists and presigns in a bucket of its own. */
    private void objects(String id, String secret, String token) throws Exception {
        try (OSSClient client = connect(id, secret, token)) {
            String b = OURS + "-tls";
            String name = "a b/é";
            client.putBucket(PutBucketRequest.newBuilder().bucket(b).build());
            client.putObject(PutObjectRequest.newBuilder().bucket(b).key(name).body(BinaryData.fromString("body")).build());
            try (GetObjectResult result = client.getObject(GetObjectRequest.newBuilder().bucket(b).key(name).build())) {
                same("body", read(result.body()), bytes("body"));
            }
            equal("list", client.listObjectsV2(ListObjectsV2Request.newBuilder().bucket(b).build()).contents().stream().map(ObjectSummary::key).toList(), List.of(name));
            String url = client.presign(GetObjectRequest.newBuilder().bucket(b).key(name).build()).url();
            same("presigned", read(URI.create(url).toURL().openStream()), bytes("body"));
            client.deleteObject(DeleteObjectRequest.newBuilder().bucket(b).key(name).build());
            client.deleteBucket(DeleteBucketRequest.newBuilder().bucket(b).build());
        }
    }

    /** session makes a role and a user that may assume it, and uses the session. */
    private void session() throws Throwable {
        Object own = account.call(STS, "GetCallerIdentity").get("AccountId");
        String trust = "{\"Version\":\"1\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"sts:AssumeRole\",\"Principal\":{\"RAM\":[\"acs:ram::" + own + ":root\"]}}]}";
        Object role = at(account.call(RAM, "CreateRole", "RoleName", ROLE, "AssumeRolePolicyDocument", trust), "Role", "Arn");
        account.call(RAM, "AttachPolicyToRole", "PolicyType", "System", "PolicyName", "AliyunOSSFullAccess", "RoleName", ROLE);
        account.call(RAM, "CreateUser", "UserName", USER);
        account.call(RAM, "AttachPolicyToUser", "PolicyType", "System", "PolicyName", "AliyunSTSAssumeRoleAccess", "UserName", USER);
        Object key = at(account.call(RAM, "CreateAccessKey", "UserName", USER), "AccessKey");
        assumer = (String) at(key, "AccessKeyId");
        TeaChecks user = new TeaChecks(key(assumer, (String) at(key, "AccessKeySecret"), null));
        Object credentials = at(user.call(STS, "AssumeRole", "RoleArn", role, "RoleSessionName", "check", "DurationSeconds", 900L), "Credentials");
        id = (String) at(credentials, "AccessKeyId");
        secret = (String) at(credentials, "AccessKeySecret");
        token = (String) at(credentials, "SecurityToken");
        TeaChecks session = new TeaChecks(key(id, secret, token));
        equal("identity", session.call(STS, "GetCallerIdentity").get("IdentityType"), "AssumedRoleUser");
        TeaChecks.refused(403, "NoPermission", () -> session.call(RAM, "GetUser", "UserName", USER));
        try {
            new TeaChecks(key(id, secret, token + "x")).call(STS, "GetCallerIdentity");
        } catch (TeaException e) {
            holds("the code " + e.getCode(), e.getCode().startsWith("InvalidSecurityToken"));
            return;
        }
        throw new AssertionError("a forged token is accepted");
    }

    private void refusedStore(String code, String id, String secret, String token) throws Throwable {
        try (OSSClient client = connect(id, secret, token)) {
            refused(403, code, () -> client.listBuckets(ListBucketsRequest.newBuilder().build()));
        }
    }

    private void ossSession() throws Throwable {
        objects(id, secret, token);
        refusedStore("InvalidSecurityToken", id, secret, token + "x");
        refusedStore("InvalidAccessKeyId", id, secret, null);
        refusedStore("SignatureDoesNotMatch", id, "wrong", token);
    }

    /** expired moves the emulator's clock past the end of the session. */
    private void expired() throws Throwable {
        HttpURLConnection advance = (HttpURLConnection) URI.create(System.getenv("SDK_CHECK_CONTROL") + "/advance?d=16m").toURL().openConnection();
        advance.setRequestMethod("POST");
        equal("the clock", advance.getResponseCode(), 200);
        refusedStore("SecurityTokenExpired", id, secret, token);
        TeaChecks.refused(400, "InvalidSecurityToken.Expired", () -> new TeaChecks(key(id, secret, token)).call(STS, "GetCallerIdentity"));
    }

    private void end() throws Throwable {
        account.call(RAM, "DeleteAccessKey", "UserName", USER, "UserAccessKeyId", assumer);
        account.call(RAM, "DetachPolicyFromUser", "PolicyType", "System", "PolicyName", "AliyunSTSAssumeRoleAccess", "UserName", USER);
        account.call(RAM, "DeleteUser", "UserName", USER);
        account.call(RAM, "DetachPolicyFromRole", "PolicyType", "System", "PolicyName", "AliyunOSSFullAccess", "RoleName", ROLE);
        account.call(RAM, "DeleteRole", "RoleName", ROLE);
    }
}
