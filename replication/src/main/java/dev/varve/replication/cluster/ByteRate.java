package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.io.YieldingRate;
import java.util.concurrent.TimeUnit;

/**
 * Spreads bytes over time: says how long each piece has to wait so that all together keep to a rate. That is the fastest one unless writes
 * suffer, and then as little as a quarter of it. Thread-safe.
 */
final class ByteRate {

    /** What is left of the rate when writes suffer. With less, the log that is kept for whoever fetches would grow for too long. */
    static final double LEAST = 0.25;

    private static final double LESS = 0.8;

    private final Ticker ticker;
    private final YieldingRate rate;

    /** When the next piece may go. */
    @GuardedBy("this")
    private long nextNanos;

    ByteRate(Ticker ticker, long fastest) {
        this.ticker = ticker;
        this.rate = new YieldingRate(ticker, LEAST * fastest, fastest, LESS);
        this.nextNanos = ticker.nanos();
    }

    /** A write took so long. */
    void written(long nanos) {
        rate.waited(nanos);
    }

    /** Takes a place for a piece; returns how many nanoseconds it has to wait. Time in which nothing went is not made up for. */
    synchronized long reserve(int bytes) {
        long now = ticker.nanos();
        long begin = nextNanos - now > 0 ? nextNanos : now;
        nextNanos = begin + (long) (bytes * TimeUnit.SECONDS.toNanos(1) / rate.bytesPerSecond());
        return begin - now;
    }
}
