package dev.varve.storage.state;

/**
 * Sizes of a {@link StateMachine}.
 *
 * @param segmentBytes size of a log segment
 * @param memtableBytes size at which a memtable is flushed
 * @param checkpointBytes bytes of log not covered by a table at which it is flushed
 * @param checkpointRecords changes not covered by a table at which it is flushed
 * @param inlineValueBytes values up to this size are kept in the index
 * @param cacheBytes memory for blocks of tables
 * @param snapshotAgeNanos for so long what a reader needs is kept in any case
 */
public record StateOptions(
        int segmentBytes,
        int memtableBytes,
        long checkpointBytes,
        int checkpointRecords,
        int inlineValueBytes,
        long cacheBytes,
        long snapshotAgeNanos) {}
