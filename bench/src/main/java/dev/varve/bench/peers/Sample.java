package dev.varve.bench.peers;

/**
 * What one run of a load generator measured.
 *
 * @param ratePerSecond requests answered a second
 * @param p50Micros median of the latencies
 * @param p99Micros their 99th percentile
 */
record Sample(double ratePerSecond, double p50Micros, double p99Micros) {}
