package dev.varve.storage.state;

import java.util.TreeMap;
import java.util.function.LongSupplier;

/** The revisions that are being read. Thread-safe. */
final class SnapshotRegistry {

    /** How many readers each revision has; guarded by this. */
    private final TreeMap<Long, Integer> readers = new TreeMap<>();

    /** Registers the revision that {@code current} says now. */
    synchronized long register(LongSupplier current) {
        long revision = current.getAsLong();
        readers.merge(revision, 1, Integer::sum);
        return revision;
    }

    /**
     * Registers a revision that is yet to come, or is visible now. Whoever drops entries keeps all that are not visible, and so those that
     * this one will see.
     *
     * @return false if newer ones are visible: what it would see may be gone
     */
    synchronized boolean registerAhead(long revision, LongSupplier current) {
        readers.merge(revision, 1, Integer::sum);
        if (current.getAsLong() > revision) {
            release(revision);
            return false;
        }
        return true;
    }

    /** The lowest revision that is being read; {@link Long#MAX_VALUE} if none is. */
    synchronized long oldest() {
        return readers.isEmpty() ? Long.MAX_VALUE : readers.firstKey();
    }

    /** Registers one more reader of a revision that is registered. */
    synchronized void registerAgain(long revision) {
        if (readers.computeIfPresent(revision, (r, n) -> n + 1) == null) {
            throw new IllegalStateException("the snapshot of revision " + revision + " has been closed");
        }
    }

    synchronized void release(long revision) {
        readers.computeIfPresent(revision, (r, n) -> n == 1 ? null : n - 1);
    }

    /** The registered revisions and the current one, ascending: what a flush must keep readable. */
    synchronized long[] revisions(LongSupplier current) {
        long now = current.getAsLong();
        TreeMap<Long, Integer> all = new TreeMap<>(readers);
        all.put(now, 1);
        return all.keySet().stream().mapToLong(Long::longValue).toArray();
    }

    /** How many readers there are. */
    synchronized int size() {
        return readers.values().stream().mapToInt(Integer::intValue).sum();
    }
}
