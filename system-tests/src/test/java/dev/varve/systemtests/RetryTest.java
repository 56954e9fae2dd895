package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Clients send writes again that were answered and that others have followed, with the same {@code Idempotency-Key}, through any node, while leaders
 * are killed: a repetition is answered as the first was, and changes nothing. {@code -Dvarve.retries=100000} makes more.
 */
class RetryTest {

    private static final int RETRIES = Integer.getInteger("varve.retries", 200);
    private static final int KILLS = Math.max(1, RETRIES / 2_000);
    private static final int CLIENTS = 8;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    @TempDir
    private Path directory;

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(5))
            .build();

    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private final AtomicInteger unanswered = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    /** A write as it is sent, whenever it is. */
    private record Write(String method, String target, boolean onlyIfAbsent, String body, String name) {}

    /** What matters of an answer. */
    private record Answer(int status, String revision, String body) {

        @Override
        public String toString() {
            return status + " at revision " + revision + ": " + body;
        }
    }

    /** Has two keys of its own, so that it knows what they hold. */
    private final class Client implements Runnable {

        private final ClusterProcesses cluster;
        private final int number;
        private final SplittableRandom random;
        private int writes;

        Client(ClusterProcesses cluster, int number) {
            this.cluster = cluster;
            this.number = number;
            this.random = new SplittableRandom(number);
        }

        @Override
        public void run() {
            try {
                while (begun.getAndIncrement() < RETRIES && failures.isEmpty()) {
                    retryOnce();
                    done.incrementAndGet();
                }
            } catch (InterruptedException | RuntimeException e) {
                failures.add("client " + number + ": " + e);
            }
        }

        private void retryOnce() throws InterruptedException {
            String key = "client" + number + "a";
            String other = "client" + number + "b";
            String value = number + "." + writes;
            Write first = switch (random.nextInt(4)) {
                case 0 -> write("DELETE", "/delete?key=" + key, false, "");
                case 1 -> write("PUT", "/put?key=" + key, true, "absent " + value);
                case 2 ->
                    write(
                            "POST",
                            "/batchput",
                            false,
                            "{\"%s\":\"batch %s\",\"%s\":\"batch %s\"}".formatted(key, value, other, value));
                default -> write("PUT", "/put?key=" + key, false, "put " + value);
            };
            Answer answer = send(first);
            // The key is there afterwards, or is not: whichever the first write, made once more, would change.
            boolean gone = random.nextInt(3) == 0;
            String later = "later " + value;
            send(write("PUT", "/put?key=" + key, false, later));
            if (gone) {
                send(write("DELETE", "/delete?key=" + key, false, ""));
            }
            for (int i = 1 + random.nextInt(2); i > 0; i--) {
                Answer again = send(first);
                if (!again.equals(answer)) {
                    failures.add(first + " was answered with " + answer + ", and then with " + again);
                }
            }
            Answer read = send(new Write("GET", "/read?key=" + key, false, "", ""));
            if (gone ? read.status() != 404 : !read.body().equals(later)) {
                failures.add(key + " holds " + read + " after a repetition of " + first + ", and before it "
                        + (gone ? "nothing" : later));
            }
        }

        private Write write(String method, String target, boolean onlyIfAbsent, String body) {
            return new Write(method, target, onlyIfAbsent, body, "client-" + number + "-write-" + writes++);
        }

        /** Sends a request to some node, and to others until it is answered. */
        private Answer send(Write write) throws InterruptedException {
            for (int node = random.nextInt(3); ; node++) {
                String url = cluster.node(ClusterProcesses.NAMES.get(node % 3)).url();
                HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + write.target()))
                        .method(write.method(), BodyPublishers.ofString(write.body()))
                        .timeout(Duration.ofSeconds(Program.PATIENCE_SECONDS));
                if (!write.name().isEmpty()) {
                    request.header("Idempotency-Key", write.name());
                }
                if (write.onlyIfAbsent()) {
                    request.header("If-None-Match", "*");
                }
                try {
                    HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString(UTF_8));
                    if (response.statusCode() != 503 && response.statusCode() != 504) {
                        return answer(write, response);
                    }
                } catch (IOException away) {
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
                unanswered.incrementAndGet();
            }
        }

        private Answer answer(Write write, HttpResponse<String> response) {
            int status = response.statusCode();
            boolean sound = status == 200
                    || (status == 404 && write.method().equals("GET"))
                    || (status == 412 && write.onlyIfAbsent())
                    || (status == 500
                            && write.method().equals("DELETE")
                            && response.body().contains("key-not-found"));
            if (!sound) {
                failures.add(write + " was answered with " + status + ": " + response.body());
            }
            String revision = response.headers().firstValue("Varve-Revision").orElse("");
            return new Answer(status, write.method().equals("GET") ? "" : revision, response.body());
        }
    }

    @Test
    void aRepetitionChangesNothingAndIsAnsweredAsTheFirst() throws Exception {
        try (ClusterProcesses cluster = new ClusterProcesses(directory).start()) {
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(Thread.startVirtualThread(new Client(cluster, i)));
            }
            int kills = 0;
            for (; kills < KILLS && failures.isEmpty(); kills++) {
                int goal = (int) ((kills + 1L) * RETRIES / (KILLS + 1));
                cluster.node("n1").await(goal + " retries", () -> done.get() >= goal || !failures.isEmpty());
                String leader = cluster.awaitLeader(null);
                cluster.node(leader).kill();
                cluster.node(leader).start();
            }
            for (Thread client : clients) {
                client.join();
            }
            assertThat(failures).isEmpty();
            cluster.awaitCaughtUp();
            Set<String> contents = new HashSet<>();
            for (String name : ClusterProcesses.NAMES) {
                contents.add(cluster.contents(name));
            }
            assertThat(contents).as("what the nodes hold").hasSize(1);
            System.out.printf(
                    "%,d writes sent again after later ones, over %d deaths of leaders: 0 made twice, 0 answered otherwise;"
                            + " %d requests repeated for want of an answer%n",
                    done.get(), kills, unanswered.get());
        }
    }
}
