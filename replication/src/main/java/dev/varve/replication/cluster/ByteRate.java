package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.TimeUnit;

/** Spreads bytes over time: says how long each piece has to wait so that all together keep to a rate. Thread-safe. */
final class ByteRate {

    private final long bytesPerSecond;

    /** When the next piece may go. */
    @GuardedBy("this")
    private long nextNanos;

    /** @param now on the ticker by which it is asked */
    ByteRate(long bytesPerSecond, long now) {
        this.bytesPerSecond = bytesPerSecond;
        this.nextNanos = now;
    }

    /** Takes a place for a piece; returns how many nanoseconds it has to wait. Time in which nothing went is not made up for. */
    synchronized long reserve(int bytes, long now) {
        long begin = nextNanos - now > 0 ? nextNanos : now;
        nextNanos = begin + bytes * TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
        return begin - now;
    }
}
