package dev.varve.replication;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntConsumer;

/**
 * How long a follower waits for its leader: the usual time, or a short one once the leader's connection to it has ended. Then the leader
 * has died or is cut off more often than not. If it lives, its next heartbeat ends the haste; and others, who hear it, do not vote against it
 * (pre-vote). JRaft adds a random delay to either, against split votes. Thread-safe.
 */
final class ElectionHaste {

    /** Two heartbeats of a leader that makes another connection. */
    private static final int SHORT_MILLIS = 100;

    private final int usualMillis;
    private final IntConsumer setMillis;
    private final AtomicBoolean hasty = new AtomicBoolean();

    /** @param setMillis sets the time that the node waits; must not be called under a lock of JRaft, and sees to that itself */
    ElectionHaste(int usualMillis, IntConsumer setMillis) {
        this.usualMillis = usualMillis;
        this.setMillis = setMillis;
    }

    /** The leader's connection has ended; returns true if {@link #calm} is to be called after a while. */
    boolean leaderGone() {
        if (usualMillis <= SHORT_MILLIS || !hasty.compareAndSet(false, true)) {
            return false;
        }
        setMillis.accept(SHORT_MILLIS);
        return true;
    }

    /** There is a leader, or enough time has gone by. */
    void calm() {
        if (hasty.compareAndSet(true, false)) {
            setMillis.accept(usualMillis);
        }
    }
}
