package dev.varve.cli;

import org.jspecify.annotations.Nullable;

/** A command that failed for a reason that its message tells whole: it is shown as one line, without a stack trace. */
public final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public Failure(String message) {
        this(message, null);
    }

    public Failure(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
