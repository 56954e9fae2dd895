package dev.varve.storage.state;

import dev.varve.storage.io.Ticker;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The revisions that are being read. Flushes and compactions keep the versions that these need, for a bounded time: what an older reader
 * needs is not kept any longer, unless its revision is the current one, and he is told so after each read. Thread-safe.
 */
final class SnapshotRegistry {

    private final Ticker ticker;
    private final long ageNanos;
    private final TreeMap<Long, Held> readers = new TreeMap<>();

    /** Those who read one revision; guarded by the registry. */
    private static final class Held {
        private int count;

        /** When the revision was last registered as one that was current. */
        private long sinceNanos;

        private boolean expired;
    }

    /** @param ageNanos for so long what a reader needs is kept in any case */
    SnapshotRegistry(Ticker ticker, long ageNanos) {
        this.ticker = ticker;
        this.ageNanos = ageNanos;
    }

    /** Registers the revision that {@code current} says now. */
    synchronized long register(LongSupplier current) {
        long revision = current.getAsLong();
        add(revision);
        return revision;
    }

    private void add(long revision) {
        Held held = readers.computeIfAbsent(revision, r -> new Held());
        held.count++;
        held.sinceNanos = ticker.nanos();
    }

    /**
     * Registers a revision that is yet to come, or is visible now. Whoever drops entries keeps all that are not visible, and so those that
     * this one will see.
     *
     * @return false if newer ones are visible: what it would see may be gone
     */
    synchronized boolean registerAhead(long revision, LongSupplier current) {
        add(revision);
        if (current.getAsLong() > revision) {
            release(revision);
            return false;
        }
        return true;
    }

    /** Registers one more reader of a revision that is registered, which does not make it younger. */
    synchronized void registerAgain(long revision) {
        Held held = readers.get(revision);
        if (held == null) {
            throw new IllegalStateException("the snapshot of revision " + revision + " has been closed");
        }
        held.count++;
    }

    synchronized void release(long revision) {
        Held held = readers.get(revision);
        if (held != null && --held.count == 0) {
            readers.remove(revision);
        }
    }

    /** To be asked by a reader after it has read, before it trusts what it found. */
    synchronized void requireKept(long revision) throws SnapshotExpiredException {
        Held held = readers.get(revision);
        if (held != null && held.expired) {
            throw new SnapshotExpiredException(revision, TimeUnit.NANOSECONDS.toSeconds(ageNanos));
        }
    }

    /**
     * The registered revisions and the current one, ascending: what a flush must keep readable. Those that are too old are given up hereby,
     * unless they are current.
     */
    synchronized long[] revisions(LongSupplier current) {
        long now = current.getAsLong();
        expire(now);
        TreeSet<Long> kept = new TreeSet<>();
        kept.add(now);
        readers.forEach((revision, held) -> {
            if (!held.expired) {
                kept.add(revision);
            }
        });
        return kept.stream().mapToLong(Long::longValue).toArray();
    }

    /** The lowest revision that is being read, {@link Long#MAX_VALUE} if none is; those that are too old are given up, as above. */
    synchronized long oldest(LongSupplier current) {
        expire(current.getAsLong());
        return readers.entrySet().stream()
                .filter(each -> !each.getValue().expired)
                .mapToLong(Map.Entry::getKey)
                .findFirst()
                .orElse(Long.MAX_VALUE);
    }

    private void expire(long current) {
        long now = ticker.nanos();
        readers.headMap(current).values().forEach(held -> held.expired |= now - held.sinceNanos > ageNanos);
    }

    /** How many readers there are. */
    synchronized int size() {
        return readers.values().stream().mapToInt(held -> held.count).sum();
    }
}
