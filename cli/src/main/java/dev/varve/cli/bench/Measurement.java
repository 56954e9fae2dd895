package dev.varve.cli.bench;

import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;

/** What was measured. Written by one thread; read it when that has ended. */
final class Measurement {

    private static final long NANOS_MAX = 600_000_000_000L;
    private static final int DIGITS = 3;

    private final Map<Operation, Histogram> latencies = new EnumMap<>(Operation.class);
    private final Map<String, Long> errors = new TreeMap<>();
    private long bodyBytes;
    private long unsent;
    private long nanos;

    /** A request was answered with success after so long. */
    void succeeded(Operation operation, long latencyNanos, long answerBytes) {
        latencies
                .computeIfAbsent(operation, o -> new Histogram(NANOS_MAX, DIGITS))
                .recordValue(Math.min(Math.max(latencyNanos, 0), NANOS_MAX));
        bodyBytes += answerBytes;
    }

    /** A request failed. */
    void failed(String kind) {
        errors.merge(kind, 1L, Long::sum);
    }

    /** So many requests were due, but no connection was free for them until the end. */
    void unsent(long requests) {
        unsent = requests;
    }

    /** The measurement took so long. */
    void took(long durationNanos) {
        nanos = durationNanos;
    }

    /** Latencies in nanoseconds of the kinds of requests that succeeded at least once. */
    Map<Operation, Histogram> latencies() {
        return latencies;
    }

    /** How often each kind of failure was met. */
    Map<String, Long> errors() {
        return errors;
    }

    long errorCount() {
        return errors.values().stream().mapToLong(Long::longValue).sum();
    }

    long successCount() {
        return latencies.values().stream().mapToLong(Histogram::getTotalCount).sum();
    }

    long bodyBytes() {
        return bodyBytes;
    }

    long unsent() {
        return unsent;
    }

    double seconds() {
        return nanos / 1e9;
    }

    /** Successful requests a second. */
    double rate() {
        return nanos == 0 ? 0 : successCount() / seconds();
    }
}
