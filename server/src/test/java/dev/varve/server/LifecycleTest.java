package dev.varve.server;

import static dev.varve.server.RawClient.head;
import static dev.varve.server.RawClient.put;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.StoreOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Start, stop, and what is there after both; many clients at once. */
@Timeout(120)
class LifecycleTest {

    @TempDir
    private Path directory = Path.of("");

    private ServerOptions.Builder options() {
        return ServerOptions.builder(directory.resolve("data")).http("127.0.0.1", 0);
    }

    @Test
    void whatWasStoredIsThereAfterARestart() throws IOException {
        try (VarveServer server = VarveServer.start(options().build());
                RawClient client = new RawClient(server.httpAddress())) {
            assertThat(client.exchange(put("kept", "value")).status()).isEqualTo(200);
        }
        try (VarveServer server = VarveServer.start(options().build());
                RawClient client = new RawClient(server.httpAddress())) {
            assertThat(client.exchange(head("GET /read?key=kept")).text()).isEqualTo("value");
        }
    }

    @Test
    void aRequestIsRememberedAcrossARestart() throws IOException {
        String request = "PUT /put?key=once HTTP/1.1\r\nHost: x\r\nIdempotency-Key: k\r\nContent-Length: 1\r\n\r\n1";
        String revision;
        try (VarveServer server = VarveServer.start(options().build());
                RawClient client = new RawClient(server.httpAddress())) {
            revision = client.exchange(request).header("varve-revision");
            client.exchange(put("once", "later"));
        }
        try (VarveServer server = VarveServer.start(options().build());
                RawClient client = new RawClient(server.httpAddress())) {
            assertThat(client.exchange(request).header("varve-revision")).isEqualTo(revision);
            assertThat(client.exchange(head("GET /read?key=once")).text()).isEqualTo("later");
        }
    }

    @Test
    void closingTwiceIsClosingOnce() {
        VarveServer server = VarveServer.start(options().build());
        server.close();
        server.close();
    }

    @Test
    void aTakenPortIsNamedWithItsOption() {
        try (VarveServer first = VarveServer.start(options().build())) {
            int port = first.httpAddress().getPort();
            ServerOptions second = ServerOptions.builder(directory.resolve("other"))
                    .http("127.0.0.1", port)
                    .build();
            assertThatThrownBy(() -> VarveServer.start(second))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining("127.0.0.1:" + port)
                    .hasMessageContaining("--http");
        }
        // And the directory was let go.
        VarveServer.start(ServerOptions.builder(directory.resolve("other"))
                        .http("127.0.0.1", 0)
                        .build())
                .close();
    }

    @Test
    void aDirectoryInUseIsNamed() {
        try (VarveServer first = VarveServer.start(options().build())) {
            assertThatThrownBy(() -> VarveServer.start(options().build()))
                    .isInstanceOf(StartupException.class)
                    .hasMessageContaining(directory.resolve("data").toString())
                    .hasMessageContaining("--data");
            assertThat(first.store().health()).isNotNull();
        }
    }

    @Test
    void aDirectoryThatCannotBeUsedIsNamed() throws IOException {
        Files.writeString(directory.resolve("data"), "a file");
        assertThatThrownBy(() -> VarveServer.start(options().build()))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining(directory.resolve("data").toString())
                .hasMessageContaining("--data");
    }

    @Test
    void listeningBeyondThisMachineMustBeWanted() {
        assertThatThrownBy(() -> VarveServer.start(options().http("0.0.0.0", 0).build()))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("--insecure");
        assertThatThrownBy(() ->
                        VarveServer.start(options().http("no such host", 0).build()))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("--http");
    }

