package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.varve.storage.Durability;
import dev.varve.storage.Health;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import dev.varve.storage.io.Environment;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A store that cannot write says why, goes on reading, and takes writes again when it can. */
@Timeout(60)
class RefusalTest {

    private static final StoreOptions OPTIONS = Scenario.OPTIONS;
    private static final int VALUE_BYTES = 8_000;

    private final SimulatedEnvironment machine = SimulatedEnvironment.create(1);

    private static byte[] key(int i) {
        return ByteBuffer.allocate(4).putInt(i).array();
    }

    private static byte[] value(int i) {
        byte[] value = new byte[VALUE_BYTES];
        Arrays.fill(value, (byte) i);
        return value;
    }

    /** Puts keys from {@code first} on until one is refused, and gives that one. */
    private static int fill(Store store, int first) {
        for (int i = first; i < first + 10_000; i++) {
            try {
                store.put(key(i), value(i));
            } catch (StoreException e) {
                assertThat(e.kind()).as(e.toString()).isEqualTo(Kind.DISK_FULL);
                assertThat(e.outcomeUnknown()).isFalse();
                assertThat(e.getMessage()).isNotBlank();
                return i;
            }
        }
        throw new AssertionError("the disk never became full");
    }

    private static void assertHolds(Store store, int keys) {
        for (int i = 0; i < keys; i++) {
            assertThat(store.get(key(i))).as("key " + i).isEqualTo(value(i));
        }
        assertThat(CheckedStore.contents(store, Order.ASCENDING)).hasSize(keys);
        assertThat(CheckedStore.contents(store, Order.DESCENDING)).hasSize(keys);
    }

