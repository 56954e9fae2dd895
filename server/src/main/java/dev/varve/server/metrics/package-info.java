/**
 * What is measured, and how it is told.
 *
 * <p>{@link dev.varve.server.metrics.LoopMetrics} counts requests, one instance for each event loop, so that counting costs
 * a few nanoseconds; {@link dev.varve.server.metrics.LogSyncMetrics} listens to the store.
 * {@link dev.varve.server.metrics.MetricsPage} adds everything up when somebody asks, and writes it in the text format of
 * Prometheus. Names and meanings stand in {@code docs/operations.md}.
 *
 * <p>Threads: counting belongs to the thread that is named; reading may be done from any.
 */
@NullMarked
package dev.varve.server.metrics;

import org.jspecify.annotations.NullMarked;
