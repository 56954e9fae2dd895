package dev.varve.storage;

/**
 * What a store counts and holds, at one moment. Counters run from the opening of the store.
 *
 * @param revision revision of the last visible write
 * @param writes client writes committed
 * @param mutations changes committed
 * @param bytesWritten bytes of keys and values committed
 * @param gets reads of single keys
 * @param groups commits of the log; {@code writes / groups} is the mean group size
 * @param syncs forces of the log
 * @param syncNanos time spent in them
 * @param pendingWrites writes that wait for their commit
 * @param pendingBytes the same in bytes of log
 * @param logSegments files of the log
 * @param logBytes bytes of records in them
 * @param tables sorted tables
 * @param tableBytes bytes in them
 * @param memtables memtables, with those that wait for their flush
 * @param memtableBytes bytes in them
 * @param entries entries of the index, versions and tombstones counted: at least as many as there are keys
 * @param flushes memtables flushed to tables
 * @param compactions merges of tables
 * @param compactedBytes bytes of tables written by them
 * @param cacheHits blocks of tables that were found in the cache
 * @param cacheMisses blocks of tables that were not, and had to be read
 * @param cacheBytes bytes of blocks in the cache
 * @param damagedTables tables that are not merged because a merge met damage in them
 * @param flushDelayNanos for how long writers were made to wait, all together, because flushing was behind
 * @param mergeDelayNanos the same because merging was behind
 * @param spaceDelayNanos the same because the collection of dead values was behind
 * @param movedBytes bytes of values that were moved to other files to have space back
 * @param valueSegments files of values that were moved out of the log
 * @param valueBytes bytes in them
 * @param fileBytes bytes of log, value segments and tables
 * @param liveBytes bytes of what can be read, as they were written, as far as the tables tell
 * @param victims files that are being collected
 * @param uncollectable files whose space does not come back because something in them cannot be read
 * @param openSnapshots snapshots and cursors that are open
 * @param replayedRecords records that were replayed when the store was opened
 * @param openNanos how long opening took
 * @param cutBytes bytes of an unsynced tail that were cut when the store was opened
 */
public record StoreStats(
        long revision,
        long writes,
        long mutations,
        long bytesWritten,
        long gets,
        long groups,
        long syncs,
        long syncNanos,
        long pendingWrites,
        long pendingBytes,
        int logSegments,
        long logBytes,
        int tables,
        long tableBytes,
        int memtables,
        long memtableBytes,
        long entries,
        long flushes,
        long compactions,
        long compactedBytes,
        long cacheHits,
        long cacheMisses,
        long cacheBytes,
        int damagedTables,
        long flushDelayNanos,
        long mergeDelayNanos,
        long spaceDelayNanos,
        long movedBytes,
        int valueSegments,
        long valueBytes,
        long fileBytes,
        long liveBytes,
        int victims,
        int uncollectable,
        int openSnapshots,
        long replayedRecords,
        long openNanos,
        long cutBytes) {

    /** How much larger the files are than what can be read, 1 for an empty store. */
    public double spaceAmplification() {
        return liveBytes == 0 ? 1 : (double) fileBytes / liveBytes;
    }
}
