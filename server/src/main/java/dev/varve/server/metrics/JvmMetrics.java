package dev.varve.server.metrics;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import java.util.List;

/** The virtual machine: memory, collections, threads. */
final class JvmMetrics {

    private JvmMetrics() {}

    static List<MetricSnapshot> collect() {
        MemoryMXBean memory = ManagementFactory.getMemoryMXBean();
        GaugeSnapshot.Builder used = GaugeSnapshot.builder()
                .name("jvm_memory_used_bytes")
                .help("Memory in use: heap, nonheap, and buffers outside of both.");
        used.dataPoint(point(memory.getHeapMemoryUsage().getUsed(), "heap"));
        used.dataPoint(point(memory.getNonHeapMemoryUsage().getUsed(), "nonheap"));
        for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
            used.dataPoint(point(pool.getMemoryUsed(), "buffers " + pool.getName()));
        }
        CounterSnapshot.Builder collections =
                CounterSnapshot.builder().name("jvm_gc_collections").help("Garbage collections.");
        CounterSnapshot.Builder seconds =
                CounterSnapshot.builder().name("jvm_gc_seconds").help("Time spent in garbage collections.");
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            Labels labels = Labels.of("gc", collector.getName());
            collections.dataPoint(Snapshots.counterPoint((double) Math.max(0, collector.getCollectionCount()), labels));
            seconds.dataPoint(Snapshots.counterPoint(Math.max(0, collector.getCollectionTime()) / 1e3, labels));
        }
        return List.of(
                used.build(),
                Snapshots.gauge(
                        "jvm_memory_heap_max_bytes",
                        "Largest heap.",
                        memory.getHeapMemoryUsage().getMax()),
                collections.build(),
                seconds.build(),
                Snapshots.gauge(
                        "jvm_threads",
                        "Threads that live.",
                        ManagementFactory.getThreadMXBean().getThreadCount()),
                Snapshots.gauge(
                        "process_start_time_seconds",
                        "When the process began, in seconds since 1970.",
                        ManagementFactory.getRuntimeMXBean().getStartTime() / 1e3));
    }

    private static GaugeDataPointSnapshot point(long bytes, String area) {
        return new GaugeDataPointSnapshot((double) bytes, Labels.of("area", area), null);
    }
}
