package dev.varve.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Threads that use a store on real files are interrupted, as a pool does that is shut down at once, or a future that is cancelled. */
@Timeout(120)
@EnabledOnOs(OS.LINUX)
class InterruptTest {

    /** Small, so that everything is done often: segments are changed, tables written, merged and collected, values read from files. */
    private static final StoreOptions SMALL = StoreOptions.defaults()
            .withSegmentBytes(256 << 10)
            .withMemtableBytes(64 << 10)
            .withCheckpoint(128 << 10, 1000)
            .withCacheBytes(64 << 10)
            .withInlineValueBytes(100);

    private static final int THREADS = 4;
    private static final int WRITES = 500;
    private static final int KEYS = 100;
    private static final long PAUSE_NANOS = 100_000;

    @TempDir
    Path directory;

    private final NavigableMap<String, byte[]> acknowledged = new ConcurrentSkipListMap<>();
    private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    private final ConcurrentHashMap<Thread, Boolean> running = new ConcurrentHashMap<>();

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aStoreIsUnharmedByInterruptsOfThoseWhoUseIt() throws Exception {
        try (Store store = Store.open(directory, SMALL)) {
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < 2 * THREADS; i++) {
                String name = "thread-" + i + "-";
                Runnable work = () -> work(store, name);
                threads.add(
                        i % 2 == 0
                                ? Thread.ofPlatform().unstarted(work)
                                : Thread.ofVirtual().unstarted(work));
            }
            threads.forEach(thread -> running.put(thread, true));
            threads.forEach(Thread::start);
            while (!running.isEmpty()) {
                running.keySet().forEach(Thread::interrupt);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(failures).isEmpty();
            assertThat(store.health().state()).isEqualTo(Health.State.OK);
            store.put(bytes("last"), bytes("write"));
            acknowledged.put("last", bytes("write"));
            assertAllIsThere(store);
            store.compact();
        }
        try (Store store = Store.open(directory, SMALL)) {
            assertAllIsThere(store);
        }
    }

    private void work(Store store, String name) {
        Random random = new Random(name.hashCode());
        try {
            for (int i = 0; i < WRITES; i++) {
                String key = name + random.nextInt(KEYS);
                byte[] value = new byte[random.nextInt(2000)];
                random.nextBytes(value);
                store.put(bytes(key), value, i % 3 == 0 ? Durability.MAJORITY : Durability.ACCEPTED);
                acknowledged.put(key, value);
                String other = name + random.nextInt(KEYS);
                assertThat(store.get(bytes(other))).isEqualTo(acknowledged.get(other));
                if (i % 50 == 0) {
                    assertShows(
                            store, KeyRange.prefix(bytes(name)), acknowledged.subMap(name, true, name + "~", false));
                }
            }
        } catch (Throwable e) {
            failures.add(e);
        } finally {
            running.remove(Thread.currentThread());
        }
    }

    private void assertAllIsThere(Store store) {
        assertShows(store, KeyRange.all(), acknowledged);
        acknowledged.forEach((key, value) -> assertThat(store.get(bytes(key))).isEqualTo(value));
    }

    private static void assertShows(Store store, KeyRange range, NavigableMap<String, byte[]> expected) {
        List<String> keys = new ArrayList<>();
        try (Cursor cursor = store.range(range)) {
            while (cursor.next()) {
                String key = new String(cursor.key(), StandardCharsets.UTF_8);
                keys.add(key);
                assertThat(cursor.value()).isEqualTo(expected.get(key));
            }
        }
        assertThat(keys).containsExactlyElementsOf(expected.keySet());
    }

    @Test
    void aThreadThatIsInterruptedFoundsUsesCopiesAndClosesAStore() {
        Path original = directory.resolve("original");
        Path copy = directory.resolve("copy");
        for (Path each : List.of(original, copy)) {
            Thread.currentThread().interrupt();
            try (Store store = Store.open(each, SMALL)) {
                for (int i = 0; i < WRITES; i++) {
                    store.put(bytes("key" + i), new byte[1000], Durability.ACCEPTED);
                }
                store.flush();
                store.compact();
                store.deleteRange(KeyRange.prefix(bytes("key1")));
                assertThat(store.get(bytes("key10"))).isNull();
                assertThat(store.get(bytes("key20"))).hasSize(1000);
                if (each.equals(original)) {
                    store.checkpoint(copy);
                }
            }
            assertThat(Thread.interrupted())
                    .as("the interrupt is kept for whom it is meant")
                    .isTrue();
        }
    }
}
