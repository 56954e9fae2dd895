package dev.varve.bench.peers;

import dev.varve.bench.harness.Series;
import java.util.Map;

/**
 * What one run of a load generator measured.
 *
 * @param ratePerSecond requests answered a second
 * @param p50Micros median of the latencies
 * @param p99Micros their 99th percentile
 */
record Sample(double ratePerSecond, double p50Micros, double p99Micros) {

    /** Bytes that went to the disk below all nodes, for each byte of keys and values and each node. */
    static final String DEVICE_BYTES = "deviceBytesPerByte";

    /** By the names of the figures. */
    Map<String, Double> figures() {
        return Map.of(Series.PER_SECOND, ratePerSecond, Series.P50_MICROS, p50Micros, Series.P99_MICROS, p99Micros);
    }
}