    @Test
    void optionsOutsideTheirBoundsAreNamed() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options().http("127.0.0.1", 65_536).build())
                .withMessageContaining("--http");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options().nodeId("a b").build())
                .withMessageContaining("--node-id");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options().advertisedHttp("host").build())
                .withMessageContaining("--advertise-http");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> options().requestMemoryBytes(1000).build())
                .withMessageContaining("requestMemoryBytes");
    }

    @Test
    void theLeaderIsToldAsItIsAdvertised() throws IOException {
        ServerOptions options =
                options().nodeId("n7").advertisedHttp("db.example:80").build();
        try (VarveServer server = VarveServer.start(options);
                RawClient client = new RawClient(server.httpAddress())) {
            assertThat(client.exchange(head("GET /livez")).header("varve-leader"))
                    .isEqualTo("n7=db.example:80");
        }
    }

    /** Each client compares with a map of its own keys, while small memtables are flushed below. */
    @Test
    void manyClientsSeeWhatTheyWrote() throws Exception {
        StoreOptions small = StoreOptions.defaults().withMemtableBytes(64 << 10).withCheckpoint(256 << 10, 2_000);
        try (VarveServer server =
                        VarveServer.start(options().store(small).eventLoops(2).build());
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> clients = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                int seed = i;
                clients.add(threads.submit(() -> compareWithModel(server, seed, 400)));
            }
            for (Future<Integer> client : clients) {
                assertThat(client.get()).isEqualTo(400);
            }
        }
    }

    private static int compareWithModel(VarveServer server, int seed, int operations) throws IOException {
        RandomGenerator random = new Random(seed);
        TreeMap<String, String> model = new TreeMap<>();
        String prefix = "%03d-".formatted(seed);
        int done = 0;
        try (RawClient client = new RawClient(server.httpAddress())) {
            for (; done < operations; done++) {
                String key = prefix + (char) ('a' + random.nextInt(25));
                switch (random.nextInt(6)) {
                    case 0, 1 -> {
                        String value = "v".repeat(random.nextInt(2_000)) + done;
                        assertThat(client.exchange(put(key, value)).status()).isEqualTo(200);
                        model.put(key, value);
                    }
                    case 2 -> {
                        int expected = model.remove(key) == null ? 500 : 200;
                        assertThat(client.exchange(head("DELETE /delete?key=" + key))
                                        .status())
                                .isEqualTo(expected);
                    }
                    case 3 -> {
                        String json = "{\"" + key + "\":\"b" + done + "\",\"" + prefix + "z\":\"\"}";
                        String request = head("POST /batchput", "Content-Length: " + json.length() + "\r\n") + json;
                        assertThat(client.exchange(request).status()).isEqualTo(200);
                        model.put(key, "b" + done);
                        model.put(prefix + "z", "");
                    }
                    case 4 ->
                        assertThat(client.exchange(head("GET /range?start=" + prefix + "&end=" + key))
                                        .text())
                                .isEqualTo(json(model.headMap(key, true)));
                    default -> {
                        RawClient.Answer answer = client.exchange(head("GET /read?key=" + key));
                        assertThat(answer.status()).isEqualTo(model.containsKey(key) ? 200 : 404);
                        assertThat(model.getOrDefault(key, answer.text())).isEqualTo(answer.text());
                    }
                }
            }
        }
        return done;
    }

    private static String json(Map<String, String> entries) {
        List<String> objects = new ArrayList<>();
        entries.forEach((key, value) -> objects.add("{\"key\":\"" + key + "\",\"value\":\"" + value + "\"}"));
        return "[" + String.join(",", objects) + "]";
    }

    @Test
    void closingUnderLoadLosesNothingThatWasAcknowledged() throws Exception {
        int clients = 16;
        VarveServer server = VarveServer.start(options().build());
        AtomicInteger acknowledgedInAll = new AtomicInteger();
        List<Integer> acknowledged = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> writers = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                int number = i;
                writers.add(
                        threads.submit((Callable<Integer>) () -> writeUntilClosed(server, number, acknowledgedInAll)));
            }
            while (acknowledgedInAll.get() < 2_000) {
                Thread.onSpinWait();
            }
            server.close();
            for (Future<Integer> writer : writers) {
                acknowledged.add(writer.get());
            }
        }
        try (VarveServer again = VarveServer.start(options().build())) {
            for (int client = 0; client < clients; client++) {
                for (int i = 0; i < acknowledged.get(client); i++) {
                    String key = client + "-" + i;
                    assertThat(again.store().get(key.getBytes(US_ASCII)))
                            .as(key)
                            .isNotNull();
                }
                String beyond = client + "-" + (acknowledged.get(client) + 1);
                assertThat(again.store().get(beyond.getBytes(US_ASCII)))
                        .as(beyond)
                        .isNull();
            }
        }
    }

    @Test
    void closingWhileAPieceOfARangeWaitsForTheDiskLeaksNoBuffer() throws Exception {
        GatedFiles files = new GatedFiles();
        ServerOptions options = options()
                .timeouts(Timeouts.defaults().withShutdown(Duration.ofMillis(100)))
                .build();
        long before = OpenBuffers.count();
        VarveServer server = VarveServer.start(options, files.environment());
        server.store().put("key".getBytes(US_ASCII), new byte[10_000]);
        try (RawClient client = new RawClient(server.httpAddress())) {
            assertThat(client.exchange(head("GET /livez")).status()).isEqualTo(200);
            files.closeGateForReads();
            client.send(head("GET /range?start=a&end=z"));
            files.awaitHeld();
            assertThat(OpenBuffers.count()).as("the piece that is being made").isGreaterThan(before);
            server.close();
        } finally {
            files.openGate();
        }
        long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
        while (OpenBuffers.count() > before && System.nanoTime() < deadline) {
            Thread.onSpinWait();
        }
        assertThat(OpenBuffers.count()).isEqualTo(before);
    }

    /** Writes one key after the other; returns how many were acknowledged. */
    private static int writeUntilClosed(VarveServer server, int number, AtomicInteger all) {
        int written = 0;
        try (RawClient client = new RawClient(server.httpAddress())) {
            while (client.exchange(put(number + "-" + written, "x")).status() == 200) {
                written++;
                all.incrementAndGet();
            }
        } catch (IOException e) {
            // The server is closed.
            return written;
        }
        return written;
    }
}
