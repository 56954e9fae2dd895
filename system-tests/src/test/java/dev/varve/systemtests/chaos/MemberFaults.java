package dev.varve.systemtests.chaos;

import dev.varve.client.VarveClient;
import dev.varve.client.VarveException;
import dev.varve.systemtests.ClusterProcesses;
import dev.varve.systemtests.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** What an operator does, or a disk that is lost makes him do: other leaders, other members, nodes that begin anew. */
final class MemberFaults {

    private final ClusterProcesses cluster;
    private final Path directory;

    /** @param directory in which each node has its own */
    MemberFaults(ClusterProcesses cluster, Path directory) {
        this.cluster = cluster;
        this.directory = directory;
    }

    Map<String, Fault> all() {
        return new TreeMap<>(Map.of("transfer", this::transfer, "wipe", this::wipe, "replace", this::replace));
    }

    private String transfer(String target, long hold, RandomGenerator random) {
        return ask(target, "POST", "/v1/cluster/transfer-leadership?to=" + target);
    }

    private String wipe(String target, long hold, RandomGenerator random) throws IOException {
        ServerProcess node = cluster.node(target);
        node.kill();
        LockSupport.parkNanos(hold);
        empty(data(directory, target));
        node.launch();
        return "";
    }

    /** Removes a member that runs, and takes in a node of its name with an empty directory. */
    private String replace(String target, long hold, RandomGenerator random) throws IOException {
        String removed = ask(other(target), "DELETE", "/v1/cluster/members?id=" + target);
        LockSupport.parkNanos(hold);
        ServerProcess node = cluster.node(target);
        node.kill();
        empty(data(directory, target));
        String added = ask(other(target), "POST", "/v1/cluster/members?id=" + target);
        node.launch();
        return removed + added;
    }

    private String other(String target) {
        return cluster.names().stream()
                .filter(node -> !node.equals(target))
                .findFirst()
                .orElseThrow();
    }

    /** Where a node has its data. */
    static Path data(Path directory, String node) {
        return directory.resolve(node).resolve("data");
    }

    /** Asks for a change; what comes of it is seen in what the clients see. */
    private String ask(String node, String method, String target) {
        try (VarveClient client = cluster.node(node).client()) {
            client.change(method, target);
            return "";
        } catch (VarveException refused) {
            return refused.getMessage() + "; ";
        }
    }

    /** Removes all that is in a directory, if there is one; it may be the root of a file system. */
    static void empty(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(directory)) {
            files = all.filter(file -> !file.equals(directory))
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
        for (Path file : files) {
            Files.delete(file);
        }
    }
}
