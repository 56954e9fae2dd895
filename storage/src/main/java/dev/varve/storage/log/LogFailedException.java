package dev.varve.storage.log;

import java.io.IOException;

/** A write or a force of the log failed earlier; it takes nothing more until it is opened again. */
public final class LogFailedException extends IOException {

    private static final long serialVersionUID = 1L;

    public LogFailedException(Throwable cause) {
        super(
                "the log has failed and takes no more writes until the store is opened again: " + cause.getMessage(),
                cause);
    }
}
