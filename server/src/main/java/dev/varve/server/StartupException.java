package dev.varve.server;

import org.jspecify.annotations.Nullable;

/** The server could not be started. The message is for people: what is wrong, where, and which option or step helps. */
public final class StartupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public StartupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
