package dev.varve.storage.log;

import java.io.IOException;

/** A write or a force failed with this write in it: after the next opening of the log it may be there or not. */
public final class OutcomeUnknownException extends IOException {

    private static final long serialVersionUID = 1L;

    public OutcomeUnknownException(Throwable cause) {
        super(
                "the log failed while this was being written, so that it may have been or not: " + cause.getMessage(),
                cause);
    }
}
