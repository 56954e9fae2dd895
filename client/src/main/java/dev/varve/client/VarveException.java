package dev.varve.client;

import org.jspecify.annotations.Nullable;

/** A request that failed. The subclass says what is known about its effect; the message says what to do. */
public abstract sealed class VarveException extends RuntimeException
        permits UnreachableException,
                OverloadedException,
                OutcomeUnknownException,
                NotFoundException,
                RefusedException,
                InterruptedAnswerException {

    private static final long serialVersionUID = 1L;

    VarveException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
