package dev.varve.client;

import java.time.Duration;

/**
 * How a client behaves.
 *
 * @param connectTimeout how long one address may take to accept a connection, before the next one is tried. 5 s
 * @param requestTimeout how long an answer may take to begin, and later to go on; a write that takes longer has an unknown
 *     outcome. 60 s
 * @param retryFor how long a request that the server puts off (429, 503) is repeated. 10 s
 */
public record ClientOptions(Duration connectTimeout, Duration requestTimeout, Duration retryFor) {

    private static final ClientOptions DEFAULTS =
            new ClientOptions(Duration.ofSeconds(5), Duration.ofSeconds(60), Duration.ofSeconds(10));

    public ClientOptions {
        if (!connectTimeout.isPositive() || !requestTimeout.isPositive() || retryFor.isNegative()) {
            throw new IllegalArgumentException("a timeout must be positive, and the time to retry not negative");
        }
    }

    /** The defaults, as the parameters state them. */
    public static ClientOptions defaults() {
        return DEFAULTS;
    }

    /** The same with another {@code requestTimeout}. */
    public ClientOptions withRequestTimeout(Duration timeout) {
        return new ClientOptions(connectTimeout, timeout, retryFor);
    }

    /** The same with another {@code retryFor}. */
    public ClientOptions withRetryFor(Duration duration) {
        return new ClientOptions(connectTimeout, requestTimeout, duration);
    }
}
