package dev.varve.bench.engines;

import dev.varve.bench.harness.Figures;
import dev.varve.bench.harness.Processes;
import dev.varve.cli.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Starts the processes of the stages, each on a new directory that is removed afterwards. */
final class StageLauncher {

    /** What the native libraries and the trees of pages need of the JVM. */
    private static final List<String> OPENED = List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");

    private static final long TIMEOUT_SECONDS = 3600;
    private static final long POLL_MILLIS = 50;
    private static final long KILL_AFTER_MILLIS = 2000;
    private static final String DATA = "store";

    private final Processes processes;
    private final Options options;

    /**
     * How stages are run.
     *
     * @param keys how many keys a stage has, which it multiplies
     * @param seconds how long reads are measured
     * @param writeSeconds how long writes are measured at most
     * @param recordings where a flight recording of each process goes, or null
     */
    record Options(
            long keys,
            double seconds,
            double writeSeconds,
            @Nullable Path recordings) {}

    StageLauncher(Processes processes, Options options) {
        this.processes = processes;
        this.options = options;
    }

    /**
     * Runs some workloads of a stage.
     *
     * @throws Failure if the process ends before it has told everything, or cannot be started
     */
    List<Figures> run(Stage stage, Contender contender, List<Workload> workloads) throws IOException {
        try {
            processes.settle();
            return switch (stage) {
                case REOPEN -> reopen(contender, workloads);
                case LIMITED -> limited(contender, workloads);
                case SMALL, LARGE, BATCHES, DURABLE -> finish(command(stage, contender, workloads), stage, contender);
            };
        } finally {
            processes.remove(DATA);
        }
    }

    private List<Figures> limited(Contender contender, List<Workload> workloads) throws IOException {
        try (MemoryLimit limit = MemoryLimit.of((long) Stage.LIMIT_MEBIBYTES << 20)) {
            return finish(limit.inside(command(Stage.LIMITED, contender, workloads)), Stage.LIMITED, contender);
        }
    }

    private List<Figures> finish(List<String> command, Stage stage, Contender contender) {
        return Figures.parse(processes.run(name(stage, contender), command, TIMEOUT_SECONDS));
    }

    private List<Figures> reopen(Contender contender, List<Workload> workloads) {
        String name = name(Stage.REOPEN, contender);
        List<String> command = new ArrayList<>(command(Stage.REOPEN, contender, List.of()));
        command.add("--until-killed");
        Process process = processes.start(name, command);
        try {
            awaitReady(process, name);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(KILL_AFTER_MILLIS));
        } finally {
            processes.kill(process);
        }
        return finish(command(Stage.REOPEN, contender, workloads), Stage.REOPEN, contender);
    }

    private void awaitReady(Process process, String name) {
        while (process.isAlive()) {
            try {
                if (Files.readAllLines(processes.log(name)).stream().anyMatch(l -> l.startsWith(StageProcess.READY))) {
                    return;
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
        }
        throw new Failure(name + " failed: " + processes.tail(name));
    }

    private List<String> command(Stage stage, Contender contender, List<Workload> workloads) {
        List<String> command = new ArrayList<>();
        if (stage == Stage.LIMITED) {
            // With an arena for each thread native engines outgrow the limit by what lies idle in them.
            command.addAll(List.of("env", "MALLOC_ARENA_MAX=2"));
        }
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(OPENED);
        command.add("-Xmx" + stage.heapMebibytes(contender) + "m");
        // A collector that needs little beside the heap where there is little.
        command.add(stage == Stage.LIMITED ? "-XX:+UseSerialGC" : "-XX:+UseG1GC");
        if (options.recordings() != null) {
            command.add("-XX:StartFlightRecording=settings=profile,filename="
                    + options.recordings().resolve(name(stage, contender) + ".jfr"));
        }
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), StageProcess.class.getName()));
        command.add("--contender=" + contender);
        command.add("--stage=" + stage);
        if (!workloads.isEmpty()) {
            command.add("--workloads=" + workloads.stream().map(Workload::name).collect(Collectors.joining(",")));
        }
        command.add("--directory=" + processes.directory().resolve(DATA).resolve("files"));
        command.add("--keys=" + stage.keys(options.keys()));
        command.add("--seconds=" + options.seconds());
        command.add("--write-seconds=" + options.writeSeconds());
        return command;
    }

    private static String name(Stage stage, Contender contender) {
        return (contender + "-" + stage).toLowerCase(Locale.ROOT);
    }
}
