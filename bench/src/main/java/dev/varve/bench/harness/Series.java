package dev.varve.bench.harness;

/**
 * One figure of each round.
 *
 * @param workload what was done, by its id
 * @param contender who did it
 * @param figure what was measured, such as {@link #PER_SECOND}
 */
public record Series(String workload, String contender, String figure) {

    /** Operations, requests or keys a second. */
    public static final String PER_SECOND = "perSecond";

    /** Latencies. */
    public static final String P50_MICROS = "p50Micros";

    public static final String P99_MICROS = "p99Micros";
    public static final String P999_MICROS = "p999Micros";
}
