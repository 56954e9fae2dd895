package dev.varve.client;

import org.jspecify.annotations.Nullable;

/**
 * An answer to a read that did not arrive whole: the connection broke, the time ran out, or the text ended early. What was
 * read of it before is right, but it is not all; read on behind the last key, or read again.
 */
public final class InterruptedAnswerException extends VarveException {
    private static final long serialVersionUID = 1L;

    InterruptedAnswerException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
