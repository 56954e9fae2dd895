package dev.varve.storage.format;

import java.io.IOException;

/** A file holds bytes that it cannot have been given: damage. */
public final class CorruptionException extends IOException {

    private static final long serialVersionUID = 1L;

    private final String file;
    private final long offset;
    private final String reason;

    /**
     * @param file the name of the damaged file
     * @param offset where in it, in bytes
     * @param reason what is wrong there
     */
    public CorruptionException(String file, long offset, String reason) {
        super(file + " is damaged at offset " + offset + ": " + reason);
        this.file = file;
        this.offset = offset;
        this.reason = reason;
    }

    /** The name of the damaged file. */
    public String file() {
        return file;
    }

    /** Where in the file, in bytes. */
    public long offset() {
        return offset;
    }

    /** What is wrong there. */
    public String reason() {
        return reason;
    }
}
