package dev.varve.bench.peers;

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
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the server beside its peers. Started by {@code bench/peers}. */
@Command(
        name = "bench/peers",
        mixinStandardHelpOptions = true,
        description = {
            "Measures 'varve server' beside etcd, a bare Netty server and the disk, in one run on this machine.",
            "Needs the programs wrk, h2load and etcd. Prints tables, and writes them with JSON and a chart."
        })
public final class PeerBench implements Callable<Integer> {

    private static final int SECONDS_MAX = 60;
    private static final int ROUNDS_MAX = 50;
    private static final int WARM_UP_SECONDS = 2;
    private static final int DISK_SECONDS = 1;
    private static final int SYNC_SECONDS_MAX = 60;

    /** The programs that are needed, and the packages of Debian that have them. */
    private static final Map<String, String> NEEDED =
            Map.of("wrk", "wrk", "h2load", "nghttp2-client", "etcd", "etcd-server");

    private final Console console;

    @Option(names = "--root", paramLabel = "DIR", description = "The clone.", hidden = true)
    private Path root = Path.of("");

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Length of each measurement. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "How often everything is measured, on new stores. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--workloads",
            paramLabel = "NAME",
            split = ",",
            description = "Only these of put-1, put-64, put-256, get-64, range-64, batch-64.")
    private List<String> only = List.of();

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Where peers.md, peers.json and peers.svg go, and, until the end, the stores: it must lie on"
                    + " the disk that is to be measured. Default: target/peers in the clone.")
    private @Nullable Path output;

    PeerBench(Console console) {
        this.console = console;
    }

    public static void main(String[] args) throws IOException {
        Console console = Console.system();
        int exitCode = new CommandLine(new PeerBench(console))
                .setExecutionExceptionHandler((exception, command, parsed) -> failed(console, exception))
                .execute(args);
        console.out().flush();
        System.exit(exitCode);
    }

    private static int failed(Console console, Exception exception) {
        if (exception instanceof Failure) {
            console.say("bench/peers: " + exception.getMessage());
        } else {
            exception.printStackTrace(console.err());
        }
        return ExitCode.FAILED;
    }

    @Override
    public Integer call() throws IOException {
        List<Workload> workloads = check();
        Path target = (output == null ? root.resolve("target/peers") : output).toAbsolutePath();
        Files.createDirectories(target);
        Path directory = Files.createTempDirectory(target, "run-");
        Processes processes = new Processes(directory);
        // A signal ends the programs that were started and leaves no files; so does the way out below.
        Thread cleanUp = new Thread(() -> cleanUp(processes));
        Runtime.getRuntime().addShutdownHook(cleanUp);
        Map<String, String> facts = Machine.describe(processes, launcher());
        facts.put("measured", rounds + " rounds of " + seconds + " s");
        Results results = measure(processes, workloads);
        Report report = new Report(facts, workloads, results);
        for (String line : report.markdown()) {
            console.println(line);
        }
        Files.write(target.resolve("peers.md"), report.markdown());
        Files.writeString(target.resolve("peers.json"), report.json());
        Files.writeString(target.resolve("peers.svg"), report.svg());
        return ExitCode.OK;
    }

    /** Checks options and programs, and returns what is to be run. */
    private List<Workload> check() {
        bounds("--seconds", seconds, SECONDS_MAX);
        bounds("--rounds", rounds, ROUNDS_MAX);
        for (String name : only) {
            if (Workload.ALL.stream().noneMatch(workload -> workload.id().equals(name))) {
                throw new Failure("There is no workload '" + name + "'; there are "
                        + Workload.ALL.stream().map(Workload::id).collect(Collectors.joining(", ")) + ".");
            }
        }
        String missing = NEEDED.keySet().stream()
                .filter(program -> !isInstalled(program))
                .map(NEEDED::get)
                .sorted()
                .collect(Collectors.joining(" "));
        if (!missing.isEmpty()) {
            throw new Failure("A program is missing. On Debian: apt-get install " + missing);
        }
        return Workload.ALL.stream()
                .filter(workload -> only.isEmpty() || only.contains(workload.id()))
                .toList();
    }

    private Path launcher() {
        return root.resolve("varve").toAbsolutePath();
    }

    private static void bounds(String option, int value, int max) {
        if (value < 1 || value > max) {
            throw new Failure(option + " is " + value + ", but must lie between 1 and " + max + ".");
        }
    }

    private static boolean isInstalled(String program) {
        return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private Results measure(Processes processes, List<Workload> workloads) throws IOException {
        Results results = new Results();
        try (Progress progress = Progress.start(console, "measuring", rounds, " rounds", 1)) {
            for (int number = 0; number < rounds; number++) {
                results.add(round(processes, workloads, number, progress));
                progress.step(1);
            }
        }
        return results;
    }

    private Results.Round round(Processes processes, List<Workload> workloads, int number, Progress progress)
            throws IOException {
        Results.Round round = new Results.Round(Machine.busyShare());
        for (DiskYardstick yardstick : DiskYardstick.values()) {
            progress.message("disk, " + yardstick.title());
            settle(processes);
            round.add(yardstick, yardstick.measure(processes.directory(), DISK_SECONDS));
        }
        try (Servers servers = new Servers(processes, launcher())) {
            // The first is another one in each round, so that nobody always has the same neighbour before it.
            List<Contender> contenders = new ArrayList<>(servers.contenders());
            Collections.rotate(contenders, number);
            warmUp(contenders, workloads, progress);
            for (Workload workload : workloads) {
                for (Contender contender : contenders) {
                    if (contender.operations().contains(workload.operation())) {
                        progress.message(contender.name() + ", " + workload.title());
                        settle(processes);
                        round.add(workload, contender.name(), contender.load().run(workload, seconds));
                    }
                }
            }
        }
        return round;
    }

    /** Lets every server compile what it runs, by one workload of each operation. */
    private static void warmUp(List<Contender> contenders, List<Workload> workloads, Progress progress) {
        for (Contender contender : contenders) {
            progress.message(contender.name() + ", warm-up");
            workloads.stream()
                    .filter(workload -> contender.operations().contains(workload.operation()))
                    .collect(Collectors.toMap(Workload::operation, w -> w, (first, second) -> second))
                    .values()
                    .forEach(workload -> contender.load().run(workload, WARM_UP_SECONDS));
        }
    }

    /** Has the disk done with what was written before, so that nobody pays for the one before it. */
    private static void settle(Processes processes) {
        processes.run(
                "sync", List.of("sync", "--file-system", processes.directory().toString()), SYNC_SECONDS_MAX);
    }

    private static void cleanUp(Processes processes) {
        try {
            processes.close();
        } catch (IOException e) {
            System.err.println("bench/peers: cannot remove " + processes.directory() + ": " + e.getMessage());
        }
    }
}
