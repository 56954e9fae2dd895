package dev.varve.storage.compaction;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.index.EntryKind;
import dev.varve.storage.index.IndexEntry;
import dev.varve.storage.index.IndexKey;
import dev.varve.storage.log.LogPosition;
import dev.varve.storage.log.MovedValue;
import dev.varve.storage.log.Segment;
import dev.varve.storage.log.SegmentSet;
import dev.varve.storage.log.ValueRunWriter;
import dev.varve.storage.log.ValueSegmentInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Moves the values of entries on their way into a table: those that stand in one of the victims are read, verified, and written to value
 * segments in the order of the entries. A value that cannot be read stays where it is, and so does its victim.
 *
 * <p>Entries come in the order of their keys, while the values of a segment of the log stand in the order in which they were written. So
 * entries are gathered, their values are read in the order of their places, with one read for neighbours, and then entries and values
 * are passed on in their own order. Memory: {@value #BATCH_BYTES} bytes of values, or one value if that is larger, and
 * {@value #BATCH_ENTRIES} entries. Not thread-safe.
 */
final class ValueMover {

    private static final int BATCH_ENTRIES = 16 << 10;
    private static final long BATCH_BYTES = 8 << 20;
    private static final int READ_BYTES = 1 << 20;

    /** Reading so many bytes for nothing is cheaper than another read. */
    private static final int GAP_BYTES = 16 << 10;

    private final SegmentSet segments;
    private final ValueRunWriter run;

    /** Numbers of the segments that values are moved out of. */
    private final BitSet victims = new BitSet();

    private final int inlineBytesMax;
    private final Target target;
    private final List<Row> batch = new ArrayList<>();

    /** Rows of the batch whose values stand in a victim. */
    private final List<Row> moving = new ArrayList<>();

    private final Map<Long, IOException> unreadable = new TreeMap<>();
    private long batchBytes;
    private long movedBytes;

    /** Takes the entries in their order. */
    interface Target {
        void add(byte[] key, int keyLength, IndexEntry entry) throws IOException;
    }

    /** An entry that waits, and its frame if that is being moved. */
    private static final class Row {
        private final byte[] key;
        private final IndexEntry entry;
        private FrameCursor frame = NONE;

        Row(byte[] key, IndexEntry entry) {
            this.key = key;
            this.entry = entry;
        }
    }

    private static final FrameCursor NONE = FrameCursor.trusted(ByteBuffer.allocate(0));

    /**
     * @param segments what entries point to
     * @param run takes the values
     * @param victims ids of the segments that values are moved out of
     * @param inlineBytesMax the largest value that stands in a table; a larger one that comes with its entry is moved, too
     * @param target takes the entries
     */
    ValueMover(SegmentSet segments, ValueRunWriter run, Set<Long> victims, int inlineBytesMax, Target target) {
        this.segments = segments;
        this.run = run;
        for (long id : victims) {
            Segment victim = segments.find(id);
            if (victim != null) {
                this.victims.set(victim.number());
            }
        }
        this.inlineBytesMax = inlineBytesMax;
        this.target = target;
    }

    /** Takes the next entry. */
    void add(byte[] key, int keyLength, IndexEntry entry) throws IOException {
        boolean moves = standsInVictim(entry);
        boolean outgrown = entry.kind() == EntryKind.INLINE && entry.valueLength() > inlineBytesMax;
        if (batch.isEmpty() && !moves && !outgrown) {
            target.add(key, keyLength, entry);
            return;
        }
        Row row = new Row(Arrays.copyOf(key, keyLength), entry);
        if (outgrown) {
            row.frame = LoggedFrame.rebuild(row.key, entry);
        }
        batch.add(row);
        if (moves) {
            moving.add(row);
        }
        batchBytes += moves || outgrown ? entry.frameBytes(keyLength) : 0;
        if (batch.size() >= BATCH_ENTRIES || batchBytes >= BATCH_BYTES) {
            pass();
        }
    }

    private boolean standsInVictim(IndexEntry entry) {
        return entry.kind() == EntryKind.POINTER && victims.get(LogPosition.segmentNumber(entry.position()));
    }

    /** Passes on what waits. */
    private void pass() throws IOException {
        moving.sort(Comparator.comparingLong(row -> row.entry.position()));
        for (int from = 0; from < moving.size(); ) {
            int to = neighbours(moving, from);
            read(moving.subList(from, to));
            from = to;
        }
        for (Row row : batch) {
            IndexEntry entry = row.entry;
            if (row.frame != NONE) {
                MovedValue moved = run.add(row.frame);
                movedBytes += row.frame.length();
                entry = entry.movedTo(moved.position(), moved.codec(), moved.storedLength());
            }
            target.add(row.key, row.key.length, entry);
        }
        batch.clear();
        moving.clear();
        batchBytes = 0;
    }

    private static long end(Row row) {
        return LogPosition.offset(row.entry.position()) + row.entry.frameBytes(row.key.length - prefix(row));
    }

    private static int prefix(Row row) {
        return IndexKey.prefixLength(row.key);
    }

    /** Behind the last row that is read together with the first. */
    private static int neighbours(List<Row> rows, int first) {
        long position = rows.get(first).entry.position();
        long end = end(rows.get(first));
        int next = first + 1;
        while (next < rows.size()) {
            Row row = rows.get(next);
            int offset = LogPosition.offset(row.entry.position());
            if (LogPosition.segmentNumber(row.entry.position()) != LogPosition.segmentNumber(position)
                    || offset > end + GAP_BYTES
                    || end(row) - LogPosition.offset(position) > READ_BYTES) {
                break;
            }
            end = Math.max(end, end(row));
            next++;
        }
        return next;
    }

    private void read(List<Row> rows) {
        Segment segment =
                segments.get(LogPosition.segmentNumber(rows.getFirst().entry.position()));
        int from = LogPosition.offset(rows.getFirst().entry.position());
        try {
            long length = end(rows.getLast()) - from;
            segment.requireBytes(from, length);
            byte[] bytes = segment.readBytes(from, (int) length);
            for (Row row : rows) {
                take(segment, row, bytes, from);
            }
        } catch (IOException e) {
            unreadable.putIfAbsent(segment.id(), e);
        }
    }

    private void take(Segment segment, Row row, byte[] bytes, int from) {
        int offset = LogPosition.offset(row.entry.position());
        int length = (int) (end(row) - offset);
        try {
            byte[] own = Arrays.copyOfRange(bytes, offset - from, offset - from + length); // The gaps need not be kept.
            FrameCursor frame =
                    FrameCursor.stored(ByteBuffer.wrap(own).order(ByteOrder.LITTLE_ENDIAN), segment.name(), offset);
            if (!frame.next() || frame.length() != length || !agree(frame, row)) {
                throw new CorruptionException(
                        segment.name().toString(), offset, "here stands another change than the index says");
            }
            row.frame = frame;
        } catch (IOException e) {
            unreadable.putIfAbsent(segment.id(), e);
        }
    }

    private static boolean agree(FrameCursor frame, Row row) {
        IndexEntry entry = row.entry;
        byte[] key = frame.key();
        int prefix = prefix(row);
        return frame.kind() == FrameKind.PUT
                && frame.keyspace() == IndexKey.keyspace(row.key)
                && Arrays.equals(key, 0, key.length, row.key, prefix, row.key.length)
                && frame.codec() == entry.codec()
                && frame.originalLength() == entry.valueLength()
                && (frame.codec() != Frames.NO_CODEC || frame.plainChecksum() == entry.checksum());
    }

    /** Passes on what waits, and ends the value segments, which are on the device then. */
    List<ValueSegmentInfo> finish() throws IOException {
        pass();
        return run.finish();
    }

    /** Removes the value segments. */
    void abandon() {
        run.abandon();
    }

    /** How many bytes of frames were moved. */
    long movedBytes() {
        return movedBytes;
    }

    /** Ids of victims with values that could not be read, and why. */
    Map<Long, IOException> unreadable() {
        return unreadable;
    }
}
