package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Cursor;
import dev.varve.storage.Durability;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Snapshot;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.io.Environment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Space that is not needed any more comes back by itself, whatever is being read meanwhile. */
@Timeout(120)
class CollectionTest {

    private static final StoreOptions OPTIONS = StoreOptions.defaults()
            .withSegmentBytes(256 << 10)
            .withMemtableBytes(64 << 10)
            .withCheckpoint(256 << 10, 1_000)
            .withInlineValueBytes(100);
    private static final int KEYS = 3_000;
    private static final int VALUE_BYTES = 1_000;

    private final SimulatedEnvironment machine = SimulatedEnvironment.create(1);
    private final RandomGenerator random = Seeds.random(1);
    private final int[] versions = new int[KEYS];

    private static byte[] key(int i) {
        return ByteBuffer.allocate(4).putInt(i).array();
    }

    /** Half of it can be compressed; a version of 0 stands for none. */
    private static byte[] value(int key, int version) {
        byte[] value = new byte[VALUE_BYTES];
        Seeds.random(31L * key + version).nextBytes(value);
        Arrays.fill(value, VALUE_BYTES / 2, VALUE_BYTES, (byte) version);
        return value;
    }

    private void put(Store store, int key) {
        store.put(key(key), value(key, ++versions[key]), Durability.ACCEPTED);
    }

    private void fill(Store store) {
        for (int i = 0; i < KEYS; i++) {
            put(store, i);
        }
    }

    private void overwrite(Store store, int writes) {
        for (int i = 0; i < writes; i++) {
            put(store, random.nextInt(KEYS));
        }
    }

    private void assertHolds(Store store) {
        for (int i = 0; i < KEYS; i++) {
            assertThat(store.get(key(i))).as("key " + i).isEqualTo(versions[i] == 0 ? null : value(i, versions[i]));
        }
    }

    private long fileBytes() {
        SimulatedDisk disk = machine.files().disk();
        List<Path> files = disk.paths();
        return files.stream().mapToLong(disk::sizeBytes).sum();
    }

