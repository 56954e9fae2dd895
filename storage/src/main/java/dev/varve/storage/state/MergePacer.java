package dev.varve.storage.state;

import dev.varve.storage.io.Ticker;
import dev.varve.storage.io.YieldingRate;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Slows merges when they make writers wait for the disk: each force of the log says how long it took, and a {@link YieldingRate} what merges may
 * do then. What is urgent has a rate below which it is never slowed, and without forces nobody waits for the disk. Flushes are never slowed.
 *
 * <p>Thread-safe.
 */
final class MergePacer {

    /** Bytes a second that are read by merges when nothing slows them. */
    static final double FASTEST = 512 << 20;

    /** The same when forces suffer and nothing is urgent. */
    static final double SLOWEST = 16 << 20;

    private static final double LESS = 0.9;
    private static final Duration FORGETS = Duration.ofMinutes(1);

    private final TimeLine time;
    private final YieldingRate rate;

    MergePacer(Ticker ticker) {
        this.time = new TimeLine(ticker);
        this.rate = new YieldingRate(ticker, SLOWEST, FASTEST, LESS, FORGETS);
    }

    /** A force for which somebody waited took so long. */
    void forced(long nanos) {
        rate.waited(nanos);
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
        if (urgency >= 1 || rate.isAlone()) {
            return 0;
        }
        return time.take(bytes, Math.max(rate.bytesPerSecond(), TimeLine.between(SLOWEST, FASTEST, urgency)));
    }
}
