package dev.varve.storage.state;

import dev.varve.storage.io.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Tells whether nobody has written for a second, as far as whoever asks now and then can know. Not thread-safe. */
final class Idleness {

    /** After so long without a write the store is idle. */
    static final long NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Ticker ticker;
    private final LongSupplier revision;

    /** The last revision that it has seen, and when it saw it first. */
    private long lastRevision;

    private long sinceNanos;

    /** @param revision the last one that readers see */
    Idleness(Ticker ticker, LongSupplier revision) {
        this.ticker = ticker;
        this.revision = revision;
        this.lastRevision = revision.getAsLong();
        this.sinceNanos = ticker.nanos();
    }

    boolean isThere() {
        long now = ticker.nanos();
        long visible = revision.getAsLong();
        if (visible != lastRevision) {
            lastRevision = visible;
            sinceNanos = now;
        }
        return now - sinceNanos >= NANOS;
    }
}
