package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.client.OutcomeUnknownException;
import dev.varve.client.OverloadedException;
import dev.varve.client.UnreachableException;
import dev.varve.client.VarveClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Nodes as processes, one of which was away for more than the log holds, and then lost its disk, while others go on writing.
 * {@code -Dvarve.catchup.mebibytes=2048} makes it so much that is written meanwhile; it prints how long the others' puts took before and
 * while the node was brought up to date.
 */
class CatchUpTest {

    private static final int MEBIBYTES = Integer.getInteger("varve.catchup.mebibytes", 24);
    private static final int VALUE_BYTES = 16 << 10;
    private static final int KEYS = Math.max(200, MEBIBYTES * 16);
    private static final int WRITERS = 4;

    /** Puts a second, all writers together, while latencies are taken: a load that the machine bears. */
    private static final int RATE = Integer.getInteger("varve.catchup.rate", 40);

    /** Puts by which it is known how long they take in calm. */
    private static final int CALM_PUTS = MEBIBYTES < 512 ? 300 : 1500;

    /** Between one look at a node and the next: its metrics, asked for all the time, would take the processors from those that put. */
    private static final Duration PAUSE = Duration.ofMillis(250);

    private static final Pattern FETCHED = Pattern.compile("varve_catch_up_fetched_bytes_total ([0-9.E+]+)");

    @Test
    void aNodeThatWasAwayForLongAndThenAWipedOneCatchUpUnderLoad(@TempDir Path directory) throws Exception {
        String retention = "--log-retention-bytes=" + Math.max(4, MEBIBYTES / 16) + "MiB";
        try (ClusterProcesses cluster = new ClusterProcesses(directory, retention).start();
                Load load = new Load()) {
            String leader = cluster.awaitLeader(null);
            String away = other(leader);
            cluster.node(away).kill();
            load.fill(cluster, leader);
            List<Long> calm = load.run(cluster, leader, () -> load.await(cluster.node(leader), CALM_PUTS));

            long begin = System.nanoTime();
            cluster.node(away).launch();
            List<Long> away1 = load.run(cluster, leader, () -> awaitFetched(cluster, away));
            report("a node that was away", calm, away1, begin, fetched(cluster, away));

            cluster.node(away).kill();
            delete(directory.resolve(away).resolve("data"));
            begin = System.nanoTime();
            cluster.node(away).launch();
            List<Long> away2 = load.run(cluster, leader, () -> awaitFetched(cluster, away));
            report("a wiped node", calm, away2, begin, fetched(cluster, away));

            cluster.awaitCaughtUp();
            assertThat(cluster.read("n1", "key 7")).isNotNull();
            assertThat(List.of(cluster.digest("n2"), cluster.digest("n3"))).containsOnly(cluster.digest("n1"));
        }
    }

    /** Waits until a node has fetched a checkpoint, and has all that the others have. */
    private static void awaitFetched(ClusterProcesses cluster, String node) {
        cluster.node(node)
                .await("it has fetched a checkpoint", PAUSE, () -> fetched(cluster, node) > KEYS / 2L * VALUE_BYTES);
        cluster.node(node).await("it is ready", PAUSE, () -> {
            try (VarveClient client = cluster.node(node).client()) {
                return client.page("/readyz").status() == 200;
            } catch (UnreachableException e) {
                return false;
            }
        });
    }

    private static long fetched(ClusterProcesses cluster, String node) {
        try (VarveClient client = cluster.node(node).client()) {
            Matcher bytes = FETCHED.matcher(client.page("/metrics").text());
            return bytes.find() ? (long) Double.parseDouble(bytes.group(1)) : 0;
        } catch (UnreachableException e) {
            return 0;
        }
    }

    private static void report(String what, List<Long> calm, List<Long> busy, long begin, long bytes) {
        System.out.printf(
                Locale.ROOT,
                "%s was brought up to date in %.1f s: %,d MiB fetched; puts of the others: p50 %.1f ms, p99 %.1f ms meanwhile,"
                        + " p50 %.1f ms, p99 %.1f ms before (%,d and %,d puts)%n",
                what,
                (System.nanoTime() - begin) / 1e9,
                bytes >> 20,
                percentile(busy, 0.5),
                percentile(busy, 0.99),
                percentile(calm, 0.5),
                percentile(calm, 0.99),
                busy.size(),
                calm.size());
    }

    private static double percentile(List<Long> nanos, double part) {
        List<Long> sorted = new ArrayList<>(nanos);
        Collections.sort(sorted);
        return sorted.isEmpty() ? 0 : sorted.get((int) Math.min(sorted.size() - 1, part * sorted.size())) / 1e6;
    }

    /** Clients that put. */
    private static final class Load implements AutoCloseable {

        private final ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        private final AtomicLong puts = new AtomicLong();

        /** Writes each key, and as much again to them. */
        void fill(ClusterProcesses cluster, String first) throws Exception {
            long values = Math.max(KEYS, ((long) MEBIBYTES << 20) / VALUE_BYTES);
            List<Future<?>> filling = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                int writer = i;
                filling.add(threads.submit(() -> {
                    Random random = new Random(writer);
                    try (VarveClient client = cluster.client(first)) {
                        for (long n = writer; n < values; n += WRITERS) {
                            put(client, n % KEYS, random);
                        }
                    }
                }));
            }
            for (Future<?> each : filling) {
                each.get();
            }
        }

        /**
         * Puts at a steady rate while something else is done; returns how long each took from when it was due, but for the first of each
         * writer, which connects.
         */
        List<Long> run(ClusterProcesses cluster, String first, Runnable meanwhile) throws Exception {
            AtomicBoolean done = new AtomicBoolean();
            List<Long> nanos = Collections.synchronizedList(new ArrayList<>());
            List<Future<?>> running = new ArrayList<>();
            long begin = System.nanoTime();
            for (int i = 0; i < WRITERS; i++) {
                int writer = i;
                running.add(threads.submit(() -> {
                    Random random = new Random(1000L + writer);
                    try (VarveClient client = cluster.client(first)) {
                        for (long n = writer; !done.get(); n += WRITERS) {
                            long due = begin + n * TimeUnit.SECONDS.toNanos(1) / RATE;
                            LockSupport.parkNanos(due - System.nanoTime());
                            put(client, random.nextInt(KEYS), random);
                            if (n != writer) {
                                nanos.add(System.nanoTime() - due);
                            }
                            puts.incrementAndGet();
                        }
                    }
                }));
            }
            try {
                meanwhile.run();
            } finally {
                done.set(true);
            }
            for (Future<?> each : running) {
                each.get();
            }
            return nanos;
        }

        /** Waits until there were so many more puts. */
        void await(ServerProcess node, int more) {
            long until = puts.get() + more;
            node.await(more + " puts", () -> puts.get() >= until);
        }

        private static void put(VarveClient client, long key, Random random) {
            byte[] value = new byte[VALUE_BYTES];
            for (int i = 0; i < value.length; i++) {
                value[i] = (byte) ('a' + random.nextInt(26));
            }
            try {
                client.put(("key " + key).getBytes(UTF_8), value);
            } catch (OutcomeUnknownException | UnreachableException | OverloadedException e) {
                System.out.println("a put was not answered: " + e.getMessage());
            }
        }

        @Override
        public void close() {
            threads.shutdownNow();
        }
    }

    private static String other(String name) {
        return ClusterProcesses.NAMES.stream()
                .filter(each -> !each.equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static void delete(Path directory) throws Exception {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Collections.reverseOrder()).toList()) {
                if (!file.equals(directory)) {
                    Files.delete(file);
                }
            }
        }
    }
}