    @Test
    void aFullDiskRefusesWritesByNameAndTakesThemAgainWhenSpaceReturns() {
        machine.files().setCapacityBytes(3 << 20);
        int written;
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            int refused = fill(store, 0);
            assertThat(refused).isGreaterThan(50);
            assertThat(store.health().state()).isEqualTo(Health.State.DISK_FULL);
            assertHolds(store, refused);
            assertThatThrownBy(() -> store.put(key(refused), value(refused)))
                    .as("still")
                    .isInstanceOf(StoreException.class);

            machine.files().setCapacityBytes(6 << 20);
            awaitWrite(store, refused, Duration.ofSeconds(5));

            assertThat(store.health().state()).isEqualTo(Health.State.OK);
            written = fill(store, refused + 1);
            assertHolds(store, written);
            machine.files().setCapacityBytes(SimulatedFileSystem.UNBOUNDED);
            awaitWrite(store, written, Duration.ofSeconds(5));
        }
        SimulatedDisk disk = machine.files().disk().afterPowerCut(Seeds.random(1), CrashMode.FORGET_UNSYNCED);
        try (CheckedStore again = CheckedStore.open(machine.with(new SimulatedFileSystem(disk)), OPTIONS)) {
            assertHolds(again.store(), written + 1);
        }
    }

    private static void awaitWrite(Store store, int i, Duration atMost) {
        await(() -> store.put(key(i), value(i)), atMost);
    }

    /** Writes as soon as there is space. */
    private static void await(Runnable write, Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (true) {
            try {
                write.run();
                return;
            } catch (StoreException e) {
                assertThat(e.kind()).isEqualTo(Kind.DISK_FULL);
                assertThat(System.nanoTime()).as("writing resumes by itself").isLessThan(deadline);
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void deletesGiveSpaceBackOnAFullDisk() {
        machine.files().setCapacityBytes(6 << 20);
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            int refused = fill(store, 0);
            assertThat(refused).isGreaterThan(400);
            for (int i = 0; i < refused; i++) {
                int key = i;
                if (i % 4 < 3) { // There is room for some, and they make room for more.
                    await(() -> store.delete(key(key)), Duration.ofSeconds(5));
                }
            }
            awaitWrite(store, 100_000, Duration.ofSeconds(5));
            for (int i = 1; i < refused / 2; i++) {
                awaitWrite(store, 100_000 + i, Duration.ofSeconds(5));
            }
            for (int i = 0; i < refused; i++) {
                assertThat(store.get(key(i))).as("key " + i).isEqualTo(i % 4 < 3 ? null : value(i));
            }
            assertThat(store.get(key(100_000))).isEqualTo(value(100_000));
            machine.files().setCapacityBytes(SimulatedFileSystem.UNBOUNDED);
        }
    }

    @Test
    void deletesThatComeAtOnceGiveSpaceBackThoughNoWriteFollows() {
        machine.files().setCapacityBytes(6 << 20);
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            byte[] large = new byte[OPTIONS.segmentBytes() / 4 - 100];
            int refused = 0;
            while (store.health().state() == Health.State.OK) {
                try {
                    store.put(key(refused), large);
                    refused++;
                } catch (StoreException e) {
                    assertThat(e.kind()).isEqualTo(Kind.DISK_FULL);
                    assertThat(store.health().state()).isEqualTo(Health.State.DISK_FULL);
                }
            }
            for (int i = 0; i < refused; i++) {
                store.delete(key(i));
            }
            await(() -> store.put(key(0), large), Duration.ofSeconds(5));
        }
    }

    @Test
    void whatWasLoggedBecauseThereWasASpareLeavesRoomForDeletesAfterARestartToo() {
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            store.put(key(0), new byte[OPTIONS.segmentBytes() - 10_000]);
            while (remainingBytes(store) >= 150) {
                store.put(key(1), new byte[Math.max(0, remainingBytes(store) - 200)]);
            }
        }
        machine.files().setCapacityBytes(machine.files().disk().usedBytes() + OPTIONS.segmentBytes() / 4);
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            for (int i = 0; i < 10; i++) {
                await(() -> checked.store().delete(key(0)), Duration.ofSeconds(5));
            }
        }
    }

    private static int remainingBytes(Store store) {
        return store.state().log().remainingBytes();
    }

    @Test
    void aDiskThatHasRoomForWhatIsLiveStaysWritable() {
        machine.files().setCapacityBytes(4 << 20);
        Environment inTime = new Environment(
                machine.files(),
                Environment.system().ticker(),
                machine.clock(),
                new Random(1)); // Who is slowed waits in truth.
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, inTime)) {
            RandomGenerator random = Seeds.random(3);
            for (int i = 0; i < 100; i++) {
                awaitWrite(store, i, Duration.ofSeconds(5));
            }
            for (int i = 0; i < 3_000; i++) {
                awaitWrite(store, random.nextInt(100), Duration.ofSeconds(5));
            }
            assertHolds(store, 100);
        }
    }

    @Test
    void aStoreOpensOnAFullDiskAndAnswersReads() {
        machine.files().setCapacityBytes(3 << 20);
        int written;
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            written = fill(checked.store(), 0);
        }
        machine.files().setCapacityBytes(machine.files().disk().usedBytes());
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            assertHolds(store, written);
            machine.files().setCapacityBytes(SimulatedFileSystem.UNBOUNDED);
            awaitWrite(store, written, Duration.ofSeconds(5));
        }
    }

    @Test
    void nothingIsAcknowledgedAfterASyncOfTheLogHasFailedUntilReopened() {
        int acknowledged;
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            acknowledged = 20;
            for (int i = 0; i < acknowledged; i++) {
                store.put(key(i), value(i));
            }
            machine.files()
                    .faults()
                    .failOnce(FaultPlan.kinds(Set.of(CallKind.SYNC), ".log"), 1, FaultPlan::inputOutputError);
            StoreException first =
                    catchThrowableOfType(StoreException.class, () -> store.put(key(acknowledged), value(acknowledged)));
            assertThat(first.kind()).isEqualTo(Kind.OUTCOME_UNKNOWN);
            assertThat(first.outcomeUnknown()).isTrue();
            for (Durability durability : Durability.values()) {
                assertThatThrownBy(() -> store.put(key(1_000), value(0), durability))
                        .isInstanceOfSatisfying(
                                StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOG_FAILED));
            }
            assertThat(store.health().state()).isEqualTo(Health.State.LOG_FAILED);
            assertThat(store.health().detail()).isNotBlank();
            assertHolds(store, acknowledged);
        }
        assertThat(machine.files().openFiles()).isEmpty();
        SimulatedDisk disk = machine.files().disk().afterPowerCut(Seeds.random(1), CrashMode.FORGET_UNSYNCED);
        SimulatedEnvironment next = machine.with(new SimulatedFileSystem(disk));
        try (CheckedStore again = CheckedStore.open(next, OPTIONS)) {
            assertHolds(again.store(), acknowledged);
            again.store().put(key(acknowledged), value(acknowledged));
            assertThat(again.store().health().state()).isEqualTo(Health.State.OK);
        }
    }

    @Test
    void whatIsAcknowledgedAfterReopeningSurvivesAlthoughAnEarlierSyncHadFailed() {
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            store.put(key(0), value(0));
            machine.files()
                    .faults()
                    .failOnce(FaultPlan.kinds(Set.of(CallKind.SYNC), ".log"), 1, FaultPlan::inputOutputError);
            assertThatThrownBy(() -> store.put(key(1), value(1))).isInstanceOf(StoreException.class);
        }
        int found;
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            found = store.get(key(1)) == null ? 1 : 2;
            store.put(key(found), value(found));
        }
        SimulatedDisk disk = machine.files().disk().afterPowerCut(Seeds.random(1), CrashMode.FORGET_UNSYNCED);
        try (CheckedStore again = CheckedStore.open(machine.with(new SimulatedFileSystem(disk)), OPTIONS)) {
            assertHolds(again.store(), found + 1);
        }
    }

    @Test
    void asynchronousWritesAreToldOfAFailedLog() {
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            machine.files()
                    .faults()
                    .failFrom(FaultPlan.kinds(Set.of(CallKind.WRITE), ".log"), 1, FaultPlan::inputOutputError);
            for (int i = 0; i < 10; i++) {
                var future = store.writeAsync(new WriteBatch().put(key(i), value(i)), Durability.MAJORITY);
                assertThatThrownBy(future::join)
                        .hasCauseInstanceOf(StoreException.class)
                        .hasMessageContaining("log");
            }
            try (var cursor = store.range(KeyRange.all())) {
                assertThat(cursor.next()).isFalse();
            }
        }
    }

    @Test
    void aSecondStoreOnTheSameDirectoryIsRefused() {
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            assertThat(checked.store().revision()).isZero();
            assertThatThrownBy(() -> Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment()))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.LOCKED));
        }
    }
}
