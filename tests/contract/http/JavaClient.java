// Java's own client, java.net.http. It cannot begin with HTTP/2: where it may, it offers to change to it over HTTP/1.1, and is to go on without.

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Run with `java JavaClient.java http://127.0.0.1:PORT`; ends with 1 at what is not as it should be. */
public class JavaClient {
    static final String BODY =
            "{\"campaignId\": \"cmp_xxx\", \"toNumber\": \"+15005550100\", \"fromPhoneNumberId\": \"pn_xxx\"}";
    static String base;
    static int passed;

    interface Test {
        void run(HttpClient client, Space space) throws Exception;
    }

    /** The world that a test has for itself. */
    record Space(String name, String base) {
        HttpRequest.Builder to(String path) {
            var request = HttpRequest.newBuilder(URI.create(base + "/api/v1/calls" + path));
            return request.header("Authorization", "Bearer ws_" + name).timeout(Duration.ofSeconds(60));
        }

        HttpRequest.Builder placing() {
            return to("").header("Content-Type", "application/json");
        }

        String journal(HttpClient client) throws Exception {
            var uri = URI.create(JavaClient.base + "/__admin/requests?workspace=" + name);
            return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body();
        }
    }

    public static void main(String[] words) throws Exception {
        base = words[0];
        for (var version : Version.values()) {
            try (var between = new Counter(URI.create(base))) {
                Test test = (client, space) -> oneConnection(client, space, between);
                test(version, "one connection is used again", between.url(), test);
            }
            test(version, "HEAD", base, JavaClient::head);
            test(version, "ranges", base, JavaClient::ranges);
            test(version, "a body that is announced is waited for", base, JavaClient::expect);
            test(version, "a body in chunks", base, JavaClient::chunks);
            test(version, "who takes compressed answers gets right ones", base, JavaClient::compressed);
        }
        System.out.println(passed + " passed, 0 failed");
    }

    static void test(Version version, String name, String base, Test test) throws Exception {
        var client = HttpClient.newBuilder().version(version).connectTimeout(Duration.ofSeconds(60)).build();
        test.run(client, new Space((version + "-" + name).replaceAll("\\W+", "-"), base));
        passed += 1;
        System.out.println("ok: " + name + ", may speak " + version);
    }

    static void check(Object found, Object wanted, String what) {
        if (!found.equals(wanted)) {
            throw new AssertionError(what + ": " + found + ", should be " + wanted);
        }
    }

    static HttpResponse<byte[]> send(HttpClient client, HttpRequest.Builder request) throws Exception {
        var response = client.send(request.build(), BodyHandlers.ofByteArray());
        check(response.version(), Version.HTTP_1_1, "version");
        return response;
    }

    static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("none");
    }

    static void oneConnection(HttpClient client, Space space, Counter between) throws Exception {
        check(send(client, space.to("/call_xxx")).statusCode(), 200, "a call");
        check(send(client, space.to("/call_nobody")).statusCode(), 404, "no call");
        check(send(client, space.placing().POST(BodyPublishers.ofString(BODY))).statusCode(), 201, "a placed call");
        check(send(client, space.to("/call_xxx/audio")).statusCode(), 200, "a recording");
        check(send(client, space.to("").PUT(BodyPublishers.ofString("x".repeat(100_000)))).statusCode(), 405, "PUT");
        check(send(client, space.to("/call_xxx")).statusCode(), 200, "a call again");
        check(between.connections.get(), 1, "connections");
        var offers = client.version() == Version.HTTP_2;
        check(space.journal(client).contains("h2c"), offers, "whether it has offered HTTP/2");
    }

    static void head(HttpClient client, Space space) throws Exception {
        var get = send(client, space.to("/call_xxx/audio"));
        var head = send(client, space.to("/call_xxx/audio").method("HEAD", BodyPublishers.noBody()));
        check(head.statusCode(), 200, "status");
        check(head.body().length, 0, "length of the body");
        check(header(head, "Content-Length"), "" + get.body().length, "Content-Length");
        check(header(head, "ETag"), header(get, "ETag"), "ETag");
    }

    static void ranges(HttpClient client, Space space) throws Exception {
        var whole = send(client, space.to("/call_xxx/audio"));
        var part = send(client, space.to("/call_xxx/audio").header("Range", "bytes=10-19"));
        check(part.statusCode(), 206, "status");
        check(Arrays.equals(part.body(), Arrays.copyOfRange(whole.body(), 10, 20)), true, "whether it is that part");
        var beyond = send(client, space.to("/call_xxx/audio").header("Range", "bytes=99999999-"));
        check(beyond.statusCode(), 416, "status past the end");
        check(header(beyond, "Content-Range"), "bytes */" + whole.body().length, "Content-Range past the end");
        var same = space.to("/call_xxx/audio").header("Range", "bytes=0-9").header("If-Range", header(whole, "ETag"));
        check(send(client, same).statusCode(), 206, "If-Range with its tag");
        var other = space.to("/call_xxx/audio").header("Range", "bytes=0-9").header("If-Range", "\"other\"");
        check(send(client, other).body().length, whole.body().length, "If-Range with another tag");
    }

    static void expect(HttpClient client, Space space) throws Exception {
        var placing = space.placing().expectContinue(true);
        check(send(client, placing.POST(BodyPublishers.ofString(BODY))).statusCode(), 201, "a placed call");
        // Not a body that is refused before it is sent: Java 17 throws the answer away, and waits for it for ever (see JDK-8286171).
        check(space.journal(client).contains("\"expect\":\"100-Continue\""), true, "whether it has asked before");
    }

    static void chunks(HttpClient client, Space space) throws Exception {
        var bytes = BODY.getBytes(StandardCharsets.UTF_8);
        var body = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes));
        check(send(client, space.placing().POST(body)).statusCode(), 201, "a placed call");
        check(space.journal(client).contains("\"transfer-encoding\":\"chunked\""), true, "whether it came in chunks");
    }

    static void compressed(HttpClient client, Space space) throws Exception {
        var plain = send(client, space.to("/call_xxx"));
        var asked = send(client, space.to("/call_xxx").header("Accept-Encoding", "gzip"));
        check(header(asked, "Content-Encoding"), "none", "Content-Encoding");
        check(new String(asked.body(), StandardCharsets.UTF_8), new String(plain.body(), StandardCharsets.UTF_8), "body");
    }

    /** Stands between the client and the server, and counts the connections that the client makes. */
    static final class Counter implements AutoCloseable {
        final AtomicInteger connections = new AtomicInteger();
        private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

        Counter(URI server) throws IOException {
            var accepting = new Thread(() -> {
                try {
                    while (true) {
                        var client = listener.accept();
                        connections.incrementAndGet();
                        var there = new Socket(server.getHost(), server.getPort());
                        for (var ends : List.of(new Socket[] {client, there}, new Socket[] {there, client})) {
                            pump(ends[0], ends[1]);
                        }
                    }
                } catch (IOException closed) {
                    // It is over.
                }
            });
            accepting.setDaemon(true);
            accepting.start();
        }

        private static void pump(Socket from, Socket to) {
            var pumping = new Thread(() -> {
                try (from; to; InputStream heard = from.getInputStream()) {
                    heard.transferTo(to.getOutputStream());
                } catch (IOException ended) {
                    // One of the two has ended it.
                }
            });
            pumping.setDaemon(true);
            pumping.start();
        }

        String url() {
            return "http://127.0.0.1:" + listener.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }
}
