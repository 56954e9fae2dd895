package dev.varve.storage.state;

import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.index.MergingCursor;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks a range as of one registered revision, by chunks: each takes the then current version, looks up where it left off, and
 * lets the version go. So it holds neither files nor memtables while its user does something else. Not thread-safe.
 */
public final class RangeReader implements Closeable {

    private static final int FIRST_CHUNK_ENTRIES = 32;
    private static final int MAX_CHUNK_ENTRIES = 512;
    private static final int CHUNK_BYTES = 256 << 10;

    private final VersionSet versions;
    private final ValueReader values;
    private final boolean ascending;
    private final long revision;
    private final Runnable onClose;
    private final Deque<Item> chunk = new ArrayDeque<>();
    private byte @Nullable [] start;
    private byte @Nullable [] end;

    /** Index key of the last entry that was put into a chunk. */
    private byte @Nullable [] taken;

    private int chunkEntries = FIRST_CHUNK_ENTRIES;
    private boolean exhausted;
    private boolean closed;

    /**
     * An entry of the range.
     *
     * @param key the key without its keyspace
     * @param value the value
     * @param revision the revision of the write that set it
     */
    public record Item(byte[] key, byte[] value, long revision) {}

    RangeReader(
            VersionSet versions,
            ValueReader values,
            byte @Nullable [] start,
            byte @Nullable [] end,
            boolean ascending,
            long revision,
            Runnable onClose) {
        this.versions = versions;
        this.values = values;
        this.start = start;
        this.end = end;
        this.ascending = ascending;
        this.revision = revision;
        this.onClose = onClose;
    }

    /**
     * The next entry, or null at the end.
     *
     * @throws IOException if it cannot be read; each further call tries again
     */
    public @Nullable Item next() throws IOException {
        if (closed) {
            throw new IllegalStateException("the cursor is closed");
        }
        if (chunk.isEmpty() && !exhausted) {
            fill();
        }
        return chunk.poll();
    }

    /** True if the next entry is at hand, or it is known that there is none. */
    public boolean hasBuffered() {
        return !chunk.isEmpty() || exhausted;
    }

    /** The revision as of which it reads. */
    public long revision() {
        return revision;
    }

    private void fill() throws IOException {
        Version version = versions.acquire();
        try {
            List<IndexCursor> sources = new ArrayList<>();
            sources.add(version.active().cursor());
            version.frozen().forEach(frozen -> sources.add(frozen.memtable().cursor()));
            version.tables().addCursors(start, end, sources);
            IndexCursor cursor = sources.size() == 1 ? sources.getFirst() : new MergingCursor(sources);
            exhausted = !(ascending ? fillAscending(cursor) : fillDescending(cursor));
        } catch (IOException e) {
            if (taken == null || chunk.isEmpty()) {
                throw e;
            }
            goOnBehind(taken); // What was read is given out first; then the failure is met again, and told.
        } finally {
            versions.release(version);
        }
        chunkEntries = Math.min(MAX_CHUNK_ENTRIES, 2 * chunkEntries);
    }

    private void goOnBehind(byte[] indexKey) {
        if (ascending) {
            start = successor(indexKey);
        } else {
            end = indexKey;
        }
    }

    /** Fills the chunk; false if the range has come to its end. */
    private boolean fillAscending(IndexCursor cursor) throws IOException {
        int bytes = 0;
        byte[] last = null;
        for (boolean found = cursor.seek(start); found; found = cursor.next()) {
            byte[] key = cursor.keyBytes();
            int length = cursor.keyLength();
            if (end != null && Arrays.compareUnsigned(key, 0, length, end, 0, end.length) >= 0) {
                return false;
            }
            if (cursor.revision() > revision || (last != null && Arrays.equals(last, 0, last.length, key, 0, length))) {
                continue;
            }
            if (full(bytes)) {
                start = Arrays.copyOf(key, length);
                return true;
            }
            last = Arrays.copyOf(key, length);
            bytes += take(last, cursor.entry());
        }
        return false;
    }

    /** Fills the chunk from the end; false if the range has come to its beginning. */
    private boolean fillDescending(IndexCursor cursor) throws IOException {
        int bytes = 0;
        boolean found = cursor.seekBefore(end);
        while (found) {
            byte[] key = Arrays.copyOf(cursor.keyBytes(), cursor.keyLength());
            if (start != null && Arrays.compareUnsigned(key, start) < 0) {
                return false;
            }
            if (full(bytes)) {
                end = successor(key);
                return true;
            }
            IndexEntry newest = null;
            while (found && Arrays.equals(key, 0, key.length, cursor.keyBytes(), 0, cursor.keyLength())) {
                if (cursor.revision() <= revision) {
                    newest = cursor.entry();
                }
                found = cursor.previous();
            }
            if (newest != null) {
                bytes += take(key, newest);
            }
        }
        return false;
    }

    private static byte[] successor(byte[] key) {
        return Arrays.copyOf(key, key.length + 1);
    }

    private boolean full(int bytes) {
        return chunk.size() >= chunkEntries || (bytes >= CHUNK_BYTES && !chunk.isEmpty());
    }

    private int take(byte[] indexKey, IndexEntry entry) throws IOException {
        if (entry.isTombstone()) {
            return 0;
        }
        byte[] key = IndexKey.key(indexKey, indexKey.length);
        byte[] value = values.read(key, entry, false);
        if (value == null) {
            throw new IllegalStateException("a read that may wait found nothing");
        }
        chunk.add(new Item(key, value, entry.revision()));
        taken = indexKey;
        return key.length + value.length;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            chunk.clear();
            onClose.run();
        }
    }
}
