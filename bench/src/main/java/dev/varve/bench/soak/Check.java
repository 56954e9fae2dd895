package dev.varve.bench.soak;

import dev.varve.bench.harness.Report;
import dev.varve.bench.harness.Results;
import java.util.List;

/**
 * One part of the verdict.
 *
 * @param title what must hold
 * @param value what was found
 * @param limit the most that is allowed
 */
record Check(String title, double value, double limit) {

    /** How many times what is live the store may occupy. */
    private static final double SPACE_FACTOR = 1.5;

    /** And besides: segments of the log that are allocated ahead, and what has not been collected yet of the last writes. */
    private static final double SPACE_MEBIBYTES = 256;

    private static final double LATENCY_DRIFT = 2;

    /** Below it a latency is not called longer than another one. */
    private static final double LATENCY_MICROS = 1000;

    private static final double MEMORY_DRIFT = 1.25;

    /** Judges a soak: errors, and its last third beside its first. */
    static List<Check> all(long errors, List<Sample> samples) {
        List<Sample> first = samples.subList(0, samples.size() / 3);
        List<Sample> last = samples.subList(samples.size() - samples.size() / 3, samples.size());
        double live = median(last, SoakFigures.LIVE_MEBIBYTES);
        return List.of(
                new Check("errors", errors, 0),
                new Check(
                        "MiB on the disk in the last third (median): 1.5 x live + 256",
                        median(last, SoakFigures.DISK_MEBIBYTES),
                        SPACE_FACTOR * live + SPACE_MEBIBYTES),
                drift("p99 of reads", SoakFigures.READ_P99_MICROS, first, last),
                drift("p99 of writes", SoakFigures.WRITE_P99_MICROS, first, last),
                new Check(
                        "MiB of memory in the last third (median): 1.25 x the first",
                        median(last, SoakFigures.MEMORY_MEBIBYTES),
                        MEMORY_DRIFT * median(first, SoakFigures.MEMORY_MEBIBYTES)));
    }

    private static Check drift(String what, String figure, List<Sample> first, List<Sample> last) {
        return new Check(
                "µs, " + what + " in the last third (median of seconds): 2 x the first",
                median(last, figure),
                Math.max(LATENCY_MICROS, LATENCY_DRIFT * median(first, figure)));
    }

    private static double median(List<Sample> samples, String figure) {
        return Results.median(samples.stream()
                .mapToDouble(sample -> sample.figure(figure))
                .filter(value -> !Double.isNaN(value))
                .toArray());
    }

    /** False as well if it was not measured. */
    boolean holds() {
        return value <= limit;
    }

    /** The line of a table. */
    String line() {
        return "| %s | ≤ %s | %s | %s |"
                .formatted(title, Report.count(limit), Report.count(value), holds() ? "holds" : "**does not hold**");
    }
}
