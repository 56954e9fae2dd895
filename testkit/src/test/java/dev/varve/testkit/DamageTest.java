package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Cursor;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Damage to the files of a store at rest: whatever is damaged, the store never gives a wrong value and never loses anything
 * silently. It refuses to open and says why, or it opens and answers rightly or with a named error.
 */
class DamageTest {

    private static final Set<Kind> NAMED = Set.of(Kind.CORRUPTION, Kind.UNSUPPORTED_VERSION);

    /** Writes since the last one before which the log was forced: nothing proves that they had been durable. */
    private static final int UNPROVEN = 2;

    /** How the store ended before it was damaged. */
    enum Ending {
        CLOSED,
        KILLED
    }

    private record Fixture(SimulatedDisk disk, ModelStore model, List<Path> paths, long unproven) {}

    private static Fixture fixture(Ending ending) {
        SimulatedEnvironment machine = SimulatedEnvironment.create(1);
        Scenario scenario = new Scenario(machine);
        scenario.run();
        CheckedStore.checkClosedInOrder(machine);
        SimulatedDisk disk = ending == Ending.CLOSED ? machine.files().disk() : scenario.beforeClose();
        List<Path> paths =
                disk.paths().stream().filter(path -> disk.sizeBytes(path) > 0).toList();
        assertThat(paths.toString()).contains(".log", ".values", ".table", ".manifest");
        return new Fixture(disk, scenario.model(), paths, ending == Ending.CLOSED ? 0 : UNPROVEN);
    }

    @ParameterizedTest
    @EnumSource
    void aFlippedBitIsNeverServed(Ending ending) {
        Fixture fixture = fixture(ending);
        Seeds.forEach(DamageTest.class, "aFlippedBitIsNeverServed", 500, seed -> {
            RandomGenerator random = Seeds.random(seed);
            SimulatedDisk disk = fixture.disk().copy();
            Path path = fixture.paths().get(random.nextInt(fixture.paths().size()));
            long bit = bit(disk.bytes(path), random);
            disk.flipBit(path, bit);
            Outcome outcome = look(disk, fixture.model());
            outcome.check(
                    "bit " + bit % 8 + " of byte " + bit / 8 + " of " + path, fixture.model(), fixture.unproven());
            outcome.mustName(path);
        });
    }

    @ParameterizedTest
    @EnumSource
    void aDamagedFileIsNeverServed(Ending ending) {
        Fixture fixture = fixture(ending);
        Seeds.forEach(DamageTest.class, "aDamagedFileIsNeverServed", 300, seed -> {
            RandomGenerator random = Seeds.random(seed);
            SimulatedDisk disk = fixture.disk().copy();
            Path path = fixture.paths().get(random.nextInt(fixture.paths().size()));
            byte[] before = disk.bytes(path);
            byte[] damaged = new Mutator(random).mutate(before);
            disk.replace(path, damaged);
            String what = path + " with " + used(before) + " of " + before.length + " bytes in use, damaged from "
                    + Arrays.mismatch(before, damaged) + " on, now with " + used(damaged) + " of " + damaged.length;
            look(disk, fixture.model()).check(what, fixture.model(), Long.MAX_VALUE);
        });
    }

