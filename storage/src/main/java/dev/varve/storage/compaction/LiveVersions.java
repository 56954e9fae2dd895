package dev.varve.storage.compaction;

import dev.varve.storage.index.RangeTombstones;
import java.util.Arrays;

/**
 * Tells of entries that come in index order which of them somebody can still read: those that are not visible yet, and of the others the
 * newest that each registered revision sees, unless it sees a range tombstone over it. Tells the same of range tombstones. Not thread-safe.
 */
public final class LiveVersions {

    private final long visible;
    private final long[] registered;
    private final RangeTombstones ranges;
    private final Depths depths;
    private byte[] lastKey = new byte[64];
    private int lastKeyLength;
    private long lastRevision;
    private boolean first = true;

    /** The next lower registered revision that has no version of the current key yet. */
    private int next;

    /** Says where a key may have versions that are older than those that are looked at. */
    @FunctionalInterface
    public interface Depths {
        /** False only if there surely is no older version of the key. */
        boolean mayHold(byte[] key, int keyLength);

        /**
         * False only if there surely is no older version of any key in a range.
         *
         * @param start first index key
         * @param end first index key beyond
         */
        default boolean mayHoldWithin(byte[] start, byte[] end) {
            return true;
        }
    }

    /**
     * @param visible a revision that was visible before {@code registered} was taken: nobody will register one below it any more
     * @param registered the revisions that are being read and the one that is visible, ascending; at least one
     * @param ranges the range tombstones that come with the entries
     * @param depths where older versions may be, which a tombstone must go on hiding
     */
    public LiveVersions(long visible, long[] registered, RangeTombstones ranges, Depths depths) {
        this.visible = visible;
        this.registered = registered;
        this.ranges = ranges;
        this.depths = depths;
    }

    private void remember(byte[] key, int keyLength) {
        if (lastKey.length < keyLength) {
            lastKey = new byte[2 * keyLength];
        }
        System.arraycopy(key, 0, lastKey, 0, keyLength);
        lastKeyLength = keyLength;
    }

    /** True if the entry must be kept. */
    public boolean keep(byte[] key, int keyLength, long revision, boolean tombstone) {
        if (first || !Arrays.equals(lastKey, 0, lastKeyLength, key, 0, keyLength)) {
            first = false;
            remember(key, keyLength);
            next = registered.length - 1;
        } else if (revision == lastRevision) {
            return false; // Changed twice by one write, or found twice: the first one met counts.
        }
        lastRevision = revision;
        boolean needed = revision > visible;
        while (next >= 0 && revision <= registered[next]) {
            needed |= ranges.isEmpty() || ranges.covering(key, keyLength, registered[next]) <= revision;
            next--;
        }
        boolean hidesNothing = tombstone && revision <= visible && next < 0 && !depths.mayHold(key, keyLength);
        return needed && !hidesNothing;
    }

    /** The range tombstones that must be kept. */
    public RangeTombstones rangeTombstones() {
        return ranges.select(this::needed);
    }

    private long[] needed(RangeTombstones.Fragment fragment) {
        long[] kept = new long[fragment.revisions().length];
        int n = 0;
        int unserved = registered.length - 1;
        for (long revision : fragment.revisions()) {
            boolean needed = revision > visible;
            while (unserved >= 0 && revision <= registered[unserved]) {
                needed = true;
                unserved--;
            }
            boolean hidesNothing =
                    revision <= visible && unserved < 0 && !depths.mayHoldWithin(fragment.start(), fragment.end());
            if (needed && !hidesNothing) {
                kept[n++] = revision;
            }
        }
        return Arrays.copyOf(kept, n);
    }
}
