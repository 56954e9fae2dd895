package dev.varve.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.io.DiskFileSystem;
import dev.varve.storage.io.Environment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The door of the store, on real files. */
class StoreTest {

    private static final StoreOptions SMALL = StoreOptions.defaults()
            .withSegmentBytes(256 << 10)
            .withMemtableBytes(64 << 10)
            .withCheckpoint(128 << 10, 1000);

    @TempDir
    Path directory;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Test
    void whatWasPutIsReadAndSurvivesReopening() {
        try (Store store = Store.open(directory, SMALL)) {
            assertThat(store.put(bytes("a"), bytes("1"))).isEqualTo(1);
            assertThat(store.put(bytes("b"), new byte[0])).isEqualTo(2);
            assertThat(store.delete(bytes("a"))).isEqualTo(3);
            assertThat(store.get(bytes("a"))).isNull();
            assertThat(store.get(bytes("b"))).isEmpty();
        }
        try (Store store = Store.open(directory, SMALL)) {
            assertThat(store.get(bytes("a"))).isNull();
            assertThat(store.get(bytes("b"))).isEmpty();
            assertThat(store.revision()).isEqualTo(3);
            assertThat(store.put(bytes("c"), bytes("3"))).isEqualTo(4);
        }
    }

    @Test
    void aCallbackThatThrowsHarmsNoOtherWrite() {
        try (Store store = Store.open(directory, SMALL)) {
            store.submit(new WriteBatch().put(bytes("a"), bytes("1")), Durability.MAJORITY, (revision, failure) -> {
                throw new IllegalArgumentException("a bug in the caller");
            });
            for (int i = 0; i < 3; i++) {
                assertThat(store.writeAsync(new WriteBatch().put(bytes("b"), bytes("2")), Durability.MAJORITY))
                        .succeedsWithin(Duration.ofSeconds(60));
            }
            assertThat(store.get(bytes("a"))).isEqualTo(bytes("1"));
        }
    }

    @Test
    void aWriteOverALimitIsRefusedWhenItIsPrepared() {
        try (Store store = Store.open(directory, SMALL)) {
            WriteBatch large = new WriteBatch().put(new byte[5000], bytes("1"));
            assertThatThrownBy(() -> store.prepare(large, Durability.MAJORITY, (revision, failure) -> {}))
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("the key has 5000 bytes");
            CompletableFuture<StoreException> told = new CompletableFuture<>();
            store.submit(large, Durability.MAJORITY, (revision, failure) -> told.complete(failure));
            assertThat(told).isCompletedWithValueMatching(e -> e.kind() == StoreException.Kind.TOO_LARGE);
        }
    }

    @Test
    void aBatchIsOneWriteAndItsLastChangeOfAKeyCounts() {
        try (Store store = Store.open(directory, SMALL)) {
            WriteBatch batch = new WriteBatch()
                    .put(bytes("k"), bytes("old"))
                    .put(bytes("l"), bytes("x"))
                    .put(bytes("k"), bytes("new"))
                    .delete(bytes("l"));
            assertThat(store.write(batch, Durability.MAJORITY)).isEqualTo(1);
            assertThat(store.get(bytes("k"))).isEqualTo(bytes("new"));
            assertThat(store.get(bytes("l"))).isNull();
            assertThat(store.revision()).isEqualTo(1);
        }
    }

    @Test
    void manyValuesOfAllSizesAreReadBackThroughTablesAndTheLogInBothOrders() {
        Random random = new Random(7);
        NavigableMap<String, byte[]> model = new TreeMap<>();
        for (int round = 0; round < 3; round++) {
            try (Store store = Store.open(directory, SMALL)) {
                for (int i = 0; i < 3000; i++) {
                    String key = "key" + random.nextInt(2000);
                    if (random.nextInt(10) == 0) {
                        store.delete(bytes(key), Durability.ACCEPTED);
                        model.remove(key);
                    } else {
                        byte[] value = new byte[random.nextInt(random.nextInt(100) == 0 ? 300_000 : 600)];
                        random.nextBytes(value);
                        store.put(bytes(key), value, Durability.ACCEPTED);
                        model.put(key, value);
                    }
                }
                assertThat(store.stats().flushes()).isPositive();
                check(store, model);
            }
            try (Store store = Store.open(directory, SMALL)) {
                check(store, model);
            }
        }
    }

    private static void check(Store store, NavigableMap<String, byte[]> model) {
        for (Order order : Order.values()) {
            List<String> keys = new ArrayList<>();
            try (Cursor cursor = store.range(KeyRange.all(), order)) {
                while (cursor.next()) {
                    keys.add(text(cursor.key()));
                    assertThat(cursor.value()).isEqualTo(model.get(text(cursor.key())));
                }
            }
            assertThat(keys)
                    .containsExactlyElementsOf(order == Order.ASCENDING ? model.keySet() : model.descendingKeySet());
        }
        for (int i = 0; i < 2000; i++) {
            assertThat(store.get(bytes("key" + i))).isEqualTo(model.get("key" + i));
        }
    }

