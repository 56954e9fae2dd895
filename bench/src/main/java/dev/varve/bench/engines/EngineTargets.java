package dev.varve.bench.engines;

import dev.varve.bench.harness.Bound;
import dev.varve.bench.harness.Series;
import dev.varve.bench.harness.Target;
import java.util.List;

/** What Varve aims at beside the other engines. */
final class EngineTargets {

    private static final String BEST = "the best";

    static final List<Target> ALL = List.of(
            faster(Workload.FILL_100, 1.2, Contender.ROCKSDB),
            faster(Workload.FILL_1K, 1.2, Contender.ROCKSDB),
            faster(Workload.OVERWRITE_1K, 0.9, Contender.ROCKSDB_BLOB),
            faster(Workload.OVERWRITE_1K, 1.5, Contender.ROCKSDB),
            faster(Workload.BATCH_100, 1.2, Contender.ROCKSDB),
            faster(Workload.DURABLE_1, 1.0, Contender.ROCKSDB),
            faster(Workload.DURABLE_8, 1.5, Contender.ROCKSDB),
            fasterThanAll(Workload.DURABLE_64, 3),
            faster(Workload.READ_100, 2, Contender.ROCKSDB),
            faster(Workload.READ_1K, 2, Contender.ROCKSDB_BLOB),
            faster(Workload.SCAN_100, 2, Contender.ROCKSDB),
            faster(Workload.SCAN_1K, 3, Contender.ROCKSDB_BLOB),
            fasterThanAll(Workload.LIMITED_READ, 1),
            faster(Workload.LIMITED_MISSING, 0.8, Contender.ROCKSDB),
            faster(Workload.LIMITED_SCAN, 0.8, Contender.ROCKSDB),
            faster(Workload.LIMITED_OVERWRITE, 2, Contender.ROCKSDB),
            less(Workload.LIMITED_OVERWRITE, "bytes to the device", EngineFigures.WRITE_AMPLIFICATION, 0.5),
            most(Workload.OVERWRITE_1K, "bytes to the device a byte", EngineFigures.WRITE_AMPLIFICATION, 2.2),
            most(Workload.OVERWRITE_1K, "bytes on the disk a byte", EngineFigures.SPACE_AMPLIFICATION, 1.5),
            most(Workload.REOPEN, "milliseconds", EngineFigures.OPEN_MILLIS, 500),
            most(Workload.LIMITED_OVERWRITE, "MiB of memory", EngineFigures.MEMORY_MEBIBYTES, Stage.LIMIT_MEBIBYTES),
            less(Workload.MIXED_1K, "p99.9 of reads", Series.P999_MICROS, 1),
            less(Workload.MIXED_1K, "p99.9 of writes", EngineFigures.WRITES_P999_MICROS, 1));

    private EngineTargets() {}

    private static Target faster(Workload workload, double least, Contender peer) {
        return ratio(
                workload,
                workload.title() + " / " + peer.title(),
                Series.PER_SECOND,
                List.of(peer),
                Bound.AT_LEAST,
                least);
    }

    private static Target fasterThanAll(Workload workload, double least) {
        return ratio(
                workload, workload.title() + " / " + BEST, Series.PER_SECOND, Contender.peers(), Bound.AT_LEAST, least);
    }

    private static Target less(Workload workload, String what, String figure, double most) {
        String title = workload.title() + ", " + what + " / " + Contender.ROCKSDB.title();
        return ratio(workload, title, figure, List.of(Contender.ROCKSDB), Bound.AT_MOST, most);
    }

    private static Target most(Workload workload, String what, String figure, double most) {
        return ratio(workload, workload.title() + ", " + what, figure, List.of(), Bound.AT_MOST, most);
    }

    private static Target ratio(
            Workload workload, String title, String figure, List<Contender> peers, Bound bound, double limit) {
        List<Series> baselines =
                peers.stream().map(peer -> series(workload, peer, figure)).toList();
        return new Target(title, series(workload, Contender.VARVE, figure), baselines, bound, limit);
    }

    /** A figure of a contender. */
    static Series series(Workload workload, Contender contender, String figure) {
        return new Series(workload.id(), contender.title(), figure);
    }
}
