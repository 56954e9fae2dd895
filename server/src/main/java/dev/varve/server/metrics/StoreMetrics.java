package dev.varve.server.metrics;

import dev.varve.storage.Health;
import dev.varve.storage.ScrubStatus;
import dev.varve.storage.Store;
import dev.varve.storage.StoreStats;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.List;

/** What the store says of itself. */
final class StoreMetrics {

    private StoreMetrics() {}

    static List<MetricSnapshot> collect(Store store) {
        StoreStats stats = store.stats();
        ScrubStatus scrub = store.scrubStatus();
        boolean ready = store.health().state() == Health.State.OK;
        return List.of(
                Snapshots.gauge("varve_ready", "1 if the store takes writes, else 0.", ready ? 1L : 0L),
                Snapshots.gauge("varve_revision", "Revision of the last visible write.", stats.revision()),
                Snapshots.counter("varve_writes", "Client writes that were committed.", stats.writes()),
                Snapshots.counter("varve_mutations", "Changes that were committed.", stats.mutations()),
                Snapshots.counter("varve_written_bytes", "Keys and values that were committed.", stats.bytesWritten()),
                Snapshots.gauge("varve_pending_writes", "Writes that wait for their commit.", stats.pendingWrites()),
                Snapshots.gauge("varve_pending_bytes", "The same in bytes of log.", stats.pendingBytes()),
                Snapshots.gauge("varve_log_segments", "Files of the log.", stats.logSegments()),
                Snapshots.gauge("varve_log_bytes", "Bytes of records in the log.", stats.logBytes()),
                Snapshots.gauge("varve_tables", "Sorted tables.", stats.tables()),
                Snapshots.gauge("varve_table_bytes", "Bytes in sorted tables.", stats.tableBytes()),
                Snapshots.counter("varve_compactions", "Merges of tables.", stats.compactions()),
                Snapshots.counter(
                        "varve_compacted_bytes", "Bytes of tables that merges wrote.", stats.compactedBytes()),
                writeDelays(stats),
                Snapshots.gauge(
                        "varve_damaged_tables",
                        "Tables that are not merged because a merge met damage in them.",
                        stats.damagedTables()),
                Snapshots.gauge(
                        "varve_damaged_places",
                        "Places in files that are damaged.",
                        scrub.damages().size()),
                Snapshots.counter("varve_damage_found", "Damaged places that were met.", scrub.found()),
                Snapshots.counter("varve_damage_repaired", "Damaged places that were repaired.", scrub.repaired()),
                Snapshots.counter("varve_scrubs", "Passes over all files that have ended.", scrub.passes()),
                Snapshots.gauge("varve_value_segments", "Files of values moved out of the log.", stats.valueSegments()),
                Snapshots.gauge("varve_value_bytes", "Bytes in them.", stats.valueBytes()),
                Snapshots.counter(
                        "varve_moved_bytes", "Values moved to other files to have space back.", stats.movedBytes()),
                Snapshots.gauge("varve_file_bytes", "Bytes of log, value segments and tables.", stats.fileBytes()),
                Snapshots.gauge(
                        "varve_live_bytes", "Bytes of what can be read, as they were written.", stats.liveBytes()),
                Snapshots.gauge(
                        "varve_space_amplification",
                        "How much larger the files are than what can be read.",
                        stats.spaceAmplification()),
                Snapshots.gauge("varve_collected_segments", "Files that are being collected.", stats.victims()),
                Snapshots.gauge(
                        "varve_uncollectable_segments",
                        "Files whose space does not come back because something in them cannot be read.",
                        stats.uncollectable()),
                Snapshots.gauge("varve_memtable_bytes", "Bytes in memtables.", stats.memtableBytes()),
                Snapshots.counter(
                        "varve_cache_hits", "Blocks of tables that were found in the cache.", stats.cacheHits()),
                Snapshots.counter("varve_cache_misses", "Blocks of tables that had to be read.", stats.cacheMisses()),
                Snapshots.gauge("varve_cache_bytes", "Bytes of blocks in the cache.", stats.cacheBytes()),
                Snapshots.gauge("varve_open_snapshots", "Snapshots and cursors that are open.", stats.openSnapshots()),
                Snapshots.gauge("varve_open_seconds", "Time that opening the store took.", stats.openNanos() / 1e9));
    }

    private static MetricSnapshot writeDelays(StoreStats stats) {
        return CounterSnapshot.builder()
                .name("varve_write_delay_seconds")
                .help("Time for which writers were made to wait, because flushing, merging or collecting was behind.")
                .dataPoint(delay("flush", stats.flushDelayNanos()))
                .dataPoint(delay("merge", stats.mergeDelayNanos()))
                .dataPoint(delay("space", stats.spaceDelayNanos()))
                .build();
    }

    private static CounterDataPointSnapshot delay(String reason, long nanos) {
        return Snapshots.counterPoint(nanos / 1e9, Labels.of("reason", reason));
    }
}
