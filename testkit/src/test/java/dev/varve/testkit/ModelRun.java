package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Cursor;
import dev.varve.storage.Durability;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Lookup;
import dev.varve.storage.Order;
import dev.varve.storage.Snapshot;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.WriteBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One random life of a store beside its model: writes, reads, snapshots and cursors that are held over writes, closing,
 * killing, power cuts while work is under way, and reopening under other options.
 */
final class ModelRun {

    private static final int MOST_HELD = 4;

    private final RandomGenerator random;
    private final OperationGenerator generator;
    private final ModelStore model = new ModelStore();
    private final List<Held> held = new ArrayList<>();
    private final List<HeldCursor> cursors = new ArrayList<>();
    private SimulatedEnvironment machine;
    private CheckedStore checked;

    /** The last revision that was acknowledged as durable, and as accepted; read by the thread at which the power is cut. */
    private volatile long durable;

    private volatile long accepted;
    private int flushes;
    private int compactions;
    private long moved;
    private int rolls;
    private int cuts;

    private record Held(Snapshot snapshot, ModelStore.View view) {}

    private record HeldCursor(Cursor cursor, Iterator<Entry> expected) {}

    /** The machine at one moment: what a crash then leaves, and what it must not have lost. */
    private record Image(SimulatedDisk disk, long mustSurvive) {}

    ModelRun(long seed) {
        random = Seeds.random(seed);
        generator = new OperationGenerator(random, 20 + random.nextInt(300), 1 << (10 + random.nextInt(8)));
        machine = SimulatedEnvironment.create(seed);
        checked = open();
    }

    /** Runs so many operations, and compares everything at the end. */
    void run(int operations) {
        for (int i = 0; i < operations; i++) {
            step();
        }
        compareAll();
        closeHeld();
        checked.close();
    }

    private CheckedStore open() {
        StoreOptions options = generator.options();
        machine.files().setResidentReads(random.nextBoolean());
        return CheckedStore.open(machine, options);
    }

    private Store store() {
        return checked.store();
    }

    private void step() {
        int dice = random.nextInt(200);
        if (dice < 80) {
            write();
        } else if (dice < 90) {
            writeManyAtOnce();
        } else if (dice < 130) {
            get();
        } else if (dice < 150) {
            compareRange();
        } else if (dice < 160) {
            hold();
        } else if (dice < 180) {
            readHeld();
        } else if (dice < 186) {
            release();
        } else if (dice < 192) {
            fill();
        } else if (dice < 193) {
            store().flush();
        } else if (dice < 194) {
            store().compact();
        } else if (dice < 196) {
            reopen();
        } else {
            crash();
        }
    }

    private void write() {
        WriteBatch batch = generator.batch();
        Durability durability = generator.durability();
        long expected = model.write(batch);
        assertThat(store().write(batch, durability)).isEqualTo(expected);
        acknowledged(expected, durability);
    }

    private void acknowledged(long revision, Durability durability) {
        accepted = Math.max(accepted, revision);
        if (durability != Durability.ACCEPTED) {
            durable = Math.max(durable, revision);
        }
    }

    private void writeManyAtOnce() {
        List<CompletableFuture<Long>> futures = new ArrayList<>();
        long first = model.revision() + 1;
        for (int i = random.nextInt(8); i >= 0; i--) {
            WriteBatch batch = new WriteBatch().put(generator.key(), Arrays.copyOf(generator.value(), 1 + i));
            Durability durability = generator.durability();
            model.write(batch);
            futures.add(store().writeAsync(batch, durability).thenApply(revision -> {
                acknowledged(revision, durability);
                return revision;
            }));
        }
        for (CompletableFuture<Long> future : futures) {
            assertThat(future.join()).isEqualTo(first++);
        }
    }

    /** Enough to roll segments and flush memtables. */
    private void fill() {
        for (int i = 0; i < 30; i++) {
            byte[] value = new byte[2_000 + random.nextInt(6_000)];
            random.nextBytes(value);
            WriteBatch batch = new WriteBatch().put(generator.key(), Arrays.copyOf(value, largest(value.length)));
            long expected = model.write(batch);
            Durability durability = i % 10 == 0 ? Durability.LEADER : Durability.ACCEPTED;
            assertThat(store().write(batch, durability)).isEqualTo(expected);
            acknowledged(expected, durability);
        }
    }

    private int largest(int length) {
        return Math.min(length, store().options().maxValueBytes());
    }

    private void get() {
        byte[] key = generator.key();
        if (random.nextInt(10) == 0) {
            key = KeyRange.successor(key);
        }
        @Nullable Entry expected = model.get(key);
        assertEqual(store().getEntry(key), expected);
        long revision = expected == null ? 0 : expected.revision();
        assertThat(store().keyRevision(key)).isEqualTo(revision);
        store().lookupKeyRevision(key).ifPresent(found -> assertThat(found).isEqualTo(revision));
        Lookup lookup = store().lookup(key);
        if (lookup.state() != Lookup.State.COLD) {
            assertEqual(lookup.entry(), expected);
            assertThat(lookup.state() == Lookup.State.FOUND).isEqualTo(expected != null);
        }
    }

