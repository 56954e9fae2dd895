package dev.varve.cli.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.cli.ExitCode;
import dev.varve.cli.Shell;
import dev.varve.client.KeyValue;
import dev.varve.client.NotFoundException;
import dev.varve.client.RangeQuery;
import dev.varve.client.RangeReader;
import dev.varve.client.RefusedException;
import dev.varve.client.VarveClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real server as a process of its own, and the real client. */
class ServeProcessTest {

    private static final byte[] BINARY = {0, (byte) 0xFF, '&', '+', '%', '/', ' ', '\n'};

    @TempDir
    private Path directory;

    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void kill() {
        processes.forEach(Process::destroyForcibly);
    }

    private Process start(String... arguments) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.varve.cli.Main",
                "server"));
        line.addAll(List.of(arguments));
        Process process = new ProcessBuilder(line)
                .redirectError(directory.resolve("err" + processes.size()).toFile())
                .start();
        processes.add(process);
        return process;
    }

    private String err(int process) throws IOException {
        return Files.readString(directory.resolve("err" + process));
    }

    /** Reads what a server says when it has started, and returns its URL. */
    private static String url(Process server) throws IOException {
        List<String> lines = new ArrayList<>();
        BufferedReader out = server.inputReader(UTF_8);
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            lines.add(line);
            if (line.startsWith("try ")) {
                break;
            }
        }
        assertThat(lines).hasSize(5);
        assertThat(lines.get(4))
                .matches("try     curl -X PUT \"http://127.0.0.1:\\d+/put\\?key=myKey\" -d \"myValue\"");
        return lines.get(3).substring("http    ".length());
    }

    private static int exitCode(Process process) throws InterruptedException {
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void itServesKeepsAndStopsInOrder() throws Exception {
        String data = directory.resolve("data").toString();
        Process first = start("--data", data, "--http", "127.0.0.1:0");
        try (VarveClient client = VarveClient.connect(url(first))) {
            client.put(BINARY, BINARY);
            client.put("empty".getBytes(UTF_8), new byte[0]);
            client.putBatch("{\"a\":\"1\",\"b\":\"é\"}".getBytes(UTF_8));
            assertThat(client.get(BINARY)).isEqualTo(BINARY);
            assertThat(client.get("empty".getBytes(UTF_8))).isEmpty();
            assertThat(client.get("none".getBytes(UTF_8))).isNull();
            Assertions.assertThatThrownBy(() -> client.delete("none".getBytes(UTF_8)))
                    .isInstanceOf(NotFoundException.class);
            byte[] large = new byte[8 << 20];
            Arrays.fill(large, (byte) 0xFE);
            client.put("large".getBytes(UTF_8), large);
            assertThat(Arrays.equals(client.get("large".getBytes(UTF_8)), large))
                    .isTrue();
            Assertions.assertThatThrownBy(() -> client.put("huge".getBytes(UTF_8), new byte[9 << 20]))
                    .isInstanceOfSatisfying(
                            RefusedException.class, e -> assertThat(e.status()).isEqualTo(413))
                    .hasMessageContaining("--max-value-bytes");
            List<KeyValue> entries = new ArrayList<>();
            try (RangeReader range = client.range(RangeQuery.prefix(new byte[0]))) {
                for (KeyValue entry = range.next(); entry != null; entry = range.next()) {
                    entries.add(entry);
                }
            }
            assertThat(entries).hasSize(5);
            assertThat(entries.getFirst().key()).isEqualTo(BINARY);
            assertThat(Arrays.equals(entries.getLast().value(), large)).isTrue();
        }
        first.destroy();
        assertThat(exitCode(first)).isZero();
        assertThat(err(0)).contains("Stopped.").doesNotContain("WARNING");

        Process second = start("--data", data, "--http", "127.0.0.1:0");
        String url = url(second);
        Shell shell = new Shell();
        assertThat(shell.run("get", "b", "--url", url)).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).isEqualTo("é");
        assertThat(shell.run("status", "--url", url)).isEqualTo(ExitCode.OK);
        assertThat(shell.out()).contains("ready").contains("store      revision 4;");

        assertThat(exitCode(start("--data", data, "--http", "127.0.0.1:0"))).isEqualTo(ExitCode.FAILED);
        assertThat(err(2))
                .startsWith("varve: ")
                .contains(data)
                .contains("--data")
                .doesNotContain("\tat ");
        String port = url.substring(url.lastIndexOf(':') + 1);
        String other = directory.resolve("other").toString();
        assertThat(exitCode(start("--data", other, "--http", "127.0.0.1:" + port)))
                .isEqualTo(ExitCode.FAILED);
        assertThat(err(3)).contains(port).contains("--http").doesNotContain("\tat ");
        second.destroy();
        assertThat(exitCode(second)).isZero();
        assertThat(shell.run("verify", data)).as(shell.out()).isEqualTo(ExitCode.OK);
    }

    @Test
    void wrongSettingsAreToldWithoutStartingAnything() {
        Shell shell = new Shell();
        String data = directory.resolve("none").toString();
        for (String wrong : List.of(
                "--http=8080",
                "--max-value-bytes=1TiB",
                "--memory=1k",
                "--node-id=a b",
                "--log-level=loud",
                "--idle-timeout=5")) {
            assertThat(shell.run("server", "--data", data, wrong)).as(wrong).isEqualTo(ExitCode.USAGE);
            assertThat(shell.err()).as(wrong).contains(wrong.substring(2, wrong.indexOf('=')));
        }
        assertThat(shell.run("server", "--data", data, "--http=0.0.0.0:0")).isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("--insecure");
        assertThat(shell.run("server", "--data", data, "--raft=0.0.0.0:0", "--node-id=a", "--bootstrap"))
                .isEqualTo(ExitCode.FAILED);
        assertThat(shell.err()).contains("--raft").contains("--cluster-secret-file");
        shell.environment.put("VARVE_MAX_CONNECTIONS", "many");
        assertThat(shell.run("server", "--data", data)).isEqualTo(ExitCode.USAGE);
        assertThat(shell.err()).contains("VARVE_MAX_CONNECTIONS");
        assertThat(directory.resolve("none")).doesNotExist();
    }
}
