package dev.varve.replication.cluster;

import java.util.concurrent.TimeUnit;

/**
 * Decides whether a leader should go because its disk is slow: as long as it leads, every write waits for it. Its syncs must have been {@value
 * #FACTOR} times as slow as those of the others, and noticeably so, at every look for {@value #HOLD_SECONDS} seconds; and after it has gone it does
 * not go again for {@value #REST_SECONDS} seconds, so that leadership does not wander while all disks are unsteady.
 *
 * <p>For one thread at a time.
 */
final class SlowDisk {

    private static final int FACTOR = 10;

    /** Below this nobody would notice. */
    private static final long MICROS_MIN = 20_000;

    private static final int HOLD_SECONDS = 10;
    private static final int REST_SECONDS = 60;

    private boolean slow;
    private long sinceNanos;
    private boolean gone;
    private long goneNanos;

    /**
     * Looks.
     *
     * @param leads whether this node leads
     * @param ownMicros how long its syncs take, 99th percentile; 0 if that is not known
     * @param othersMicros the median of the others', the slower one of two; 0 if that is not known
     * @return true if it should go now
     */
    boolean look(boolean leads, long ownMicros, long othersMicros, long nowNanos) {
        if (!leads || othersMicros == 0 || ownMicros < MICROS_MIN || ownMicros <= FACTOR * othersMicros) {
            slow = false;
            return false;
        }
        if (!slow) {
            slow = true;
            sinceNanos = nowNanos;
        }
        return nowNanos - sinceNanos >= TimeUnit.SECONDS.toNanos(HOLD_SECONDS)
                && (!gone || nowNanos - goneNanos >= TimeUnit.SECONDS.toNanos(REST_SECONDS));
    }

    /** It goes. */
    void goes(long nowNanos) {
        slow = false;
        gone = true;
        goneNanos = nowNanos;
    }
}
