package dev.varve.bench.engines;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What is done with a store. In the order in which the workloads of a stage follow one another; the first one fills it. */
enum Workload {
    FILL_100(Stage.SMALL, Action.FILL, "random fill, 100 B"),
    READ_100(Stage.SMALL, Action.READ, "read, 100 B, in memory"),
    MISSING_100(Stage.SMALL, Action.MISSING, "missing key"),
    SCAN_100(Stage.SMALL, Action.SCAN, "scan of 100 x 100 B, in memory"),
    FILL_1K(Stage.LARGE, Action.FILL, "random fill, 1 KiB"),
    READ_1K(Stage.LARGE, Action.READ, "read, 1 KiB, in memory"),
    SCAN_1K(Stage.LARGE, Action.SCAN, "scan of 100 x 1 KiB, in memory"),
    OVERWRITE_1K(Stage.LARGE, Action.OVERWRITE, "random overwrite, 1 KiB, 3x the data"),
    MIXED_1K(Stage.LARGE, Action.MIXED, "read beside a writer that overwrites, 1 KiB"),
    BATCH_100(Stage.BATCHES, Action.BATCH_FILL, "keys in batches of 100, 100 B"),
    DURABLE_1(Stage.DURABLE, Action.DURABLE, "durable put, 1 writer"),
    DURABLE_8(Stage.DURABLE, Action.DURABLE, "durable put, 8 writers"),
    DURABLE_64(Stage.DURABLE, Action.DURABLE, "durable put, 64 writers"),
    REOPEN(Stage.REOPEN, Action.REOPEN, "reopen after kill -9"),
    LIMITED_LOAD(Stage.LIMITED, Action.SORTED_FILL, "512 MiB: sorted load, 1 KiB"),
    LIMITED_READ(Stage.LIMITED, Action.READ, "512 MiB: read"),
    LIMITED_MISSING(Stage.LIMITED, Action.MISSING, "512 MiB: missing key"),
    LIMITED_SCAN(Stage.LIMITED, Action.SCAN, "512 MiB: scan of 100"),
    LIMITED_OVERWRITE(Stage.LIMITED, Action.OVERWRITE_SOME, "512 MiB: random overwrite");

    /** How the store is used. */
    enum Action {
        /** Every key once, in random order. */
        FILL,
        /** Every key once, in order, in batches. */
        SORTED_FILL,
        /** Every key once, in random order, in batches. */
        BATCH_FILL,
        READ,
        MISSING,
        SCAN,
        /** Three times as many puts as there are keys. */
        OVERWRITE,
        /** Puts for as long as they are given time. */
        OVERWRITE_SOME,
        /** One thread overwrites, one reads. */
        MIXED,
        /** Every put waits for the device. */
        DURABLE,
        /** A process fills and overwrites and is killed, another one opens. */
        REOPEN
    }

    private final Stage stage;
    private final Action action;
    private final String title;

    Workload(Stage stage, Action action, String title) {
        this.stage = stage;
        this.action = action;
        this.title = title;
    }

    Stage stage() {
        return stage;
    }

    Action action() {
        return action;
    }

    /** As in the report. */
    String title() {
        return title;
    }

    /** As on the command line: {@code fill-100}. */
    String id() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether the stage ends with it. */
    boolean isLastOfStage() {
        return Arrays.stream(values()).noneMatch(w -> w.stage == stage && w.compareTo(this) > 0);
    }

    /** How many threads do it. */
    int threads() {
        return switch (this) {
            case DURABLE_1 -> 1;
            case DURABLE_8 -> 8;
            case DURABLE_64 -> 64;
            default -> 2;
        };
    }

    /** What a stage has to do so that the chosen workloads are measured: they, and before them what fills the store. */
    static List<Workload> of(Stage stage, List<Workload> chosen) {
        List<Workload> all =
                Arrays.stream(values()).filter(w -> w.stage == stage).toList();
        return all.stream().noneMatch(chosen::contains)
                ? List.of()
                : all.stream()
                        .filter(w -> (w == all.getFirst() && stage != Stage.DURABLE) || chosen.contains(w))
                        .toList();
    }
}
