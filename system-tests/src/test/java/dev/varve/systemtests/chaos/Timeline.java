package dev.varve.systemtests.chaos;

import dev.varve.testkit.history.Call;
import dev.varve.testkit.history.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** What happened when: calls by the second, faults, leaders, and the times in which no write was acknowledged. Thread-safe. */
final class Timeline {

    /** Shorter times without a write are not worth a line. */
    private static final long GAP_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(400);

    private final Map<Long, Second> seconds = new TreeMap<>();
    private final List<Bar> faults = new ArrayList<>();
    private final List<Bar> leaders = new ArrayList<>();
    private final List<Bar> gaps = new ArrayList<>();
    private final Map<Outcome.Kind, Long> outcomes = new TreeMap<>();
    private long acknowledgedLastNanos;
    private long writes;
    private long repetitions;
    private long repetitionsAnswered;

    /** A stretch of time with a name, on a line. */
    record Bar(String line, String label, long beginNanos, long endNanos) {

        double seconds() {
            return (endNanos - beginNanos) / 1e9;
        }
    }

    /** The calls that ended in a second. */
    static final class Second {
        private long[] latencies = new long[16];
        private int answered;
        private int unanswered;

        private void add(long nanos) {
            if (answered == latencies.length) {
                latencies = Arrays.copyOf(latencies, 2 * answered);
            }
            latencies[answered++] = nanos;
        }

        int answered() {
            return answered;
        }

        int unanswered() {
            return unanswered;
        }

        /** The latency that this share of the calls did not exceed; 0 if there were none. */
        long nanos(double share) {
            long[] sorted = Arrays.copyOf(latencies, answered);
            Arrays.sort(sorted);
            return answered == 0 ? 0 : sorted[(int) Math.min(answered - 1, share * answered)];
        }
    }

    synchronized void ended(Call call) {
        Outcome.Kind outcome = call.outcome().kind();
        outcomes.merge(outcome, 1L, Long::sum);
        Second second = seconds.computeIfAbsent(TimeUnit.NANOSECONDS.toSeconds(call.endNanos()), any -> new Second());
        boolean answered = outcome == Outcome.Kind.DONE || outcome == Outcome.Kind.MISSED;
        if (!answered) {
            second.unanswered++;
            return;
        }
        second.add(call.endNanos() - call.beginNanos());
        if (!call.operation().kind().reads() && outcome == Outcome.Kind.DONE) {
            writes++;
            if (call.endNanos() - acknowledgedLastNanos > GAP_NANOS_MIN && acknowledgedLastNanos > 0) {
                gaps.add(new Bar("no write", "", acknowledgedLastNanos, call.endNanos()));
            }
            acknowledgedLastNanos = Math.max(acknowledgedLastNanos, call.endNanos());
        }
    }

    synchronized void repeated(boolean answered) {
        repetitions++;
        repetitionsAnswered += answered ? 1 : 0;
    }

    synchronized void fault(String kind, String label, long beginNanos, long endNanos) {
        faults.add(new Bar(kind, label, beginNanos, endNanos));
    }

    /** Somebody was seen to lead. */
    synchronized void leader(String node, long term, long nanos) {
        String label = "term " + term;
        if (!leaders.isEmpty()) {
            Bar last = leaders.getLast();
            if (last.line().equals(node) && last.label().equals(label)) {
                leaders.set(leaders.size() - 1, new Bar(node, label, last.beginNanos(), nanos));
                return;
            }
        }
        leaders.add(new Bar(node, label, nanos, nanos));
    }

    synchronized long writes() {
        return writes;
    }

    synchronized Map<Long, Second> seconds() {
        return new TreeMap<>(seconds);
    }

    synchronized List<Bar> faults() {
        return List.copyOf(faults);
    }

    synchronized List<Bar> leaders() {
        return List.copyOf(leaders);
    }

    synchronized List<Bar> gaps() {
        return List.copyOf(gaps);
    }

    /** The longest time without an acknowledged write that touches a fault, by the kind of the fault; in seconds. */
    synchronized Map<String, Double> longestGaps() {
        Map<String, Double> longest = new TreeMap<>();
        for (Bar fault : faults) {
            double seconds = gaps.stream()
                    .filter(gap -> gap.beginNanos() < fault.endNanos() && gap.endNanos() > fault.beginNanos())
                    .mapToDouble(Bar::seconds)
                    .max()
                    .orElse(0);
            longest.merge(fault.line(), seconds, Math::max);
        }
        return longest;
    }

    synchronized Map<Outcome.Kind, Long> outcomes() {
        return new TreeMap<>(outcomes);
    }

    synchronized String repetitions() {
        return "%,d answered writes sent again, %,d of them answered again".formatted(repetitions, repetitionsAnswered);
    }
}
