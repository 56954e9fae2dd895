package dev.varve.storage;

import dev.varve.storage.format.Frames;
import java.time.Duration;

/**
 * How a store is opened. Immutable; every {@code with} method returns a checked copy.
 *
 * @param maxKeyBytes longest key in bytes, 1 to 65,535. Longer keys make index blocks and memtables less dense. 4 KiB
 * @param maxValueBytes longest value in bytes, up to 64 MiB. A value is held in memory once or twice while it is written
 *     or read. 8 MiB
 * @param maxBatchBytes largest batch, up to 64 MiB: keys, values, and {@link #CHANGE_BYTES} for each change. A batch is one record of
 *     the log. 8 MiB
 * @param segmentBytes size to which a log segment is preallocated, 256 KiB to 1 GiB. Larger segments mean fewer files;
 *     space comes back a segment at a time. 64 MiB
 * @param memtableBytes a memtable of this size is flushed to a sorted table. Larger memtables make fewer tables, take more
 *     memory (up to three are held) and replay longer. 32 MiB
 * @param checkpointBytes a flush is also begun when so many bytes of log are not covered by a table: bounds the replay when
 *     the store is opened. 32 MiB
 * @param checkpointRecords the same in changes. 100,000
 * @param inlineValueBytes values up to this size are copied into memtable and tables, so that reading them takes no
 *     second look-up; larger ones stay in the log only. 256 bytes
 * @param maxPendingBytes writes that wait for the disk, in bytes; beyond it writers wait (blocking) or are refused
 *     (asynchronous). 16 MiB
 * @param cacheBytes memory outside the heap for blocks of tables, 0 to 1 TiB. What is not there is read from the operating system's
 *     cache or the disk, verified and unpacked each time; memory beyond what is read over and over is better left to the system's
 *     cache, which holds the log's values, too. Counts against the JVM's {@code -XX:MaxDirectMemorySize}; memtables do
 *     only where the system cannot be asked for memory. 64 MiB, or a quarter of the largest heap if that is less
 * @param snapshotAge snapshots and cursors that are older may fail with {@code SNAPSHOT_EXPIRED}, unless nothing was written since, so that
 *     a reader that is slow, or was forgotten, does not keep for ever what has been overwritten. A second to a hundred years. An hour
 */
