package dev.varve.replication.cluster;

import dev.varve.storage.StoreListener;
import dev.varve.storage.io.Ticker;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * How long the syncs of this node's log took in the last {@value #SECONDS} seconds. Counted in buckets whose bounds are a quarter of a power of
 * two apart, second by second. Thread-safe.
 */
final class SyncLatency implements StoreListener {

    static final int SECONDS = 5;

    /** With fewer syncs there is no telling; a disk on which each takes a second has few. */
    static final int SYNCS_MIN = 3;

    private static final int STEPS = 4;
    private static final int BUCKETS = STEPS * 40;

    private final Ticker ticker;

    /** The seconds that are counted, each in the place of its remainder; what is older is emptied when it is used again. */
    private final int[][] counts = new int[SECONDS][BUCKETS];

    private final long[] seconds = new long[SECONDS];

    SyncLatency(Ticker ticker) {
        this.ticker = ticker;
        Arrays.fill(seconds, Long.MIN_VALUE);
    }

    @Override
    public synchronized void synced(long nanos, int writes, long bytes) {
        long second = second();
        int place = Math.floorMod(second, SECONDS);
        if (seconds[place] != second) {
            seconds[place] = second;
            Arrays.fill(counts[place], 0);
        }
        counts[place][bucket(TimeUnit.NANOSECONDS.toMicros(nanos))]++;
    }

    private long second() {
        return Math.floorDiv(ticker.nanos(), TimeUnit.SECONDS.toNanos(1));
    }

    /** Bucket b holds from {@code (4 + b % 4) << (b / 4)} quarters of a microsecond on. */
    private static int bucket(long micros) {
        long quarters = Math.max(STEPS, STEPS * micros);
        int power = Long.SIZE - 1 - Long.numberOfLeadingZeros(quarters / STEPS);
        int step = (int) ((quarters >>> power) - STEPS);
        return Math.min(BUCKETS - 1, STEPS * power + step);
    }

    private static long micros(int bucket) {
        return ((STEPS + bucket % STEPS) * (1L << (bucket / STEPS))) / STEPS;
    }

    /**
     * The 99th percentile of the last seconds, in microseconds, at most a quarter too small.
     *
     * @return 0 if there were fewer than {@value #SYNCS_MIN} syncs
     */
    synchronized long p99Micros() {
        long oldest = second() - SECONDS + 1;
        int[] sums = new int[BUCKETS];
        int total = 0;
        for (int place = 0; place < SECONDS; place++) {
            for (int bucket = 0; bucket < BUCKETS && seconds[place] >= oldest; bucket++) {
                sums[bucket] += counts[place][bucket];
                total += counts[place][bucket];
            }
        }
        if (total < SYNCS_MIN) {
            return 0;
        }
        int above = total / 100;
        for (int bucket = BUCKETS - 1; bucket >= 0; bucket--) {
            above -= sums[bucket];
            if (above < 0) {
                return micros(bucket);
            }
        }
        throw new IllegalStateException("the buckets of " + total + " syncs are empty");
    }
}
