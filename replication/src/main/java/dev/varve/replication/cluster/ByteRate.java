package dev.varve.replication.cluster;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.io.YieldingRate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Spreads bytes over time: says how long each piece has to wait so that all together keep to a rate. That is the fastest one unless entries that
 * this node proposes suffer, and then as little as a quarter of it. Thread-safe.
 */
final class ByteRate implements RaftProposer.Watch {

    /** What is left of the rate when writes suffer. With less, the log that is kept for whoever fetches would grow for too long. */
    static final double LEAST = 0.25;

    private static final double LESS = 0.8;

    /** Long beside the time that it takes to send a checkpoint, so that what that disturbs does not become what is expected. */
    private static final Duration FORGETS = Duration.ofHours(1);

    private final Ticker ticker;
    private final YieldingRate rate;

    /** When the next piece may go. */
    @GuardedBy("this")
    private long nextNanos;

    ByteRate(Ticker ticker, long fastest) {
        this.ticker = ticker;
        this.rate = new YieldingRate(ticker, LEAST * fastest, fastest, LESS, FORGETS);
        this.nextNanos = ticker.nanos();
    }

    @Override
    public void proposed() {
        rate.began();
    }

    @Override
    public void ended(long nanos) {
        rate.ended(nanos);
    }

    /** Takes a place for a piece; returns how many nanoseconds it has to wait. Time in which nothing went is not made up for. */
    synchronized long reserve(int bytes) {
        long now = ticker.nanos();
        long begin = nextNanos - now > 0 ? nextNanos : now;
        nextNanos = begin + (long) (bytes * TimeUnit.SECONDS.toNanos(1) / rate.bytesPerSecond());
        return begin - now;
    }
}
