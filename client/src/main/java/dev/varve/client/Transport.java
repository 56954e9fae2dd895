package dev.varve.client;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests and tells failures apart. Repeats only what was certainly not applied: a request that could not be sent
 * goes to the next server, one that the server put off (429, 503) goes again after the pause that it asked for.
 *
 * <p>Thread safety: immutable but for {@link #preferred}, a hint.
 */
final class Transport implements AutoCloseable {

    private static final String KEY_NOT_FOUND = "key-not-found";
    /** Nothing was applied, but nothing will be until somebody restarts the server: no use to try again. */
    private static final String LOG_FAILED = "log-failed";

    private static final String OUTCOME_UNKNOWN = "outcome-unknown";
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final int DOUBLINGS_MAX = 6;
    /** From this size on the body waits for the server's consent, so that a refusal arrives instead of a broken pipe. */
    private static final long ASK_FIRST_BYTES = 1 << 20;

    private final HttpClient http;
    private final List<URI> servers;
    private final ClientOptions options;
    private final Waiter waiter;

    /** Index of the server that answered last. */
    private volatile int preferred;

    Transport(List<URI> servers, ClientOptions options, Waiter waiter) {
        this.servers = List.copyOf(servers);
        this.options = options;
        this.waiter = waiter;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(options.connectTimeout())
                .build();
    }

    /**
     * One request.
     *
     * @param target path and query
     * @param body null for none
     * @param write whether it changes the store, so that its outcome matters
     */
    record Call(String method, String target, @Nullable BodyPublisher body, boolean write) {}

    /** An answer: {@code value} for a status of success, {@code error} otherwise. */
    private record Result<T>(@Nullable T value, byte @Nullable [] error) {}

    /** The value of a successful answer, or the exception that its failure is. */
    <T> T send(Call call, BodyHandler<T> onSuccess) {
        BodyHandler<Result<T>> handler = info -> info.statusCode() / 100 == 2
                ? BodySubscribers.mapping(onSuccess.apply(info), value -> new Result<T>(value, null))
                : BodySubscribers.mapping(BodySubscribers.ofByteArray(), bytes -> new Result<T>(null, bytes));
        long deadline = waiter.nanoTime() + options.retryFor().toNanos();
        for (int attempt = 0; ; attempt++) {
            HttpResponse<Result<T>> response = sendOnce(call, handler);
            T value = response.body().value();
            if (value != null) {
                return value;
            }
            byte[] error = response.body().error();
            Problem problem = Problem.parse(response.statusCode(), error == null ? new byte[0] : error);
            if (response.statusCode() != 429 && response.statusCode() != 503) {
                throw failure(call, response.statusCode(), problem);
            }
            Duration asked = retryAfter(response);
            Duration pause = longer(asked, FIRST_PAUSE.multipliedBy(1L << Math.min(attempt, DOUBLINGS_MAX)));
            if (problem.code().equals(LOG_FAILED) || deadline - waiter.nanoTime() < pause.toNanos()) {
                throw new OverloadedException(problem.message(), asked);
            }
            pause(call, pause);
            preferred = (preferred + 1) % servers.size();
        }
    }

    /** The answer of any status, on the first server that can be reached. */
    <T> HttpResponse<T> sendOnce(Call call, BodyHandler<T> handler) {
        int first = preferred;
        IOException unreachable = null;
        for (int i = 0; i < servers.size(); i++) {
            int server = (first + i) % servers.size();
            try {
                HttpResponse<T> response = http.send(
                        request(servers.get(server), call),
                        head -> new BodyTimeout<>(handler.apply(head), options.requestTimeout()));
                preferred = server;
                return response;
            } catch (ConnectException | HttpConnectTimeoutException e) {
                unreachable = e;
            } catch (HttpTimeoutException e) {
                throw lost(
                        call,
                        "no answer, or no more of it, within "
                                + options.requestTimeout().toMillis() + " ms",
                        e);
            } catch (IOException e) {
                throw lost(call, "the connection broke", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw lost(call, "interrupted", e);
            }
        }
        throw new UnreachableException(
                "No server answers at "
                        + String.join(", ", servers.stream().map(URI::toString).toList())
                        + ". Is it running there? 'varve server' starts one; '--url' or VARVE_URL name another.",
                unreachable);
    }

    private HttpRequest request(URI server, Call call) {
        BodyPublisher body = call.body() == null ? HttpRequest.BodyPublishers.noBody() : call.body();
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(server + call.target()))
                .timeout(options.requestTimeout())
                .method(call.method(), body);
        if (body.contentLength() >= ASK_FIRST_BYTES) {
            request.expectContinue(true);
        }
        return request.build();
    }

    private static VarveException failure(Call call, int status, Problem problem) {
        if (problem.code().equals(OUTCOME_UNKNOWN)) {
            return new OutcomeUnknownException(problem.message(), null);
        }
        if (problem.code().equals(KEY_NOT_FOUND)) {
            return new NotFoundException(problem.message());
        }
        // A gateway on the way gave up: the server behind it may have got the request.
        boolean gateway = problem.code().isEmpty() && (status == 502 || status == 504);
        return gateway && call.write()
                ? new OutcomeUnknownException(problem.message(), null)
                : new RefusedException(status, problem);
    }

    private static VarveException lost(Call call, String what, Exception cause) {
        String request = call.method() + ' ' + call.target().replaceFirst("\\?.*", "");
        return call.write()
                ? new OutcomeUnknownException(
                        request + ": " + what + " after the request was sent; it may or may not have been applied. "
                                + "Read the key to find out, or repeat the write if repeating it does no harm.",
                        cause)
                : new InterruptedAnswerException(request + ": " + what + "; reading again does no harm.", cause);
    }

    private void pause(Call call, Duration pause) {
        try {
            waiter.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OverloadedException(call.method() + ": interrupted while waiting to retry", pause);
        }
    }

    /** Seconds only: the other form, a date, would trust two clocks. */
    private static Duration retryAfter(HttpResponse<?> response) {
        return response.headers().firstValue("Retry-After").stream()
                .filter(text -> text.matches("[0-9]{1,6}"))
                .map(text -> Duration.ofSeconds(Long.parseLong(text)))
                .findFirst()
                .orElse(Duration.ZERO);
    }

    private static Duration longer(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }

    /** Reads "host:port" and URLs, one or several between commas. */
    static List<URI> parseServers(String urls) {
        Function<String, URI> parse = text -> {
            String url = text.contains("://") ? text : "http://" + text;
            while (url.endsWith("/")) {
                url = url.substring(0, url.length() - 1);
            }
            try {
                URI uri = URI.create(url);
                String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
                if (uri.getHost() != null
                        && uri.getRawQuery() == null
                        && uri.getRawFragment() == null
                        && (scheme.equals("http") || scheme.equals("https"))) {
                    return uri;
                }
            } catch (IllegalArgumentException malformed) {
                // Falls through to the one message for every wrong URL.
            }
            throw new IllegalArgumentException(
                    "'" + text + "' is no server's URL: give http://HOST:PORT, several between commas");
        };
        List<URI> servers = List.of(urls.split(",")).stream()
                .map(String::strip)
                .filter(s -> !s.isEmpty())
                .map(parse)
                .toList();
        if (servers.isEmpty()) {
            throw new IllegalArgumentException("no server's URL is given: http://HOST:PORT, several between commas");
        }
        return servers;
    }

    @Override
    public void close() {
        http.shutdownNow();
        http.close();
    }
}
