package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tables are merged while others write and read, and around a table that is damaged. */
@Timeout(120)
class BackgroundMergeTest {

    private static final StoreOptions OPTIONS = StoreOptions.defaults()
            .withSegmentBytes(1 << 20)
            .withMemtableBytes(64 << 10)
            .withInlineValueBytes(100);

    /** Much less than the pauses after eight failures in a row would be. */
    private static final Duration PAUSES = Duration.ofSeconds(30);

    private final SimulatedEnvironment machine = SimulatedEnvironment.create(1);

    private static byte[] key(int i) {
        return ByteBuffer.allocate(4).putInt(i).array();
    }

    /** Notes when both threads that merge have a table that they write. */
    private static final class BothAtWork {

        private final Set<String> writing = new HashSet<>();
        private final AtomicBoolean seen = new AtomicBoolean();

        synchronized void accept(IoCall call) {
            String thread = call.thread();
            if (!thread.startsWith("varve-compactor")) {
                return;
            }
            if (call.kind() == CallKind.CREATE) {
                writing.add(thread);
            } else if (call.kind() == CallKind.SYNC_DIRECTORY) {
                writing.remove(thread);
            }
            if (writing.size() > 1) {
                seen.set(true);
            }
        }
    }

    @Test
    void mergesThatRunAtOnceLoseNothingAndBringNothingBack() {
        BothAtWork both = new BothAtWork();
        machine.files().watch(both::accept);
        ModelStore model = new ModelStore();
        RandomGenerator random = Seeds.random(7);
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            Store store = checked.store();
            for (int batches = 0; batches < 2_000 || (!both.seen.get() && batches < 20_000); batches++) {
                WriteBatch batch = new WriteBatch();
                for (int i = 0; i < 40; i++) {
                    byte[] key = key(random.nextInt(20_000));
                    if (random.nextInt(4) == 0) {
                        batch.delete(key);
                    } else {
                        batch.put(
                                key,
                                ByteBuffer.allocate(40)
                                        .putLong(random.nextLong())
                                        .array());
                    }
                }
                assertThat(store.write(batch, Durability.ACCEPTED)).isEqualTo(model.write(batch));
            }
            assertThat(both.seen).as("two merges at once").isTrue();
            assertThat(store.stats().compactions())
                    .as("a busy machine makes fewer, larger ones")
                    .isGreaterThan(10);
            assertSame(store, model);
            store.compact();
            assertSame(store, model);
        }
        try (CheckedStore checked = CheckedStore.open(machine, OPTIONS)) {
            assertSame(checked.store(), model);
        }
    }

    private static void assertSame(Store store, ModelStore model) {
        List<Entry> expected = model.range(KeyRange.all(), Order.ASCENDING);
        assertThat(CheckedStore.texts(CheckedStore.contents(store, Order.ASCENDING)))
                .isEqualTo(CheckedStore.texts(expected));
    }

    private static void fill(Store store, int round) {
        for (int i = 0; i < 300; i++) {
            store.put(key(i), ByteBuffer.allocate(60).putInt(round).array(), Durability.ACCEPTED);
        }
        store.flush();
    }

    @Test
    void aDamagedTableIsReadOnceAndLeftAloneWhileOthersAreMerged() throws IOException {
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            Set<Path> before = tables();
            fill(store, 1);
            fill(store, 2);
            Set<Path> since = tables();
            since.removeAll(before);
            Path damaged = since.stream().max(Path::compareTo).orElseThrow();
            fill(store, 3);
            AtomicInteger reads = new AtomicInteger();
            machine.files().disk().flipBit(damaged, 8L * machine.files().disk().sizeBytes(damaged) / 3);
            machine.files().watch(call -> {
                if (call.path().endsWith(damaged.getFileName()) && call.kind() != CallKind.DELETE) {
                    reads.incrementAndGet();
                }
            });
            assertDamage(store, damaged);
            assertThat(store.stats().damagedTables()).isEqualTo(1);
            assertThat(reads).hasPositiveValue();

            reads.set(0);
            for (int round = 4; round < 30; round++) {
                fill(store, round);
            }
            assertThat(reads).as("calls on the damaged table").hasValue(0);
            assertThat(store.get(key(7)))
                    .isEqualTo(ByteBuffer.allocate(60).putInt(29).array());
            assertThat(store.stats().damagedTables()).isEqualTo(1);

            assertDamage(store, damaged);
            assertThat(reads).as("who asks for a merge is told again").hasPositiveValue();
            assertThat(store.stats().damagedTables()).isEqualTo(1);
        }
    }

    @Test
    void whoAsksForAMergeDoesNotWaitForThePauseAfterAFailure() {
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            for (int round = 1; round <= 3; round++) {
                fill(store, round);
            }
            machine.files()
                    .faults()
                    .failFrom(
                            call -> call.thread().startsWith("varve-compactor"),
                            1,
                            () -> new IOException("the disk is away"));
            assertTimeout(PAUSES, () -> {
                for (int failures = 0; failures < 8; failures++) {
                    assertThatThrownBy(store::compact)
                            .isInstanceOf(StoreException.class)
                            .hasMessageContaining("the disk is away");
                }
                machine.files().faults().heal();
                store.compact();
            });
            assertThat(store.stats().compactions()).isPositive();
        }
    }

    private Set<Path> tables() {
        Set<Path> tables = new HashSet<>(machine.files().disk().paths());
        tables.removeIf(path -> !path.toString().endsWith(".table"));
        return tables;
    }

    private static void assertDamage(Store store, Path damaged) {
        assertThatThrownBy(store::compact)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CORRUPTION))
                .hasMessageContaining(damaged.getFileName().toString());
    }
}
