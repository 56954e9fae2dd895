package dev.varve.server;

import static dev.varve.server.RawClient.head;
import static dev.varve.server.RawClient.put;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.server.RawClient.Answer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients are told when the disk is slow or fails. */
@Timeout(60)
class FailureTest {

    private final GatedFiles files = new GatedFiles();
    private VarveServer server;
    private RawClient client;

    @BeforeEach
    void start(@TempDir Path directory) throws IOException {
        server = VarveServer.start(
                ServerOptions.builder(directory)
                        .http("127.0.0.1", 0)
                        .timeouts(Timeouts.defaults().withShutdown(Duration.ofSeconds(5)))
                        .build(),
                files.environment());
        client = new RawClient(server.httpAddress());
        client.exchange(put("old", "value"));
    }

    @AfterEach
    void stop() throws IOException {
        files.openGate();
        client.close();
        server.close();
    }

    @Test
    void aWriteThatIsOnItsWayAtItsDeadlineHasAnUnknownOutcome() throws Exception {
        files.closeGate();
        Answer answer = client.exchange(
                head("PUT /put?key=late&timeout=100ms", "Content-Length: 1\r\n") + "x" + head("GET /read?key=old"));
        assertThat(answer.status()).isEqualTo(504);
        assertThat(answer.text()).contains("\"code\":\"outcome-unknown\"");
        assertThat(client.answer().text())
                .as("the next answer on the connection")
                .isEqualTo("value");
        files.openGate();
        assertThat(client.exchange(put("next", "y")).status()).isEqualTo(200);
        // It was made after all, which is why its outcome was unknown.
        assertThat(client.exchange(head("GET /read?key=late")).text()).isEqualTo("x");
    }

    @Test
    void afterAFailedForceNothingIsAcknowledgedAndReadsGoOn() throws Exception {
        files.failSyncs();
        Answer met = client.exchange(put("met", "x"));
        assertThat(met.status()).isEqualTo(504);
        assertThat(met.text()).contains("\"code\":\"outcome-unknown\"");
        for (int i = 0; i < 3; i++) {
            Answer refused = client.exchange(put("refused" + i, "x"));
            assertThat(refused.status()).isEqualTo(503);
            assertThat(refused.text()).contains("\"code\":\"log-failed\"");
            assertThat(refused.header("retry-after")).isNotEmpty();
            assertThat(client.exchange(head("GET /read?key=refused" + i)).status())
                    .isEqualTo(404);
        }
        assertThat(client.exchange(head("GET /read?key=old")).text()).isEqualTo("value");
        assertThat(client.exchange(head("GET /range?start=o&end=p")).text())
                .isEqualTo("[{\"key\":\"old\",\"value\":\"value\"}]");
        Answer ready = client.exchange(head("GET /readyz"));
        assertThat(ready.status()).isEqualTo(503);
        assertThat(ready.text()).contains("\"code\":\"not-ready\"");
        assertThat(client.exchange(head("GET /livez")).status()).isEqualTo(200);
        assertThat(client.exchange(head("GET /metrics")).text()).contains("varve_ready 0.0");
    }

    @Test
    void whenTheServerIsClosedWhatIsInProgressIsAnsweredFirst() throws Exception {
        files.closeGate();
        client.send(put("last", "x"));
        files.awaitHeld();
        RawClient idle = new RawClient(server.httpAddress());
        assertThat(idle.exchange(head("GET /livez")).status()).isEqualTo(200);
        CompletableFuture<Void> closing = CompletableFuture.runAsync(server::close);
        assertThat(idle.isClosed()).as("an idle connection is closed").isTrue();
        assertThat(closing).isNotDone();
        files.openGate();
        Answer answer = client.answer();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.header("connection")).isEqualTo("close");
        assertThat(client.isClosed()).isTrue();
        client.close();
        closing.get(20, TimeUnit.SECONDS);
        try (VarveServer again =
                VarveServer.start(ServerOptions.builder(server.options().data())
                        .http("127.0.0.1", 0)
                        .build())) {
            assertThat(again.store().get("last".getBytes(US_ASCII))).isEqualTo("x".getBytes(US_ASCII));
        }
    }
}
