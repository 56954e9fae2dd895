package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.Durability;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.StoreStats;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What nobody adds to any more is flushed, unless it is too little or the disk is short of space. */
@Timeout(120)
class IdleFlushTest {

    private static final StoreOptions OPTIONS =
            StoreOptions.defaults().withSegmentBytes(1 << 20).withMemtableBytes(64 << 10);

    /** Less than half of what a memtable holds, and more. */
    private static final int FEW = 100;

    private static final int MANY = 250;

    private final SimulatedEnvironment machine = SimulatedEnvironment.create(1);
    private int keys;

    private void put(Store store, int count) {
        for (int i = 0; i < count; i++) {
            store.put(ByteBuffer.allocate(4).putInt(keys++).array(), new byte[100], Durability.ACCEPTED);
        }
    }

    /**
     * Waits until the clock has been asked for the time five times by others, who do so once in a real second while nothing happens: by
     * the flusher, if by none else, since those that begin with the store have done so a few times.
     */
    private void awaitLooks() {
        long step = machine.clock().stepNanos();
        long begin = machine.clock().nanos();
        for (long own = 1; (machine.clock().nanos() - begin) / step - own < 5; own++) {
            pause();
        }
    }

    private static void pause() {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }

    private void rest() {
        awaitLooks();
        machine.clock().advance(Duration.ofSeconds(1));
        awaitLooks();
    }

    private static void assertNothingFlushed(Store store) {
        StoreStats stats = store.stats();
        assertThat(stats.flushes()).isZero();
        assertThat(stats.memtables()).as("memtables, none of them frozen").isEqualTo(1);
        assertThat(stats.tables()).isZero();
    }

    private void awaitFlushes(Store store, long flushes) {
        while (store.stats().flushes() < flushes) {
            pause();
            machine.clock().advance(Duration.ofSeconds(1));
        }
    }

    @Test
    void aMemtableIsFlushedWhenNobodyWritesAndNothingIsLeftToReplay() {
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            put(store, MANY);
            awaitLooks();
            assertNothingFlushed(store); // While no time passes.
            awaitFlushes(store, 1);
            assertThat(store.stats().memtableBytes()).isZero();
            put(store, MANY);
            awaitFlushes(store, 2);
        }
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            assertThat(checked.store().stats().replayedRecords()).isZero();
        }
    }

    @Test
    void aFewEntriesStayInTheMemtable() {
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            put(store, FEW);
            rest();
            assertNothingFlushed(store);
            put(store, MANY - FEW);
            awaitFlushes(store, 1);
        }
    }

    @Test
    void onADiskThatIsShortOfSpaceNothingIsFlushedThatNeedNotBe() {
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            put(store, MANY);
            machine.files().setCapacityBytes(machine.files().disk().usedBytes() + 2L * OPTIONS.segmentBytes());
            rest();
            assertNothingFlushed(store);
            put(store, 10);
            machine.files().setCapacityBytes(SimulatedFileSystem.UNBOUNDED);
            awaitFlushes(store, 1);
        }
    }

    @Test
    void whatCannotBeFlushedIsNotTried() {
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            put(store, MANY);
            machine.files()
                    .faults()
                    .failFrom(call -> call.kind() == CallKind.SYNC, 1, () -> new IOException("the device is gone"));
            assertThatThrownBy(() -> store.put(new byte[] {1}, new byte[1], Durability.MAJORITY))
                    .isInstanceOf(StoreException.class);
            rest();
            assertNothingFlushed(store);
        }
    }
}