    private static void assertEqual(@Nullable Entry found, @Nullable Entry expected) {
        assertThat(found == null ? List.of() : CheckedStore.texts(List.of(found)))
                .isEqualTo(expected == null ? List.of() : CheckedStore.texts(List.of(expected)));
    }

    private void compareRange() {
        KeyRange range = generator.range();
        Order order = generator.order();
        try (Cursor cursor = store().range(range, order)) {
            assertThat(cursor.snapshotRevision()).isEqualTo(model.revision());
            Iterator<Entry> expected = model.range(range, order).iterator();
            advance(cursor, expected, random.nextInt(3) == 0 ? random.nextInt(20) : Integer.MAX_VALUE);
        }
    }

    private static void advance(Cursor cursor, Iterator<Entry> expected, int steps) {
        for (int i = 0; i < steps; i++) {
            boolean next = cursor.next();
            assertThat(next).as("another entry").isEqualTo(expected.hasNext());
            if (!next) {
                return;
            }
            assertEqual(new Entry(cursor.key(), cursor.value(), cursor.revision()), expected.next());
        }
    }

    private void hold() {
        if (held.size() < MOST_HELD) {
            Held taken = new Held(store().snapshot(), model.snapshot());
            assertThat(taken.snapshot().revision()).isEqualTo(model.revision());
            held.add(taken);
        }
        if (cursors.size() < MOST_HELD) {
            KeyRange range = generator.range();
            Order order = generator.order();
            cursors.add(new HeldCursor(
                    store().range(range, order), model.range(range, order).iterator()));
        }
    }

    private void readHeld() {
        if (!held.isEmpty()) {
            Held one = held.get(random.nextInt(held.size()));
            byte[] key = generator.key();
            assertEqual(one.snapshot().getEntry(key), one.view().get(key));
            KeyRange range = generator.range();
            Order order = generator.order();
            try (Cursor cursor = one.snapshot().range(range, order)) {
                advance(cursor, one.view().range(range, order).iterator(), random.nextInt(50));
            }
        }
        if (!cursors.isEmpty()) {
            HeldCursor one = cursors.get(random.nextInt(cursors.size()));
            advance(one.cursor(), one.expected(), random.nextInt(20));
        }
    }

    private void release() {
        if (!held.isEmpty()) {
            held.removeFirst().snapshot().close();
        }
        if (!cursors.isEmpty()) {
            cursors.removeFirst().cursor().close();
        }
    }

    private void closeHeld() {
        held.forEach(one -> one.snapshot().close());
        held.clear();
        cursors.forEach(one -> one.cursor().close());
        cursors.clear();
    }

    private void reopen() {
        closeHeld();
        count();
        checked.close();
        machine = machine.with(machine.files());
        checked = open();
        assertThat(store().stats().cutBytes()).as("cut after a clean close").isZero();
        found(model.revision());
    }

    private void count() {
        flushes += (int) store().stats().flushes();
        compactions += (int) store().stats().compactions();
        moved += store().stats().movedBytes();
        rolls += store().stats().logSegments();
    }

    /** A crash at once, or at some call of the work that follows. */
    private void crash() {
        boolean killed = random.nextInt(3) == 0;
        CrashMode mode = generator.one(CrashMode.values());
        Image image = random.nextBoolean() ? image(killed, mode) : imageDuringWork(killed, mode);
        closeHeld();
        count();
        checked.abandon();
        CheckedStore.checkLeftOvers(machine);
        machine = machine.with(new SimulatedFileSystem(image.disk()));
        checked = open();
        cuts += store().stats().cutBytes() > 0 ? 1 : 0;
        found(image.mustSurvive());
    }

    private Image image(boolean killed, CrashMode mode) {
        SimulatedDisk disk = machine.files().disk();
        synchronized (disk) {
            return killed ? new Image(disk.copy(), accepted) : new Image(disk.afterPowerCut(random, mode), durable);
        }
    }

    private Image imageDuringWork(boolean killed, CrashMode mode) {
        Image[] taken = new Image[1];
        int[] calls = {1 + random.nextInt(40)};
        machine.files().watch(call -> {
            if (CallKind.CHANGES.contains(call.kind()) && --calls[0] == 0) {
                taken[0] = image(killed, mode);
            }
        });
        for (int i = 0; i < 20; i++) {
            write();
        }
        writeManyAtOnce();
        machine.files().watch(call -> {});
        Image image = taken[0];
        return image == null ? image(killed, mode) : image;
    }

    /** What was found after a start is a beginning of what was written, holds all that must survive, and is durable now. */
    private void found(long mustSurvive) {
        long survived = store().revision();
        assertThat(survived).as("revision after a crash").isBetween(mustSurvive, model.revision());
        model.truncate(survived);
        durable = survived;
        accepted = survived;
        compareAll();
    }

    private void compareAll() {
        for (Order order : Order.values()) {
            assertThat(CheckedStore.texts(CheckedStore.contents(store(), order)))
                    .isEqualTo(CheckedStore.texts(model.range(KeyRange.all(), order)));
        }
        for (byte[] key : generator.keys()) {
            assertEqual(store().getEntry(key), model.get(key));
        }
    }

    /** How much of the store this life has seen. */
    @Override
    public String toString() {
        return flushes + " flushes, " + compactions + " merges, " + moved + " bytes moved, " + rolls + " segments, "
                + cuts + " cut tails, revision " + model.revision();
    }
}
