package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.varve.storage.Durability;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreOptions;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The calls that a store makes, as text: whoever changes the order of a write, a sync and a rename sees it here. What other
 * threads do is awaited, so that it stands at a definite place.
 */
@Timeout(30)
class GoldenTraceTest {

    private static final StoreOptions OPTIONS = StoreOptions.defaults()
            .withSegmentBytes(256 << 10)
            .withMemtableBytes(1 << 20)
            .withCheckpoint(8 << 20, 10_000);
    private static final byte[] LARGE = new byte[100_000];
    private static final String ALLOCATOR = "varve-allocator";

    private final SimulatedEnvironment machine = SimulatedEnvironment.create(1);
    private final IoTrace trace = new IoTrace(kinds());
    private int spares;

    private static Set<CallKind> kinds() {
        Set<CallKind> kinds = new TreeSet<>(CallKind.CHANGES);
        kinds.add(CallKind.OPEN);
        kinds.add(CallKind.OPEN_FOR_READ);
        kinds.add(CallKind.CLOSE);
        kinds.add(CallKind.UNLOCK);
        return kinds;
    }

    /** Whether the thread that makes segments ready has to wait; guarded by the disk, which the calls hold. */
    private boolean allocatorHeld = true;

    @BeforeEach
    void watch() {
        SimulatedDisk disk = machine.files().disk();
        machine.files().watch(call -> {
            boolean interrupted = false;
            while (allocatorHeld && call.thread().equals(ALLOCATOR)) {
                try {
                    disk.wait();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            trace.accept(call);
        });
    }

    private void holdAllocator(boolean hold) {
        SimulatedDisk disk = machine.files().disk();
        synchronized (disk) {
            allocatorHeld = hold;
            disk.notifyAll();
        }
    }

    private static byte[] key(int i) {
        return new byte[] {(byte) i};
    }

    private Store open() throws InterruptedException {
        trace.note("open");
        Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment());
        awaitSpare();
        return store;
    }

    /** Lets the next segment be made and written down. */
    private void awaitSpare() throws InterruptedException {
        trace.note("meanwhile");
        holdAllocator(false);
        trace.await(ALLOCATOR, CallKind.SYNC, ".manifest", ++spares);
        holdAllocator(true);
    }

    @Test
    void foundingPuttingAndOpeningAgain() throws Exception {
        try (Store store = open()) {
            trace.note("put, durable");
            store.put(key(1), new byte[100]);
            trace.note("put, accepted");
            store.put(key(2), new byte[100], Durability.ACCEPTED);
            trace.note("delete, durable");
            store.delete(key(1));
            trace.note("get");
            store.get(key(2));
            trace.note("close");
        }
        try (Store store = open()) {
            trace.note("get");
            store.get(key(2));
            trace.note("close");
        }
        GoldenFile.compare("founding-putting-opening.txt", trace.text());
    }

    @Test
    void rollingASegment() throws Exception {
        try (Store store = open()) {
            for (int i = 0; i < 4; i++) {
                trace.note("put of " + LARGE.length + " bytes");
                store.put(key(i), LARGE);
                if (i == 2) {
                    awaitSpare();
                }
            }
            trace.note("close");
        }
        GoldenFile.compare("rolling.txt", trace.text());
    }

    @Test
    void flushingAndDroppingASegmentThatNothingNeeds() throws Exception {
        try (Store store = open()) {
            for (int i = 0; i < 3; i++) {
                store.put(key(1), LARGE);
            }
            awaitSpare();
            trace.note("flush");
            store.flush();
            trace.note("get");
            store.get(key(1));
            trace.note("close");
        }
        GoldenFile.compare("flushing.txt", trace.text());
    }

    @Test
    void openingAfterAWriteWasTorn() throws Exception {
        try (Store store = open()) {
            store.put(key(1), new byte[100]);
            machine.files()
                    .faults()
                    .tearOnce(FaultPlan.kinds(Set.of(CallKind.WRITE), ".log"), 1, 0.5, FaultPlan::inputOutputError);
            byte[] text = "torn".repeat(250).getBytes(StandardCharsets.US_ASCII);
            trace.note("put, torn");
            assertThatThrownBy(() -> store.put(key(2), text)).isInstanceOf(StoreException.class);
            trace.note("close");
        }
        try (Store store = open()) {
            trace.note("put, durable");
            store.put(key(2), new byte[100]);
            trace.note("close");
        }
        GoldenFile.compare("torn-write.txt", trace.text());
    }
}
