package dev.varve.storage.state;

import dev.varve.storage.compaction.LoggedFrame;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.KeyStretch;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks, upwards, what has to stand in tables in the place of stretches of keys that were lost: what another replica holds there, and a
 * tombstone for each key that it does not hold and that tables further below do, since one that was lost may have hidden it.
 *
 * <p>Of the rows of the replica only those are shown that the lost tables may have had: newer ones are in newer tables. Each is verified by
 * the checksum with which it was logged. Not thread-safe.
 */
final class RowsCursor implements IndexCursor {

    private final RepairSource replica;
    private final List<KeyStretch> stretches;
    private final @Nullable IndexCursor below;
    private final long newestRevision;
    private int stretch;

    /** Rows of the replica that have come, and which of them is next; where it is asked for more, null if it has none. */
    private List<RepairSource.Row> rows = List.of();

    private int row;
    private byte @Nullable [] more;

    /** True if {@link #below} stands on an entry of the stretch. */
    private boolean belowFound;

    private byte[] key = new byte[0];
    private IndexEntry entry = IndexEntry.COLD;

    /**
     * @param stretches the keys, as {@link KeyStretch#union} has them
     * @param below the entries of the tables further below, or null if there are none
     * @param newestRevision the newest revision that the lost tables had
     */
    RowsCursor(RepairSource replica, List<KeyStretch> stretches, @Nullable IndexCursor below, long newestRevision) {
        this.replica = replica;
        this.stretches = stretches;
        this.below = below;
        this.newestRevision = newestRevision;
    }

    @Override
    public boolean seek(byte @Nullable [] indexKey) throws IOException {
        if (indexKey != null) {
            throw new UnsupportedOperationException("it is walked from its beginning");
        }
        stretch = -1;
        return nextStretch() && next();
    }

    private boolean nextStretch() throws IOException {
        stretch++;
        if (stretch == stretches.size()) {
            return false;
        }
        KeyStretch keys = stretches.get(stretch);
        rows = List.of();
        row = 0;
        more = keys.start();
        belowFound = below != null && below.seek(keys.start()) && isWithin();
        return true;
    }

    private boolean isWithin() {
        byte[] end = stretches.get(stretch).end();
        return below != null && Arrays.compareUnsigned(below.keyBytes(), 0, below.keyLength(), end, 0, end.length) < 0;
    }

    private RepairSource.@Nullable Row row() throws IOException {
        if (row == rows.size() && more != null) {
            rows = replica.rows(more, stretches.get(stretch).end());
            row = 0;
            more = rows.isEmpty() ? null : KeyStretch.behind(rows.getLast().indexKey());
        }
        return row < rows.size() ? rows.get(row) : null;
    }

    @Override
    public boolean next() throws IOException {
        while (stretch < stretches.size()) {
            RepairSource.Row next = row();
            int order = order(next);
            if (next == null && !belowFound) {
                nextStretch();
            } else if (next == null || order < 0) {
                if (hideBelow()) {
                    return true;
                }
            } else {
                row++;
                if (order == 0) {
                    passBelow();
                }
                if (next.revision() <= newestRevision) {
                    show(next);
                    return true;
                }
            }
        }
        return false;
    }

    /** How the next key below compares with that of a row; 1 if there is none. */
    private int order(RepairSource.@Nullable Row next) {
        if (!belowFound || below == null || next == null) {
            return 1;
        }
        byte[] other = next.indexKey();
        return Arrays.compareUnsigned(below.keyBytes(), 0, below.keyLength(), other, 0, other.length);
    }

    private void show(RepairSource.Row next) throws IOException {
        key = next.indexKey();
        entry = new IndexEntry(
                EntryKind.INLINE, next.revision(), 0, next.value().length, next.checksum(), next.value());
        LoggedFrame.rebuild(key, entry);
    }

    /** Passes the next key below, which the replica does not hold; false if it need not be hidden. */
    private boolean hideBelow() throws IOException {
        IndexCursor hidden = below;
        if (hidden == null) {
            return false;
        }
        key = Arrays.copyOf(hidden.keyBytes(), hidden.keyLength());
        boolean needed = !hidden.entry().isTombstone() && hidden.revision() < newestRevision;
        entry = new IndexEntry(EntryKind.TOMBSTONE, newestRevision, 0, 0, 0, null);
        passBelow();
        return needed;
    }

    /** Passes all versions of the next key below. */
    private void passBelow() throws IOException {
        IndexCursor passed = below;
        if (passed == null) {
            return;
        }
        byte[] present = Arrays.copyOf(passed.keyBytes(), passed.keyLength());
        while (belowFound && Arrays.equals(present, 0, present.length, passed.keyBytes(), 0, passed.keyLength())) {
            belowFound = passed.next() && isWithin();
        }
    }

    @Override
    public boolean seekBefore(byte @Nullable [] indexKey) {
        throw new UnsupportedOperationException("it walks upwards only");
    }

    @Override
    public boolean previous() {
        throw new UnsupportedOperationException("it walks upwards only");
    }

    @Override
    public byte[] keyBytes() {
        return key;
    }

    @Override
    public int keyLength() {
        return key.length;
    }

    @Override
    public long revision() {
        return entry.revision();
    }

    @Override
    public IndexEntry entry() {
        return entry;
    }
}
