package dev.varve.storage.format;

import java.io.IOException;

/** A file was written by a version whose format this one does not read. */
public final class UnsupportedVersionException extends IOException {

    private static final long serialVersionUID = 1L;

    public UnsupportedVersionException(String message) {
        super(message);
    }
}