    @ParameterizedTest
    @EnumSource
    void aMissingFileIsNoticed(Ending ending) {
        Fixture fixture = fixture(ending);
        for (Path path : fixture.paths()) {
            SimulatedDisk disk = fixture.disk().copy();
            disk.remove(path);
            look(disk, fixture.model()).check("missing " + path, fixture.model(), 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void swappedFilesAreNoticed(Ending ending) throws IOException {
        Fixture fixture = fixture(ending);
        List<Path> paths = fixture.paths();
        for (int i = 1; i < paths.size(); i++) {
            SimulatedDisk disk = fixture.disk().copy();
            byte[] kept = disk.bytes(paths.get(i));
            disk.replace(paths.get(i), disk.bytes(paths.get(i - 1)));
            disk.replace(paths.get(i - 1), kept);
            look(disk, fixture.model())
                    .check("swapped " + paths.get(i - 1) + " and " + paths.get(i), fixture.model(), 0);
        }
    }

    @Test
    void whatIsNotDamagedStaysReadable() throws IOException {
        Fixture fixture = fixture(Ending.CLOSED);
        int failed = 0;
        int tables = 0;
        for (Path path : fixture.paths()) {
            if (path.toString().endsWith(".table")) {
                SimulatedDisk disk = fixture.disk().copy();
                disk.flipBit(path, 8 * 100);
                Outcome outcome = look(disk, fixture.model());
                assertThat(outcome.revision()).isEqualTo(fixture.model().revision());
                failed += outcome.failedKeys();
                tables++;
            }
        }
        int keys = fixture.model().range(KeyRange.all(), Order.ASCENDING).size();
        assertThat(failed).as("keys of the damaged blocks alone").isBetween(1, tables * keys - 1);
    }

    /** Mostly among the bytes that are in use. */
    private static long bit(byte[] bytes, RandomGenerator random) {
        return random.nextLong(8L * (random.nextInt(10) == 0 ? bytes.length : Math.max(1, used(bytes))));
    }

    private static int used(byte[] bytes) {
        int used = bytes.length;
        while (used > 0 && bytes[used - 1] == 0) {
            used--;
        }
        return used;
    }

    /**
     * What became of a damaged store.
     *
     * @param errors the errors that were told, at opening or reading
     * @param revision the revision that was found, -1 if it did not open
     * @param cutBytes what was cut at opening, and said
     * @param failedKeys how many keys could not be read
     */
    private record Outcome(List<String> errors, long revision, long cutBytes, int failedKeys) {

        /** Fewer writes than were made may be found only if a tail was cut, and at most so many of them. */
        void check(String what, ModelStore model, long mostCut) {
            if (revision >= 0 && revision < model.revision()) {
                assertThat(cutBytes).as(what + ": writes were lost silently").isPositive();
                assertThat(model.revision() - revision)
                        .as(what + ": writes that were cut")
                        .isLessThanOrEqualTo(mostCut);
            }
        }

        void mustName(Path path) {
            for (String error : errors) {
                assertThat(error).contains(String.valueOf(path.getFileName()));
            }
        }
    }

    private static Outcome look(SimulatedDisk disk, ModelStore model) {
        SimulatedEnvironment machine = SimulatedEnvironment.on(new SimulatedFileSystem(disk), 1);
        List<String> errors = new ArrayList<>();
        Store store;
        try {
            store = Store.open(CheckedStore.DIRECTORY, Scenario.OPTIONS, machine.environment());
        } catch (StoreException e) {
            assertThat(e.kind()).as(e.toString()).isIn(NAMED);
            CheckedStore.checkLeftOvers(machine);
            return new Outcome(List.of(String.valueOf(e.getMessage())), -1, 0, 0);
        }
        try (store) {
            ModelStore.View expected = model.at(Math.min(store.revision(), model.revision()));
            assertThat(store.revision()).isLessThanOrEqualTo(model.revision());
            int failed = 0;
            for (Entry entry : model.range(KeyRange.all(), Order.ASCENDING)) {
                failed += readsRightly(store, entry.key(), expected.get(entry.key()), errors) ? 0 : 1;
            }
            for (Order order : Order.values()) {
                scansRightly(store, order, expected, errors);
            }
            return new Outcome(errors, store.revision(), store.stats().cutBytes(), failed);
        }
    }

    private static boolean readsRightly(Store store, byte[] key, @Nullable Entry expected, List<String> errors) {
        try {
            Entry found = store.getEntry(key);
            assertThat(found == null ? List.of() : CheckedStore.texts(List.of(found)))
                    .isEqualTo(expected == null ? List.of() : CheckedStore.texts(List.of(expected)));
            return true;
        } catch (StoreException e) {
            assertThat(e.kind()).as(e.toString()).isIn(NAMED);
            errors.add(String.valueOf(e.getMessage()));
            return false;
        }
    }

    private static void scansRightly(Store store, Order order, ModelStore.View view, List<String> errors) {
        Iterator<Entry> expected = view.range(KeyRange.all(), order).iterator();
        try (Cursor cursor = store.range(KeyRange.all(), order)) {
            while (cursor.next()) {
                assertThat(expected.hasNext()).isTrue();
                assertThat(CheckedStore.texts(List.of(new Entry(cursor.key(), cursor.value(), cursor.revision()))))
                        .isEqualTo(CheckedStore.texts(List.of(expected.next())));
            }
            assertThat(expected.hasNext()).as("the scan ended early").isFalse();
        } catch (StoreException e) {
            assertThat(e.kind()).as(e.toString()).isIn(NAMED);
            errors.add(String.valueOf(e.getMessage()));
        }
    }
}
