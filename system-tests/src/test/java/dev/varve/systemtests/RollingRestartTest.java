package dev.varve.systemtests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All nodes are stopped in order and started again, one after the other, under load: who repeats a failed request once notices nothing. */
class RollingRestartTest {

    private static final int CLIENTS = 6;
    private static final int ROUNDS = Integer.getInteger("varve.rolling.rounds", 1);

    @TempDir
    private Path directory;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger repeated = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    /** Puts ascending numbers to a key of its own and reads them, through all nodes in turn, until it is stopped. */
    private final class Client {

        private final ClusterProcesses cluster;
        private final int number;
        private volatile String last = "";
        private final Thread thread;
        private volatile boolean stopped;

        Client(ClusterProcesses cluster, int number) {
            this.cluster = cluster;
            this.number = number;
            this.thread = Thread.ofPlatform().start(this::run);
        }

        private void run() {
            for (int i = 0; !stopped; i++) {
                String value = "value " + i;
                String put = twice(i, "/put?key=client" + number, value);
                if (put != null) {
                    last = value;
                    String read = twice(i + 1, "/read?key=client" + number, null);
                    if (read != null && !read.equals(value)) {
                        failures.add("read " + read + " instead of " + value);
                    }
                }
            }
        }

        /** Sends a request to a node, and once more to the next one if it fails. */
        private @Nullable String twice(int node, String target, @Nullable String value) {
            requests.incrementAndGet();
            String[] why = new String[2];
            for (int attempt = 0; attempt < 2; attempt++) {
                String name = ClusterProcesses.NAMES.get((node + attempt) % ClusterProcesses.NAMES.size());
                try {
                    HttpRequest.Builder request = HttpRequest.newBuilder(
                                    URI.create(cluster.node(name).url() + target))
                            .timeout(Duration.ofSeconds(60));
                    if (value != null) {
                        request.PUT(BodyPublishers.ofString(value));
                    }
                    var answer = http.send(request.build(), BodyHandlers.ofString());
                    if (answer.statusCode() == 200) {
                        return answer.body();
                    }
                    why[attempt] = name + ": " + answer.statusCode() + " " + answer.body();
                } catch (IOException e) {
                    why[attempt] = name + ": " + e;
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return null;
                }
                if (attempt == 0) {
                    repeated.incrementAndGet();
                }
            }
            failures.add(target + ": " + why[0] + "; then " + why[1]);
            return null;
        }

        String end() throws InterruptedException {
            stopped = true;
            thread.join();
            return last;
        }
    }

    @Test
    void noRequestFailsThatIsRepeatedOnce() throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(directory).start()) {
            List<Client> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(new Client(cluster, i));
            }
            for (int round = 0; round < ROUNDS; round++) {
                for (String name : ClusterProcesses.NAMES) {
                    int before = requests.get();
                    assertThat(cluster.node(name).stop())
                            .as(name + " stops in order")
                            .isZero();
                    cluster.node(name).start();
                    cluster.awaitWhole();
                    cluster.node(name)
                            .await("requests after the restart of " + name, () -> requests.get() > before + 100);
                }
            }
            for (int i = 0; i < CLIENTS; i++) {
                String last = clients.get(i).end();
                assertThat(cluster.read("n1", "client" + i)).isEqualTo(last);
            }
            System.out.printf(
                    "%d nodes restarted under load: %,d requests, %d repeated, %d failed%n",
                    ROUNDS * ClusterProcesses.NAMES.size(), requests.get(), repeated.get(), failures.size());
            assertThat(failures).as(cluster.logs()).isEmpty();
        }
    }
}
