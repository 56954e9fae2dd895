package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.client.NotFoundException;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes as processes. {@code -Dvarve.cluster.kills=20} makes the kills of the leader more, and {@code -Dvarve.cluster.report} demands
 * that writing goes on within the time that is promised for a machine without other load.
 */
class ClusterTest {

    private static final int KILLS = Integer.getInteger("varve.cluster.kills", 2);
    private static final boolean REPORT = System.getProperty("varve.cluster.report") != null;
    private static final int WRITERS = 6;
    private static final int WRITES_BETWEEN_KILLS = 300;

    @Test
    void everyNodeTakesEveryRequest(@TempDir Path directory) throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(directory).start()) {
            String leader = cluster.awaitLeader(null);
            for (String node : ClusterProcesses.NAMES) {
                try (VarveClient client = cluster.node(node).client()) {
                    client.put(("from " + node).getBytes(UTF_8), node.getBytes(UTF_8));
                    for (String other : ClusterProcesses.NAMES) {
                        assertThat(cluster.read(other, "from " + node))
                                .as("put through %s, read on %s", node, other)
                                .isEqualTo(node);
                    }
                    client.putBatch("{\"b1\":\"%s\",\"b2\":\"%s\"}"
                            .formatted(node, node)
                            .getBytes(UTF_8));
                    assertThat(ClusterProcesses.entries(client, "b")).isEqualTo(Map.of("b1", node, "b2", node));
                    client.delete("b1".getBytes(UTF_8));
                    assertThatThrownBy(() -> client.delete("b1".getBytes(UTF_8)))
                            .as("deleted again through %s", node)
                            .isInstanceOf(NotFoundException.class);
                }
                assertThat(cluster.get(node, "/read?key=b2").headers().firstValue("Varve-Leader"))
                        .hasValue(leader + "=" + cluster.node(leader).url().substring("http://".length()));
                assertThat(cluster.get(node, "/metrics").body())
                        .contains("varve_raft_leader " + (node.equals(leader) ? "1.0" : "0.0"))
                        .contains("varve_peer_reachable{peer=\"" + leader + "\"} 1.0");
            }
            cluster.awaitCaughtUp();
            String contents = cluster.contents("n1");
            assertThat(contents).contains("from n2");
            assertThat(List.of(cluster.contents("n2"), cluster.contents("n3"))).containsOnly(contents);
        }
    }

    @Test
    void killsOfTheLeaderLoseNothingThatWasAcknowledged(@TempDir Path directory) throws Exception {
        long[] gapMillis = new long[KILLS];
        String summary;
        try (ClusterProcesses cluster = new ClusterProcesses(directory).start();
                Acknowledgements writers = new Acknowledgements(cluster, WRITERS)) {
            for (int kill = 0; kill < KILLS; kill++) {
                String leader = cluster.awaitLeader(null);
                writers.await(WRITES_BETWEEN_KILLS, cluster.node(other(leader)));
                long killed = System.nanoTime();
                cluster.node(leader).kill();
                String successor = cluster.awaitLeader(leader);
                assertThat(cluster.get(other(leader), "/v1/cluster").body())
                        .as("what is said of a process that has just died")
                        .containsPattern("\"id\":\"" + leader + "\"[^}]*\"reachable\":false");
                writers.await(WRITES_BETWEEN_KILLS, cluster.node(successor));
                gapMillis[kill] = TimeUnit.NANOSECONDS.toMillis(writers.longestGapNanos(killed, System.nanoTime()));
                cluster.node(leader).start();
            }
            writers.stop();
            assertThat(writers.defects()).isEmpty();
            cluster.awaitCaughtUp();
            String contents = cluster.contents("n1");
            assertThat(List.of(cluster.contents("n2"), cluster.contents("n3")))
                    .as("what the nodes hold")
                    .containsOnly(contents);
            try (VarveClient client = cluster.client("n1")) {
                assertThat(writers.lost(ClusterProcesses.entries(client, "w")))
                        .as("lost")
                        .isEmpty();
            }
            Arrays.sort(gapMillis);
            summary = String.format(
                    Locale.ROOT,
                    "%d kills of the leader: %,d writes acknowledged, 0 lost, %d keys with an unknown outcome, %d writes refused;"
                            + " longest gap without an acknowledgement: median %d ms, worst %d ms",
                    KILLS,
                    writers.count(),
                    writers.unknowns(),
                    writers.refusals(),
                    gapMillis[KILLS / 2],
                    gapMillis[KILLS - 1]);
        }
        System.out.println(summary);
        if (REPORT) {
            assertThat(gapMillis[KILLS / 2]).as(summary).isLessThan(1000);
            assertThat(gapMillis[KILLS - 1]).as(summary).isLessThan(2000);
        }
    }

    @Test
    void aNodeThatWasAwayOrWipedCatchesUp(@TempDir Path directory) throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(directory).start()) {
            String leader = cluster.awaitLeader(null);
            String away = other(leader);
            cluster.node(away).kill();
            try (VarveClient client = cluster.client(leader)) {
                for (int i = 0; i < 200; i++) {
                    client.put(("missed " + i).getBytes(UTF_8), "v".getBytes(UTF_8));
                }
            }
            cluster.node(away).start();
            assertThat(cluster.read(away, "missed 199")).isEqualTo("v");

            // The founder as well: it must not found another cluster when it has lost its disk.
            for (String wiped : List.of(away, "n1")) {
                cluster.node(wiped).kill();
                delete(directory.resolve(wiped).resolve("data"));
                cluster.node(wiped).start();
                assertThat(cluster.read(wiped, "missed 199")).isEqualTo("v");
            }
            cluster.awaitCaughtUp();
            assertThat(List.of(cluster.contents("n2"), cluster.contents("n3"))).containsOnly(cluster.contents("n1"));
        }
    }

    @Test
    void aLeaderThatFrozeGivesNoStaleReadWhenItWakes(@TempDir Path directory) throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(directory).start()) {
            for (int round = 0; round < 3; round++) {
                String frozen = cluster.awaitLeader(null);
                try (VarveClient client = cluster.node(frozen).client()) {
                    client.put("k".getBytes(UTF_8), "old".getBytes(UTF_8));
                }
                cluster.signal(frozen, "STOP");
                String successor = cluster.awaitLeader(frozen);
                try (VarveClient client = cluster.node(successor).client()) {
                    client.put("k".getBytes(UTF_8), ("new " + round).getBytes(UTF_8));
                }
                // Asked while it sleeps, it answers the moment that it wakes.
                List<CompletableFuture<String>> reads = Stream.generate(() -> readLater(cluster, frozen))
                        .limit(20)
                        .toList();
                cluster.signal(frozen, "CONT");
                for (CompletableFuture<String> read : reads) {
                    assertThat(read.get(Program.PATIENCE_SECONDS, TimeUnit.SECONDS))
                            .as("round %d", round)
                            .isEqualTo("new " + round);
                }
            }
        }
    }

    private static CompletableFuture<String> readLater(ClusterProcesses cluster, String node) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return String.valueOf(cluster.read(node, "k"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void aNodeIsToldThatTheDirectoryIsNotItsOwn(@TempDir Path directory) throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(directory).start()) {
            cluster.node("n3").kill();
            ServerProcess wrong = cluster.process("n3", "n2");
            cluster.node("n2").kill();
            wrong.launch();
            assertThat(wrong.awaitEnd()).isEqualTo(1);
            assertThat(wrong.log()).contains("is that of node 'n3', not of 'n2': start it with --node-id n3");

            ServerProcess alone = new ServerProcess(directory.resolve("n3"), List.of());
            alone.launch();
            assertThat(alone.awaitEnd()).isEqualTo(1);
            assertThat(alone.log()).contains("it is the store of node 'n3' of a cluster");
        }
    }

    private static String other(String name) {
        return ClusterProcesses.NAMES.stream()
                .filter(each -> !each.equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void delete(Path directory) throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
    }
}
