package dev.varve.server.metrics;

import dev.varve.storage.StoreListener;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counts how long the forces of the log take and how many writes each one covers. Thread-safe. */
public final class LogSyncMetrics implements StoreListener {

    /** Group sizes are counted in buckets of 1, 2, 4, ... 1,024 writes, and beyond. */
    private static final int GROUP_BUCKETS = 12;

    private final AtomicLongArray latencies = new AtomicLongArray(LatencyBuckets.COUNT);
    private final AtomicLongArray groups = new AtomicLongArray(GROUP_BUCKETS);
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicLong writes = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicLong flushes = new AtomicLong();
    private final AtomicLong flushNanos = new AtomicLong();

    @Override
    public void synced(long syncNanos, int syncedWrites, long syncedBytes) {
        latencies.incrementAndGet(LatencyBuckets.of(syncNanos));
        groups.incrementAndGet(groupBucket(syncedWrites));
        nanos.addAndGet(syncNanos);
        writes.addAndGet(syncedWrites);
        bytes.addAndGet(syncedBytes);
    }

    @Override
    public void flushed(long flushedNanos, long entries, long flushedBytes) {
        flushes.incrementAndGet();
        flushNanos.addAndGet(flushedNanos);
    }

    List<MetricSnapshot> collect() {
        return List.of(
                HistogramSnapshot.builder()
                        .name("varve_log_sync_duration_seconds")
                        .help("Time that a force of the log to the disk took.")
                        .dataPoint(Snapshots.histogramPoint(
                                LatencyBuckets.boundsSeconds(), counts(latencies), nanos.get() / 1e9, Labels.EMPTY))
                        .build(),
                HistogramSnapshot.builder()
                        .name("varve_log_sync_writes")
                        .help("Client writes that one force of the log covered: the size of the group commits.")
                        .dataPoint(Snapshots.histogramPoint(
                                groupBounds(), counts(groups), (double) writes.get(), Labels.EMPTY))
                        .build(),
                Snapshots.counter("varve_log_synced_bytes", "Bytes of log that were forced.", bytes.get()),
                Snapshots.counter("varve_flushes", "Memtables that were flushed to sorted tables.", flushes.get()),
                Snapshots.counter("varve_flush_seconds", "Time that flushing memtables took.", flushNanos.get() / 1e9));
    }

    /** The smallest bucket whose bound, a power of two, is not below the number of writes. */
    private static int groupBucket(int syncedWrites) {
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(Math.max(syncedWrites, 1) - 1);
        return Math.min(bits, GROUP_BUCKETS - 1);
    }

    private static double[] groupBounds() {
        double[] bounds = new double[GROUP_BUCKETS];
        for (int i = 0; i < GROUP_BUCKETS - 1; i++) {
            bounds[i] = 1 << i;
        }
        bounds[GROUP_BUCKETS - 1] = Double.POSITIVE_INFINITY;
        return bounds;
    }

    private static long[] counts(AtomicLongArray array) {
        long[] counts = new long[array.length()];
        for (int i = 0; i < counts.length; i++) {
            counts[i] = array.get(i);
        }
        return counts;
    }
}
