package dev.varve.server;

import static dev.varve.server.RawClient.head;
import static dev.varve.server.RawClient.put;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.RawClient.Answer;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that send or take too slowly, and more of them than there is room for. */
@Timeout(60)
class SlowClientTest {

    private static final int MIB = 1 << 20;

    @TempDir
    private Path directory = Path.of("");

    private @Nullable VarveServer server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    private VarveServer start(ServerOptions.Builder options) {
        VarveServer started = VarveServer.start(options.http("127.0.0.1", 0).build());
        server = started;
        return started;
    }

    private ServerOptions.Builder options() {
        return ServerOptions.builder(directory);
    }

    private static Timeouts timeouts() {
        return Timeouts.defaults().withShutdown(Duration.ofSeconds(2));
    }

    @Test
    void aHeadThatDoesNotArriveIs408() throws IOException {
        VarveServer running = start(options().timeouts(timeouts().withHeader(Duration.ofMillis(200))));
        try (RawClient client = new RawClient(running.httpAddress())) {
            Answer answer = client.exchange("GET /livez HTTP/1.1\r\nHost:");
            assertThat(answer.status()).isEqualTo(408);
            assertThat(answer.header("connection")).isEqualTo("close");
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void aBodyThatDoesNotArriveIs408() throws IOException {
        VarveServer running = start(options().timeouts(timeouts().withBody(Duration.ofMillis(200))));
        try (RawClient client = new RawClient(running.httpAddress())) {
            Answer answer = client.exchange(head("PUT /put?key=a", "Content-Length: 10\r\n") + "12345");
            assertThat(answer.status()).isEqualTo(408);
            assertThat(client.isClosed()).isTrue();
        }
        assertThat(running.store().get("a".getBytes(US_ASCII))).isNull();
    }

    @Test
    void aBodyThatIsNotThereAtTheDeadlineIs503() throws IOException {
        VarveServer running = start(options().timeouts(timeouts()));
        try (RawClient client = new RawClient(running.httpAddress())) {
            Answer answer = client.exchange(head("PUT /put?key=a&timeout=100ms", "Content-Length: 10\r\n") + "12345");
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.text()).contains("\"code\":\"deadline-exceeded\"");
            assertThat(answer.header("retry-after")).isNotEmpty();
        }
    }

    @Test
    void anIdleConnectionIsClosed() throws IOException {
        VarveServer running = start(options().timeouts(timeouts().withIdle(Duration.ofMillis(200))));
        try (RawClient client = new RawClient(running.httpAddress())) {
            assertThat(client.exchange(head("GET /livez")).status()).isEqualTo(200);
            assertThat(client.isClosed()).isTrue();
        }
    }

    @Test
    void connectionsBeyondTheLimitAre503() throws IOException {
        VarveServer running = start(options().timeouts(timeouts()).maxConnections(2));
        try (RawClient first = new RawClient(running.httpAddress());
                RawClient second = new RawClient(running.httpAddress())) {
            assertThat(first.exchange(head("GET /livez")).status()).isEqualTo(200);
            assertThat(second.exchange(head("GET /livez")).status()).isEqualTo(200);
            try (RawClient third = new RawClient(running.httpAddress())) {
                Answer answer = third.answer();
                assertThat(answer.status()).isEqualTo(503);
                assertThat(answer.text()).contains("\"code\":\"too-many-connections\"", "--max-connections");
                assertThat(answer.header("retry-after")).isNotEmpty();
            }
            assertThat(first.exchange(head("GET /livez")).status()).isEqualTo(200);
        }
    }

    @Test
    void bodiesWaitForMemoryUntilTheirDeadlineOrUntilThereIsSome() throws IOException {
        VarveServer running = start(options().timeouts(timeouts()).requestMemoryBytes(16L * MIB));
        String big = head("PUT /put?key=a", "Content-Length: " + 8 * MIB + "\r\n");
        List<RawClient> holders = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            holders.add(new RawClient(running.httpAddress()).send(big).send(new byte[MIB]));
        }
        awaitMetric(running, "varve_request_memory_bytes", 16L * MIB);
        try (RawClient late = new RawClient(running.httpAddress());
                RawClient patient = new RawClient(running.httpAddress())) {
            Answer answer = late.exchange(head("PUT /put?key=b&timeout=200ms", "Content-Length: 1\r\n") + "x");
            assertThat(answer.status()).isEqualTo(503);
            assertThat(answer.text()).contains("\"code\":\"overloaded\"");
            assertThat(answer.header("retry-after")).isNotEmpty();
            patient.send(put("patient", "x"));
            awaitMetric(running, "varve_requests_waiting_for_memory", 1);
            // Who is gone gives its memory back, and the line moves on.
            holders.get(0).close();
            assertThat(patient.answer().status()).isEqualTo(200);
            assertThat(holders.get(1).send(new byte[7 * MIB]).answer().status()).isEqualTo(200);
            holders.get(1).close();
        }
        awaitMetric(running, "varve_request_memory_bytes", 0);
    }

