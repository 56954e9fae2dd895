package dev.varve.storage;

/** Told of events that are measured. Called on the store's own threads: must be quick and must not block or throw. */
public interface StoreListener {

    /**
     * The log was forced.
     *
     * @param nanos how long it took
     * @param writes how many client writes it covered
     * @param bytes how many bytes of log it covered
     */
    default void synced(long nanos, int writes, long bytes) {}

    /**
     * A memtable was flushed to a sorted table.
     *
     * @param nanos how long it took
     * @param entries how many entries the table has
     * @param bytes its size
     */
    default void flushed(long nanos, long entries, long bytes) {}

    /**
     * Tables were merged.
     *
     * @param nanos how long it took
     * @param readBytes the size of the tables that were merged
     * @param writtenBytes the size of those that were written
     */
    default void compacted(long nanos, long readBytes, long writtenBytes) {}
}
