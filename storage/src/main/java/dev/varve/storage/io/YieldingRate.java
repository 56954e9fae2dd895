package dev.varve.storage.io;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A rate of bytes for work in the background, which gives way when others suffer from it. Whoever waited for a force of the log, or for a
 * write, says how long: when that is twice as long as it is in calm, the work may do less in a second, else a little more, as TCP finds its
 * share of a line (Chiu and Jain, "Analysis of the increase and decrease algorithms for congestion avoidance", 1989).
 *
 * <p>Thread-safe.
 */
public final class YieldingRate {

    private static final double SUFFERING = 2;
    private static final double MORE = 1.02;

    /** How far the memory of a calm wait follows one that was shorter, and at most one that was longer. */
    private static final double FOLLOWS = 0.1;

    /** After so long without a wait nobody suffers. */
    private static final long ALONE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final Ticker ticker;
    private final double slowest;
    private final double fastest;
    private final double less;
    private final double forgetsNanos;

    /** How long a wait is when nothing disturbs it; 0 before the first one. Guarded by this. */
    private double calmNanos;

    /** Guarded by this. */
    private double rate;

    /** How many wait now, of those that said so; guarded by this. */
    private int waiting;

    /** When somebody waited last; guarded by this. */
    private long lastWaited;

    /**
     * @param slowest bytes a second, however much others suffer
     * @param fastest bytes a second, if nobody does
     * @param less what is left of the rate after a long wait; with 0.9 the rate falls as soon as one wait in six is long, with 0.8 one in twelve
     * @param forgets after how long with nothing but longer waits most of what was calm is forgotten: a disk may have become slower for good
     */
    public YieldingRate(Ticker ticker, double slowest, double fastest, double less, Duration forgets) {
        this.ticker = ticker;
        this.slowest = slowest;
        this.fastest = fastest;
        this.less = less;
        this.forgetsNanos = forgets.toNanos();
        this.rate = fastest;
        this.lastWaited = ticker.nanos() - ALONE_NANOS;
    }

    /** Somebody begins to wait; who says so says it of each wait, and its end by {@link #ended}. */
    public synchronized void began() {
        waiting++;
    }

    /** Somebody who {@link #began} has waited so long. */
    public synchronized void ended(long nanos) {
        waiting--;
        waited(nanos);
    }

    /** Somebody has waited so long. */
    public synchronized void waited(long nanos) {
        long now = ticker.nanos();
        double follows = nanos < calmNanos ? FOLLOWS : Math.min(FOLLOWS, (now - lastWaited) / forgetsNanos);
        calmNanos = calmNanos == 0 ? nanos : calmNanos + follows * (nanos - calmNanos);
        rate = Math.clamp(rate * (nanos > SUFFERING * calmNanos ? less : MORE), slowest, fastest);
        lastWaited = now;
    }

    /** True if nobody waits, or has waited for a while. */
    public synchronized boolean isAlone() {
        return waiting == 0 && ticker.nanos() - lastWaited >= ALONE_NANOS;
    }

    /** What the work may do. */
    public synchronized double bytesPerSecond() {
        return isAlone() ? fastest : rate;
    }
}