    @Test
    void aClientThatDoesNotTakeItsRangeHoldsLittleAndIsCut() throws IOException {
        VarveServer running = start(options().timeouts(timeouts().withWrite(Duration.ofMillis(700))));
        byte[] value = new byte[MIB];
        for (int i = 0; i < 48; i++) {
            running.store().put(new byte[] {'s', (byte) ('0' + i)}, value);
        }
        long before = directBytes();
        List<RawClient> slow = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            slow.add(new RawClient(running.httpAddress(), 8 << 10).send(head("GET /range?start=s&end=t")));
        }
        long most = 0;
        for (RawClient client : slow) {
            assertThat(client.line()).isEqualTo("HTTP/1.1 200 OK");
            most = Math.max(most, directBytes() - before);
        }
        assertThat(most).as("bytes held for 8 clients that take nothing").isLessThan(16L * MIB);
        awaitMetric(running, "varve_connections", 1);
        for (RawClient client : slow) {
            // What there is of the array never ends as one.
            byte[] rest = client.rest();
            assertThat(rest == null || rest.length == 0 || rest[rest.length - 1] != '\n')
                    .as("reset, or cut short of its last chunk")
                    .isTrue();
            client.close();
        }
        awaitMetric(running, "varve_request_memory_bytes", 0);
        awaitMetric(running, "varve_open_snapshots", 0);
    }

    @Test
    void requestsThatAreHeldBackForASlowClientAreNotLate() throws IOException {
        VarveServer running = start(options().timeouts(timeouts().withHeader(Duration.ofMillis(500))));
        byte[] value = new byte[30_000];
        running.store().put(new byte[] {'v'}, value);
        int requests = 1_000;
        try (RawClient slow = new RawClient(running.httpAddress(), 8 << 10)) {
            slow.send(head("GET /read?key=v").repeat(requests));
            awaitSeconds(running, 2);
            for (int i = 0; i < requests; i++) {
                Answer answer = slow.answer();
                assertThat(answer.status()).as("answer %d", i).isEqualTo(200);
                assertThat(answer.body()).hasSize(value.length);
            }
        }
    }

    /** Waits until the server's clock has moved on so many times. */
    private static void awaitSeconds(VarveServer running, int seconds) throws IOException {
        try (RawClient client = new RawClient(running.httpAddress())) {
            String last = "";
            for (int changes = 0; changes <= seconds; ) {
                String date = client.exchange(head("GET /livez")).header("date");
                changes += date.equals(last) ? 0 : 1;
                last = date;
            }
        }
    }

    private static long directBytes() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }

    /** Waits until a metric has this value; the request for it takes one connection. */
    private static void awaitMetric(VarveServer running, String name, long value) throws IOException {
        double found = Double.NaN;
        for (int i = 0; i < 10_000 && found != (double) value; i++) {
            try (RawClient client = new RawClient(running.httpAddress())) {
                String page = client.exchange(head("GET /metrics")).text();
                int at = page.indexOf("\n" + name + " ") + name.length() + 2;
                found = Double.parseDouble(page.substring(at, page.indexOf('\n', at)));
            }
        }
        assertThat(found).as(name).isEqualTo((double) value);
    }
}
