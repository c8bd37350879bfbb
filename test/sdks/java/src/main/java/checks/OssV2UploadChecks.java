package checks;

import static checks.Checks.browse;
import static checks.Checks.bytes;
import static checks.Checks.equal;
import static checks.Checks.etag;
import static checks.Checks.random;
import static checks.Checks.same;
import static checks.OssV2Checks.refused;

import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.PresignOptions;
import com.aliyun.sdk.service.oss2.models.*;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** OssV2UploadChecks runs the scenarios of alibabacloud-oss-v2 about copies, uploads and signed URLs. */
class OssV2UploadChecks {
    private final OssV2Checks c;
    private final OSSClient client;

    OssV2UploadChecks(OssV2Checks c) {
        this.c = c;
        this.client = c.client;
    }

    void copies() throws Throwable {
        c.with("copies", b -> {
            client.putObject(PutObjectRequest.newBuilder().bucket(b).key("from é").body(BinaryData.fromString("body")).metadata(Map.of("kept", "1")).build());
            CopyObjectResult copy = client.copyObject(CopyObjectRequest.newBuilder().bucket(b).key("to").sourceKey("from é").build());
            equal("ETag of the copy", copy.eTag(), "\"" + etag(bytes("body")) + "\"");
            equal("metadata of the copy", c.head(b, "to").metadata(), Map.of("kept", "1"));
            client.copyObject(CopyObjectRequest.newBuilder().bucket(b).key("to").sourceKey("from é").metadataDirective("REPLACE").metadata(Map.of("new", "2")).build());
            equal("replaced metadata", c.head(b, "to").metadata(), Map.of("new", "2"));
            refused(404, "NoSuchKey", () -> client.copyObject(CopyObjectRequest.newBuilder().bucket(b).key("to").sourceKey("none").build()));
        });
    }

    private Part part(String bucket, String key, String upload, long number, byte[] body) {
        String tag = client.uploadPart(UploadPartRequest.newBuilder().bucket(bucket).key(key).uploadId(upload).partNumber(number).body(BinaryData.fromBytes(body)).build()).eTag();
        return Part.newBuilder().partNumber(number).eTag(tag).build();
    }

    private CompleteMultipartUploadResult complete(String bucket, String key, String upload, Part... parts) {
        CompleteMultipartUpload whole = CompleteMultipartUpload.newBuilder().parts(List.of(parts)).build();
        return client.completeMultipartUpload(CompleteMultipartUploadRequest.newBuilder().bucket(bucket).key(key).uploadId(upload).completeMultipartUpload(whole).build());
    }

    private String initiate(String bucket, String key) {
        return client.initiateMultipartUpload(InitiateMultipartUploadRequest.newBuilder().bucket(bucket).key(key).build()).initiateMultipartUpload().uploadId();
    }

    void multipart() throws Throwable {
        c.with("multipart", b -> {
            byte[] body = random(250 << 10);
            String upload = initiate(b, "big");
            Part second = part(b, "big", upload, 2, Arrays.copyOfRange(body, 150 << 10, body.length));
            Part first = part(b, "big", upload, 1, Arrays.copyOf(body, 150 << 10));
            ListPartsResult parts = client.listParts(ListPartsRequest.newBuilder().bucket(b).key("big").uploadId(upload).maxParts(1L).build());
            equal("page of parts", List.of(parts.isTruncated(), parts.nextPartNumberMarker(), parts.parts().get(0).size()), List.of(true, 1L, 150L << 10));
            Upload listed = client.listMultipartUploads(ListMultipartUploadsRequest.newBuilder().bucket(b).build()).uploads().get(0);
            equal("uploads", List.of(listed.key(), listed.uploadId()), List.of("big", upload));
            refused(400, "InvalidPart", () -> complete(b, "big", upload, Part.newBuilder().partNumber(3L).eTag(first.eTag()).build()));
            complete(b, "big", upload, first, second);
            same("the whole", c.get(c.of(b, "big")), body);
            equal("type", c.head(b, "big").objectType(), "Multipart");
            String copied = initiate(b, "copied");
            UploadPartCopyResult part = client.uploadPartCopy(UploadPartCopyRequest.newBuilder().bucket(b).key("copied").uploadId(copied).partNumber(1L).sourceKey("big")
                    .copySourceRange("bytes=100-200").build());
            complete(b, "copied", copied, Part.newBuilder().partNumber(1L).eTag(part.copyPartResult().eTag()).build());
            same("a copied part", c.get(c.of(b, "copied")), Arrays.copyOfRange(body, 100, 201));
            String left = initiate(b, "left");
            client.abortMultipartUpload(AbortMultipartUploadRequest.newBuilder().bucket(b).key("left").uploadId(left).build());
            refused(404, "NoSuchUpload", () -> part(b, "left", left, 1, bytes("x")));
            String small = initiate(b, "small");
            Part tiny = part(b, "small", small, 1, bytes("x"));
            Part other = part(b, "small", small, 2, bytes("y"));
            refused(400, "EntityTooSmall", () -> complete(b, "small", small, tiny, other));
        });
    }

    private AppendObjectResult append(String bucket, String key, long position, String text) {
        return client.appendObject(AppendObjectRequest.newBuilder().bucket(bucket).key(key).position(position).body(BinaryData.fromString(text)).build());
    }

    void append() throws Throwable {
        c.with("append", b -> {
            equal("the next position", append(b, "log", 0, "one,").nextAppendPosition(), 4L);
            equal("the next position", append(b, "log", 4, "two").nextAppendPosition(), 7L);
            same("the whole", c.get(c.of(b, "log")), bytes("one,two"));
            equal("type", List.of(c.head(b, "log").objectType(), c.head(b, "log").nextAppendPosition()), List.of("Appendable", 7L));
            refused(409, "PositionNotEqualToLength", () -> append(b, "log", 3, "x"));
        });
    }

    void presigned() throws Throwable {
        c.with("presigned", b -> {
            PresignOptions options = PresignOptions.newBuilder().expiration(Duration.ofMinutes(1)).build();
            PresignResult put = client.presign(PutObjectRequest.newBuilder().bucket(b).key("a b/é").contentType("text/plain").metadata(Map.of("m", "1")).build(), options);
            Map<String, String> headers = new LinkedHashMap<>(put.signedHeaders().orElse(Map.of()));
            Checks.Answer answer = browse(put.method(), put.url(), headers, bytes("signed"));
            equal("status of PUT: " + answer.text(), answer.status(), 200);
            PresignResult get = client.presign(c.of(b, "a b/é").responseContentType("x/y").build(), options);
            answer = browse("GET", get.url());
            equal("answer", List.of(answer.status(), answer.text(), answer.headers().get("content-type"), answer.headers().get("x-oss-meta-m")), List.of(200, "signed", "x/y", "1"));
            equal("a forged URL", browse("GET", get.url().replace("ignature=", "ignature=0")).status(), 403);
        });
    }
}
