package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.varve.client.OutcomeUnknownException;
import dev.varve.client.OverloadedException;
import dev.varve.client.UnreachableException;
import dev.varve.client.VarveClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Clients that write, whatever happens to the nodes, until they are told to stop. Each has keys of its own, which it overwrites
 * again and again with values that are never the same, and remembers of each key which value was acknowledged last, and which were
 * sent since without a word of their outcome.
 */
final class Acknowledgements implements AutoCloseable {

    private static final int KEYS = 20;

    private final List<Thread> threads = new ArrayList<>();
    private final List<Client> clients = new ArrayList<>();
    private final ConcurrentLinkedQueue<Long> times = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Throwable> defects = new ConcurrentLinkedQueue<>();
    private volatile boolean stopped;

    /** One client. Its maps are its own until it has ended. */
    private final class Client implements Runnable {

        private final VarveClient client;
        private final String prefix;
        private final Map<String, String> acknowledged = new HashMap<>();
        private final Map<String, Set<String>> unknown = new HashMap<>();
        private long refused;

        Client(VarveClient client, String prefix) {
            this.client = client;
            this.prefix = prefix;
        }

        @Override
        public void run() {
            try {
                for (long i = 0; !stopped; i++) {
                    write(prefix + i % KEYS, prefix + "value " + i);
                }
            } catch (RuntimeException e) {
                defects.add(e);
            }
        }

        private void write(String key, String value) {
            try {
                client.put(key.getBytes(UTF_8), value.getBytes(UTF_8));
                acknowledged.put(key, value);
                unknown.remove(key);
                times.add(System.nanoTime());
            } catch (OutcomeUnknownException e) {
                unknown.computeIfAbsent(key, any -> new HashSet<>()).add(value);
            } catch (OverloadedException | UnreachableException e) {
                refused++;
            }
        }
    }

    /** Starts so many clients, which begin with the nodes in turn. */
    Acknowledgements(ClusterProcesses cluster, int count) {
        for (int i = 0; i < count; i++) {
            String first = ClusterProcesses.NAMES.get(i % ClusterProcesses.NAMES.size());
            Client client = new Client(cluster.client(first), "w%02d/".formatted(i));
            clients.add(client);
            threads.add(Thread.ofVirtual().start(client));
        }
    }

    /** Waits until so many more writes have been acknowledged. */
    void await(int more, ServerProcess alive) {
        int goal = times.size() + more;
        alive.await(more + " more writes are acknowledged", () -> times.size() >= goal || !defects.isEmpty());
    }

    /** Stops all of them, and waits for their last answers. */
    void stop() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }

    /** How many writes were acknowledged. */
    int count() {
        return times.size();
    }

    /** How many keys have an outcome that nobody knows. */
    long unknowns() {
        return clients.stream().mapToLong(client -> client.unknown.size()).sum();
    }

    /** How many writes were refused, after the client's own retries. */
    long refusals() {
        return clients.stream().mapToLong(client -> client.refused).sum();
    }

    /** What no client should have met. */
    List<Throwable> defects() {
        return List.copyOf(defects);
    }

    /** The longest time without any acknowledgement that begins before a moment plus some seconds, and ends after the moment. */
    long longestGapNanos(long fromNanos, long toNanos) {
        long[] sorted = times.stream().mapToLong(Long::longValue).sorted().toArray();
        long longest = 0;
        for (int i = 1; i < sorted.length; i++) {
            if (sorted[i] > fromNanos && sorted[i - 1] < toNanos) {
                longest = Math.max(longest, sorted[i] - sorted[i - 1]);
            }
        }
        return longest;
    }

    /** Keys that have neither the value acknowledged last nor one that was sent later with an unknown outcome. */
    List<String> lost(Map<String, String> found) {
        List<String> lost = new ArrayList<>();
        for (Client client : clients) {
            client.acknowledged.forEach((key, value) -> {
                String there = found.get(key);
                if (!value.equals(there)
                        && !client.unknown.getOrDefault(key, Set.of()).contains(there)) {
                    lost.add(key + ": " + value + " was acknowledged, " + there + " is there");
                }
            });
        }
        return lost;
    }

    @Override
    public void close() {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        clients.forEach(client -> client.client.close());
    }
}
