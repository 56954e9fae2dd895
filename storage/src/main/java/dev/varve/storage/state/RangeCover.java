package dev.varve.storage.state;

import dev.varve.storage.index.LevelCursor;
import dev.varve.storage.index.Memtable;
import dev.varve.storage.index.RangeTombstones;
import dev.varve.storage.index.Stretch;
import dev.varve.storage.index.TableInfo;
import dev.varve.storage.index.TableReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The range tombstones of a version: those of its memtables, and of its tables in runs that do not overlap. Only tables that have
 * some are looked at, and of these only the ones whose range holds the key. Thread-safe.
 */
final class RangeCover {

    /** Stands for "the answer needs the device". */
    static final long COLD = -1;

    private final List<Memtable> memtables;

    /** Tables with range tombstones, in runs by key. */
    private final List<List<TableReader>> runs;

    RangeCover(Memtable active, List<Version.Frozen> frozen, Levels tables) {
        this.memtables = new ArrayList<>();
        memtables.add(active);
        frozen.forEach(memtable -> memtables.add(memtable.memtable()));
        this.runs = tables.withRangeTombstones();
    }

    /** True if there is no range tombstone; one may be added at any time, by a write that is not visible yet. */
    boolean isEmpty() {
        if (!runs.isEmpty()) {
            return false;
        }
        for (int i = 0; i < memtables.size(); i++) {
            if (!memtables.get(i).rangeTombstones().isEmpty()) {
                return false;
            }
        }
        return true;
    }

    /**
     * The newest range tombstone of a key.
     *
     * @param maxRevision newest one to be looked at
     * @param resident true to look only at what is in memory
     * @return its revision; 0 if there is none; {@link #COLD} if {@code resident} is set and the device is needed
     */
    long covering(byte[] indexKey, long maxRevision, boolean resident) throws IOException {
        long newest = 0;
        for (Memtable memtable : memtables) {
            newest = Math.max(newest, memtable.rangeTombstones().covering(indexKey, indexKey.length, maxRevision));
        }
        for (List<TableReader> run : runs) {
            TableReader table = LevelCursor.candidate(run, indexKey);
            if (table != null) {
                RangeTombstones ranges = resident ? table.residentRangeTombstones() : table.rangeTombstones();
                if (ranges == null) {
                    return COLD;
                }
                newest = Math.max(newest, ranges.covering(indexKey, indexKey.length, maxRevision));
            }
        }
        return newest;
    }

    /** A walk that asks about the keys that it meets, as of a revision. */
    Walk walk(long maxRevision) {
        return new Walk(maxRevision);
    }

    /** Asks for the newest range tombstone of one key after the other, and looks it up once for a stretch of keys. Not thread-safe. */
    final class Walk {

        private final long maxRevision;
        private final Stretch stretch = new Stretch();
        private boolean known;

        private Walk(long maxRevision) {
            this.maxRevision = maxRevision;
        }

        /** Revision of the key's newest range tombstone; 0 if there is none. */
        long covering(byte[] key, int length) throws IOException {
            if (!known || !stretch.contains(key, length)) {
                known = false;
                find(stretch, key, length, maxRevision);
                known = true;
            }
            return stretch.revision();
        }

        /** The first index key around the last one that was asked for with the same answer, or null if there is no bound. */
        byte @Nullable [] from() {
            return stretch.from();
        }

        /** The first index key behind the last one that was asked for with another answer, or null if there is none. */
        byte @Nullable [] to() {
            return stretch.to();
        }
    }

    private void find(Stretch stretch, byte[] key, int length, long maxRevision) throws IOException {
        stretch.reset();
        for (Memtable memtable : memtables) {
            memtable.rangeTombstones().narrow(stretch, key, length, maxRevision);
        }
        byte[] indexKey = Arrays.copyOf(key, length);
        for (List<TableReader> run : runs) {
            int behind = LevelCursor.firstBehind(run, indexKey);
            TableReader before = behind == 0 ? null : run.get(behind - 1);
            byte[] next = behind == run.size() ? null : run.get(behind).info().smallestKey();
            if (before != null && Arrays.compareUnsigned(before.info().largestKey(), indexKey) >= 0) {
                before.rangeTombstones().narrow(stretch, key, length, maxRevision);
                stretch.narrow(before.info().smallestKey(), next);
            } else {
                stretch.narrow(before == null ? null : behind(before.info()), next);
            }
        }
    }

    /** The first key that is surely behind a table. */
    private static byte[] behind(TableInfo table) {
        return Arrays.copyOf(table.largestKey(), table.largestKey().length + 1);
    }
}
