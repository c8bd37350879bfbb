package checks;

import static checks.Checks.browse;
import static checks.Checks.bytes;
import static checks.Checks.equal;
import static checks.Checks.etag;
import static checks.Checks.holds;
import static checks.Checks.random;
import static checks.Checks.read;
import static checks.Checks.same;
import static checks.OssChecks.refused;

import com.aliyun.oss.HttpMethod;
import com.aliyun.oss.OSS;
import com.aliyun.oss.model.*;
import java.io.ByteArrayInputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Map;

/** OssUploadChecks runs the scenarios of aliyun-sdk-oss about ways to store an object. */
class OssUploadChecks {
    private final OssChecks c;
    private final OSS client;

    OssUploadChecks(OssChecks c) {
        this.c = c;
        this.client = c.client;
    }

    void copies() throws Throwable {
        c.with("copies", b -> c.with("copies-2", other -> {
            ObjectMetadata given = new ObjectMetadata();
            given.addUserMetadata("kept", "1");
            client.putObject(b, "from é", new ByteArrayInputStream(bytes("body")), given);
            CopyObjectResult copy = client.copyObject(b, "from é", b, "to");
            equal("ETag of the copy", copy.getETag(), etag(bytes("body")));
            holds("time of the copy", copy.getLastModified().after(new Date(1500000000000L)));
            equal("metadata of the copy", client.getObjectMetadata(b, "to").getUserMetadata(), Map.of("kept", "1"));
            client.copyObject(b, "from é", other, "there");
            equal("copy in another bucket", c.text(other, "there"), "body");
            CopyObjectRequest condition = new CopyObjectRequest(b, "from é", b, "to");
            condition.setMatchingETagConstraints(List.of("\"OTHER\""));
            refused("PreconditionFailed", () -> client.copyObject(condition));
            refused("NoSuchKey", () -> client.copyObject(b, "none", b, "to"));
        }));
    }

    private PartETag part(String bucket, String key, String upload, int number, byte[] body) {
        return client.uploadPart(new UploadPartRequest(bucket, key, upload, number, new ByteArrayInputStream(body), body.length)).getPartETag();
    }

    void multipart() throws Throwable {
        c.with("multipart", b -> {
            byte[] body = random(250 << 10);
            ObjectMetadata given = new ObjectMetadata();
            given.addUserMetadata("of", "upload");
            given.setContentType("a/b");
            String upload = client.initiateMultipartUpload(new InitiateMultipartUploadRequest(b, "big", given)).getUploadId();
            PartETag second = part(b, "big", upload, 2, Arrays.copyOfRange(body, 150 << 10, body.length));
            PartETag first = part(b, "big", upload, 1, Arrays.copyOf(body, 150 << 10));
            ListPartsRequest onePart = new ListPartsRequest(b, "big", upload);
            onePart.setMaxParts(1);
            PartListing parts = client.listParts(onePart);
            equal("page of parts", List.of(parts.isTruncated(), parts.getNextPartNumberMarker(), parts.getParts().get(0).getSize()), List.of(true, 1, 150L << 10));
            MultipartUpload listed = client.listMultipartUploads(new ListMultipartUploadsRequest(b)).getMultipartUploads().get(0);
            equal("uploads", List.of(listed.getKey(), listed.getUploadId()), List.of("big", upload));
            holds("time of the upload", listed.getInitiated().after(new Date(1500000000000L)));
            refused("InvalidPart", () -> client.completeMultipartUpload(new CompleteMultipartUploadRequest(b, "big", upload, new ArrayList<>(List.of(new PartETag(3, first.getETag()))))));
            holds("ETag of the whole", client.completeMultipartUpload(new CompleteMultipartUploadRequest(b, "big", upload, new ArrayList<>(List.of(first, second)))).getETag().endsWith("-2"));
            same("the whole", c.get(b, "big"), body);
            ObjectMetadata head = client.getObjectMetadata(b, "big");
            equal("head", Arrays.asList(head.getObjectType(), head.getUserMetadata(), head.getContentType(), head.getContentMD5()),
                    Arrays.asList("Multipart", Map.of("of", "upload"), "a/b", null));

            String copied = client.initiateMultipartUpload(new InitiateMultipartUploadRequest(b, "copied")).getUploadId();
            PartETag part = client.uploadPartCopy(new UploadPartCopyRequest(b, "big", b, "copied", copied, 1, 100L, 120L << 10)).getPartETag();
            client.completeMultipartUpload(new CompleteMultipartUploadRequest(b, "copied", copied, new ArrayList<>(List.of(part))));
            same("a copied part", c.get(b, "copied"), Arrays.copyOfRange(body, 100, 100 + (120 << 10)));

            String left = client.initiateMultipartUpload(new InitiateMultipartUploadRequest(b, "left")).getUploadId();
            client.abortMultipartUpload(new AbortMultipartUploadRequest(b, "left", left));
            refused("NoSuchUpload", () -> part(b, "left", left, 1, bytes("x")));
            String small = client.initiateMultipartUpload(new InitiateMultipartUploadRequest(b, "small")).getUploadId();
            List<PartETag> tiny = new ArrayList<>(List.of(part(b, "small", small, 1, bytes("x")), part(b, "small", small, 2, bytes("y"))));
            refused("EntityTooSmall", () -> client.completeMultipartUpload(new CompleteMultipartUploadRequest(b, "small", small, tiny)));
        });
    }

