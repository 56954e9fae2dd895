package dev.varve.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.storage.Cursor;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.StoreException;
import dev.varve.storage.StoreException.Kind;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.io.StoreFile;
import dev.varve.storage.log.VoteFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What became of a damaged store.
 *
 * @param errors the errors that were told, at opening or reading
 * @param revision the revision that was found, -1 if it did not open
 * @param cutBytes what was cut at opening, and said
 * @param failedKeys how many keys could not be read
 */
record DamagedStore(List<String> errors, long revision, long cutBytes, int failedKeys) {

    private static final Set<Kind> NAMED = Set.of(Kind.CORRUPTION, Kind.UNSUPPORTED_VERSION);

    /** Opens a store and reads everything, each way: whatever is read must be right, and every error a named one. */
    static DamagedStore look(SimulatedDisk disk, ModelStore model) {
        SimulatedEnvironment machine = SimulatedEnvironment.on(new SimulatedFileSystem(disk), 1);
        List<String> errors = new ArrayList<>();
        readsVoteRightly(machine.files(), errors);
        Store store;
        try {
            store = Store.open(CheckedStore.DIRECTORY, Scenario.OPTIONS, machine.environment());
        } catch (StoreException e) {
            assertNamed(e);
            CheckedStore.checkLeftOvers(machine);
            errors.add(String.valueOf(e.getMessage()));
            return new DamagedStore(errors, -1, 0, 0);
        }
        try (store) {
            return read(store, model, errors);
        }
    }

    /** Reads everything in an open store, each way. */
    static DamagedStore read(Store store, ModelStore model, List<String> errors) {
        ModelStore.View expected = model.at(Math.min(store.revision(), model.revision()));
        assertThat(store.revision()).isLessThanOrEqualTo(model.revision());
        int failed = 0;
        for (Entry entry : model.range(KeyRange.all(), Order.ASCENDING)) {
            failed += readsRightly(store, entry.key(), expected.get(entry.key()), errors) ? 0 : 1;
        }
        for (Order order : Order.values()) {
            scansRightly(store, order, expected, errors);
        }
        return new DamagedStore(errors, store.revision(), store.stats().cutBytes(), failed);
    }

    /** A read or a merge may fail because of damage, and for no other reason. */
    static void assertNamed(StoreException e) {
        assertThat(e.kind()).as(e.toString()).isIn(NAMED);
    }

    private static boolean readsRightly(Store store, byte[] key, @Nullable Entry expected, List<String> errors) {
        try {
            Entry found = store.getEntry(key);
            assertThat(found == null ? List.of() : CheckedStore.texts(List.of(found)))
                    .isEqualTo(expected == null ? List.of() : CheckedStore.texts(List.of(expected)));
            return true;
        } catch (StoreException e) {
            assertNamed(e);
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
            assertNamed(e);
            errors.add(String.valueOf(e.getMessage()));
        }
    }

    /** The node has voted once, in term 1, for itself. A store of its own does not ask for the vote; a member of a group does. */
    private static void readsVoteRightly(SimulatedFileSystem files, List<String> errors) {
        for (Path path : files.disk().paths()) {
            if (path.toString().endsWith(".vote")) {
                try (StoreFile file = files.openForRead(path)) {
                    assertThat(VoteFile.read(file).term()).isEqualTo(1);
                } catch (CorruptionException | UnsupportedVersionException e) {
                    errors.add(String.valueOf(e.getMessage()));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    /** Fewer writes than were made may be found only if a tail was cut, and at most so many of them. */
    void check(String what, ModelStore model, long mostCut) {
        if (revision >= 0 && revision < model.revision()) {
            assertThat(cutBytes).as(what + ": writes were lost silently").isPositive();
            assertThat(model.revision() - revision)
                    .as(what + ": writes that were cut")
                    .isLessThanOrEqualTo(mostCut);
        }
    }

    /** Every error says which file it is, and where in it. */
    void mustName(Path path) {
        for (String error : errors) {
            assertThat(error).contains(String.valueOf(path.getFileName())).containsPattern("offset \\d+");
        }
    }
}
