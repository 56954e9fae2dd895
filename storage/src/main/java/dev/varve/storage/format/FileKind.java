package dev.varve.storage.format;

/** The kinds of files of a store. Codes never change. */
public enum FileKind {
    /** A segment of the write-ahead log. */
    LOG(1, "log", 1),
    /** A sorted table. */
    TABLE(2, "table", 2),
    /** A manifest. */
    MANIFEST(3, "manifest", 1),
    /** The vote of a Raft node. */
    VOTE(4, "vote", 1),
    /** A value segment. */
    VALUES(5, "values", 1);

    private final int code;
    private final String suffix;
    private final int version;

    FileKind(int code, String suffix, int version) {
        this.code = code;
        this.suffix = suffix;
        this.version = version;
    }

    /** The number in the file header. */
    public int code() {
        return code;
    }

    /** The end of the file's name, without the dot. */
    public String suffix() {
        return suffix;
    }

    /** The version that is written, and the newest that is read. */
    public int version() {
        return version;
    }
}
