package dev.varve.testkit;

import dev.varve.storage.Cursor;
import dev.varve.storage.Entry;
import dev.varve.storage.KeyRange;
import dev.varve.storage.Order;
import dev.varve.storage.Store;
import dev.varve.storage.StoreOptions;
import dev.varve.storage.checkpoint.Manifest;
import dev.varve.storage.checkpoint.ManifestState;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FileName;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * A store on simulated files which is looked through when it is closed: nothing may be left open, no temporary file may be
 * left over, the manifest must say that the log was closed, and what the next process finds must be what this one showed. Not
 * thread-safe.
 */
public final class CheckedStore implements AutoCloseable {

    /** Where the store is. */
    public static final Path DIRECTORY = Path.of("/store");

    private final SimulatedEnvironment machine;
    private final Store store;

    private CheckedStore(SimulatedEnvironment machine, Store store) {
        this.machine = machine;
        this.store = store;
    }

    /** Opens the store of this machine. */
    public static CheckedStore open(SimulatedEnvironment machine, StoreOptions options) {
        return new CheckedStore(machine, Store.open(DIRECTORY, options, machine.environment()));
    }

    /** The store. */
    public Store store() {
        return store;
    }

    /** Everything in the store. */
    public static List<Entry> contents(Store store, Order order) {
        List<Entry> entries = new ArrayList<>();
        try (Cursor cursor = store.range(KeyRange.all(), order)) {
            while (cursor.next()) {
                entries.add(new Entry(cursor.key(), cursor.value(), cursor.revision()));
            }
        }
        return entries;
    }

    /** Entries as text, for comparing and for showing where they differ. */
    public static List<String> texts(List<Entry> entries) {
        return entries.stream().map(CheckedStore::text).toList();
    }

    private static String text(Entry entry) {
        return HexFormat.of().formatHex(entry.key()) + "=" + entry.value().length + "#" + Arrays.hashCode(entry.value())
                + "@" + entry.revision();
    }

    /** Closes the store without looking. */
    public void abandon() {
        store.close();
    }

    /** Closes the store and checks what it leaves. */
    @Override
    public void close() {
        List<String> shown = texts(contents(store, Order.ASCENDING));
        long revision = store.revision();
        int snapshots = store.stats().openSnapshots();
        require(snapshots == 0, snapshots + " snapshots or cursors are still open");
        store.close();
        checkLeftOvers(machine);
        checkClosedInOrder(machine);
        SimulatedEnvironment next =
                machine.with(new SimulatedFileSystem(machine.files().disk().copy()));
        try (Store again = Store.open(DIRECTORY, store.options(), next.environment())) {
            require(again.revision() == revision, "revision " + again.revision() + " was found, " + revision + " left");
            List<String> found = texts(contents(again, Order.ASCENDING));
            require(found.equals(shown), "the next process finds " + found + "\n  instead of " + shown);
        }
        checkLeftOvers(next);
    }

    /** Nothing may be open. */
    public static void checkOpenFiles(SimulatedEnvironment machine) {
        List<String> open = machine.files().openFiles();
        require(open.isEmpty(), "these files are still open: " + open);
    }

    /** Nothing may be open, and no temporary file there. */
    public static void checkLeftOvers(SimulatedEnvironment machine) {
        checkOpenFiles(machine);
        List<Path> temporary = machine.files().disk().paths().stream()
                .filter(path -> path.toString().endsWith(FileName.TEMPORARY_SUFFIX))
                .toList();
        require(temporary.isEmpty(), "these temporary files are left over: " + temporary);
    }

    /**
     * The last word of the manifest must be that the log ends there, so that whatever is missing later counts as damage; it must name
     * the tables and value segments that are there and no others, and those of a level below the first must not overlap.
     */
    public static void checkClosedInOrder(SimulatedEnvironment machine) {
        SimulatedFileSystem files = machine.files();
        try {
            List<String> names = files.list(DIRECTORY);
            FileName name = Manifest.find(names).orElseThrow();
            try (StoreFile file = files.open(DIRECTORY.resolve(name.toString()))) {
                ManifestState state = Manifest.scan(file, name).state();
                require(state.closed() != null, name + " does not say that the log was closed");
                checkTables(state, names);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void checkTables(ManifestState state, List<String> names) {
        List<String> known = state.tables().stream()
                .map(table -> new FileName(FileKind.TABLE, table.id()).toString())
                .sorted()
                .toList();
        List<String> found =
                names.stream().filter(name -> name.endsWith(".table")).sorted().toList();
        require(found.equals(known), "there are the tables " + found + ", but the manifest knows " + known);
        List<String> knownValues = state.values().stream()
                .map(info -> new FileName(FileKind.VALUES, info.id()).toString())
                .sorted()
                .toList();
        List<String> values =
                names.stream().filter(name -> name.endsWith(".values")).sorted().toList();
        require(
                values.equals(knownValues),
                "there are the value segments " + values + ", but the manifest knows " + knownValues);
        for (TableInfo a : state.tables()) {
            for (TableInfo b : state.tables()) {
                boolean apart = isBefore(a, b) || isBefore(b, a);
                int level = state.level(a.id());
                require(
                        a.id() == b.id() || level == 0 || level != state.level(b.id()) || apart,
                        "tables " + a.id() + " and " + b.id() + " of level " + level + " overlap");
            }
        }
    }

    /** True if all of a table lies before another; what a range tombstone removes may end where the next table begins. */
    private static boolean isBefore(TableInfo a, TableInfo b) {
        int order = Arrays.compareUnsigned(a.largestKey(), b.smallestKey());
        return order < 0 || (order == 0 && a.rangeTombstones() > 0);
    }

    private static void require(boolean condition, String otherwise) {
        if (!condition) {
            throw new AssertionError(otherwise);
        }
    }
}
