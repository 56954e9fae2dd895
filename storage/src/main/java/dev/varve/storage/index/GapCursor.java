package dev.varve.storage.index;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Walks a table upwards without some stretches of keys, of which no block is read. Not thread-safe. */
public final class GapCursor implements IndexCursor {

    private final IndexCursor table;
    private final byte[] smallest;
    private final List<KeyStretch> gaps;

    /** The first gap that does not lie before the present entry. */
    private int gap;

    /**
     * @param table the cursor of a table
     * @param smallest its smallest key
     * @param gaps what is left out, as {@link KeyStretch#union} has it
     */
    public GapCursor(IndexCursor table, byte[] smallest, List<KeyStretch> gaps) {
        this.table = table;
        this.smallest = smallest;
        this.gaps = gaps;
    }

    @Override
    public boolean seek(byte @Nullable [] indexKey) throws IOException {
        byte[] from = indexKey == null ? smallest : indexKey;
        gap = 0;
        while (gap < gaps.size() && Arrays.compareUnsigned(gaps.get(gap).end(), from) <= 0) {
            gap++;
        }
        boolean begins =
                gap < gaps.size() && Arrays.compareUnsigned(gaps.get(gap).start(), from) <= 0;
        return behindGaps(table.seek(begins ? gaps.get(gap).end() : indexKey));
    }

    @Override
    public boolean next() throws IOException {
        return behindGaps(table.next());
    }

    private boolean behindGaps(boolean first) throws IOException {
        boolean found = first;
        while (found && gap < gaps.size()) {
            KeyStretch next = gaps.get(gap);
            if (compare(next.start()) < 0) {
                return true;
            }
            if (compare(next.end()) < 0) {
                found = table.seek(next.end());
            }
            gap++;
        }
        return found;
    }

    private int compare(byte[] key) {
        return Arrays.compareUnsigned(table.keyBytes(), 0, table.keyLength(), key, 0, key.length);
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
        return table.keyBytes();
    }

    @Override
    public int keyLength() {
        return table.keyLength();
    }

    @Override
    public long revision() {
        return table.revision();
    }

    @Override
    public IndexEntry entry() throws IOException {
        return table.entry();
    }
}
