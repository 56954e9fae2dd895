package dev.varve.storage.state;

import dev.varve.storage.io.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds a rate that several threads share: each takes time for what it does, behind what others have taken, and waits until that is over.
 * Thread-safe.
 */
final class TimeLine {

    /** A shorter wait is not worth a change of thread; it is left for the next one to add to. */
    private static final long SHORTEST_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    /** Nobody waits longer at once. */
    private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Ticker ticker;

    /** When what has been taken will be over. */
    private final AtomicLong taken;

    TimeLine(Ticker ticker) {
        this.ticker = ticker;
        this.taken = new AtomicLong(ticker.nanos());
    }

    /** Takes the time that so many bytes need at a rate, and tells how long to wait. */
    long take(long bytes, double bytesPerSecond) {
        long cost = (long) (bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond);
        long now = ticker.nanos();
        long end = taken.updateAndGet(before -> Math.min(Math.max(before, now) + cost, now + LONGEST_NANOS));
        return end - now < SHORTEST_NANOS ? 0 : end - now;
    }

    /** The rate between two, for a share from 0 to 1 of the way: it changes by the same factor for each step. */
    static double between(double from, double to, double share) {
        return from * Math.pow(to / from, Math.clamp(share, 0, 1));
    }
}
