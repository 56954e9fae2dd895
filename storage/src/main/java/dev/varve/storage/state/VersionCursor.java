package dev.varve.storage.state;

import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.LevelCursor;
import dev.varve.storage.index.MergingCursor;
import dev.varve.storage.index.TableReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks the entries of all memtables and tables of a version. It is costly to make, since each source has memory for the block in which it
 * stands, so it is used for one range after the other. Not thread-safe.
 */
final class VersionCursor {

    /** Has a cursor go over from one table to the next. */
    static final LevelCursor.Opener REUSING = new LevelCursor.Opener() {
        @Override
        public IndexCursor open(TableReader table) throws IOException {
            return table.cursor();
        }

        @Override
        public IndexCursor open(TableReader table, @Nullable IndexCursor spare) throws IOException {
            return table.cursor(spare);
        }
    };

    private final List<LevelCursor> runs;
    private final IndexCursor entries;

    /** @param opener makes the cursors of tables */
    VersionCursor(Version version, LevelCursor.Opener opener) {
        this.runs = version.tables().cursors(opener);
        List<IndexCursor> sources = new ArrayList<>();
        sources.add(version.active().cursor());
        version.frozen().forEach(frozen -> sources.add(frozen.memtable().cursor()));
        sources.addAll(runs);
        this.entries = sources.size() == 1 ? sources.getFirst() : new MergingCursor(sources);
    }

    /**
     * Moves to the first entry of a range, or to the last one. Tables outside of the range are not opened.
     *
     * @param start first index key, or null
     * @param end first index key beyond, or null
     * @return false if there is none; an entry that is found may lie beyond the range
     */
    boolean seek(byte @Nullable [] start, byte @Nullable [] end, boolean ascending) throws IOException {
        for (LevelCursor run : runs) {
            run.within(start, end);
        }
        return ascending ? entries.seek(start) : entries.seekBefore(end);
    }

    /** The entries, from where they were sought on in the same direction. */
    IndexCursor entries() {
        return entries;
    }
}
