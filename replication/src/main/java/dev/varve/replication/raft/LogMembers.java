package dev.varve.replication.raft;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.storage.format.RaftConfiguration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The newest configuration in this node's log, which is the one that counts, committed or not (Raft, section 6). JRaft tells a state machine
 * of some changes only: not of those that concern learners alone. Thread-safe.
 */
public final class LogMembers {

    private final Consumer<RaftConfiguration> listener;

    /** By index, each until a newer one has become part of the begin of the log. */
    @GuardedBy("this")
    private final TreeMap<Long, RaftConfiguration> configurations = new TreeMap<>();

    @GuardedBy("this")
    private @Nullable RaftConfiguration told;

    /** @param listener told the newest configuration whenever it is another one; must not block */
    public LogMembers(Consumer<RaftConfiguration> listener) {
        this.listener = listener;
    }

    /** An entry of the log, or the checkpoint behind one, says who the members are. */
    synchronized void add(long index, RaftConfiguration members) {
        configurations.put(index, members);
        tell();
    }

    /** Entries behind this one are replaced. */
    synchronized void truncateSuffix(long lastIndexKept) {
        configurations.tailMap(lastIndexKept, false).clear();
        tell();
    }

    /** Entries before this one are gone; they cannot be replaced any more. */
    synchronized void truncatePrefix(long firstIndexKept) {
        Long last = configurations.floorKey(firstIndexKept);
        if (last != null) {
            configurations.headMap(last, false).clear();
        }
    }

    @GuardedBy("this")
    private void tell() {
        Map.Entry<Long, RaftConfiguration> newest = configurations.lastEntry();
        if (newest != null && !newest.getValue().equals(told)) {
            told = newest.getValue();
            listener.accept(newest.getValue());
        }
    }
}
