package dev.varve.bench.harness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What was measured in all rounds. A ratio is that of one round, so that both sides met the same machine; what is told is
 * the median of the rounds.
 */
public final class Results {

    private final List<Round> rounds = new ArrayList<>();

    /** Above this share of the processors in use by others no ratio says anything. */
    private static final double BUSY_SHARE_MAX = 0.2;

    /**
     * One round.
     *
     * @param busyShare what others used of the processors when it began; see {@link Machine#busyShare()}
     * @param figures of each workload, by the names of the contenders
     */
    public record Round(double busyShare, Map<String, Map<String, Map<String, Double>>> figures) {

        public Round(double busyShare) {
            this(busyShare, new LinkedHashMap<>());
        }

        /** Adds what was measured of a contender, by the names of the figures. */
        public void add(String workload, String contender, Map<String, Double> measured) {
            figures.computeIfAbsent(workload, w -> new LinkedHashMap<>())
                    .computeIfAbsent(contender, c -> new LinkedHashMap<>())
                    .putAll(measured);
        }

        /** A figure; NaN if it was not measured. */
        public double figure(Series series) {
            return figures.getOrDefault(series.workload(), Map.of())
                    .getOrDefault(series.contender(), Map.of())
                    .getOrDefault(series.figure(), Double.NaN);
        }
    }

    public void add(Round round) {
        rounds.add(round);
    }

    public List<Round> rounds() {
        return rounds;
    }

    /** True if the machine had too much else to do in one of the rounds. */
    boolean disturbed() {
        return rounds.stream().anyMatch(round -> round.busyShare() > BUSY_SHARE_MAX);
    }

    /** The median of a figure; NaN if it was not measured. */
    public double median(Series series) {
        return median(rounds.stream()
                .mapToDouble(round -> round.figure(series))
                .filter(value -> !Double.isNaN(value))
                .toArray());
    }

    /** What was reached of a target in the rounds in which it was measured, ascending. */
    public double[] values(Target target) {
        return rounds.stream()
                .mapToDouble(target::value)
                .filter(value -> !Double.isNaN(value))
                .sorted()
                .toArray();
    }

    /** The middle of the values, the mean of the two in the middle if their number is even; NaN if there are none. */
    public static double median(double... values) {
        if (values.length == 0) {
            return Double.NaN;
        }
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
