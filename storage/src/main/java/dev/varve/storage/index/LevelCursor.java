package dev.varve.storage.index;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks the tables of a level, whose key ranges do not overlap, as one. Opens each when it is reached, and none outside of the range that it
 * was told. Not thread-safe.
 */
public final class LevelCursor implements IndexCursor {

    private final List<TableReader> tables;
    private final Opener opener;
    private byte @Nullable [] start;
    private byte @Nullable [] end;
    private int at;
    private @Nullable IndexCursor current;

    /** The cursor of the table that was opened last, which may be {@link #current}. */
    private @Nullable IndexCursor opened;

    /** Makes the cursor of a table. */
    @FunctionalInterface
    public interface Opener {
        /** A cursor over the table. */
        IndexCursor open(TableReader table) throws IOException;

        /** The same; {@code spare} is one that was opened before and is not needed any more. */
        default IndexCursor open(TableReader table, @Nullable IndexCursor spare) throws IOException {
            return open(table);
        }
    }

    /**
     * @param tables in the order of their keys
     * @param opener makes the cursor of each
     */
    public LevelCursor(List<TableReader> tables, Opener opener) {
        this.tables = tables;
        this.opener = opener;
    }

    /** The only table of a level whose range holds the key, or null. */
    public static @Nullable TableReader candidate(List<TableReader> tables, byte[] indexKey) {
        int at = firstBehind(tables, indexKey) - 1;
        return at >= 0 && Arrays.compareUnsigned(tables.get(at).info().largestKey(), indexKey) >= 0
                ? tables.get(at)
                : null;
    }

    /** The place of the first table that begins behind the key; the list's size if there is none. */
    public static int firstBehind(List<TableReader> tables, byte[] indexKey) {
        int low = 0;
        int high = tables.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Arrays.compareUnsigned(tables.get(middle).info().smallestKey(), indexKey) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The place of the first table that ends at or behind the key; the list's size if there is none. */
    public static int find(List<TableReader> tables, byte[] indexKey) {
        int low = 0;
        int high = tables.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Arrays.compareUnsigned(tables.get(middle).info().largestKey(), indexKey) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /**
     * Leaves out the tables outside of a range from now on: its user will not ask for their entries. To be followed by positioning.
     *
     * @param first first index key, or null
     * @param beyond first index key beyond, or null
     */
    public void within(byte @Nullable [] first, byte @Nullable [] beyond) {
        start = first;
        end = beyond;
    }

    private IndexCursor current() {
        if (current == null) {
            throw new IllegalStateException("the cursor has no entry");
        }
        return current;
    }

    @Override
    public boolean seek(byte @Nullable [] indexKey) throws IOException {
        current = null;
        at = indexKey == null ? 0 : find(tables, indexKey);
        return (isWithin() && open().seek(indexKey)) || forward();
    }

    @Override
    public boolean seekBefore(byte @Nullable [] indexKey) throws IOException {
        current = null;
        at = indexKey == null ? tables.size() - 1 : Math.min(find(tables, indexKey), tables.size() - 1);
        return (isWithin() && open().seekBefore(indexKey)) || backward();
    }

    @Override
    public boolean next() throws IOException {
        return current().next() || forward();
    }

    @Override
    public boolean previous() throws IOException {
        return current().previous() || backward();
    }

    /** True if there is a table where the walk stands, and the range touches it. */
    private boolean isWithin() {
        if (at < 0 || at >= tables.size()) {
            return false;
        }
        TableInfo table = tables.get(at).info();
        return (end == null || Arrays.compareUnsigned(table.smallestKey(), end) < 0)
                && (start == null || Arrays.compareUnsigned(table.largestKey(), start) >= 0);
    }

    private IndexCursor open() throws IOException {
        IndexCursor cursor = opener.open(tables.get(at), opened);
        opened = cursor;
        current = cursor;
        return cursor;
    }

    private boolean forward() throws IOException {
        current = null;
        for (at++; isWithin(); at++) {
            if (open().seek(null)) {
                return true;
            }
        }
        current = null;
        return false;
    }

    private boolean backward() throws IOException {
        current = null;
        for (at--; isWithin(); at--) {
            if (open().seekBefore(null)) {
                return true;
            }
        }
        current = null;
        return false;
    }

    @Override
    public byte[] keyBytes() {
        return current().keyBytes();
    }

    @Override
    public int keyLength() {
        return current().keyLength();
    }

    @Override
    public long revision() {
        return current().revision();
    }

    @Override
    public IndexEntry entry() throws IOException {
        return current().entry();
    }
}
