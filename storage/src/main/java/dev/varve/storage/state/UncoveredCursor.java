package dev.varve.storage.state;

import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.TableReader;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Walks a table without the stretches that are hidden as a whole: those under a range tombstone that is newer than all of the table. It
 * seeks past them, and does not open the table if nothing is left of it. Entries older than a tombstone may be met where the table
 * has newer ones, too. Not thread-safe.
 */
final class UncoveredCursor implements IndexCursor {

    private final TableReader table;
    private final RangeCover.Walk ranges;
    private @Nullable IndexCursor opened;

    UncoveredCursor(TableReader table, RangeCover.Walk ranges) {
        this.table = table;
        this.ranges = ranges;
    }

    private IndexCursor source() throws IOException {
        IndexCursor source = opened;
        if (source == null) {
            source = table.cursor();
            opened = source;
        }
        return source;
    }

    /** True if all that the table says of the key, and of the stretch around it, is hidden. */
    private boolean hidden(byte[] key, int length) throws IOException {
        return ranges.covering(key, length) > table.info().maxRevision();
    }

    @Override
    public boolean seek(byte @Nullable [] indexKey) throws IOException {
        byte[] smallest = table.info().smallestKey();
        byte[] at = indexKey == null || Arrays.compareUnsigned(indexKey, smallest) < 0 ? smallest : indexKey;
        while (hidden(at, at.length)) {
            byte[] to = ranges.to();
            if (to == null || Arrays.compareUnsigned(to, table.info().largestKey()) > 0) {
                return false;
            }
            at = to;
        }
        return forward(source().seek(at));
    }

    private boolean forward(boolean there) throws IOException {
        boolean found = there;
        while (found && hidden(keyBytes(), keyLength())) {
            byte[] to = ranges.to();
            found = to != null && source().seek(to);
        }
        return found;
    }

    @Override
    public boolean seekBefore(byte @Nullable [] indexKey) throws IOException {
        byte[] largest = table.info().largestKey();
        byte[] end = indexKey == null || Arrays.compareUnsigned(indexKey, largest) > 0 ? null : indexKey;
        if (end == null && hidden(largest, largest.length)) {
            end = ranges.from();
            if (end == null || Arrays.compareUnsigned(end, table.info().smallestKey()) <= 0) {
                return false;
            }
        }
        return backward(source().seekBefore(end));
    }

    private boolean backward(boolean there) throws IOException {
        boolean found = there;
        while (found && hidden(keyBytes(), keyLength())) {
            byte[] from = ranges.from();
            found = from != null && source().seekBefore(from);
        }
        return found;
    }

    @Override
    public boolean next() throws IOException {
        return forward(source().next());
    }

    @Override
    public boolean previous() throws IOException {
        return backward(source().previous());
    }

    private IndexCursor current() {
        if (opened == null) {
            throw new IllegalStateException("the cursor has no entry");
        }
        return opened;
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