    @Test
    void theDiskHoldsLittleMoreThanWhatIsThereHoweverMuchIsOverwritten() {
        long data = (long) KEYS * (VALUE_BYTES + 18);
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            fill(store);
            long highest = 0;
            for (int round = 0; round < 12; round++) {
                overwrite(store, KEYS / 3);
                store.compact();
                assertThat(store.stats().spaceAmplification()).isLessThan(1.5);
                highest = Math.max(highest, fileBytes());
            }
            // A spare segment, the one that is written to, and what no table has yet come on top.
            assertThat(highest).isLessThan(data * 3 / 2 + 4L * OPTIONS.segmentBytes());
            assertThat(store.stats().movedBytes()).isPositive();
            assertThat(store.stats().valueBytes()).isPositive();
            assertHolds(store);
        }
    }

    @Test
    void writersOfNewKeysAreNotSlowedForSpace() throws Exception {
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            byte[] value = new byte[VALUE_BYTES];
            for (int i = 0; i < 20 * KEYS; i++) {
                byte[] key = ByteBuffer.allocate(8).putLong(random.nextLong()).array();
                store.put(key, value, Durability.ACCEPTED);
            }
            assertThat(store.stats().spaceDelayNanos()).isZero();
        }
    }

    @Test
    void writersAreSlowedRatherThanThatTheFilesGrow() throws Exception {
        // Who is slowed waits in truth, and for so much longer that merges keep up however busy the machine is with
        // other things.
        Environment inTime = new Environment(
                machine.files(), () -> Environment.system().ticker().nanos() / 10, machine.clock(), new Random(1));
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, inTime)) {
            fill(store);
            long most = 0;
            for (int i = 0; i < 20 * KEYS; i++) {
                put(store, random.nextInt(KEYS));
                if (i % 100 == 0) {
                    most = Math.max(most, fileBytes());
                }
            }
            long data = KEYS * (VALUE_BYTES + 40L);
            // On top come a spare segment, the one that is written to, the slack of the debt, and what a pass writes
            // before it drops.
            assertThat(most).isLessThan(data * 16 / 10 + 12L * OPTIONS.segmentBytes());
            assertThat(store.stats().spaceDelayNanos())
                    .as("nobody else waits for it")
                    .isPositive();
            assertHolds(store);
        }
    }

    @Test
    void aCopyHasTheValuesThatWereMoved() {
        Path copy = Path.of("/copies/copy");
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            fill(store);
            overwrite(store, KEYS);
            store.compact();
            assertThat(store.stats().valueSegments()).isPositive();
            store.checkpoint(copy);
        }
        try (Store store =
                Store.open(copy, OPTIONS, machine.with(machine.files()).environment())) {
            assertThat(store.stats().valueSegments()).isPositive();
            assertHolds(store);
        }
    }

    @Test
    void theDiskShrinksAfterARangeWasRemoved() {
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            fill(store);
            overwrite(store, KEYS);
            store.compact();
            long before = fileBytes();
            store.deleteRange(KeyRange.all());
            Arrays.fill(versions, 0);
            store.compact();
            assertThat(fileBytes()).isLessThan(before / 3).isLessThan(5L * OPTIONS.segmentBytes());
            assertHolds(store);
        }
    }

    @Test
    void theDiskShrinksAfterDeletes() {
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            fill(store);
            overwrite(store, KEYS);
            store.compact();
            long before = fileBytes();
            for (int i = 0; i < KEYS; i += 10) {
                WriteBatch batch = new WriteBatch();
                for (int j = i; j < i + 10; j++) {
                    batch.delete(key(j));
                    versions[j] = 0;
                }
                store.write(batch, Durability.ACCEPTED);
            }
            store.compact();
            assertThat(fileBytes()).isLessThan(before / 3).isLessThan(5L * OPTIONS.segmentBytes());
            assertThat(store.stats().valueSegments()).isZero();
            assertHolds(store);
        }
    }

    @Test
    void snapshotsAndCursorsReadRightThroughACollection() {
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            fill(store);
            overwrite(store, KEYS / 2);
            int[] then = versions.clone();
            try (Snapshot snapshot = store.snapshot();
                    Cursor cursor = store.range(KeyRange.all(), Order.ASCENDING)) {
                for (int i = 0; i < KEYS / 2; i++) {
                    assertThat(cursor.next()).isTrue();
                    assertThat(cursor.value()).isEqualTo(value(i, then[i]));
                }
                for (int round = 0; round < 4; round++) {
                    overwrite(store, KEYS);
                    store.compact();
                }
                assertThat(store.stats().movedBytes()).isPositive();
                for (int i = KEYS / 2; i < KEYS; i++) {
                    assertThat(cursor.next()).isTrue();
                    assertThat(cursor.key()).isEqualTo(key(i));
                    assertThat(cursor.value()).isEqualTo(value(i, then[i]));
                }
                for (int i = 0; i < KEYS; i++) {
                    assertThat(snapshot.get(key(i))).isEqualTo(value(i, then[i]));
                }
            }
            assertHolds(store);
        }
    }

    @Test
    void whatIsDeadIsKnownAfterReopening() {
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            fill(checked.store());
            overwrite(checked.store(), KEYS);
            checked.store().compact();
        }
        SimulatedEnvironment next = machine.with(machine.files());
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, next.environment())) {
            assertThat(store.stats().valueSegments()).isPositive();
            for (int round = 0; round < 4; round++) {
                overwrite(store, KEYS / 2);
                store.compact();
                assertThat(store.stats().spaceAmplification()).isLessThan(1.5);
            }
            assertHolds(store);
        }
    }

    @Test
    void aDamagedValueStaysWhereItIsAndTheRestIsCollected() throws Exception {
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            fill(store);
            store.flush();
            SimulatedDisk disk = machine.files().disk();
            Path oldest = disk.paths().stream()
                    .filter(path -> path.toString().endsWith(".log"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
            disk.flipBit(oldest, 8L * 100_000);
            for (int i = 0; i < 2 * KEYS; i++) {
                int key = random.nextInt(KEYS);
                if (key < 80 || key >= 110) { // The damaged value stays the newest of its key.
                    put(store, key);
                }
            }
            store.compact();
            assertThat(disk.paths()).as("nothing is dropped unread").contains(oldest);
            assertThat(store.stats().uncollectable()).isEqualTo(1);
            assertThat(store.stats().movedBytes()).isPositive();
            disk.flipBit(oldest, 8L * 100_000);
            assertHolds(store);
        }
    }
}
