package checks;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * Checks is what all scenarios share: where the emulator is, requests as a browser sends them, and
 * the report, a line for each scenario.
 */
final class Checks {
    static final String ADDRESS = System.getenv("SDK_CHECK_ADDRESS");
    static final String HOST = ADDRESS.substring(0, ADDRESS.indexOf(':'));
    static final int PORT = Integer.parseInt(ADDRESS.substring(ADDRESS.indexOf(':') + 1));
    /** PLAIN is the address without TLS where ADDRESS is one over TLS, else null. */
    static final String PLAIN = System.getenv("SDK_CHECK_PLAIN");
    static final String KEY_ID = System.getenv("SDK_CHECK_KEY_ID");
    static final String KEY_SECRET = System.getenv("SDK_CHECK_KEY_SECRET");
    /** OURS begins the names of resources. */
    static final String OURS = System.getenv("SDK_CHECK_CLIENT");
    static final String REGION = "cn-hangzhou";
    /** ENDPOINT is the cloud's; clients of OSS reach the emulator as their HTTP proxy. */
    static final String ENDPOINT = "http://oss-cn-hangzhou.aliyuncs.com";

    private static boolean failed;

    private Checks() {}

    /** A Scenario throws where something is not as it is due. */
    interface Scenario {
        void run() throws Throwable;
    }

    /** main runs the scenarios of the client that the argument names. */
    public static void main(String[] arguments) throws Exception {
        switch (arguments[0]) {
            case "oss" -> OssChecks.all();
            case "oss-v2" -> OssV2Checks.all();
            case "tea" -> TeaChecks.all();
            case "tls" -> TlsChecks.all();
            case "databases" -> DatabaseChecks.all();
            default -> throw new IllegalArgumentException(arguments[0]);
        }
        System.exit(failed ? 1 : 0);
    }

    /** scenario runs one scenario and prints its line. */
    static void scenario(String name, Scenario scenario) {
        try {
            scenario.run();
            System.out.println("ok " + name);
        } catch (Throwable problem) { // a failed scenario does not end the others
            failed = true;
            StringWriter text = new StringWriter();
            problem.printStackTrace(new PrintWriter(text));
            System.out.println(text.toString().lines().filter(line -> !line.startsWith("\tat") || line.contains("checks.")).limit(20)
                    .reduce("", (a, b) -> a + b + "\n"));
            System.out.println("FAILED " + name);
        }
    }

    static void equal(String what, Object have, Object want) {
        if (!Objects.equals(have, want)) {
            throw new AssertionError(what + " is " + have + ", and " + want + " is due");
        }
    }

    static void holds(String what, boolean condition) {
        if (!condition) {
            throw new AssertionError(what + ": does not hold");
        }
    }

    /** random is a body that compresses badly. */
    static byte[] random(int size) {
        byte[] body = new byte[size];
        new Random(size).nextBytes(body);
        return body;
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String etag(byte[] body) throws Exception {
        StringBuilder text = new StringBuilder();
        for (byte b : MessageDigest.getInstance("MD5").digest(body)) {
            text.append(String.format("%02X", b));
        }
        return text.toString();
    }

    static String md5(byte[] body) throws Exception {
        return Base64.getEncoder().encodeToString(MessageDigest.getInstance("MD5").digest(body));
    }

    static void same(String what, byte[] have, byte[] want) {
        holds(what, Arrays.equals(have, want));
    }

    /** An Answer is what a browser gets; names of headers are in lower case. */
    record Answer(int status, Map<String, String> headers, byte[] body) {
        String text() {
            return new String(body, StandardCharsets.UTF_8);
        }
    }

    static Answer browse(String method, String url) throws IOException {
        return browse(method, url, Map.of(), new byte[0]);
    }

    /**
     * browse sends a request as a browser does, to the emulator, whatever host it names. Java's own
     * client sets Host and Origin itself.
     */
    static Answer browse(String method, String url, Map<String, String> headers, byte[] body) throws IOException {
        URI uri = URI.create(url);
        StringBuilder head = new StringBuilder(method + " " + uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery()) + " HTTP/1.0\r\n");
        head.append("Host: ").append(uri.getRawAuthority()).append("\r\nContent-Length: ").append(body.length).append("\r\n");
        headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
        try (Socket socket = new Socket(HOST, PORT)) {
            socket.getOutputStream().write(bytes(head + "\r\n"));
            socket.getOutputStream().write(body);
            socket.getOutputStream().flush();
            byte[] all = read(socket.getInputStream());
            String text = new String(all, StandardCharsets.ISO_8859_1);
            int end = text.indexOf("\r\n\r\n");
            String[] lines = text.substring(0, end).split("\r\n");
            Map<String, String> answered = new LinkedHashMap<>();
            for (String line : Arrays.copyOfRange(lines, 1, lines.length)) {
                int colon = line.indexOf(':');
                answered.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim());
            }
            return new Answer(Integer.parseInt(lines[0].split(" ")[1]), answered, Arrays.copyOfRange(all, end + 4, all.length));
        }
    }

    static byte[] read(InputStream stream) throws IOException {
        try (InputStream in = stream; ByteArrayOutputStream out = new ByteArrayOutputStream()) {
            in.transferTo(out);
            return out.toByteArray();
        }
    }

    /**
     * preflights asks what a page at another origin may send and read, where the rules admit GET and PUT
     * from https://*.example.com, and HEAD from everywhere.
     */
    static void preflights(String url) throws IOException {
        Answer admitted = preflight(url, "https://www.example.com", "PUT", "x-oss-meta-a,Content-Type");
        equal("a preflight", admitted.status(), 200);
        equal("its origin", admitted.headers().get("access-control-allow-origin"), "https://www.example.com");
        equal("its age", admitted.headers().get("access-control-max-age"), "60");
        holds("its methods", admitted.headers().get("access-control-allow-methods").contains("PUT"));
        holds("its headers", admitted.headers().get("access-control-allow-headers").toLowerCase(Locale.ROOT).contains("x-oss-meta-a"));
        equal("another method", preflight(url, "https://www.example.com", "DELETE", null).status(), 403);
        equal("another header", preflight(url, "https://www.example.com", "PUT", "authorization").status(), 403);
        equal("another origin", preflight(url, "https://www.example.net", "GET", null).status(), 403);
        equal("the second rule", preflight(url, "https://www.example.net", "HEAD", null).status(), 200);
        Answer page = browse("GET", url, Map.of("Origin", "https://www.example.com"), new byte[0]);
        equal("a request from a page", page.status() + " " + page.headers().get("access-control-allow-origin"), "200 https://www.example.com");
        holds("the headers that a page reads", page.headers().get("access-control-expose-headers").contains("ETag"));
    }

    static Answer preflight(String url, String origin, String method, String headers) throws IOException {
        Map<String, String> asked = new LinkedHashMap<>(Map.of("Origin", origin, "Access-Control-Request-Method", method));
        if (headers != null) {
            asked.put("Access-Control-Request-Headers", headers);
        }
        return browse("OPTIONS", url, asked, new byte[0]);
    }
}
