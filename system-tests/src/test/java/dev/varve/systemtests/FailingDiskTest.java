package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.client.OverloadedException;
import dev.varve.client.VarveClient;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every fdatasync of a server under load begins to fail; {@code strace} does that. */
class FailingDiskTest {

    private static final int WRITERS = 8;
    private static final int WRITES_BEFORE = 1000;

    @TempDir
    private Path directory;

    @Test
    void afterAFailedSyncNothingIsAcknowledgedUntilTheServerIsStartedAgain() throws Exception {
        Writers writers = new Writers(WRITERS, new SplittableRandom(1));
        try (ServerProcess server = new ServerProcess(directory, List.of("-Xmx256m")).start()) {
            try (VarveClient client = server.client()) {
                writers.start(client, WRITES_BEFORE);
                Strace fault = Strace.onEverySync(server, directory, "error=EIO");
                writers.join();
                assertReadsOnly(server, client, writers);
                fault.detach();
                assertReadsOnly(server, client, writers); // The disk works again: no reason to trust it.
            }
            server.kill();
            server.start();
            try (VarveClient client = server.client()) {
                writers.compareAndGoOn(client);
                writers.start(client, WRITES_BEFORE);
                server.kill();
                writers.join();
            }
        }
        assertThat(writers.lost()).isZero();
        assertThat(writers.torn()).isZero();
    }

    private static void assertReadsOnly(ServerProcess server, VarveClient client, Writers writers) {
        assertThatThrownBy(() -> client.put("key".getBytes(UTF_8), "value".getBytes(UTF_8)))
                .isInstanceOf(OverloadedException.class)
                .hasMessageContaining("disk failed while the log was written");
        VarveClient.Page ready = client.page("/readyz");
        assertThat(ready.status()).isEqualTo(503);
        assertThat(ready.text())
                .contains("not-ready", "disk failed while the log was written", "Input/output error", "restart");
        assertThat(server.log()).contains("Input/output error");
        assertThat(writers.compare(client)).isNotEmpty();
        assertThat(client.get("key".getBytes(UTF_8))).isNull();
    }
}
