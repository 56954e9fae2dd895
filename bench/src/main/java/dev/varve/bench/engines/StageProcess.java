package dev.varve.bench.engines;

import dev.varve.bench.harness.Figures;
import dev.varve.bench.harness.ProcessMemory;
import dev.varve.bench.harness.Records;
import dev.varve.cli.ExitCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A process of its own: one contender, one store. Tells its {@link Figures} on standard output. Started by {@link StageLauncher}. */
@Command(name = "stage")
public final class StageProcess implements Callable<Integer> {

    /** Says that what has to be there before the process is killed is there. */
    static final String READY = "READY";

    private static final int BATCH_KEYS = 100;
    private static final long SAMPLE_MILLIS = 100;
    private static final int MEBIBYTE = 1 << 20;

    @Option(names = "--contender", required = true)
    private Contender contender = Contender.VARVE;

    @Option(names = "--stage", required = true)
    private Stage stage = Stage.SMALL;

    @Option(names = "--workloads", split = ",", arity = "0..1")
    private List<Workload> workloads = List.of();

    /** Fills the store and overwrites until the process is killed. */
    @Option(names = "--until-killed")
    private boolean untilKilled;

    @Option(names = "--directory", required = true)
    private Path directory = Path.of("");

    @Option(names = "--keys", required = true)
    private long keyCount;

    @Option(names = "--seconds", required = true)
    private double seconds;

    @Option(names = "--write-seconds", required = true)
    private double writeSeconds;

    private final AtomicLong memoryBytes = new AtomicLong();

    StageProcess() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new StageProcess())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute(args));
    }

    @Override
    public Integer call() throws IOException {
        Thread.ofPlatform().daemon().start(this::watchMemory);
        Records records = new Records(keyCount, stage.valueBytes(), stage.valueBytes());
        KeySet keys = new KeySet(records, keyCount, stage == Stage.LIMITED);
        Files.createDirectories(directory);
        if (workloads.contains(Workload.REOPEN)) {
            tell(Workload.REOPEN, reopen(records, keys));
            return ExitCode.OK;
        }
        try (Engine engine = contender.open(setup(directory))) {
            StageRun run = run(engine, records, keys);
            if (untilKilled) {
                run.fill(2, BATCH_KEYS);
                System.out.println(READY + " " + keys.size());
                run.overwriteForEver(2);
            }
            for (Workload workload : workloads) {
                tell(workload, run.run(workload));
            }
        }
        return ExitCode.OK;
    }

    private StageRun run(Engine engine, Records records, KeySet keys) throws IOException {
        return new StageRun(engine, contender, directory, records, keys, seconds, writeSeconds);
    }

    private Engine.Setup setup(Path where) {
        // A tree of pages that are half full, and what was freed and not yet used again.
        long dataBytesMax = Math.max(1L << 30, keyCount * (stage.valueBytes() + 200L) * 8);
        return new Engine.Setup(where, stage == Stage.DURABLE, (long) stage.cacheMebibytes() * MEBIBYTE, dataBytesMax);
    }

    private void tell(Workload workload, Map<String, Double> measured) {
        Map<String, Double> values = new LinkedHashMap<>(measured);
        values.put(EngineFigures.MEMORY_MEBIBYTES, (double) memoryBytes.get() / MEBIBYTE);
        System.out.println(new Figures(workload.id(), values).line());
    }

    /** Opens what a killed process left. Before that the classes and native libraries are loaded, by an empty store. */
    private Map<String, Double> reopen(Records records, KeySet keys) throws IOException {
        Path empty = directory.resolveSibling(directory.getFileName() + "-empty");
        Files.createDirectories(empty);
        contender.open(setup(empty)).close();
        long begin = System.nanoTime();
        try (Engine engine = contender.open(setup(directory))) {
            long opened = System.nanoTime();
            engine.get(records.key(keys.rank(0)));
            long read = System.nanoTime();
            keys.grow(keys.capacity());
            Map<String, Double> figures = new LinkedHashMap<>();
            figures.put(EngineFigures.OPEN_MILLIS, (opened - begin) / 1e6);
            figures.put(EngineFigures.FIRST_READ_MILLIS, (read - opened) / 1e6);
            figures.put(EngineFigures.LOST, (double) run(engine, records, keys).lost());
            return figures;
        }
    }

    private void watchMemory() {
        while (true) {
            memoryBytes.accumulateAndGet(ProcessMemory.anonymousBytes("self"), Math::max);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(SAMPLE_MILLIS));
        }
    }
}
