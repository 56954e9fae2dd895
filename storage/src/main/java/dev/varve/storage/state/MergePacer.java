package dev.varve.storage.state;

import dev.varve.storage.io.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Slows merges when they make writers wait for the disk. Each force of the log says how long it took: when that is twice as long as it is
 * in calm, merges may do a tenth less in a second, else a little more, as TCP finds its share of a line (Chiu and Jain, "Analysis of the
 * increase and decrease algorithms for congestion avoidance", 1989). What is urgent has a rate below which it is never slowed, and without
 * forces nobody waits for the disk. Flushes are never slowed.
 *
 * <p>Thread-safe.
 */
final class MergePacer {

    /** Bytes a second that are read by merges when nothing slows them. */
    static final double FASTEST = 512 << 20;

    /** The same when forces suffer and nothing is urgent. */
    static final double SLOWEST = 16 << 20;

    private static final double SUFFERING = 2;
    private static final double LESS = 0.9;
    private static final double MORE = 1.02;

    /** How far the memory of a calm force follows one that was faster. */
    private static final double FOLLOWS_FASTER = 0.1;

    /** In this time it follows slower ones most of the way: a disk may have become slower for good. */
    private static final double FORGETS_NANOS = (double) TimeUnit.MINUTES.toNanos(1);

    /** After so long without a force nobody waits for one. */
    private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Ticker ticker;
    private final TimeLine time;

    /** How long a force takes when nothing disturbs it; 0 before the first one. Guarded by this. */
    private double calmNanos;

    /** Bytes a second; guarded by this. */
    private double rate = FASTEST;

    /** When the log was forced last; guarded by this. */
    private long lastForced;

    MergePacer(Ticker ticker) {
        this.ticker = ticker;
        this.time = new TimeLine(ticker);
        this.lastForced = ticker.nanos() - CALM_NANOS;
    }

    /** A force for which somebody waited took so long. */
    synchronized void forced(long nanos) {
        long now = ticker.nanos();
        double follows = nanos < calmNanos ? FOLLOWS_FASTER : Math.min(1, (now - lastForced) / FORGETS_NANOS);
        calmNanos = calmNanos == 0 ? nanos : calmNanos + follows * (nanos - calmNanos);
        rate = Math.clamp(rate * (nanos > SUFFERING * calmNanos ? LESS : MORE), SLOWEST, FASTEST);
        lastForced = now;
    }

    /**
     * Waits as long as a merge should that has read so many bytes.
     *
     * @param urgency from 0, it has time, to 1, it must not wait
     */
    void pace(long bytes, double urgency) {
        long nanos = delayNanos(bytes, urgency);
        if (nanos > 0) {
            LockSupport.parkNanos(this, nanos);
        }
    }

    /** How long a merge should wait that has read so many bytes. */
    long delayNanos(long bytes, double urgency) {
        return urgency >= 1 || calm() ? 0 : time.take(bytes, bytesPerSecond(urgency));
    }

    private synchronized boolean calm() {
        return ticker.nanos() - lastForced >= CALM_NANOS;
    }

    private synchronized double bytesPerSecond(double urgency) {
        return Math.max(rate, TimeLine.between(SLOWEST, FASTEST, urgency));
    }
}
