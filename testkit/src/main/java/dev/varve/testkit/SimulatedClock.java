package dev.varve.testkit;

import dev.varve.storage.io.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that moves when it is told to, and by a microsecond whenever it is read. Thread-safe. */
public final class SimulatedClock implements Ticker, InstantSource {

    private static final long STEP_NANOS = 1_000;

    private final Instant origin;
    private long nanos;

    /** A clock that stands at this time. */
    public SimulatedClock(Instant origin) {
        this.origin = origin;
    }

    @Override
    public synchronized long nanos() {
        nanos += STEP_NANOS;
        return nanos;
    }

    /** By how much the time moves whenever somebody asks for it. */
    public long stepNanos() {
        return STEP_NANOS;
    }

    @Override
    public Instant instant() {
        return origin.plusNanos(nanos());
    }

    /** Moves the time. */
    public synchronized void advance(Duration duration) {
        nanos += duration.toNanos();
    }
}
