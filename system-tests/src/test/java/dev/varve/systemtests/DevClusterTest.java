package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.client.VarveClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cluster for one machine, as the README shows it. */
class DevClusterTest {

    private static final List<String> JVM = List.of("-Xmx160m", "-XX:TieredStopAtLevel=1");

    @Test
    void aClusterStartsServesLosesANodeAndStopsByOneCommand(@TempDir Path directory) throws Exception {
        int http = 20_000 + 10 * ThreadLocalRandom.current().nextInt(500);
        int raft = http + 5;
        Path output = directory.resolve("output");
        Process cluster = Program.start(
                Program.command(
                        JVM,
                        List.of(
                                "dev-cluster",
                                "--data",
                                directory.resolve("data").toString(),
                                "--http-port=" + http,
                                "--raft-port=" + raft)),
                output);
        try {
            await(output, cluster, "try ");
            assertThat(Files.readString(output)).contains("n3      http://127.0.0.1:" + (http + 2));
            assertThat(status(directory, http + 1)).isZero();
            put(http + 1, "Uppsala");
            assertThat(get(http + 2)).isEqualTo("Uppsala");
            assertThat(run(directory, http + 2, "cluster", "verify")).isZero();
            assertThat(run(directory, http + 2, "scrub")).isZero();

            long pid = pid(Files.readString(output), "n1");
            ProcessHandle.of(pid).orElseThrow().destroyForcibly();
            put(http + 2, "Turku");
            assertThat(get(http + 1)).isEqualTo("Turku");
            // Others are given some seconds to answer before they count as missing.
            while (status(directory, http + 1) == 0) {
                assertThat(cluster.isAlive()).isTrue();
            }
        } finally {
            cluster.destroy();
        }
        assertThat(Program.exitCode(cluster)).isZero();
        assertThat(Files.readString(output)).endsWith("Stopped.\n");
    }

    private static void await(Path output, Process process, String words) throws Exception {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Program.PATIENCE_SECONDS);
        while (!Files.readString(output).contains(words)) {
            assertThat(process.isAlive() && System.nanoTime() - end < 0)
                    .as(Files.readString(output))
                    .isTrue();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }

    private static long pid(String output, String node) {
        return output.lines()
                .filter(line -> line.startsWith(node + " "))
                .map(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
                .findFirst()
                .orElseThrow();
    }

    private static int status(Path directory, int port) throws Exception {
        return run(directory, port, "cluster", "status");
    }

    private static int run(Path directory, int port, String... command) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(command));
        arguments.addAll(List.of("--url", "http://127.0.0.1:" + port));
        return Program.exitCode(Program.start(Program.command(JVM, arguments), directory.resolve("answer")));
    }

    private static void put(int port, String value) {
        try (VarveClient client = VarveClient.connect("http://127.0.0.1:" + port)) {
            client.put("city".getBytes(UTF_8), value.getBytes(UTF_8));
        }
    }

    private static String get(int port) {
        try (VarveClient client = VarveClient.connect("http://127.0.0.1:" + port)) {
            byte[] value = client.get("city".getBytes(UTF_8));
            return value == null ? "nothing" : new String(value, UTF_8);
        }
    }
}
