package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.Health;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A fixed life of a store that founds it, writes, rolls segments, flushes memtables, merges tables, collects space, closes and opens it again and goes on.
 * Tests let it fail or crash at each of its calls.
 */
final class Scenario {

    static final StoreOptions OPTIONS = StoreOptions.defaults()
            .withCacheBytes(64 << 10)
            .withSegmentBytes(256 << 10)
            .withMemtableBytes(64 << 10)
            .withCheckpoint(128 << 10, 150)
            .withInlineValueBytes(100);

    /** Written by a check, to see that the store works; no other write has this key. */
    private static final byte[] PROBE = "the probe of a check".getBytes(StandardCharsets.US_ASCII);

    private static final int LIVES = 2;
    private static final int WRITES = 38;
    private static final int OVERWRITES = 13;

    /** So many writes are flushed, and what is due is merged: often enough that tables are merged in each life. A few come behind the last. */
    private static final int FLUSHED_AFTER = 8;

    private final SimulatedEnvironment machine;
    private final ModelStore model = new ModelStore();
    private volatile long durable;
    private volatile long accepted;
    private SimulatedDisk beforeClose = new SimulatedDisk();
    private boolean logFailed;
    private int refused;

    Scenario(SimulatedEnvironment machine) {
        this.machine = machine;
    }

    /** What was written, or may have been. */
    ModelStore model() {
        return model;
    }

    /** The last revision acknowledged as durable. */
    long durable() {
        return durable;
    }

    /** The last revision acknowledged at all. */
    long accepted() {
        return accepted;
    }

    /** How many writes were refused. */
    int refused() {
        return refused;
    }

    /** The writes of one of the lives, always the same. */
    private static List<WriteBatch> writes(int life) {
        RandomGenerator random = Seeds.random(life);
        OperationGenerator generator = new OperationGenerator(Seeds.random(99), 150, 9_000);
        List<WriteBatch> writes = new ArrayList<>();
        for (int i = 0; i < WRITES; i++) {
            WriteBatch batch = generator.batch();
            if (i % 3 == 0) {
                byte[] large = new byte[6_000 + random.nextInt(20_000)];
                random.nextBytes(large);
                batch.put(generator.key(), large);
            }
            writes.add(batch);
        }
        writes.addAll(overwrites(random));
        return writes;
    }

    /** Large values, most of them soon dead: so much that space is collected. */
    static List<WriteBatch> overwrites(RandomGenerator random) {
        List<WriteBatch> writes = new ArrayList<>();
        for (int i = 0; i < OVERWRITES; i++) {
            byte[] large = new byte[40_000];
            random.nextBytes(large);
            Arrays.fill(large, 20_000, 40_000, (byte) i);
            writes.add(new WriteBatch().put(new byte[] {'k', (byte) (i % 2)}, large));
        }
        return writes;
    }

