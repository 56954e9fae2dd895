package dev.varve.storage.index;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Walks entries in index order, in both directions. Before the first positioning, and after one that found nothing, the cursor
 * has no entry and only positioning is allowed.
 *
 * <p>Not thread-safe. Keys are shown in place: {@link #keyBytes} is valid until the next move.
 */
public interface IndexCursor {

    /** Moves to the first entry whose key is at least {@code indexKey}; null for the first of all. False if there is none. */
    boolean seek(byte @Nullable [] indexKey) throws IOException;

    /** Moves to the last entry whose key is below {@code indexKey}; null for the last of all. False if there is none. */
    boolean seekBefore(byte @Nullable [] indexKey) throws IOException;

    /** Moves to the next entry in index order. */
    boolean next() throws IOException;

    /** Moves to the previous entry in index order. */
    boolean previous() throws IOException;

    /** The index key of the entry stands at the beginning of this array. */
    byte[] keyBytes();

    /** How long the index key is. */
    int keyLength();

    /** The revision of the entry. */
    long revision();

    /** Copies what the entry says. */
    IndexEntry entry() throws IOException;
}
