package dev.varve.server.metrics;

/** The bounds of every latency histogram: from 50 microseconds, where a read from memory lies, to 10 seconds. */
final class LatencyBuckets {

    private static final long[] BOUND_NANOS = {
        50_000L,
        100_000L,
        200_000L,
        500_000L,
        1_000_000L,
        2_000_000L,
        5_000_000L,
        10_000_000L,
        20_000_000L,
        50_000_000L,
        100_000_000L,
        200_000_000L,
        500_000_000L,
        1_000_000_000L,
        2_000_000_000L,
        5_000_000_000L,
        10_000_000_000L
    };

    /** One more than there are bounds: the last bucket has none. */
    static final int COUNT = BOUND_NANOS.length + 1;

    private LatencyBuckets() {}

    /** The bucket of a latency: the first whose bound is not below it. */
    static int of(long nanos) {
        // From below: most requests lie in the first few.
        int bucket = 0;
        while (bucket < BOUND_NANOS.length && nanos > BOUND_NANOS[bucket]) {
            bucket++;
        }
        return bucket;
    }

    /** The upper bounds in seconds, the last one infinite. */
    static double[] boundsSeconds() {
        double[] seconds = new double[COUNT];
        for (int i = 0; i < BOUND_NANOS.length; i++) {
            seconds[i] = BOUND_NANOS[i] / 1e9;
        }
        seconds[COUNT - 1] = Double.POSITIVE_INFINITY;
        return seconds;
    }
}
