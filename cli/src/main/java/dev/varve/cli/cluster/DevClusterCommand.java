package dev.varve.cli.cluster;

import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.Failure;
import dev.varve.cli.Usage;
import dev.varve.client.UnreachableException;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jline.utils.Signals;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Starts the nodes of a cluster as processes of their own on this machine, and stops them when it is stopped. */
@Command(
        name = "dev-cluster",
        description = {
            "Starts a cluster on this machine, each node a process of its own, and prints the addresses. Ctrl-C stops it in order;"
                    + " the data stay in the directory.",
            "To try a failure, end a node by 'kill -9 PID'; start this command again to have it back."
        })
public final class DevClusterCommand implements Callable<Integer> {

    private static final int NODES_MAX = 9;
    private static final int START_SECONDS = 60;
    private static final int STOP_SECONDS = 30;
    private static final int OK = 200;
    private static final String HOST = "127.0.0.1:";

    private final Console console;

    @Option(
            names = "--nodes",
            paramLabel = "N",
            defaultValue = "3",
            description = "How many nodes, 1 to 9; a majority of them must live. Default: ${DEFAULT-VALUE}.")
    private int nodes;

    @Option(
            names = {"-d", "--data"},
            paramLabel = "DIR",
            defaultValue = "./varve-dev-cluster",
            description = "Where each node has a directory and a log. Default: ${DEFAULT-VALUE}.")
    private Path data = Path.of("varve-dev-cluster");

    @Option(
            names = "--http-port",
            paramLabel = "PORT",
            defaultValue = "8080",
            description = "HTTP port of the first node; the next ones follow. Default: ${DEFAULT-VALUE}.")
    private int httpPort;

    @Option(
            names = "--raft-port",
            paramLabel = "PORT",
            defaultValue = "7080",
            description = "Port of the first node for the others; the next ones follow. Default: ${DEFAULT-VALUE}.")
    private int raftPort;

    public DevClusterCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (nodes < 1 || nodes > NODES_MAX) {
            throw new Usage("--nodes is " + nodes + ", but must lie between 1 and " + NODES_MAX + ".");
        }
        CountDownLatch stop = new CountDownLatch(1);
        Signals.register("TERM", stop::countDown);
        Signals.register("INT", stop::countDown);
        Map<Integer, Process> running = new LinkedHashMap<>();
        try {
            for (int node = 1; node <= nodes; node++) {
                running.put(node, start(node));
            }
            for (Map.Entry<Integer, Process> each : running.entrySet()) {
                if (!awaitReady(each.getKey(), each.getValue(), stop)) {
                    return ExitCode.OK;
                }
            }
            for (Map.Entry<Integer, Process> each : running.entrySet()) {
                console.println("n" + each.getKey() + "      http://" + HOST + (httpPort + each.getKey() - 1) + "  pid "
                        + each.getValue().pid());
            }
            console.println("data    " + data.toAbsolutePath().normalize());
            console.println("try     curl -X PUT \"http://" + HOST + (httpPort + nodes - 1)
                    + "/put?key=myKey\" -d \"myValue\"");
            console.out().flush();
            stop.await();
        } finally {
            stop(running.values());
        }
        console.say("Stopped.");
        return ExitCode.OK;
    }

    private Process start(int node) throws IOException {
        Path directory = data.resolve("n" + node);
        Files.createDirectories(directory);
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.varve.cli.Main", "server"));
        command.addAll(List.of("--data", directory.toString()));
        command.addAll(List.of("--http", HOST + (httpPort + node - 1)));
        command.addAll(List.of("--node-id", "n" + node, "--raft", HOST + (raftPort + node - 1), "--peers", peers()));
        if (node == 1) {
            command.add("--bootstrap");
        }
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log(node).toFile()))
                .start();
    }

    private String peers() {
        return IntStream.rangeClosed(1, nodes)
                .mapToObj(node -> "n" + node + "=" + HOST + (raftPort + node - 1))
                .collect(Collectors.joining(","));
    }

    private Path log(int node) {
        return data.resolve("n" + node + ".log");
    }

    /** Returns false if it is told to stop before. */
    private boolean awaitReady(int node, Process process, CountDownLatch stop) throws InterruptedException {
        long begun = console.ticker().nanos();
        try (VarveClient client = VarveClient.connect("http://" + HOST + (httpPort + node - 1))) {
            while (!answers(client)) {
                if (!process.isAlive()) {
                    throw new Failure("n" + node + " has ended; see " + log(node) + ".");
                }
                if (console.ticker().nanos() - begun > TimeUnit.SECONDS.toNanos(START_SECONDS)) {
                    throw new Failure(
                            "n" + node + " is not ready after " + START_SECONDS + " s; see " + log(node) + ".");
                }
                if (stop.await(20, TimeUnit.MILLISECONDS)) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean answers(VarveClient client) {
        try {
            return client.page("/readyz").status() == OK;
        } catch (UnreachableException notListening) {
            return false;
        }
    }

    private static void stop(Iterable<Process> processes) throws InterruptedException {
        processes.forEach(Process::destroy);
        for (Process process : processes) {
            if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }
}
