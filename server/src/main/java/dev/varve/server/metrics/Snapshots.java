package dev.varve.server.metrics;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;

/** Makes metrics out of numbers that are counted elsewhere. */
final class Snapshots {

    private Snapshots() {}

    static MetricSnapshot gauge(String name, String help, double value) {
        return GaugeSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(new GaugeDataPointSnapshot(value, Labels.EMPTY, null))
                .build();
    }

    static MetricSnapshot gauge(String name, String help, long value) {
        return gauge(name, help, (double) value);
    }

    static MetricSnapshot counter(String name, String help, long value) {
        return counter(name, help, (double) value);
    }

    /** A counter; its name is without {@code _total}, which is put behind it. */
    static MetricSnapshot counter(String name, String help, double value) {
        return CounterSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(counterPoint(value, Labels.EMPTY))
                .build();
    }

    static CounterDataPointSnapshot counterPoint(double value, Labels labels) {
        return new CounterDataPointSnapshot(value, labels, null, 0);
    }

    static HistogramDataPointSnapshot histogramPoint(double[] bounds, long[] counts, double sum, Labels labels) {
        return new HistogramDataPointSnapshot(
                ClassicHistogramBuckets.of(bounds, counts), sum, labels, Exemplars.EMPTY, 0);
    }
}
