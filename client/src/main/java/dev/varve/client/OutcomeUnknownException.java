package dev.varve.client;

import org.jspecify.annotations.Nullable;

/**
 * The write may or may not have been applied: the connection broke, or the time ran out, after it had been sent. Read the
 * key to find out, or repeat the write where repeating does no harm.
 */
public final class OutcomeUnknownException extends VarveException {
    private static final long serialVersionUID = 1L;

    OutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
