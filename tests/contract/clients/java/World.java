import akol.ApiClient;
import akol.api.CallsApi;
import akol.api.ContentApi;
import akol.model.Call;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A workspace of its own for a test, on a server that runs already and whose clock stands. */
final class World implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    final String name;
    /** The generated client. */
    final CallsApi calls;
    final ContentApi content;
    private final ApiClient client;
    private HttpServer receiver;
    private volatile byte[] secret;

    World(String name) {
        this.name = "java_" + name;
        client = client("ws_" + this.name);
        calls = new CallsApi(client);
        content = new ContentApi(client);
    }

    static ApiClient client(String token) {
        ApiClient client = new ApiClient();
        client.updateBaseUri(System.getenv("AKOL_URL"));
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
        // A field that the document does not have is an error.
        client.setObjectMapper(ApiClient.createDefaultObjectMapper().enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES));
        return client;
    }

    /** Reads JSON as one of the client's models. */
    <T> T read(String json, Class<T> model) throws Exception {
        return client.getObjectMapper().readValue(json, model);
    }

    Call call(String id) throws Exception {
        return calls.getCall(id).getData();
    }

    /** Asks the control API about this workspace alone, over plain HTTP, straight to the server. */
    JsonNode control(String method, String path, Object body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(System.getenv("AKOL_CONTROL") + path + "?workspace=" + name))
                .header("Content-Type", "application/json")
                .method(method, BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build();
        var answer = HTTP.send(request, BodyHandlers.ofString());
        Check.that(answer.statusCode() / 100 == 2, answer.body());
        return JSON.readTree(answer.body()).get("data");
    }

    /** Lets time pass: returns when all that falls due has happened, webhooks included. */
    void advance(String by) throws Exception {
        control("POST", "/clock/advance", Map.of("by", by));
    }

    /** Subscribes a receiver on a free port, and collects the bodies of the webhooks whose signatures are genuine. */
    List<String> receive(List<String> events) throws Exception {
        List<String> bodies = new CopyOnWriteArrayList<>();
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/webhooks", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            boolean genuine = isGenuine(body, exchange.getRequestHeaders().getFirst("X-Webhook-Signature"));
            if (genuine) {
                bodies.add(new String(body, java.nio.charset.StandardCharsets.UTF_8));
            }
            exchange.sendResponseHeaders(genuine ? 204 : 401, -1);
            exchange.close();
        });
        receiver.start();
        String url = "http://127.0.0.1:" + receiver.getAddress().getPort() + "/webhooks";
        secret = control("POST", "/webhooks", Map.of("url", url, "events", events)).get("secret").asText().getBytes();
        return bodies;
    }

    private boolean isGenuine(byte[] body, String given) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return MessageDigest.isEqual(HexFormat.of().formatHex(mac.doFinal(body)).getBytes(), given.getBytes());
        } catch (java.security.GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public void close() {
        if (receiver != null) {
            receiver.stop(0);
        }
    }
}
