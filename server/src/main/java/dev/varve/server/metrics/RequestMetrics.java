package dev.varve.server.metrics;

import dev.varve.protocol.ErrorCode;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Adds up what the event loops count. */
final class RequestMetrics {

    private RequestMetrics() {}

    static List<MetricSnapshot> collect(List<LoopMetrics> loops) {
        CounterSnapshot.Builder requests = CounterSnapshot.builder()
                .name("varve_requests")
                .help("Requests that were answered, by operation and outcome: ok, or the code of the error.");
        HistogramSnapshot.Builder latencies = HistogramSnapshot.builder()
                .name("varve_request_duration_seconds")
                .help("Time from the head of a request to its answer, by operation.");
        for (OperationKind kind : OperationKind.values()) {
            outcomes(kind, loops)
                    .forEach((outcome, count) -> requests.dataPoint(
                            Snapshots.counterPoint(count, Labels.of("operation", kind.label(), "outcome", outcome))));
            long[] counts = new long[LatencyBuckets.COUNT];
            long nanos = 0;
            for (LoopMetrics loop : loops) {
                for (int bucket = 0; bucket < counts.length; bucket++) {
                    counts[bucket] += loop.of(kind).bucket(bucket);
                }
                nanos += loop.of(kind).nanos();
            }
            latencies.dataPoint(Snapshots.histogramPoint(
                    LatencyBuckets.boundsSeconds(), counts, nanos / 1e9, Labels.of("operation", kind.label())));
        }
        return List.of(requests.build(), latencies.build());
    }

    /** Counts by label; errors that never happened are left out. Two errors may share a code. */
    private static Map<String, Long> outcomes(OperationKind kind, List<LoopMetrics> loops) {
        Map<String, Long> counts = new TreeMap<>();
        counts.put("ok", sum(kind, null, loops));
        for (ErrorCode error : ErrorCode.values()) {
            long count = sum(kind, error, loops);
            if (count > 0) {
                counts.merge(error.code(), count, Long::sum);
            }
        }
        return counts;
    }

    private static long sum(OperationKind kind, @Nullable ErrorCode error, List<LoopMetrics> loops) {
        long sum = 0;
        for (LoopMetrics loop : loops) {
            sum += loop.of(kind).count(error);
        }
        return sum;
    }
}
