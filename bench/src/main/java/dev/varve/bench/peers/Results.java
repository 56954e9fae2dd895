package dev.varve.bench.peers;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was measured in all rounds. A ratio is that of one round, so that both sides met the same machine; what is told is
 * the median of the rounds.
 */
final class Results {

    private final List<Round> rounds = new ArrayList<>();

    /** Above this share of the processors in use by others no ratio says anything. */
    private static final double BUSY_SHARE_MAX = 0.2;

    /**
     * One round.
     *
     * @param busyShare what others used of the processors when it began; see {@link Machine#busyShare()}
     * @param disk appends a second
     * @param samples of each workload by the names of the contenders
     */
    record Round(double busyShare, Map<DiskYardstick, Double> disk, Map<Workload, Map<String, Sample>> samples) {

        Round(double busyShare) {
            this(busyShare, new EnumMap<>(DiskYardstick.class), new LinkedHashMap<>());
        }

        void add(DiskYardstick yardstick, double ratePerSecond) {
            disk.put(yardstick, ratePerSecond);
        }

        void add(Workload workload, String contender, Sample sample) {
            samples.computeIfAbsent(workload, w -> new LinkedHashMap<>()).put(contender, sample);
        }

        @Nullable
        Sample sample(Workload workload, String contender) {
            return samples.getOrDefault(workload, Map.of()).get(contender);
        }

        /** The rate of Varve over that of the fastest of the baselines; NaN if one side was not measured. */
        double ratio(Workload workload, List<String> baselines) {
            Sample varve = sample(workload, Contender.VARVE);
            double fastest = 0;
            for (String baseline : baselines) {
                Sample sample = sample(workload, baseline);
                fastest = Math.max(fastest, sample == null ? 0 : sample.ratePerSecond());
            }
            for (Map.Entry<DiskYardstick, Double> entry : disk.entrySet()) {
                if (baselines.contains(entry.getKey().title())) {
                    fastest = Math.max(fastest, entry.getValue());
                }
            }
            return varve == null || fastest == 0 ? Double.NaN : varve.ratePerSecond() / fastest;
        }
    }

    void add(Round round) {
        rounds.add(round);
    }

    List<Round> rounds() {
        return rounds;
    }

    /** True if the machine had too much else to do in one of the rounds. */
    boolean disturbed() {
        return rounds.stream().anyMatch(round -> round.busyShare() > BUSY_SHARE_MAX);
    }

    /** The median of each figure of a contender on its own; null if it was not measured. */
    @Nullable
    Sample median(Workload workload, String contender) {
        List<Sample> samples = new ArrayList<>();
        for (Round round : rounds) {
            Sample sample = round.sample(workload, contender);
            if (sample != null) {
                samples.add(sample);
            }
        }
        return samples.isEmpty()
                ? null
                : new Sample(
                        median(samples.stream()
                                .mapToDouble(Sample::ratePerSecond)
                                .toArray()),
                        median(samples.stream().mapToDouble(Sample::p50Micros).toArray()),
                        median(samples.stream().mapToDouble(Sample::p99Micros).toArray()));
    }

    /** Appends a second. */
    double median(DiskYardstick yardstick) {
        return median(rounds.stream()
                .mapToDouble(round -> round.disk().getOrDefault(yardstick, Double.NaN))
                .toArray());
    }

    /** The ratios of all rounds, ascending; see {@link Round#ratio}. */
    double[] ratios(Workload workload, List<String> baselines) {
        return rounds.stream()
                .mapToDouble(round -> round.ratio(workload, baselines))
                .filter(ratio -> !Double.isNaN(ratio))
                .sorted()
                .toArray();
    }

    /** The median of at least one value; the mean of the two in the middle if their number is even. */
    static double median(double... values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
