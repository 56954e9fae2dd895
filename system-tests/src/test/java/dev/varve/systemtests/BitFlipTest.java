package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cli.Console;
import dev.varve.cli.inspect.VerifyCommand;
import dev.varve.client.VarveClient;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.io.Ticker;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/**
 * A bit is flipped in some file of one node of three, which runs or is stopped meanwhile: no node ever answers anything wrong, the damage is found and told,
 * and repaired from the others by itself. {@code -Dvarve.cluster.flips=200} makes more tries.
 */
class BitFlipTest {

    private static final int FLIPS = Integer.getInteger("varve.cluster.flips", 4);
    private static final int KEYS = 120;
    private static final int OVERWRITTEN = 30;

    /** Most values are long enough to stand in the log; the others stand in tables. */
    private static final int VALUE_BYTES_MAX = 6_000;

    private static final String PREFIX = "key";
    private static final Duration PATIENCE = Duration.ofSeconds(Program.PATIENCE_SECONDS);

    @TempDir
    private Path directory;

    private final long seed = Long.getLong("varve.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final Map<String, String> expected = new TreeMap<>();
    private final Map<FileKind, Integer> flips = new TreeMap<>();
    private int read;

    @Test
    void aFlippedBitIsFoundToldAndRepairedAndNeverAnswered() throws Exception {
        String[] arguments = {"--rebuild", "--max-value-bytes=64KiB", "--max-batch-bytes=512KiB"};
        try (ClusterProcesses cluster = new ClusterProcesses(directory, arguments).start()) {
            write(cluster, KEYS);
            for (int i = 0; i < FLIPS; i++) {
                write(cluster, OVERWRITTEN);
                String name = ClusterProcesses.NAMES.get(random.nextInt(ClusterProcesses.NAMES.size()));
                if (i % 4 == 3) {
                    flipStopped(cluster, name);
                } else {
                    flipRunning(cluster, name);
                }
                readAll(cluster, "after flip " + i);
                assertThat(entries(cluster, name)).as("after flip %d", i).isEqualTo(expected);
            }
            System.out.printf(
                    "%d bits flipped, in %s: all found and repaired, %,d reads of keys right meanwhile (seed %d)%n",
                    FLIPS, flips, read, seed);
            assertThat(run(cluster, "n1", "cluster", "verify")).as(output()).isZero();
            assertThat(run(cluster, "n2", "scrub")).as(output()).isZero();
            for (String name : ClusterProcesses.NAMES) {
                assertThat(cluster.node(name).stop()).isZero();
                assertThat(verify(name)).isEmpty();
            }
        } catch (AssertionError e) {
            throw new AssertionError(
                    e.getMessage() + "\nRepeat it with -Dvarve.seed=" + seed + " -Dvarve.cluster.flips=" + FLIPS, e);
        }
    }

    private Path data(String name) {
        return directory.resolve(name).resolve("data");
    }

    private void flipRunning(ClusterProcesses cluster, String name) throws IOException {
        ServerProcess node = cluster.node(name);
        double found = metric(node, "varve_damage_found_total");
        BitRot.Flip flip = BitRot.flip(data(name), random, true);
        String what = flip + " of " + name;
        flips.merge(flip.kind(), 1, Integer::sum);
        readAll(cluster, what);
        assertThat(BitRot.isHealed(node, flip, PATIENCE))
                .as("%s is healed\n%s", what, node.log())
                .isTrue();
        assertThat(metric(node, "varve_damage_found_total"))
                .as("%s is told\n%s", what, node.log())
                .isGreaterThan(found);
        assertThat(metric(node, "varve_damage_repaired_total"))
                .as("all is repaired that was found; %s\n%s", what, node.log())
                .isEqualTo(metric(node, "varve_damage_found_total"));
    }

    /** The node may have to join anew. */
    private void flipStopped(ClusterProcesses cluster, String name) throws Exception {
        ServerProcess node = cluster.node(name);
        assertThat(node.stop()).isZero();
        BitRot.Flip flip = BitRot.flip(data(name), random, true);
        String what = flip + " of " + name + ", which is stopped";
        flips.merge(flip.kind(), 1, Integer::sum);
        assertThat(verify(name)).as(what).isNotEmpty();
        node.start();
        assertThat(BitRot.isHealed(node, flip, PATIENCE))
                .as("%s is healed\n%s", what, node.log())
                .isTrue();
    }

    private static double metric(ServerProcess node, String name) {
        try (VarveClient client = node.client()) {
            return node.metric(client, name);
        }
    }

    /** Puts so many keys through all nodes: all of them once, and then any. */
    private void write(ClusterProcesses cluster, int count) {
        List<VarveClient> clients =
                ClusterProcesses.NAMES.stream().map(cluster::client).toList();
        for (int i = 0; i < count; i++) {
            String key = PREFIX + (expected.size() < KEYS ? expected.size() : random.nextInt(KEYS));
            byte[] bytes = new byte[random.nextInt(VALUE_BYTES_MAX) / (1 + 50 * random.nextInt(2)) / 2];
            random.nextBytes(bytes);
            String value = HexFormat.of().formatHex(bytes);
            clients.get(i % clients.size()).put(key.getBytes(UTF_8), value.getBytes(UTF_8));
            expected.put(key, value);
        }
        clients.forEach(VarveClient::close);
    }

    private void readAll(ClusterProcesses cluster, String when) {
        for (String name : ClusterProcesses.NAMES) {
            try (VarveClient client = cluster.node(name).client()) {
                expected.forEach((key, value) -> {
                    byte[] found = client.get(key.getBytes(UTF_8));
                    assertThat(found == null ? "nothing" : new String(found, UTF_8))
                            .as("%s at %s, %s", key, name, when)
                            .isEqualTo(value);
                    read++;
                });
            }
        }
    }

    private static Map<String, String> entries(ClusterProcesses cluster, String name) {
        try (VarveClient client = cluster.node(name).client()) {
            return ClusterProcesses.entries(client, PREFIX);
        }
    }

    private int run(ClusterProcesses cluster, String name, String... command) throws Exception {
        List<String> line = new ArrayList<>(List.of(command));
        line.add("--url=" + cluster.node(name).url());
        List<String> jvm = List.of("-Xmx64m", "-XX:TieredStopAtLevel=1");
        return Program.exitCode(Program.start(Program.command(jvm, line), directory.resolve("commands.log")));
    }

    /** What {@code varve verify} says of a node that is stopped: the damaged places. */
    private String verify(String name) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Console console = new Console(InputStream.nullInputStream(), out, System.err, false, Map.of(), Ticker.system());
        int exit = new CommandLine(new VerifyCommand(console))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .execute("--output=raw", data(name).toString());
        String damage = out.toString(UTF_8);
        assertThat(exit).as(damage).isEqualTo(damage.isEmpty() ? 0 : 1);
        return damage;
    }

    private String output() throws IOException {
        return Files.readString(directory.resolve("commands.log"));
    }
}
