package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.client.OutcomeUnknownException;
import dev.varve.client.VarveClient;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code strace} makes each sync of a leader take a second longer: another node leads, and the cluster writes on at its usual pace. */
class SlowDiskTest {

    private static final int WRITES = 200;

    @TempDir
    private Path directory;

    @Test
    void aLeaderWhoseDiskIsSlowHandsOver() throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(directory).start()) {
            String slow = cluster.awaitLeader(null);
            String other = ClusterProcesses.NAMES.stream()
                    .filter(name -> !name.equals(slow))
                    .findFirst()
                    .orElseThrow();
            try (VarveClient client = cluster.node(other).client();
                    Strace strace = Strace.onEverySync(cluster.node(slow), directory, "delay_exit=1000000")) {
                cluster.node(other).await("the slow one hands over", () -> {
                    putOrNot(client);
                    return cluster.node(slow).log().contains("the disk is slow");
                });
                cluster.awaitLeader(slow);
                for (int i = 0; i < WRITES; i++) {
                    client.put(("key " + i).getBytes(UTF_8), "value".getBytes(UTF_8));
                }
                strace.detach();
            }
        }
    }

    /** The leader may change under it, so that nobody knows how it ended. */
    private static void putOrNot(VarveClient client) {
        try {
            client.put("key".getBytes(UTF_8), "value".getBytes(UTF_8));
        } catch (OutcomeUnknownException expected) {
            assertThat(expected).hasMessageContaining("leader");
        }
    }
}
