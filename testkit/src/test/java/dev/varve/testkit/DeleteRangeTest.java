package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Snapshot;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Removing a range as one change, against removing its keys one by one. */
class DeleteRangeTest {

    private static final StoreOptions OPTIONS = StoreOptions.defaults()
            .withSegmentBytes(256 << 10)
            .withMemtableBytes(64 << 10)
            .withCheckpoint(64 << 10, 100)
            .withInlineValueBytes(100);

    private static byte[] key(int i) {
        return "key%06d".formatted(i).getBytes(StandardCharsets.US_ASCII);
    }

    @Test
    void aRangeThatIsRemovedAsOneLeavesWhatRemovingEachOfItsKeysLeaves() throws Exception {
        Seeds.forEach(
                DeleteRangeTest.class, "aRangeThatIsRemovedAsOneLeavesWhatRemovingEachOfItsKeysLeaves", 5, seed -> {
                    RandomGenerator random = Seeds.random(seed);
                    OperationGenerator generator = new OperationGenerator(random, 200, 2_000);
                    SimulatedEnvironment one = SimulatedEnvironment.create(seed);
                    SimulatedEnvironment other = SimulatedEnvironment.create(seed + 1000);
                    ModelStore model = new ModelStore();
                    CheckedStore ranges = CheckedStore.open(one, generator.options());
                    CheckedStore keys = CheckedStore.open(other, generator.options());
                    for (int i = 0; i < Integer.getInteger("varve.operations", 400); i++) {
                        if (random.nextInt(6) == 0) {
                            KeyRange range = generator.range();
                            WriteBatch deletes = new WriteBatch().delete(generator.key()); // A batch is not empty.
                            WriteBatch removal = new WriteBatch()
                                    .add(deletes.mutations().getFirst())
                                    .deleteRange(range);
                            model.range(range, Order.ASCENDING).forEach(entry -> deletes.delete(entry.key()));
                            ranges.store().write(removal, Durability.ACCEPTED);
                            keys.store().write(deletes, Durability.ACCEPTED);
                            model.write(removal);
                        } else {
                            WriteBatch batch = new WriteBatch().put(generator.key(), generator.value());
                            ranges.store().write(batch, Durability.ACCEPTED);
                            keys.store().write(batch, Durability.ACCEPTED);
                            model.write(batch);
                        }
                        if (random.nextInt(50) == 0) {
                            ranges.close();
                            one = one.with(one.files());
                            ranges = CheckedStore.open(one, generator.options());
                        }
                        if (random.nextInt(50) == 0) {
                            keys.store().compact();
                            ranges.store().compact();
                        }
                        if (i % 20 == 0) {
                            assertSame(ranges.store(), keys.store(), generator);
                        }
                    }
                    assertSame(ranges.store(), keys.store(), generator);
                    ranges.close();
                    keys.close();
                });
    }

    private static void assertSame(Store one, Store other, OperationGenerator generator) {
        for (Order order : Order.values()) {
            assertThat(CheckedStore.texts(CheckedStore.contents(one, order)))
                    .isEqualTo(CheckedStore.texts(CheckedStore.contents(other, order)));
        }
        for (byte[] key : generator.keys()) {
            assertThat(one.keyRevision(key)).isEqualTo(other.keyRevision(key));
        }
    }

    @Test
    void itsCostDoesNotDependOnTheNumberOfKeys() {
        assertThat(bytesToRemove(5_000)).isEqualTo(bytesToRemove(5));
    }

    /** Bytes of log that the removal of so many keys takes. */
    private static long bytesToRemove(int keys) {
        SimulatedEnvironment machine = SimulatedEnvironment.create(7);
        try (CheckedStore checked = CheckedStore.open(machine, StoreOptions.defaults())) {
            Store store = checked.store();
            WriteBatch batch = new WriteBatch();
            for (int i = 0; i < keys; i++) {
                batch.put(key(i), new byte[50]);
            }
            store.write(batch, Durability.LEADER);
            long logBytes = store.stats().logBytes();
            long entries = store.stats().entries();
            store.deleteRange(KeyRange.all());
            assertThat(CheckedStore.contents(store, Order.ASCENDING)).isEmpty();
            assertThat(store.stats().entries()).as("entries of the index").isEqualTo(entries);
            return store.stats().logBytes() - logBytes;
        }
    }

    @Test
    void aSnapshotGoesOnSeeingWhatWasRemovedWhateverIsMerged() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(8);
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            fill(store, 600);
            List<Entry> before = CheckedStore.contents(store, Order.ASCENDING);
            try (Snapshot snapshot = store.snapshot()) {
                store.deleteRange(KeyRange.closedOpen(key(100), key(500)));
                for (int i = 0; i < 3; i++) {
                    fill(store, 50);
                    store.compact();
                    assertThat(store.get(key(300))).isNull();
                    assertThat(snapshot.get(key(300))).hasSize(300);
                }
                try (var cursor = snapshot.range(KeyRange.all(), Order.DESCENDING)) {
                    for (Entry entry : before.reversed()) {
                        assertThat(cursor.next()).isTrue();
                        assertThat(cursor.key()).isEqualTo(entry.key());
                        assertThat(cursor.value()).isEqualTo(entry.value());
                    }
                    assertThat(cursor.next()).isFalse();
                }
            }
        }
    }

    private static void fill(Store store, int keys) {
        for (int i = 0; i < keys; i++) {
            store.put(key(i), new byte[300], Durability.ACCEPTED);
        }
    }

    @Test
    void whatIsPutInTheSameBatchStaysIfItComesLater() {
        SimulatedEnvironment machine = SimulatedEnvironment.create(9);
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            fill(store, 10);
            store.write(
                    new WriteBatch()
                            .put(key(2), new byte[] {2})
                            .deleteRange(KeyRange.all())
                            .put(key(5), new byte[] {5}),
                    Durability.MAJORITY);
            for (int i = 0; i < 2; i++) {
                assertThat(store.get(key(2))).isNull();
                assertThat(store.get(key(5))).isEqualTo(new byte[] {5});
                store.compact();
            }
        }
    }
}
