package dev.varve.storage.compaction;

import java.util.Arrays;

/**
 * Tells of entries that come in index order which of them somebody can still read: those that are not visible yet, and of the others the
 * newest that each registered revision sees. Not thread-safe.
 */
public final class LiveVersions {

    private final long visible;
    private final long[] registered;
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
    }

    /**
     * @param visible a revision that was visible before {@code registered} was taken: nobody will register one below it any more
     * @param registered the revisions that are being read and the one that is visible, ascending; at least one
     * @param depths where older versions may be, which a tombstone must go on hiding
     */
    public LiveVersions(long visible, long[] registered, Depths depths) {
        this.visible = visible;
        this.registered = registered;
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
            needed = true;
            next--;
        }
        boolean hidesNothing = tombstone && revision <= visible && next < 0 && !depths.mayHold(key, keyLength);
        return needed && !hidesNothing;
    }
}
