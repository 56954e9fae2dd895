package dev.varve.systemtests.chaos;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.testkit.history.Operation;
import dev.varve.testkit.history.Outcome;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Sends operations to a node, once, and says honestly what came of it. Thread-safe. */
class StoreClient implements AutoCloseable {

    /** What the server may take, and the client a little longer. */
    private static final Duration TIMEOUT = Duration.ofSeconds(4);

    private static final Duration PATIENCE = Duration.ofSeconds(6);
    private static final Pattern ENTRY = Pattern.compile("\\{\"key\":\"([^\"]*)\",\"value\":\"([^\"]*)\"}");
    private static final Pattern CODE = Pattern.compile("\"code\":\"([^\"]*)\"");

    private final AtomicLong damagesTold = new AtomicLong();
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(2))
            .build();

    /**
     * What a node answered.
     *
     * @param revision 0 if it named none
     * @param trouble what should never be answered, or null
     */
    record Answer(Outcome outcome, long revision, @Nullable String trouble) {

        static Answer of(Outcome outcome) {
            return new Answer(outcome, 0, null);
        }
    }

    /**
     * Sends an operation.
     *
     * @param url of the node
     * @param idempotencyKey for a write that may be repeated, or null
     * @param consistency of a read
     */
    Answer send(String url, Operation operation, @Nullable String idempotencyKey, String consistency)
            throws InterruptedException {
        HttpRequest.Builder request = request(url, operation, consistency).timeout(PATIENCE);
        if (idempotencyKey != null) {
            request.header("Idempotency-Key", idempotencyKey);
        }
        try {
            return answer(operation, http.send(request.build(), BodyHandlers.ofString(UTF_8)));
        } catch (ConnectException nothingSent) {
            return Answer.of(Outcome.refused());
        } catch (IOException brokenOrLate) {
            return Answer.of(Outcome.unknown());
        }
    }

    private static HttpRequest.Builder request(String url, Operation operation, String consistency) {
        String timeout = "timeout=" + TIMEOUT.toMillis() + "ms";
        String key = "key=" + URLEncoder.encode(operation.keys().getFirst(), UTF_8) + "&" + timeout;
        String value = operation.value() == null ? "" : Payload.of(operation.value());
        HttpRequest.Builder builder = HttpRequest.newBuilder();
        return switch (operation.kind()) {
            case PUT_IF_ABSENT ->
                builder.uri(URI.create(url + "/put?" + key))
                        .header("If-None-Match", "*")
                        .PUT(BodyPublishers.ofString(value));
            case PUT -> builder.uri(URI.create(url + "/put?" + key)).PUT(BodyPublishers.ofString(value));
            case DELETE -> builder.uri(URI.create(url + "/delete?" + key)).DELETE();
            case GET -> builder.uri(URI.create(url + "/read?" + key + "&consistency=" + consistency));
            case BATCH ->
                builder.uri(URI.create(url + "/batchput?" + timeout))
                        .POST(BodyPublishers.ofString(operation.keys().stream()
                                .map(each -> "\"" + each + "\":\"" + value + "\"")
                                .collect(Collectors.joining(",", "{", "}"))));
            case RANGE ->
                builder.uri(URI.create(url + "/range?start="
                        + URLEncoder.encode(operation.keys().getFirst(), UTF_8) + "&end="
                        + URLEncoder.encode(operation.keys().getLast(), UTF_8) + "&" + timeout + "&consistency="
                        + consistency));
        };
    }

    /** How many answers said that what they needed is damaged. */
    long damagesTold() {
        return damagesTold.get();
    }

    private Answer answer(Operation operation, HttpResponse<String> response) {
        String body = response.body();
        int status = response.statusCode();
        if (status == 200) {
            return new Answer(
                    operation.kind().reads() ? found(operation, body) : Outcome.done(), revision(response), null);
        }
        Matcher matcher = CODE.matcher(body);
        String code = matcher.find() ? matcher.group(1) : "";
        boolean missing = code.equals("key-not-found");
        if (missing && operation.kind() == Operation.Kind.GET) {
            List<@Nullable String> nothing = new ArrayList<>();
            nothing.add(null);
            return Answer.of(Outcome.found(nothing));
        }
        if (missing && operation.kind() == Operation.Kind.DELETE) {
            return Answer.of(Outcome.missed());
        }
        if (code.equals("precondition-failed") && operation.kind() == Operation.Kind.PUT_IF_ABSENT) {
            return Answer.of(Outcome.missed());
        }
        if (code.equals("corruption")) {
            damagesTold.incrementAndGet();
            return Answer.of(Outcome.unknown());
        }
        return switch (status) {
            case 503, 507 -> Answer.of(Outcome.refused());
            case 504 -> Answer.of(Outcome.unknown());
            default -> new Answer(Outcome.unknown(), 0, status + " to " + operation + ": " + body);
        };
    }

    private static Outcome found(Operation operation, String body) {
        if (operation.kind() == Operation.Kind.GET) {
            return Outcome.found(List.of(Payload.name(body)));
        }
        Map<String, String> entries = new HashMap<>();
        Matcher entry = ENTRY.matcher(body);
        while (entry.find()) {
            entries.put(entry.group(1), Payload.name(entry.group(2)));
        }
        List<@Nullable String> found = new ArrayList<>();
        operation.keys().forEach(key -> found.add(entries.get(key)));
        return Outcome.found(found);
    }

    private static long revision(HttpResponse<String> response) {
        return response.headers()
                .firstValue("Varve-Revision")
                .map(token -> Long.parseLong(token.substring(token.lastIndexOf('-') + 1)))
                .orElse(0L);
    }

    /** The body of a page of a node, or null if it does not give it within a second. */
    @Nullable
    String page(String url, String path) throws InterruptedException {
        try {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create(url + path))
                            .timeout(Duration.ofSeconds(1))
                            .build(),
                    BodyHandlers.ofString(UTF_8));
            return response.statusCode() == 200 ? response.body() : null;
        } catch (IOException away) {
            return null;
        }
    }

    @Override
    public void close() {
        http.shutdownNow();
    }
}
