package dev.varve.replication;

import dev.varve.storage.log.Log;
import dev.varve.storage.log.Segment;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Says when the begin of the log is to be truncated. The log is kept for followers that were away: JRaft truncates it behind the
 * checkpoint before the last one, so with one for each half of what is to be kept the log holds between half of it and all.
 */
final class LogRetention {

    private final long intervalBytes;
    private final AtomicLong grown;

    /** While a member is being brought up to date from here, so much more is kept, so that it can go on from the log. */
    private static final int HOLD_FACTOR = 8;

    private volatile boolean held;

    /** @param retentionBytes how much is kept; 0 keeps everything */
    LogRetention(long retentionBytes, Log log) {
        this.intervalBytes = retentionBytes == 0 ? Long.MAX_VALUE / HOLD_FACTOR : retentionBytes / 2;
        this.grown = new AtomicLong(
                log.segments().ofLog().stream().mapToLong(Segment::end).sum());
    }

    /** Keeps more of the log from now on, or as much as before. */
    void hold(boolean hold) {
        held = hold;
    }

    /** The log has grown; returns true if a checkpoint is due, once for each. */
    boolean exceededBy(long bytes) {
        if (grown.addAndGet(bytes) < (held ? HOLD_FACTOR * intervalBytes : intervalBytes)) {
            return false;
        }
        grown.set(0);
        return true;
    }
}
