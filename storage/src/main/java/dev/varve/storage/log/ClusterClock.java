package dev.varve.storage.log;

import dev.varve.storage.io.Ticker;

/**
 * The time of the cluster: the last logged time plus what has passed on the leader's monotonic clock since. It never goes back
 * and does not follow the wall clock, so that a wrong wall clock expires nothing. Thread-safe.
 */
public final class ClusterClock {

    private final Ticker ticker;
    private final long originMicros;
    private final long originNanos;

    ClusterClock(Ticker ticker, long lastLoggedMicros) {
        this.ticker = ticker;
        this.originMicros = lastLoggedMicros;
        this.originNanos = ticker.nanos();
    }

    /** The time in microseconds since 1970, as far as the wall clock was right when the store was founded. */
    public long micros() {
        return originMicros + (ticker.nanos() - originNanos) / 1000;
    }
}
