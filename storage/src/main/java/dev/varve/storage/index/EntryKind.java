package dev.varve.storage.index;

/** What an entry of the index says of its key. Codes stand in tables and never change. */
public final class EntryKind {

    /** The value stands in the log. */
    public static final byte POINTER = 1;
    /** The value stands in the entry. */
    public static final byte INLINE = 2;
    /** The key has been removed. */
    public static final byte TOMBSTONE = 3;

    private EntryKind() {}
}