    @Test
    void aSnapshotAndACursorSeeTheirRevisionWhileWritesAndFlushesGoOn() {
        try (Store store = Store.open(directory, SMALL)) {
            for (int i = 0; i < 500; i++) {
                store.put(bytes("k%03d".formatted(i)), bytes("old" + i), Durability.ACCEPTED);
            }
            try (Snapshot snapshot = store.snapshot();
                    Cursor cursor = store.range(KeyRange.all())) {
                for (int round = 0; round < 5; round++) {
                    for (int i = 0; i < 500; i++) {
                        store.put(bytes("k%03d".formatted(i)), new byte[200], Durability.ACCEPTED);
                    }
                    store.flush();
                }
                store.delete(bytes("k007"));
                assertThat(snapshot.get(bytes("k007"))).isEqualTo(bytes("old7"));
                int count = 0;
                while (cursor.next()) {
                    assertThat(cursor.value()).isEqualTo(bytes("old" + count));
                    count++;
                }
                assertThat(count).isEqualTo(500);
                assertThat(store.get(bytes("k007"))).isNull();
            }
            assertThat(store.stats().openSnapshots()).isZero();
        }
    }

    @Test
    void whatAReaderNeedsIsKeptForABoundedTimeUnlessItIsCurrent() {
        AtomicLong later = new AtomicLong();
        Environment environment = new Environment(
                DiskFileSystem.instance(),
                () -> System.nanoTime() + later.get(),
                InstantSource.system(),
                RandomGenerator.of("SecureRandom"));
        try (Store store = Store.open(directory, SMALL.withSnapshotAge(Duration.ofHours(2)), environment)) {
            store.put(bytes("k"), bytes("old"));
            try (Snapshot old = store.snapshot();
                    Cursor cursor = store.range(KeyRange.all())) {
                store.put(bytes("k"), bytes("new"));
                later.addAndGet(Duration.ofHours(1).toNanos());
                store.flush();
                assertThat(old.get(bytes("k"))).isEqualTo(bytes("old"));
                store.put(bytes("other"), bytes("v"));
                later.addAndGet(Duration.ofMinutes(61).toNanos());
                store.flush();
                for (ThrowingCallable read : List.<ThrowingCallable>of(
                        () -> old.get(bytes("k")),
                        () -> old.range(KeyRange.all(), Order.ASCENDING).next(),
                        cursor::next)) {
                    assertThatThrownBy(read)
                            .isInstanceOfSatisfying(
                                    StoreException.class,
                                    e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.SNAPSHOT_EXPIRED))
                            .hasMessageContaining("is older than 7200 seconds (option snapshotAge)");
                }
            }
            try (Snapshot current = store.snapshot()) {
                later.addAndGet(Duration.ofDays(1).toNanos());
                store.flush();
                assertThat(current.get(bytes("k"))).isEqualTo(bytes("new"));
            }
        }
    }

    @Test
    void asynchronousWritesCompleteInOrderAndAreVisibleThen() {
        try (Store store = Store.open(directory, SMALL)) {
            List<CompletableFuture<Long>> futures = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
                futures.add(
                        store.writeAsync(new WriteBatch().put(bytes("k" + i), bytes("v" + i)), Durability.MAJORITY));
            }
            for (int i = 0; i < 1000; i++) {
                assertThat(futures.get(i).join()).isEqualTo(i + 1);
                assertThat(store.get(bytes("k" + i))).isEqualTo(bytes("v" + i));
            }
            assertThat(store.stats().groups()).isLessThan(1000);
        }
    }

    @Test
    void aDirectoryIsOpenOnlyOnce() {
        try (Store store = Store.open(directory, SMALL)) {
            assertThat(store.health().state()).isEqualTo(Health.State.OK);
            assertThatThrownBy(() -> Store.open(directory, SMALL))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.LOCKED));
        }
    }

    @Test
    void limitsAreNamedAndNothingIsWritten() {
        StoreOptions options = SMALL.withMaxKeyBytes(10).withMaxValueBytes(20).withMaxBatchBytes(50);
        try (Store store = Store.open(directory, options)) {
            assertThatThrownBy(() -> store.put(new byte[11], new byte[1]))
                    .hasMessage("the key has 11 bytes, the limit is 10 (option maxKeyBytes)");
            assertThatThrownBy(() -> store.put(new byte[1], new byte[21]))
                    .hasMessage("the value has 21 bytes, the limit is 20 (option maxValueBytes)");
            assertThatThrownBy(() -> store.put(new byte[0], new byte[1])).hasMessageContaining("empty");
            WriteBatch batch = new WriteBatch().put(new byte[6], new byte[10]).put(new byte[7], new byte[10]);
            assertThatThrownBy(() -> store.write(batch, Durability.MAJORITY))
                    .hasMessage("the batch of 2 changes has 61 bytes, the limit is 50 (option maxBatchBytes)");
            assertThat(store.revision()).isZero();
        }
    }

    @Test
    void aValueLargerThanASegmentGetsOneOfItsOwn() {
        byte[] value = new byte[3 << 20];
        new Random(1).nextBytes(value);
        try (Store store = Store.open(directory, SMALL)) {
            store.put(bytes("large"), value);
            store.put(bytes("small"), bytes("s"));
            assertThat(store.get(bytes("large"))).isEqualTo(value);
        }
        try (Store store = Store.open(directory, SMALL)) {
            assertThat(store.get(bytes("large"))).isEqualTo(value);
            assertThat(store.get(bytes("small"))).isEqualTo(bytes("s"));
        }
    }
}
