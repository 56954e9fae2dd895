package dev.varve.bench.engines;

import dev.varve.bench.harness.Commands;
import dev.varve.bench.harness.Figures;
import dev.varve.bench.harness.Machine;
import dev.varve.bench.harness.Processes;
import dev.varve.bench.harness.Report;
import dev.varve.bench.harness.Results;
import dev.varve.bench.harness.Series;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.Failure;
import dev.varve.cli.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the engine beside its peers. Started by {@code bench/engines}. */
@Command(
        name = "bench/engines",
        mixinStandardHelpOptions = true,
        description = {
            "Measures the embedded engine beside RocksDB, LMDB and MVStore, in one run on this machine.",
            "Prints tables, and writes them with JSON and a chart."
        })
public final class EngineBench implements Callable<Integer> {

    private static final int KEYS_MAX = 100_000_000;
    private static final int QUICK_KEYS = 20_000;
    private static final double QUICK_SECONDS = 0.5;
    private static final List<Contender> QUICK_CONTENDERS = List.of(Contender.VARVE, Contender.ROCKSDB);

    private final Console console;
    private final List<String> notes = new ArrayList<>();
    private boolean failed;

    @Option(names = "--root", paramLabel = "DIR", description = "The clone.", hidden = true)
    private Path root = Path.of("");

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often everything is measured, on new stores. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "4",
            description = "How long reads and durable writes are measured. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--write-seconds",
            paramLabel = "N",
            defaultValue = "120",
            description = "How long a store is filled or overwritten at most. Default: ${DEFAULT-VALUE}.")
    private int writeSeconds;

    @Option(
            names = "--keys",
            paramLabel = "N",
            defaultValue = "2000000",
            description = "Keys of a store; the one with little memory has twice as many. Default: ${DEFAULT-VALUE}.")
    private int keys;

    @Option(names = "--workloads", paramLabel = "NAME", split = ",", description = "Only these, such as read-1k.")
    private List<String> only = List.of();

    @Option(
            names = "--contenders",
            paramLabel = "NAME",
            split = ",",
            description = "Only these of varve, rocksdb, rocksdb-blob, lmdb, mvstore.")
    private List<String> onlyContenders = List.of();

    @Option(
            names = "--quick",
            description =
                    "A look at everything in a minute or two: one round of Varve and RocksDB with few keys. The figures say little.")
    private boolean quick;

    @Option(names = "--profile", description = "Also write a flight recording of each process.")
    private boolean profile;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description =
                    "Where engines.md, engines.json and engines.svg go, and, until the end, the stores: it must lie"
                            + " on the disk that is to be measured. Default: target/engines in the clone.")
    private @Nullable Path output;

    EngineBench(Console console) {
        this.console = console;
    }

    public static void main(String[] args) throws IOException {
        Commands.main(EngineBench::new, args);
    }

    @Override
    public Integer call() throws IOException {
        Commands.bounds("--rounds", rounds, 1, 50);
        Commands.bounds("--seconds", seconds, 1, 600);
        Commands.bounds("--write-seconds", writeSeconds, 1, 3600);
        Commands.bounds("--keys", keys, 1000, KEYS_MAX);
        if (quick) {
            rounds = 1;
            keys = QUICK_KEYS;
        }
        List<Workload> workloads = chosen(Workload.values(), Workload::id, only, "workload");
        List<Contender> contenders = quick && onlyContenders.isEmpty()
                ? QUICK_CONTENDERS
                : chosen(Contender.values(), EngineBench::id, onlyContenders, "contender");
        Path target = (output == null ? root.resolve("target/engines") : output).toAbsolutePath();
        Processes processes = Processes.below(target);
        StageLauncher launcher = new StageLauncher(
                processes,
                new StageLauncher.Options(
                        keys, quick ? QUICK_SECONDS : seconds, writeSeconds, profile ? target : null));
        Map<String, String> facts = facts(processes, contenders);
        Results results = measure(launcher, workloads, contenders);
        EngineReport report = new EngineReport(facts, contenders, results, notes);
        for (String line : report.markdown()) {
            console.println(line);
        }
        Files.write(target.resolve("engines.md"), report.markdown());
        Files.writeString(target.resolve("engines.json"), report.json());
        Files.writeString(target.resolve("engines.svg"), report.svg());
        return failed ? ExitCode.FAILED : ExitCode.OK;
    }

    private static String id(Contender contender) {
        return contender.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static <T> List<T> chosen(T[] all, Function<T, String> id, List<String> names, String what) {
        List<String> ids = Arrays.stream(all).map(id).toList();
        for (String name : names) {
            if (!ids.contains(name)) {
                throw new Failure("There is no " + what + " '" + name + "'; there are " + String.join(", ", ids) + ".");
            }
        }
        return Arrays.stream(all)
                .filter(one -> names.isEmpty() || names.contains(id.apply(one)))
                .toList();
    }

    private Map<String, String> facts(Processes processes, List<Contender> contenders) throws IOException {
        Map<String, String> facts = Machine.describe(processes.directory());
        facts.put("Java", Runtime.version().toString());
        contenders.forEach(contender -> facts.put(contender.title(), contender.version()));
        facts.put(
                "measured",
                "%d rounds, %,d keys, reads for %s s, writes for at most %d s%s"
                        .formatted(
                                rounds,
                                keys,
                                quick ? QUICK_SECONDS : seconds,
                                writeSeconds,
                                quick ? " (--quick)" : ""));
        return facts;
    }

    private Results measure(StageLauncher launcher, List<Workload> workloads, List<Contender> contenders)
            throws IOException {
        List<Stage> stages = new ArrayList<>(Arrays.asList(Stage.values()));
        stages.removeIf(stage -> Workload.of(stage, workloads).isEmpty());
        String obstacle = stages.contains(Stage.LIMITED) ? MemoryLimit.obstacle() : null;
        if (obstacle != null) {
            stages.remove(Stage.LIMITED);
            notes.add("left out what is done with " + Stage.LIMIT_MEBIBYTES + " MiB: " + obstacle);
        }
        Results results = new Results();
        long steps = (long) rounds * stages.size() * contenders.size();
        try (Progress progress = Progress.start(console, "measuring", steps, " stages", 1)) {
            for (int number = 0; number < rounds; number++) {
                Results.Round round = new Results.Round(Machine.busyShare());
                results.add(round);
                for (int at = 0; at < stages.size(); at++) {
                    Stage stage = stages.get(at);
                    // The first is another one in each round and stage, so that nobody always comes behind the same
                    // one.
                    List<Contender> order = new ArrayList<>(contenders);
                    Collections.rotate(order, number + at);
                    for (Contender contender : order) {
                        progress.message("round " + (number + 1) + ", " + stage + ", " + contender.title());
                        measure(launcher, stage, contender, Workload.of(stage, workloads), round, progress);
                        progress.step(1);
                    }
                }
            }
        }
        return results;
    }

    /** A contender that fails does not keep the others from being measured. */
    private void measure(
            StageLauncher launcher,
            Stage stage,
            Contender contender,
            List<Workload> workloads,
            Results.Round round,
            Progress progress)
            throws IOException {
        try {
            List<Figures> measured = launcher.run(stage, contender, workloads);
            measured.forEach(figures -> round.add(figures.subject(), contender.title(), figures.values()));
            progress.say(contender.title() + ": "
                    + measured.stream().map(EngineBench::brief).collect(Collectors.joining(", ")));
        } catch (Failure failure) {
            String note =
                    contender.title() + ", " + stage.name().toLowerCase(Locale.ROOT) + ": " + failure.getMessage();
            progress.say(note);
            notes.add(note);
            failed = true;
        }
    }

    private static String brief(Figures figures) {
        Double rate = figures.values().get(Series.PER_SECOND);
        Double open = figures.values().get(EngineFigures.OPEN_MILLIS);
        return figures.subject() + " "
                + (rate != null ? Report.count(rate) : open != null ? Report.count(open) + " ms" : "");
    }
}
