package dev.varve.storage.state;

import dev.varve.storage.io.Ticker;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.DoubleSupplier;

/**
 * Slows writers when flushing, merging or collecting falls behind, the more the further, so that none of them ever meets a standstill.
 *
 * <p>A debt of 0 or less lets everything pass; from there on the rate falls by the same factor for each step of debt, from one that no
 * machine of today reaches to one that the background surely keeps up with. Somewhere between the two the debt stops growing. The rate
 * holds for all writers together: each takes the time of its bytes on one time line, and waits until that is over.
 *
 * <p>Thread-safe. Whoever waits should hold no lock that readers need.
 */
final class WritePacer {

    /** Bytes of log a second at the least debt. */
    static final double FASTEST = 256 << 20;

    /** Bytes of log a second at a debt of 1. */
    static final double SLOWEST = 1 << 20;

    private final TimeLine time;
    private final DoubleSupplier flushDebt;
    private final DoubleSupplier mergeDebt;
    private final DoubleSupplier spaceDebt;
    private final LongAdder flushNanos = new LongAdder();
    private final LongAdder mergeNanos = new LongAdder();
    private final LongAdder spaceNanos = new LongAdder();

    /**
     * @param flushDebt how far flushing is behind, from 0 (not at all) to 1
     * @param mergeDebt how far merging is behind
     * @param spaceDebt how far the collection of dead values is behind
     */
    WritePacer(Ticker ticker, DoubleSupplier flushDebt, DoubleSupplier mergeDebt, DoubleSupplier spaceDebt) {
        this.time = new TimeLine(ticker);
        this.flushDebt = flushDebt;
        this.mergeDebt = mergeDebt;
        this.spaceDebt = spaceDebt;
    }

    /** Waits as long as a write of so many bytes of log should; usually not at all. */
    void pace(long bytes) {
        double flush = flushDebt.getAsDouble();
        double merge = mergeDebt.getAsDouble();
        double space = spaceDebt.getAsDouble();
        double debt = Math.max(Math.max(flush, merge), space);
        if (debt > 0) {
            long nanos = delayNanos(bytes, debt);
            if (nanos > 0) {
                LongAdder reason = debt == flush ? flushNanos : debt == merge ? mergeNanos : spaceNanos;
                reason.add(nanos);
                LockSupport.parkNanos(this, nanos);
            }
        }
    }

    /** How long a write should wait that comes now, which takes its place on the time line. */
    long delayNanos(long bytes, double debt) {
        return time.take(bytes, TimeLine.between(FASTEST, SLOWEST, debt));
    }

    /** For how long writers were made to wait because flushing was behind. */
    long flushNanos() {
        return flushNanos.sum();
    }

    /** For how long writers were made to wait because merging was behind. */
    long mergeNanos() {
        return mergeNanos.sum();
    }

    /** For how long writers were made to wait because the collection of dead values was behind. */
    long spaceNanos() {
        return spaceNanos.sum();
    }
}
