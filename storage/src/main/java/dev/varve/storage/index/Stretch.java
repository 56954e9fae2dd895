package dev.varve.storage.index;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Keys next to each other that have the same newest range tombstone, or none: so that a walk need not ask at every key. It
 * begins as everything, and is narrowed by each set of tombstones. Not thread-safe.
 */
public final class Stretch {

    private byte @Nullable [] from;
    private byte @Nullable [] to;
    private long revision;

    /** Stretches over all keys again, without a tombstone. */
    public void reset() {
        from = null;
        to = null;
        revision = 0;
    }

    /**
     * Leaves out what lies outside.
     *
     * @param start first index key that stays, or null for no bound
     * @param end first index key beyond, or null for no bound
     */
    public void narrow(byte @Nullable [] start, byte @Nullable [] end) {
        if (start != null && (from == null || Arrays.compareUnsigned(start, from) > 0)) {
            from = start;
        }
        if (end != null && (to == null || Arrays.compareUnsigned(end, to) < 0)) {
            to = end;
        }
    }

    /** Notes a tombstone of all keys; the newest one counts. */
    void cover(long tombstone) {
        revision = Math.max(revision, tombstone);
    }

    /** The first index key, or null if there is no bound. */
    public byte @Nullable [] from() {
        return from;
    }

    /** The first index key beyond, or null if there is no bound. */
    public byte @Nullable [] to() {
        return to;
    }

    /** Revision of the newest tombstone of all these keys; 0 if there is none. */
    public long revision() {
        return revision;
    }

    /** True if the key belongs to the stretch. */
    public boolean contains(byte[] indexKey, int length) {
        return (to == null || Arrays.compareUnsigned(indexKey, 0, length, to, 0, to.length) < 0)
                && (from == null || Arrays.compareUnsigned(indexKey, 0, length, from, 0, from.length) >= 0);
    }
}
