package dev.varve.replication.raft;

import com.alipay.sofa.jraft.entity.LogEntry;
import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last entries of the log, with the places where they stand, up to a number of bytes: what is applied next, and what a
 * follower that was away for a moment asks for, need not be read from the log. Thread-safe.
 */
final class RecentEntries {

    /** What an entry takes beside its data, roughly. */
    private static final int ENTRY_BYTES = 200;

    private final long capacityBytes;

    /** Invariant: holds exactly the indexes from {@code first} to {@code next - 1}. */
    @GuardedBy("this")
    private final Map<Long, Recent> entries = new HashMap<>();

    @GuardedBy("this")
    private long first;

    @GuardedBy("this")
    private long next;

    @GuardedBy("this")
    private long bytes;

    /**
     * An entry and its {@link dev.varve.storage.log.LogPosition}.
     *
     * @param entry as JRaft gave it; nobody changes it
     */
    record Recent(LogEntry entry, long position) {

        private long bytes() {
            return (long) ENTRY_BYTES
                    + (entry.getData() == null ? 0 : entry.getData().remaining());
        }
    }

    /** @param capacityBytes 0 keeps nothing */
    RecentEntries(long capacityBytes) {
        this.capacityBytes = capacityBytes;
    }

    /** The entry with this index, or null if it is not among the last. */
    synchronized @Nullable Recent get(long index) {
        return entries.get(index);
    }

    /** Adds the entry behind the last one of the log. */
    synchronized void add(LogEntry entry, long position) {
        long index = entry.getId().getIndex();
        if (index != next) {
            clear();
            first = index;
        }
        next = index + 1;
        Recent recent = new Recent(entry, position);
        entries.put(index, recent);
        bytes += recent.bytes();
        while (bytes > capacityBytes) {
            remove(first++);
        }
    }

    /** Forgets the entries above this index. */
    synchronized void truncateSuffix(long lastKept) {
        while (next > first && next - 1 > lastKept) {
            remove(--next);
        }
    }

    /** Forgets everything. */
    synchronized void clear() {
        entries.clear();
        bytes = 0;
        first = 0;
        next = 0;
    }

    @GuardedBy("this")
    private void remove(long index) {
        Recent removed = entries.remove(index);
        if (removed != null) {
            bytes -= removed.bytes();
        }
    }
}
