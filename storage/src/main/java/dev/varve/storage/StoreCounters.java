package dev.varve.storage;

import dev.varve.storage.index.BlockCache;
import dev.varve.storage.log.GroupCommit;
import dev.varve.storage.state.StateListener;
import dev.varve.storage.state.StateSizes;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a store does, and passes events on to listeners. Thread-safe. */
final class StoreCounters implements StateListener {

    private final List<StoreListener> listeners = new CopyOnWriteArrayList<>();
    private final LongAdder gets = new LongAdder();
    private final LongAdder writes = new LongAdder();
    private final LongAdder mutations = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();
    private final LongAdder groups = new LongAdder();
    private final LongAdder syncs = new LongAdder();
    private final LongAdder syncNanos = new LongAdder();
    private final LongAdder compactions = new LongAdder();
    private final LongAdder compactedBytes = new LongAdder();
    private final LongAdder movedBytes = new LongAdder();

    void addListener(StoreListener listener) {
        listeners.add(listener);
    }

    void read() {
        gets.increment();
    }

    void committed(int newWrites, long newMutations, long newBytes) {
        groups.increment();
        writes.add(newWrites);
        mutations.add(newMutations);
        bytesWritten.add(newBytes);
    }

    @Override
    public void forced(long nanos, int covered, long bytes) {
        syncs.increment();
        syncNanos.add(nanos);
        listeners.forEach(listener -> listener.synced(nanos, covered, bytes));
    }

    @Override
    public void flushed(long nanos, long entries, long bytes) {
        listeners.forEach(listener -> listener.flushed(nanos, entries, bytes));
    }

    @Override
    public void compacted(long nanos, long readBytes, long writtenBytes, long moved) {
        compactions.increment();
        compactedBytes.add(writtenBytes);
        movedBytes.add(moved);
        listeners.forEach(listener -> listener.compacted(nanos, readBytes, writtenBytes));
    }

    StoreStats stats(
            long revision,
            GroupCommit.PendingSize pending,
            int segments,
            long logBytes,
            StateSizes sizes,
            BlockCache.Figures cache,
            long replayed,
            long openNanos,
            long cutBytes) {
        return new StoreStats(
                revision,
                writes.sum(),
                mutations.sum(),
                bytesWritten.sum(),
                gets.sum(),
                groups.sum(),
                syncs.sum(),
                syncNanos.sum(),
                pending.writes(),
                pending.bytes(),
                segments,
                logBytes,
                sizes.tables(),
                sizes.tableBytes(),
                sizes.memtables(),
                sizes.memtableBytes(),
                sizes.entries(),
                sizes.flushes(),
                compactions.sum(),
                compactedBytes.sum(),
                cache.hits(),
                cache.misses(),
                cache.bytes(),
                sizes.damagedTables(),
                sizes.flushDelayNanos(),
                sizes.mergeDelayNanos(),
                sizes.spaceDelayNanos(),
                movedBytes.sum(),
                sizes.space().valueSegments(),
                sizes.space().valueBytes(),
                sizes.space().fileBytes(),
                sizes.space().liveBytes(),
                sizes.space().victims(),
                sizes.space().uncollectable(),
                sizes.snapshots(),
                replayed,
                openNanos,
                cutBytes);
    }
}
