package dev.varve.storage.state;

import java.io.IOException;

/** A directory cannot be that of the store: something else is in it, or a store of another kind or node. */
public final class UnusableDirectoryException extends IOException {

    private static final long serialVersionUID = 1L;

    UnusableDirectoryException(String message) {
        super(message);
    }
}
