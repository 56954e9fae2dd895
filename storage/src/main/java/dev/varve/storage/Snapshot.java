package dev.varve.storage;

import org.jspecify.annotations.Nullable;

/**
 * The store as of one revision: reads see exactly the writes up to it. As long as it is open the versions it needs take
 * space, so close it. When it is older than {@link StoreOptions#snapshotAge} they need not be kept any more, and reads may fail with
 * {@link StoreException.Kind#SNAPSHOT_EXPIRED}; none ever sees anything else than the writes up to the revision. The same holds for cursors. Thread-safe.
 */
public interface Snapshot extends AutoCloseable {

    /** The revision of the last write that this snapshot sees. */
    long revision();

    /** The value of a key, or null if there is none. */
    byte @Nullable [] get(byte[] key);

    /** The entry of a key, or null if there is none. */
    @Nullable
    Entry getEntry(byte[] key);

    /** A cursor in the given order; it stays usable after the snapshot is closed. */
    Cursor range(KeyRange range, Order order);

    @Override
    void close();
}
