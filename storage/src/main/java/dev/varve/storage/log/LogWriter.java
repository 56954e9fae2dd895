package dev.varve.storage.log;

import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FrameEncoder;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.io.Ticker;
import dev.varve.storage.io.Trouble;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the log. Appending copies a record into memory, under its place in the last segment; committing writes what was
 * appended and forces it. The two overlap: while one group is being forced, the next one gathers.
 *
 * <p>Thread safety: {@link #append}, {@link #take}, {@link #remainingBytes} and {@link #lacksSpace} must be called under one lock of the caller's
 * (the append lock); {@link #write} by one thread at a time, in the order of the takes (the commit lock).
 *
 * <p>Invariants: records are written in the order of their places; a segment is forced before its successor is written
 * to; after a failure nothing is written any more.
 */
final class LogWriter {

    private static final Logger logger = LoggerFactory.getLogger(LogWriter.class);
    private static final int BUFFER_BYTES = 256 << 10;
    private static final int LARGEST_KEPT_BUFFER_BYTES = 4 << 20;
    private static final int BUFFERS_KEPT = 4;

    /** A group up to this size has the blocks of the next ones written: forcing it costs more in the file system's journal than that. */
    private static final int MAX_BYTES_TO_WRITE_AHEAD = 16 << 10;

    /** What a seal takes at the end of every segment: a header and a frame with the successor's id. */
    static final int SEAL_BYTES = RecordHeader.BYTES + Frames.HEADER_BYTES + Long.BYTES;

    /**
     * Data leave this part of a usual segment for deletes as long as no spare follows the last one. A delete of a key takes some 100 bytes of
     * log, so where values are larger than 800 bytes the reserve is enough to delete a whole segment's worth of them one by one.
     */
    private static final int RESERVE_DIVISOR = 8;

    /** As soon as this part of a usual segment was written and not forced a force is due, though nobody waits for it. */
    private static final int FORCE_DIVISOR = 8;

    private final int group;
    private final Ticker ticker;
    private final SegmentAllocator allocator;
    private final SegmentSet segments;
    private final LogListener listener;
    private final int reserveBytes;
    private final int forceDueBytes;

    /** Where the next record goes; written under the append lock. */
    private volatile Segment active;

    /** Offset of the next record in {@link #active}; guarded by the append lock. */
    private int appendOffset;

    /** True if data found no room since {@link #active} is in use; guarded by the append lock. */
    private boolean dataRefused;

    /** Appended and not yet taken; guarded by the append lock. */
    private Batch pending = new Batch();

    /** Where the last record that was written stands; guarded by the commit lock. */
    private Segment written;

    private final ArrayDeque<ByteBuffer> buffers = new ArrayDeque<>();
    private volatile @Nullable IOException failure;

    LogWriter(LogConfig config, SegmentAllocator allocator, SegmentSet segments, Segment active) {
        this.group = config.group();
        this.ticker = config.ticker();
        this.listener = config.listener();
        this.reserveBytes = config.segmentBytes() / RESERVE_DIVISOR;
        this.forceDueBytes = config.segmentBytes() / FORCE_DIVISOR;
        this.allocator = allocator;
        this.segments = segments;
        this.active = active;
        this.written = active;
        this.appendOffset = active.end();
    }

    /** Records that are written together. */
    static final class Batch {
        private final List<Run> runs = new ArrayList<>(1);
        private int records;
        private long bytes;

        boolean isEmpty() {
            return records == 0;
        }

        /** Bytes of log. */
        long bytes() {
            return bytes;
        }
    }

    /** Neighbouring records of one segment. */
    private static final class Run {
        private final Segment segment;
        private final int offset;
        private ByteBuffer bytes;
        private boolean seals;

        Run(Segment segment, int offset, ByteBuffer bytes) {
            this.segment = segment;
            this.offset = offset;
            this.bytes = bytes;
        }
    }

    /**
     * Gives a record its place behind the last one.
     *
     * @param frames what it holds, or null for nothing
     * @param reserve true if it must leave the reserve, in this segment or in a spare that follows
     * @return its {@link LogPosition}
     * @throws Trouble.DiskFullException if there is no room in the segment and no space for another; the log stays as it was
     * @throws LogFailedException if the log has failed
     */
    long append(
            RecordType type,
            long index,
            long term,
            long timeMicros,
            long firstRevision,
            @Nullable ByteBuffer frames,
            int frameCount,
            boolean reserve)
            throws IOException {
        throwIfFailed();
        int length = RecordHeader.BYTES + (frames == null ? 0 : frames.limit());
        int left = remainingBytes() - length;
        int kept = reserve ? reserveBytes : 0;
        if (left < kept) {
            try {
                if (left < 0) {
                    roll(index, term, timeMicros, firstRevision, Math.addExact(length, kept));
                } else {
                    allocator.requireSpare();
                }
            } catch (IOException e) {
                dataRefused |= reserve;
                throw e;
            }
        }
        long position = LogPosition.of(active.number(), appendOffset);
        try {
            put(type, length, index, term, timeMicros, firstRevision, frames, frameCount);
        } catch (RuntimeException | Error e) {
            throw fail(e); // What was appended before it may be damaged.
        }
        return position;
    }

    /**
     * Ends the last segment behind what was appended, and goes on in another; nothing happens if it has no records.
     *
     * @throws Trouble.DiskFullException if there is no space for another; the log stays as it was
     */
    void seal(LogState state) throws IOException {
        throwIfFailed();
        if (appendOffset > FileHeader.BYTES) {
            roll(state.lastIndex() + 1, state.lastTerm(), state.timeMicros(), state.nextRevision(), 0);
        }
    }

    /** @param room what the next segment must be able to hold besides its seal */
    private void roll(long index, long term, long timeMicros, long revision, int room) throws IOException {
        SegmentAllocator.Fresh fresh = allocator.take(Math.addExact(room, 2 * SEAL_BYTES));
        Segment successor = segments.add(fresh);
        ByteBuffer seal = sealFrame(successor.id());
        put(RecordType.SEAL, SEAL_BYTES, index - 1, term, timeMicros, revision, seal, 1);
        pending.runs.getLast().seals = true;
        active = successor;
        appendOffset = successor.end();
        dataRefused = false;
    }

    /** The frame of a seal: the id of the segment that follows. */
    static ByteBuffer sealFrame(long successorId) {
        byte[] id = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(successorId)
                .array();
        return new FrameEncoder(SEAL_BYTES)
                .add(FrameKind.OPAQUE, false, Frames.SYSTEM, new byte[0], id)
                .payload();
    }

    private void put(
            RecordType type,
            int length,
            long index,
            long term,
            long timeMicros,
            long firstRevision,
            @Nullable ByteBuffer frames,
            int frameCount) {
        RecordHeader header = new RecordHeader(
                length, group, type, index, term, timeMicros, firstRevision, active.durableEnd(), frameCount);
        encode(room(length), header, frames, active.id(), appendOffset);
        appendOffset += length;
        pending.records++;
        pending.bytes += length;
    }

    /** Puts a record at the target's position, with the checksums of the place where it will stand. */
    static void encode(
            ByteBuffer target, RecordHeader header, @Nullable ByteBuffer frames, long segmentId, int offset) {
        int at = target.position();
        header.write(target, at, segmentId, offset);
        target.position(at + RecordHeader.BYTES);
        if (frames != null) {
            target.put(frames.duplicate());
            salt(target, at + RecordHeader.BYTES, at + header.length(), segmentId, offset - at);
        }
    }

    /**
     * Adds the salt to the checksums of the frames between two indexes of a buffer, or takes it away again.
     *
     * @param base what is added to an index of the buffer to get the offset in the segment
     */
    static void salt(ByteBuffer target, int from, int to, long segmentId, int base) {
        for (int at = from; at < to; at += (int) Frames.length(target, at)) {
            target.putInt(at, target.getInt(at) ^ Checksum.salt(segmentId, base + at));
        }
    }

    /** The buffer of the current run, with room for so many bytes at its position. */
    private ByteBuffer room(int bytes) {
        Run run = pending.runs.isEmpty() ? null : pending.runs.getLast();
        if (run == null || run.segment != active) {
            run = new Run(active, appendOffset, buffer(bytes));
            pending.runs.add(run);
        }
        if (run.bytes.remaining() < bytes) {
            ByteBuffer larger = buffer(Math.max(run.bytes.position() + bytes, 2 * run.bytes.capacity()));
            larger.put(run.bytes.flip());
            recycle(run.bytes);
            run.bytes = larger;
        }
        return run.bytes;
    }

    private ByteBuffer buffer(int bytes) {
        synchronized (buffers) {
            for (Iterator<ByteBuffer> each = buffers.iterator(); each.hasNext(); ) {
                ByteBuffer kept = each.next();
                if (kept.capacity() >= bytes) {
                    each.remove(); // Not remove(kept): buffers are equal by what they hold, and another one would go.
                    return kept.clear();
                }
            }
        }
        return ByteBuffer.allocateDirect(Math.max(BUFFER_BYTES, bytes)).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void recycle(ByteBuffer buffer) {
        synchronized (buffers) {
            if (buffer.capacity() <= LARGEST_KEPT_BUFFER_BYTES && buffers.size() < BUFFERS_KEPT) {
                buffers.addFirst(buffer);
            }
        }
    }

    /** What was appended since the last call. */
    Batch take() {
        Batch taken = pending;
        pending = new Batch();
        return taken;
    }

    /** The last segment. */
    Segment active() {
        return active;
    }

    /** Bytes appended and not yet taken. */
    long pendingBytes() {
        return pending.bytes;
    }

    /** How much the last segment can still hold. */
    int remainingBytes() {
        return active.capacity() - SEAL_BYTES - appendOffset;
    }

    /**
     * True if data are refused for lack of space, so that what is left of the last segment stays free for deletes. Once a record was, all are
     * until there is another segment: else the small ones would fill what the large ones left.
     */
    boolean lacksSpace() {
        return allocator.diskFull() && (dataRefused || remainingBytes() < reserveBytes);
    }

    /**
     * Writes a batch, and forces it if asked. On failure the log has failed for good.
     *
     * @param writes how many client writes it covers, for the listener
     */
    void write(Batch batch, boolean force, int writes) throws IOException {
        throwIfFailed();
        try {
            for (Run run : batch.runs) {
                Segment segment = run.segment;
                int end = run.offset + run.bytes.position();
                if (force || run.seals) {
                    segment.file().write(run.bytes.flip(), run.offset);
                } else {
                    segment.file().writeLazily(run.bytes.flip(), run.offset);
                }
                recycle(run.bytes);
                segment.written(end);
                if (force && !run.seals && batch.bytes <= MAX_BYTES_TO_WRITE_AHEAD) {
                    segment.writeAhead();
                }
                written = segment;
                if (run.seals) {
                    force(segment, writes, batch.bytes);
                    segment.seal();
                    segment.file().truncate(end); // Only now: a file that is cut and not sealed counts as damaged.
                }
            }
            if (force) {
                force(written, writes, batch.bytes);
            }
        } catch (IOException | RuntimeException e) {
            throw fail(e);
        }
    }

    /** True if so much was written since the last force that the next one should not be put off; the commit lock is held. */
    boolean isForceDue() {
        return written.end() - written.durableEnd() >= forceDueBytes;
    }

    private void force(Segment segment, int writes, long bytes) throws IOException {
        long begin = ticker.nanos();
        if (segment.force()) {
            listener.forced(ticker.nanos() - begin, writes, bytes);
        }
    }

    /** Forces what has been written; may be called beside {@link #write}. On failure the log has failed for good. */
    void force() throws IOException {
        throwIfFailed();
        try {
            for (Segment segment : segments.ofLog().reversed()) {
                if (segment.sealed()) {
                    break;
                }
                force(segment, 0, 0);
            }
        } catch (IOException | RuntimeException e) {
            throw fail(e);
        }
    }

    OutcomeUnknownException fail(Throwable e) {
        IOException cause = e instanceof IOException io ? io : new IOException(e);
        if (failure == null) {
            logger.error(
                    "the log has failed: nothing is written or acknowledged until the store is opened again: {}",
                    Trouble.describe(cause));
        }
        failure = cause;
        return new OutcomeUnknownException(cause);
    }

    /** Why the log takes nothing more, or null if it does. */
    @Nullable
    IOException failure() {
        return failure;
    }

    void throwIfFailed() throws LogFailedException {
        IOException cause = failure;
        if (cause != null) {
            throw new LogFailedException(cause);
        }
    }
}
