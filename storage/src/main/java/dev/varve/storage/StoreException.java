package dev.varve.storage;

import org.jspecify.annotations.Nullable;

/**
 * A request that the store could not serve. The message names what was wrong, the limit and the actual value where there
 * is one, and what to do about it.
 */
public final class StoreException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** What kind of trouble it is. The names are stable: they are shown to users. */
    public enum Kind {
        /** The caller's error: a key, value, batch or option outside its bounds. Nothing was written. */
        INVALID_ARGUMENT,
        /** A key, value or batch larger than the store's limit. Nothing was written. */
        TOO_LARGE,
        /** The store has been closed. Nothing was written. */
        CLOSED,
        /** Another process, or another store in this process, has the directory open. */
        LOCKED,
        /** The directory cannot be created, read or written. */
        UNUSABLE_DIRECTORY,
        /** The files were written by a version that this one does not read. */
        UNSUPPORTED_VERSION,
        /** A file is damaged. The message names file and offset. The rest of the store stays readable. */
        CORRUPTION,
        /** No space is left. Nothing was written; reads go on, and writing resumes by itself when space returns. */
        DISK_FULL,
        /** Writers are ahead of the disk and the deadline or queue bound was met. Nothing was written. */
        OVERLOADED,
        /**
         * A write or an fsync of the log or the manifest failed earlier. Nothing was written now, and nothing will be until the
         * store is opened again; reads go on.
         */
        LOG_FAILED,
        /** A write or an fsync failed with this write in it: after the store is opened again it may be there or not. */
        OUTCOME_UNKNOWN,
        /** Tables cannot be written for another reason than space. Nothing was written; writing resumes by itself when they can. */
        BLOCKED,
        /**
         * The store belongs to a group that has no leader now, or whose leader another node is. Nothing was written; try again, the
         * group elects one as soon as a majority of its nodes reach each other.
         */
        NO_LEADER,
        /** Another request was made under the same name. Nothing was written now. */
        REQUEST_REUSED,
        /** As many named requests are remembered as the limit. Nothing was written. */
        REQUEST_TABLE_FULL,
        /** A snapshot or cursor is older than the store keeps what has been overwritten: take a new one. */
        SNAPSHOT_EXPIRED,
        /** Any other input/output error. If it was a write, nothing was written. */
        IO
    }

    private final Kind kind;
    private final String message;

    public StoreException(Kind kind, String message) {
        this(kind, message, null);
    }

    public StoreException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
        this.message = message;
    }

    @Override
    public String getMessage() {
        return message;
    }

    /** What kind of trouble it is. */
    public Kind kind() {
        return kind;
    }

    /** True if the write that met this exception may nevertheless be found in the store later. */
    public boolean outcomeUnknown() {
        return kind == Kind.OUTCOME_UNKNOWN;
    }
}
