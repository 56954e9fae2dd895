package dev.varve.systemtests;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.client.KeyValue;
import dev.varve.client.RangeQuery;
import dev.varve.client.RangeReader;
import dev.varve.client.VarveClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Several {@link Writer}s at once, and the comparison of what they were told with what is there. */
final class Writers {

    private final List<Writer> writers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    Writers(int count, SplittableRandom random) {
        for (int i = 0; i < count; i++) {
            writers.add(new Writer(i, random.split()));
        }
    }

    /** Has all of them begin to write, and returns when so many writes have been acknowledged. */
    void start(VarveClient client, int writes) throws InterruptedException {
        CountDownLatch acknowledged = new CountDownLatch(writes);
        for (Writer writer : writers) {
            threads.add(Thread.startVirtualThread(() -> writer.run(client, acknowledged::countDown)));
        }
        assertThat(acknowledged.await(Program.PATIENCE_SECONDS, TimeUnit.SECONDS))
                .as("%d writes are acknowledged", writes)
                .isTrue();
    }

    /** Waits until all of them have met that the server is gone, or takes no more writes. */
    void join() throws InterruptedException {
        for (Thread thread : threads) {
            assertThat(thread.join(Duration.ofSeconds(Program.PATIENCE_SECONDS)))
                    .as("a writer has met the failure")
                    .isTrue();
        }
        threads.clear();
    }

    /** Reads the whole store and counts what is lost or torn. */
    NavigableMap<String, String> compare(VarveClient client) {
        NavigableMap<String, String> found = new TreeMap<>();
        try (RangeReader range = client.range(RangeQuery.prefix(new byte[0]))) {
            for (KeyValue entry = range.next(); entry != null; entry = range.next()) {
                found.put(new String(entry.key(), UTF_8), new String(entry.value(), UTF_8));
            }
        }
        writers.forEach(writer -> writer.compare(found));
        return found;
    }

    /** The same in a store that was opened again, from which they go on. */
    void compareAndGoOn(VarveClient client) {
        NavigableMap<String, String> found = compare(client);
        writers.forEach(writer -> writer.goOnFrom(found));
    }

    /** How many writes were acknowledged. */
    long writes() {
        return writers.stream().mapToLong(Writer::writes).sum();
    }

    /** How many keys had neither the value that was acknowledged last nor that of an unanswered write. */
    long lost() {
        return writers.stream().mapToLong(Writer::lost).sum();
    }

    /** How many groups, written by batches only, had more than one value. */
    long torn() {
        return writers.stream().mapToLong(Writer::torn).sum();
    }
}
