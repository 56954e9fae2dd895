package dev.varve.storage.state;

import dev.varve.storage.index.IndexCursor;
import dev.varve.storage.index.IndexEntry;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Walks a range as of one registered revision, by chunks: each takes the then current version, goes on where the last one left off, and
 * lets the version go. So it holds neither files nor memtables while its user does something else. The first chunk is small, since most
 * ranges are. Each further one is as large, or a quarter of all before it, since what its user does not ask for any more was read in vain; but
 * twice as large as the last one as long as values are not mapped, which are read with each other. Not thread-safe.
 */
public final class RangeReader implements Closeable {

    private static final int FIRST_CHUNK_ENTRIES = 16;

    /** A chunk is so many times smaller than all before it. */
    private static final int READ_DIVISOR = 4;

    private static final int MAX_CHUNK_ENTRIES = 512;
    private static final int CHUNK_BYTES = 256 << 10;

    private final VersionSet versions;
    private final Values values;
    private final boolean ascending;
    private final long revision;
    private final SnapshotRegistry snapshots;
    private final List<RangeItem> chunk = new ArrayList<>();

    /** How many items of the chunk have been given out. */
    private int given;

    /** How many items all chunks had. */
    private long read;

    private byte @Nullable [] start;
    private byte @Nullable [] end;
    /** Numbers the chunks, so that a walk is not taken up in the wrong place. */
    private int chunks;

    /** The range tombstones of the version in hand; null if it has none. */
    private RangeCover.@Nullable Walk ranges;

    /** The last key that was met going upwards, {@link #lastLength} bytes; -1 if there is none. */
    private byte[] last = new byte[64];

    private int lastLength = -1;

    private int chunkEntries = FIRST_CHUNK_ENTRIES;
    private boolean exhausted;
    private boolean closed;

    /** Fetches the values of what was found. */
    @FunctionalInterface
    interface Values {
        /**
         * Gives every item its value, or the reason why it has none.
         *
         * @return false if some of them are not mapped
         */
        boolean fetch(List<RangeItem> items) throws IOException;
    }

    /**
     * @param revision registered for this reader, which releases it
     */
    RangeReader(
            VersionSet versions,
            Values values,
            byte @Nullable [] start,
            byte @Nullable [] end,
            boolean ascending,
            long revision,
            SnapshotRegistry snapshots) {
        this.versions = versions;
        this.values = values;
        this.start = start;
        this.end = end;
        this.ascending = ascending;
        this.revision = revision;
        this.snapshots = snapshots;
    }

    /**
     * The next entry, or null at the end.
     *
     * @throws SnapshotExpiredException if the revision is not kept any more
     * @throws IOException if it cannot be read; each further call tries again
     */
    public @Nullable RangeItem next() throws IOException {
        if (closed) {
            throw new IllegalStateException("the cursor is closed");
        }
        if (given == chunk.size() && !exhausted) {
            fill();
        }
        return given < chunk.size() ? chunk.get(given++) : null;
    }

    /** True if the next entry is at hand, or it is known that there is none. */
    public boolean hasBuffered() {
        return given < chunk.size() || exhausted;
    }

    /** The revision as of which it reads. */
    public long revision() {
        return revision;
    }

    private void fill() throws IOException {
        chunk.clear();
        given = 0;
        byte[] fromStart = start;
        byte[] fromEnd = end;
        Version version = versions.acquire();
        IOException failure = null;
        boolean mapped;
        try {
            try {
                walk(version);
            } catch (IOException e) {
                failure = e;
            }
            mapped = values.fetch(chunk);
        } finally {
            versions.release(version);
        }
        IOException first = keepWhatWasRead(failure);
        chunks++;
        if (first != null) {
            chunks++; // The walk has gone on beyond what was read.
            exhausted = false;
            start = fromStart;
            end = fromEnd;
            if (chunk.isEmpty()) {
                throw first;
            }
            goOnBehind(chunk.getLast().indexKey());
        }
        read += chunk.size();
        long next = mapped ? read / READ_DIVISOR : 2L * chunkEntries;
        chunkEntries = Math.clamp(next, FIRST_CHUNK_ENTRIES, MAX_CHUNK_ENTRIES);
    }

    private void walk(Version version) throws IOException {
        ranges = version.ranges().isEmpty() ? null : version.ranges().walk(revision);
        RangeWalk parked = versions.resume(version);
        VersionCursor cursor = parked.cursor();
        boolean selective = parked.selective();
        boolean found = true;
        if (cursor == null || !parked.leadsTo(this, chunks)) {
            if (cursor == null || selective || ranges != null) {
                selective = ranges != null;
                cursor = cursor(version);
            }
            found = cursor.seek(start, end, ascending);
        }
        IndexCursor entries = cursor.entries();
        exhausted = !(ascending ? fillAscending(entries, found) : fillDescending(entries, found));
        versions.park(new RangeWalk(this, chunks + 1, version, cursor, selective));
    }

    /** Drops what comes behind the first failure, which is met again, and told, when everything before it has been given out. */
    private @Nullable IOException keepWhatWasRead(@Nullable IOException behind) {
        try {
            snapshots.requireKept(revision);
        } catch (SnapshotExpiredException e) {
            chunk.clear();
            return e;
        }
        int whole = 0;
        while (whole < chunk.size() && chunk.get(whole).failure() == null) {
            whole++;
        }
        if (whole == chunk.size()) {
            return behind;
        }
        IOException first = chunk.get(whole).failure();
        chunk.subList(whole, chunk.size()).clear();
        return first;
    }

    private VersionCursor cursor(Version version) {
        RangeCover cover = version.ranges();
        return new VersionCursor(
                version,
                ranges == null ? VersionCursor.REUSING : table -> new UncoveredCursor(table, cover.walk(revision)));
    }

    private void goOnBehind(byte[] indexKey) {
        if (ascending) {
            start = successor(indexKey);
        } else {
            end = indexKey;
        }
    }

    /** Fills the chunk; false if the range has come to its end. */
    private boolean fillAscending(IndexCursor cursor, boolean first) throws IOException {
        int bytes = 0;
        lastLength = -1;
        for (boolean found = first; found; found = cursor.next()) {
            byte[] key = cursor.keyBytes();
            int length = cursor.keyLength();
            if (end != null && Arrays.compareUnsigned(key, 0, length, end, 0, end.length) >= 0) {
                return false;
            }
            if (cursor.revision() > revision
                    || (length == lastLength && Arrays.equals(last, 0, length, key, 0, length))) {
                continue;
            }
            if (full(bytes)) {
                start = Arrays.copyOf(key, length);
                return true;
            }
            remember(key, length);
            bytes += take(key, length, cursor.entry());
        }
        return false;
    }

    private void remember(byte[] key, int length) {
        if (length > last.length) {
            last = new byte[2 * length];
        }
        System.arraycopy(key, 0, last, 0, length);
        lastLength = length;
    }

    /** Fills the chunk from the end; false if the range has come to its beginning. */
    private boolean fillDescending(IndexCursor cursor, boolean first) throws IOException {
        int bytes = 0;
        boolean found = first;
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
                bytes += take(key, key.length, newest);
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

    /** Takes an entry into the chunk; returns the bytes of key and value. */
    private int take(byte[] key, int length, IndexEntry entry) throws IOException {
        if (entry.isTombstone() || (ranges != null && ranges.covering(key, length) > entry.revision())) {
            return 0;
        }
        chunk.add(new RangeItem(key, length, entry));
        return length + entry.valueLength();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            chunk.clear();
            snapshots.release(revision);
        }
    }
}
