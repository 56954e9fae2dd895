package dev.varve.storage.index;

/** The names in a table's properties block, in their order there. Numbers are varints. */
final class TableProperties {

    /** Number of entries. */
    static final String ENTRIES = "entries";
    /** Last index key. */
    static final String LARGEST_KEY = "key.largest";
    /** First index key. */
    static final String SMALLEST_KEY = "key.smallest";
    /** Highest revision. */
    static final String MAX_REVISION = "revision.max";
    /** Lowest revision. */
    static final String MIN_REVISION = "revision.min";
    /** The dictionary: for each number from 0 on, u64 segment id and u64 bytes of frames that the table points to. */
    static final String SEGMENTS = "segments";
    /** Number of tombstones. */
    static final String TOMBSTONES = "tombstones";

    private TableProperties() {}
}
