package dev.varve.replication;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** Clients that put keys of their own through whoever leads, and remember what was acknowledged as which revision. */
final class Writers implements AutoCloseable {

    final Map<String, String> acknowledged = new ConcurrentHashMap<>();
    final Map<String, String> unknown = new ConcurrentHashMap<>();
    private final AtomicLong writes = new AtomicLong();
    private final Cluster cluster;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    Writers(Cluster cluster) {
        this.cluster = cluster;
    }

    /** Starts so many of them. */
    void start(int count) {
        for (int i = 0; i < count; i++) {
            int writer = i;
            threads.add(Thread.ofVirtual().start(() -> run(writer)));
        }
    }

    /** How many writes have been acknowledged. */
    long writes() {
        return writes.get();
    }

    private void run(int writer) {
        for (int i = 0; !stopped; i++) {
            // A third of the values is too large for the index and stays in the log only.
            String value = "v" + i + (i % 3 == 0 ? "x".repeat(200) : "");
            put("w" + writer + "-" + i % 500 + (i % 2 == 0 ? "" : "-" + i), value);
        }
    }

    private void put(String key, String value) {
        while (!stopped) {
            Cluster.Member leader = cluster.leaderNow();
            if (leader == null) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
                continue;
            }
            try {
                long revision = leader.node()
                        .put(key.getBytes(UTF_8), value.getBytes(UTF_8))
                        .get(5, TimeUnit.SECONDS);
                acknowledged.put(key, revision + "=" + value);
                unknown.remove(key);
                writes.incrementAndGet();
                return;
            } catch (ExecutionException e) {
                boolean refused = e.getCause() instanceof ProposalException reason
                        && reason.outcome() != ProposalException.Outcome.UNKNOWN;
                if (!refused) {
                    unknown.put(key, value);
                    return;
                }
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
            } catch (TimeoutException | IllegalStateException e) {
                unknown.put(key, value);
                return;
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    @Override
    public void close() {
        stopped = true;
    }

    /** Ends them and waits for it. */
    void stop() throws InterruptedException {
        stopped = true;
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
