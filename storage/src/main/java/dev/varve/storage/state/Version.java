package dev.varve.storage.state;

import dev.varve.storage.index.Memtable;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where entries are looked up: immutable but for the active memtable, which grows. Counted: what a version names stays usable
 * until its last user has released it.
 */
final class Version {

    private final Memtable active;
    private final List<Frozen> frozen;
    private final Levels tables;
    private final RangeCover ranges;
    private final AtomicInteger users = new AtomicInteger(1);

    /**
     * A full memtable.
     *
     * @param memtable its entries
     * @param through what the tables will hold once it is flushed
     */
    record Frozen(Memtable memtable, Applied through) {}

    /**
     * @param active takes new entries
     * @param frozen waiting for their flush, newest first
     * @param tables what was flushed
     */
    Version(Memtable active, List<Frozen> frozen, Levels tables) {
        this.active = active;
        this.frozen = List.copyOf(frozen);
        this.tables = tables;
        this.ranges = new RangeCover(active, frozen, tables);
    }

    Memtable active() {
        return active;
    }

    List<Frozen> frozen() {
        return frozen;
    }

    Levels tables() {
        return tables;
    }

    /** The range tombstones of all of these. */
    RangeCover ranges() {
        return ranges;
    }

    /** Counts one more user, unless the last one is gone. */
    boolean tryAcquire() {
        int n = users.get();
        while (n > 0 && !users.compareAndSet(n, n + 1)) {
            n = users.get();
        }
        return n > 0;
    }

    /** True if that was the last user. */
    boolean release() {
        return users.decrementAndGet() == 0;
    }

    boolean unused() {
        return users.get() == 0;
    }
}