public record StoreOptions(
        int maxKeyBytes,
        int maxValueBytes,
        int maxBatchBytes,
        int segmentBytes,
        int memtableBytes,
        long checkpointBytes,
        int checkpointRecords,
        int inlineValueBytes,
        int maxPendingBytes,
        long cacheBytes,
        Duration snapshotAge) {

    /** What each change of a batch counts besides its key and value: so much stands around them in the log. */
    public static final int CHANGE_BYTES = Frames.HEADER_BYTES;

    /** Up to so many memtables are held at once: one that fills, and two that wait for the disk. */
    private static final int MEMTABLES = 3;

    private static final int MEMORY_PARTS = 8;
    private static final long HUNDRED_YEARS_SECONDS = 3_155_760_000L;
    private static final int KIB = 1 << 10;
    private static final int MIB = 1 << 20;
    private static final StoreOptions DEFAULTS = new StoreOptions(
            4 * KIB,
            8 * MIB,
            8 * MIB,
            64 * MIB,
            32 * MIB,
            32L * MIB,
            100_000,
            256,
            16 * MIB,
            Math.min(64L * MIB, Runtime.getRuntime().maxMemory() / 4),
            Duration.ofHours(1));

    public StoreOptions {
        bounds("maxKeyBytes", maxKeyBytes, 1, 65_535);
        bounds("maxValueBytes", maxValueBytes, 1, 64 * MIB);
        bounds("maxBatchBytes", maxBatchBytes, 1, 64 * MIB);
        bounds("segmentBytes", segmentBytes, 256 * KIB, 1 << 30);
        bounds("memtableBytes", memtableBytes, 64 * KIB, 1 << 30);
        bounds("checkpointBytes", checkpointBytes, 64 * KIB, 1L << 40);
        bounds("checkpointRecords", checkpointRecords, 100, Integer.MAX_VALUE);
        bounds("inlineValueBytes", inlineValueBytes, 0, 4 * KIB);
        bounds("maxPendingBytes", maxPendingBytes, 64 * KIB, 1 << 30);
        bounds("cacheBytes", cacheBytes, 0, 1L << 40);
        bounds("the seconds of snapshotAge", snapshotAge.toSeconds(), 1, HUNDRED_YEARS_SECONDS);
    }

    /** The defaults, as the parameters state them. */
    public static StoreOptions defaults() {
        return DEFAULTS;
    }

    private static void bounds(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw new StoreException(
                    StoreException.Kind.INVALID_ARGUMENT,
                    name + " is " + value + ", but must lie between " + min + " and " + max);
        }
    }

    /**
     * Divides so much memory among what the store keeps outside the heap and what waits for the disk: an eighth for each of the three
     * memtables that there may be at once and an eighth for writes that wait, neither larger than by default, and the rest for the cache of
     * blocks. On the heap the store keeps 1.25 bytes for each key besides, and what is being read or merged.
     */
    public StoreOptions withMemory(long bytes) {
        int memtable = Math.clamp(bytes / MEMORY_PARTS, 64 * KIB, DEFAULTS.memtableBytes);
        int pending = Math.clamp(bytes / MEMORY_PARTS, 64 * KIB, DEFAULTS.maxPendingBytes);
        long cache = Math.max(0, bytes - (long) MEMTABLES * memtable - pending);
        return withMemtableBytes(memtable).withMaxPendingBytes(pending).withCacheBytes(cache);
    }

    public StoreOptions withMaxKeyBytes(int bytes) {
        return new StoreOptions(
                bytes,
                maxValueBytes,
                maxBatchBytes,
                segmentBytes,
                memtableBytes,
                checkpointBytes,
                checkpointRecords,
                inlineValueBytes,
                maxPendingBytes,
                cacheBytes,
                snapshotAge);
    }

    public StoreOptions withMaxValueBytes(int bytes) {
        return new StoreOptions(
                maxKeyBytes,
                bytes,
                maxBatchBytes,
                segmentBytes,
                memtableBytes,
                checkpointBytes,
                checkpointRecords,
                inlineValueBytes,
                maxPendingBytes,
                cacheBytes,
                snapshotAge);
    }

    public StoreOptions withMaxBatchBytes(int bytes) {
        return new StoreOptions(
                maxKeyBytes,
                maxValueBytes,
                bytes,
                segmentBytes,
                memtableBytes,
                checkpointBytes,
                checkpointRecords,
                inlineValueBytes,
                maxPendingBytes,
                cacheBytes,
                snapshotAge);
    }

    public StoreOptions withSegmentBytes(int bytes) {
        return new StoreOptions(
                maxKeyBytes,
                maxValueBytes,
                maxBatchBytes,
                bytes,
                memtableBytes,
                checkpointBytes,
                checkpointRecords,
                inlineValueBytes,
                maxPendingBytes,
                cacheBytes,
                snapshotAge);
    }

    public StoreOptions withMemtableBytes(int bytes) {
        return new StoreOptions(
                maxKeyBytes,
                maxValueBytes,
                maxBatchBytes,
                segmentBytes,
                bytes,
                checkpointBytes,
                checkpointRecords,
                inlineValueBytes,
                maxPendingBytes,
                cacheBytes,
                snapshotAge);
    }

    public StoreOptions withCheckpoint(long bytes, int records) {
        return new StoreOptions(
                maxKeyBytes,
                maxValueBytes,
                maxBatchBytes,
                segmentBytes,
                memtableBytes,
                bytes,
                records,
                inlineValueBytes,
                maxPendingBytes,
                cacheBytes,
                snapshotAge);
    }

    public StoreOptions withInlineValueBytes(int bytes) {
        return new StoreOptions(
                maxKeyBytes,
                maxValueBytes,
                maxBatchBytes,
                segmentBytes,
                memtableBytes,
                checkpointBytes,
                checkpointRecords,
                bytes,
                maxPendingBytes,
                cacheBytes,
                snapshotAge);
    }

    public StoreOptions withMaxPendingBytes(int bytes) {
        return new StoreOptions(
                maxKeyBytes,
                maxValueBytes,
                maxBatchBytes,
                segmentBytes,
                memtableBytes,
                checkpointBytes,
                checkpointRecords,
                inlineValueBytes,
                bytes,
                cacheBytes,
                snapshotAge);
    }

    public StoreOptions withCacheBytes(long bytes) {
        return new StoreOptions(
                maxKeyBytes,
                maxValueBytes,
                maxBatchBytes,
                segmentBytes,
                memtableBytes,
                checkpointBytes,
                checkpointRecords,
                inlineValueBytes,
                maxPendingBytes,
                bytes,
                snapshotAge);
    }

    public StoreOptions withSnapshotAge(Duration age) {
        return new StoreOptions(
                maxKeyBytes,
                maxValueBytes,
                maxBatchBytes,
                segmentBytes,
                memtableBytes,
                checkpointBytes,
                checkpointRecords,
                inlineValueBytes,
                maxPendingBytes,
                cacheBytes,
                age);
    }
}
