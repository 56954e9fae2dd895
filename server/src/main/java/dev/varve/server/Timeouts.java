package dev.varve.server;

import java.time.Duration;

/**
 * How long the server waits. Each is more than zero and at most an hour; they are kept to within a tenth of a second.
 *
 * @param request deadline of a request that names none by {@code ?timeout=}; from its head to its answer, and for a range to
 *     its first byte. 30 s
 * @param header from the first byte of a request to the end of its head; slower clients are cut. 10 s
 * @param body longest wait for more bytes of a body, and the head start before it must arrive at
 *     {@value #BODY_BYTES_PER_SECOND_MIN} bytes a second on the average. 15 s
 * @param idle how long a connection may stay without a request. 75 s
 * @param write longest wait for a client to take any byte of its answer. 30 s
 * @param shutdown how long requests in progress may take to end when the server is closed. 10 s
 */
public record Timeouts(
        Duration request, Duration header, Duration body, Duration idle, Duration write, Duration shutdown) {

    /** A body that arrives more slowly than this on the average is refused. */
    public static final int BODY_BYTES_PER_SECOND_MIN = 4096;

    private static final Duration MAX = Duration.ofHours(1);
    private static final Timeouts DEFAULTS = new Timeouts(
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            Duration.ofSeconds(15),
            Duration.ofSeconds(75),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10));

    public Timeouts {
        check("request", request);
        check("header", header);
        check("body", body);
        check("idle", idle);
        check("write", write);
        check("shutdown", shutdown);
    }

    /** The defaults, as the parameters state them. */
    public static Timeouts defaults() {
        return DEFAULTS;
    }

    public Timeouts withRequest(Duration timeout) {
        return new Timeouts(timeout, header, body, idle, write, shutdown);
    }

    public Timeouts withHeader(Duration timeout) {
        return new Timeouts(request, timeout, body, idle, write, shutdown);
    }

    public Timeouts withBody(Duration timeout) {
        return new Timeouts(request, header, timeout, idle, write, shutdown);
    }

    public Timeouts withIdle(Duration timeout) {
        return new Timeouts(request, header, body, timeout, write, shutdown);
    }

    public Timeouts withWrite(Duration timeout) {
        return new Timeouts(request, header, body, idle, timeout, shutdown);
    }

    public Timeouts withShutdown(Duration timeout) {
        return new Timeouts(request, header, body, idle, write, timeout);
    }

    private static void check(String name, Duration timeout) {
        if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(MAX) > 0) {
            throw new IllegalArgumentException(
                    "the timeout of " + name + " is " + timeout + ", but must be above zero and at most " + MAX);
        }
    }
}
