package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Durability;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What nobody adds to any more is flushed, unless it is too little. */
@Timeout(120)
class IdleFlushTest {

    private static final StoreOptions OPTIONS =
            StoreOptions.defaults().withSegmentBytes(1 << 20).withMemtableBytes(64 << 10);

    private final SimulatedEnvironment machine = SimulatedEnvironment.create(1);

    private static void put(Store store, int from, int to) {
        for (int i = from; i < to; i++) {
            store.put(ByteBuffer.allocate(4).putInt(i).array(), new byte[100], Durability.ACCEPTED);
        }
    }

    /** Waits until a second has passed on the machine a few times, while the flusher looks once in a real one. */
    private void restUntil(Store store, long flushes) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (store.stats().flushes() < flushes && System.nanoTime() < deadline) {
            machine.clock().advance(Duration.ofSeconds(1));
            Thread.sleep(100);
        }
    }

    @Test
    void aMemtableIsFlushedWhenNobodyWritesAndThereIsLessToReplay() throws InterruptedException {
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            put(store, 0, 100);
            Thread.sleep(2_500);
            assertThat(store.stats().flushes()).as("while no time passes").isZero();
            restUntil(store, 1);
            assertThat(store.stats().flushes()).isEqualTo(1);
            assertThat(store.stats().memtableBytes()).isZero();
            put(store, 100, 200);
            restUntil(store, 2);
            assertThat(store.stats().flushes()).isEqualTo(2);
        }
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            assertThat(store.stats().replayedRecords()).isLessThan(10);
            assertThat(store.stats().entries()).isEqualTo(200);
        }
    }

    @Test
    void aFewEntriesStayInTheMemtable() throws InterruptedException {
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            put(store, 0, 20);
            for (int i = 0; i < 30; i++) {
                machine.clock().advance(Duration.ofSeconds(1));
                Thread.sleep(100);
            }
            assertThat(store.stats().flushes()).isZero();
            put(store, 20, 100);
            restUntil(store, 1);
            assertThat(store.stats().flushes()).isEqualTo(1);
        }
    }
}
