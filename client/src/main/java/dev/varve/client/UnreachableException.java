package dev.varve.client;

import org.jspecify.annotations.Nullable;

/** No connection could be made to any of the addresses, so nothing was sent and nothing was applied. */
public final class UnreachableException extends VarveException {
    private static final long serialVersionUID = 1L;

    UnreachableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
