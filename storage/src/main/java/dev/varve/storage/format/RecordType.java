package dev.varve.storage.format;

import org.jspecify.annotations.Nullable;

/** What a record of the log is. Codes never change. */
public enum RecordType {
    /** Client writes; takes an index, and a revision for each write. */
    WRITES(1, true),
    /** An empty entry, as a new leader appends one; takes an index. */
    NO_OP(2, true),
    /** The members of the Raft group, as one opaque frame; takes an index. */
    CONFIGURATION(3, true),
    /**
     * Says that every entry of the group above the header's index is void: they were truncated, and their indexes are used
     * again by what follows. Takes no index itself.
     */
    TRUNCATION(4, false),
    /**
     * Says that the entries of the group go on behind the header's index, whatever came before: the log was reset to a
     * snapshot. Takes no index itself.
     */
    RESET(5, false),
    /** The last record of a segment whose successor is in use. Takes no index. */
    SEAL(6, false),
    /** Says only how far the log was durable. Takes no index. */
    DURABLE(7, false);

    private static final RecordType[] BY_CODE = new RecordType[8];

    static {
        for (RecordType type : values()) {
            BY_CODE[type.code] = type;
        }
    }

    private final int code;
    private final boolean entry;

    RecordType(int code, boolean entry) {
        this.code = code;
        this.entry = entry;
    }

    /** The number in the record header. */
    public int code() {
        return code;
    }

    /** True if the record is a Raft entry, which has an index of its own. */
    public boolean isEntry() {
        return entry;
    }

    /** The type with this code, or null. */
    public static @Nullable RecordType of(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