    /** All of it; nothing may go wrong. */
    void run() {
        for (int life = 0; life < LIVES; life++) {
            try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
                int i = 0;
                for (WriteBatch batch : writes(life)) {
                    Durability durability = durability(i++);
                    long revision = model.write(batch);
                    assertThat(store.write(batch, durability)).isEqualTo(revision);
                    acknowledged(revision, durability);
                    if (i % FLUSHED_AFTER == 0) {
                        store.compact();
                    }
                }
                assertThat(store.stats().compactions()).as("merges of tables").isPositive();
                assertThat(store.stats().movedBytes())
                        .as("values that were moved")
                        .isPositive();
                beforeClose = machine.files().disk().copy();
            }
            durable = accepted;
        }
    }

    /** What a kill just before the last closing would have left. */
    SimulatedDisk beforeClose() {
        return beforeClose;
    }

    private static Durability durability(int i) {
        return i % 4 == 1 ? Durability.ACCEPTED : Durability.LEADER;
    }

    private void acknowledged(long revision, Durability durability) {
        accepted = revision;
        if (durability != Durability.ACCEPTED) {
            durable = revision;
        }
    }

    /**
     * All of it, on a machine on which something fails. Stops at a life that cannot begin. Each write must be acknowledged or
     * refused by name, nothing may be acknowledged once the log has failed, and what is read is always what was acknowledged.
     */
    void runThroughFailures() {
        for (int life = 0; life < LIVES; life++) {
            Store store;
            try {
                store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment());
            } catch (StoreException e) {
                assertThat(e.getMessage()).isNotBlank();
                CheckedStore.checkOpenFiles(machine);
                return;
            }
            found(store, durable);
            int i = 0;
            for (WriteBatch batch : writes(life)) {
                tryToWrite(store, batch, durability(i++));
                if (i % FLUSHED_AFTER == 0) {
                    compact(store);
                }
            }
            assertThat(store.revision())
                    .as("what is visible is what was acknowledged")
                    .isEqualTo(accepted);
            assertContents(store, model.at(accepted));
            if (logFailed) {
                assertThat(store.health().state()).isEqualTo(Health.State.LOG_FAILED);
            }
            close(store);
        }
    }

    private void tryToWrite(Store store, WriteBatch batch, Durability durability) {
        boolean failedBefore = logFailed;
        try {
            long revision = store.write(batch, durability);
            assertThat(logFailed).as("acknowledged after the log had failed").isFalse();
            assertThat(revision).isEqualTo(model.write(batch));
            acknowledged(revision, durability);
        } catch (StoreException e) {
            refused++;
            assertThat(e.kind())
                    .as(e.toString())
                    .isIn(Kind.LOG_FAILED, Kind.OUTCOME_UNKNOWN, Kind.DISK_FULL, Kind.BLOCKED, Kind.IO);
            assertThat(e.outcomeUnknown() && failedBefore)
                    .as("written to a failed log")
                    .isFalse();
            logFailed |= e.kind() == Kind.LOG_FAILED || e.kind() == Kind.OUTCOME_UNKNOWN;
            if (e.outcomeUnknown()) {
                model.write(batch);
            }
        }
    }

    private static void compact(Store store) {
        try {
            store.compact();
        } catch (StoreException e) {
            assertThat(e.kind())
                    .as(e.toString())
                    .isIn(Kind.LOG_FAILED, Kind.OUTCOME_UNKNOWN, Kind.DISK_FULL, Kind.BLOCKED, Kind.IO);
        }
    }

    private void close(Store store) {
        try {
            store.close();
        } catch (StoreException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
        logFailed = false;
        CheckedStore.checkOpenFiles(machine);
    }

    /** The store holds a beginning of what was written with at least what must have survived. */
    void found(Store store, long mustSurvive) {
        long survived = store.revision();
        assertThat(survived).as("revision that was found").isBetween(mustSurvive, model.revision());
        model.truncate(survived);
        accepted = survived;
        assertContents(store, model.at(survived));
    }

    /** Mounts a disk that a crash has left, opens the store, and checks that it is whole and works. */
    static void check(SimulatedDisk disk, ModelStore model, long mustSurvive) {
        SimulatedEnvironment machine = SimulatedEnvironment.on(new SimulatedFileSystem(disk), mustSurvive);
        check(machine, model, mustSurvive);
    }

    /** As above, on a machine that may be watched. */
    static void check(SimulatedEnvironment machine, ModelStore model, long mustSurvive) {
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            long survived = store.revision();
            assertThat(survived).as("revision that was found").isBetween(mustSurvive, model.revision());
            assertContents(store, model.at(survived));
            assertThat(store.put(PROBE, PROBE)).isEqualTo(survived + 1);
            assertThat(store.get(PROBE)).isEqualTo(PROBE);
        }
        CheckedStore.checkLeftOvers(machine);
    }

    /** As above, where an earlier check may have added its probe. */
    static void checkWithProbe(SimulatedDisk disk, ModelStore model, long mustSurvive) {
        SimulatedEnvironment machine = SimulatedEnvironment.on(new SimulatedFileSystem(disk), mustSurvive);
        try (Store store = Store.open(CheckedStore.DIRECTORY, OPTIONS, machine.environment())) {
            long survived = store.revision();
            Entry probe = store.getEntry(PROBE);
            long written = probe == null ? survived : probe.revision() - 1;
            assertThat(survived).as("nothing behind the probe").isIn(written, written + 1);
            assertThat(written).as("revision that was found").isBetween(mustSurvive, model.revision());
            List<Entry> expected = new ArrayList<>(model.at(written).range(KeyRange.all(), Order.ASCENDING));
            if (probe != null) {
                expected.add(probe);
                expected.sort((a, b) -> Arrays.compareUnsigned(a.key(), b.key()));
            }
            assertThat(CheckedStore.texts(CheckedStore.contents(store, Order.ASCENDING)))
                    .isEqualTo(CheckedStore.texts(expected));
        }
        CheckedStore.checkLeftOvers(machine);
    }

    private static void assertContents(Store store, ModelStore.View expected) {
        for (Order order : Order.values()) {
            assertThat(CheckedStore.texts(CheckedStore.contents(store, order)))
                    .isEqualTo(CheckedStore.texts(expected.range(KeyRange.all(), order)));
        }
    }
}