    private AppendObjectResult append(String bucket, String key, long position, String text) {
        return client.appendObject(new AppendObjectRequest(bucket, key, new ByteArrayInputStream(bytes(text))).withPosition(position));
    }

    void append() throws Throwable {
        c.with("append", b -> {
            AppendObjectResult first = append(b, "log", 0, "one,");
            equal("the next position", first.getNextPosition(), 4L);
            AppendObjectRequest next = new AppendObjectRequest(b, "log", new ByteArrayInputStream(bytes("two"))).withPosition(4L);
            next.setInitCRC(first.getClientCRC());
            equal("the next position", client.appendObject(next).getNextPosition(), 7L);
            equal("the whole", c.text(b, "log"), "one,two");
            equal("type", client.getObjectMetadata(b, "log").getObjectType(), "Appendable");
            refused("PositionNotEqualToLength", () -> append(b, "log", 3, "x"));
            c.put(b, "plain", "x");
            refused("ObjectNotAppendable", () -> append(b, "plain", 1, "x"));
        });
    }

    void resumable() throws Throwable {
        Path folder = Files.createTempDirectory("sdk-checks-");
        try {
            c.with("resumable", b -> {
                byte[] body = random(450 << 10);
                Path file = Files.write(folder.resolve("file"), body);
                Path back = folder.resolve("back");
                client.uploadFile(new UploadFileRequest(b, "file", file.toString(), 100 << 10, 3, true));
                DownloadFileRequest download = new DownloadFileRequest(b, "file", back.toString(), 100 << 10, 3, true);
                client.downloadFile(download);
                same("the file", Files.readAllBytes(back), body);
            });
        } finally {
            try (var files = Files.list(folder)) {
                for (Path file : files.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(folder);
        }
    }

    void presigned() throws Throwable {
        c.with("presigned", b -> {
            GeneratePresignedUrlRequest request = new GeneratePresignedUrlRequest(b, "a b/é", HttpMethod.PUT);
            request.setExpiration(new Date(System.currentTimeMillis() + 60000));
            request.setContentType("text/plain");
            request.addUserMetadata("m", "1");
            URL put = client.generatePresignedUrl(request);
            Checks.Answer answer = browse("PUT", put.toString(), Map.of("Content-Type", "text/plain", "x-oss-meta-m", "1"), bytes("signed"));
            equal("status of PUT: " + answer.text(), answer.status(), 200);
            GeneratePresignedUrlRequest get = new GeneratePresignedUrlRequest(b, "a b/é", HttpMethod.GET);
            get.setExpiration(new Date(System.currentTimeMillis() + 60000));
            ResponseHeaderOverrides overrides = new ResponseHeaderOverrides();
            overrides.setContentType("x/y");
            get.setResponseHeaders(overrides);
            String url = client.generatePresignedUrl(get).toString();
            answer = browse("GET", url);
            equal("answer", List.of(answer.status(), answer.text(), answer.headers().get("content-type"), answer.headers().get("x-oss-meta-m")), List.of(200, "signed", "x/y", "1"));
            equal("a forged URL", browse("GET", url.replace("ignature=", "ignature=0")).status(), 403);
            equal("by the client", new String(read(client.getObject(client.generatePresignedUrl(b, "a b/é", get.getExpiration()), Map.of()).getObjectContent()), "UTF-8"), "signed");
        });
    }
}
