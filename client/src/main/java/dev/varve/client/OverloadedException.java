package dev.varve.client;

import java.time.Duration;

/** The server was too busy, or not ready, for longer than the client may retry. Nothing was applied. */
public final class OverloadedException extends VarveException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    OverloadedException(String message, Duration retryAfter) {
        super(message, null);
        this.retryAfter = retryAfter;
    }

    /** How long the server asked to wait before the next attempt; zero if it did not say. */
    public Duration retryAfter() {
        return retryAfter;
    }
}
