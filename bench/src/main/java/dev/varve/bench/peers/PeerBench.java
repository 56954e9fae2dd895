package dev.varve.bench.peers;

import dev.varve.bench.harness.BlockDevice;
import dev.varve.bench.harness.Commands;
import dev.varve.bench.harness.Machine;
import dev.varve.bench.harness.Processes;
import dev.varve.bench.harness.Results;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.Failure;
import dev.varve.cli.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Measures the server beside its peers. Started by {@code bench/peers}. */
@Command(
        name = "bench/peers",
        mixinStandardHelpOptions = true,
        description = {
            "Measures 'varve server' beside etcd, a bare Netty server and the disk, in one run on this machine.",
            "With --nodes=3 clusters of both, whose leaders are asked.",
            "Needs the programs wrk, h2load and etcd. Prints tables, and writes them with JSON and a chart."
        })
public final class PeerBench implements Callable<Integer> {

    private static final int SECONDS_MAX = 60;
    private static final int ROUNDS_MAX = 50;
    /** For each node and operation: all of them compile what they run at the same time. */
    private static final int WARM_UP_SECONDS = 5;

    private static final int DISK_SECONDS = 1;

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
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "1",
            description = "Nodes of Varve and of etcd: 1, 3 or 5. Default: ${DEFAULT-VALUE}.")
    private int nodes;

    @Option(
            names = "--workloads",
            paramLabel = "NAME",
            split = ",",
            description = "Only these of put-1, put-64, put-256, get-64, range-64, batch-64, put-256-1024.")
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
        Commands.main(PeerBench::new, args);
    }

    @Override
    public Integer call() throws IOException {
        List<Workload> workloads = check();
        Path target = (output == null ? root.resolve("target/peers") : output).toAbsolutePath();
        Processes processes = Processes.below(target);
        Map<String, String> facts = Machine.describe(processes.directory());
        facts.putAll(Programs.versions(processes, launcher()));
        facts.put("measured", rounds + " rounds of " + seconds + " s");
        facts.put("nodes", Integer.toString(nodes));
        PeerReport report = new PeerReport(facts, nodes, workloads, measure(processes, workloads));
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
        Commands.bounds("--seconds", seconds, 1, SECONDS_MAX);
        Commands.bounds("--rounds", rounds, 1, ROUNDS_MAX);
        if (nodes != 1 && nodes != 3 && nodes != 5) {
            throw new Failure("--nodes is " + nodes + ", but must be 1, 3 or 5.");
        }
        for (String name : only) {
            if (Workload.ALL.stream().noneMatch(workload -> workload.id().equals(name))) {
                throw new Failure("There is no workload '" + name + "'; there are "
                        + Workload.ALL.stream().map(Workload::id).collect(Collectors.joining(", ")) + ".");
            }
        }
        Programs.demand();
        return Workload.ALL.stream()
                .filter(workload -> only.isEmpty() || only.contains(workload.id()))
                .toList();
    }

    private Path launcher() {
        return root.resolve("varve").toAbsolutePath();
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
            processes.settle();
            PeerReport.add(round, yardstick, yardstick.measure(processes.directory(), DISK_SECONDS));
        }
        // Each length of values has servers of its own, since stores go on writing of what they were given before.
        Map<Integer, List<Workload>> alike = workloads.stream()
                .collect(Collectors.groupingBy(Workload::valueBytes, LinkedHashMap::new, Collectors.toList()));
        for (List<Workload> some : alike.values()) {
            try (Servers servers =
                    new Servers(processes, launcher(), nodes, some.getFirst().valueBytes())) {
                // The first is another one in each round, so that nobody always has the same neighbour before it.
                List<Contender> contenders = new ArrayList<>(servers.contenders());
                Collections.rotate(contenders, number);
                warmUp(contenders, some, progress);
                measureAll(processes, contenders, some, round, progress);
            }
        }
        return round;
    }

    private void measureAll(
            Processes processes,
            List<Contender> contenders,
            List<Workload> workloads,
            Results.Round round,
            Progress progress)
            throws IOException {
        for (Workload workload : workloads) {
            for (Contender contender : contenders) {
                if (contender.operations().contains(workload.operation())) {
                    progress.message(contender.name() + ", " + workload.title());
                    round.add(workload.id(), contender.name(), measure(processes, contender, workload));
                }
            }
        }
    }

    private Map<String, Double> measure(Processes processes, Contender contender, Workload workload)
            throws IOException {
        BlockDevice device = new BlockDevice(processes.directory());
        processes.settle();
        OptionalLong before = device.bytesWritten();
        Sample sample = contender.load().run(workload, seconds);
        Map<String, Double> figures = new HashMap<>(sample.figures());
        if (workload.storedBytes() > 0 && before.isPresent()) {
            processes.settle();
            double written = device.bytesWritten().orElseThrow() - before.getAsLong();
            double stored = sample.ratePerSecond() * seconds * workload.storedBytes();
            figures.put(Sample.DEVICE_BYTES, written / stored / nodes);
        }
        return figures;
    }

    /** Lets every server compile what it runs, by one workload of each operation. */
    private void warmUp(List<Contender> contenders, List<Workload> workloads, Progress progress) {
        for (Contender contender : contenders) {
            progress.message(contender.name() + ", warm-up");
            workloads.stream()
                    .filter(workload -> contender.operations().contains(workload.operation()))
                    .collect(Collectors.toMap(Workload::operation, w -> w, (first, second) -> second))
                    .values()
                    .forEach(workload -> contender.load().run(workload, nodes * WARM_UP_SECONDS));
        }
    }
}
