package dev.varve.cli.inspect;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Walks over a segment of the log: see docs/formats/log.md. Verifies each record wholly. For one thread. */
final class SegmentScan {

    private static final int WINDOW_BYTES = 1 << 20;

    private final StoreFile file;
    private final FileName name;
    private final long size;
    private ByteBuffer window =
            ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long windowStart;
    private int offset = FileHeader.BYTES;
    private int durable;
    private @Nullable RecordHeader header;
    private ByteBuffer frames = ByteBuffer.allocate(0);
    private int recordOffset;
    private String trouble = "";

    /** A scan from the first record. The file's header has been checked. */
    SegmentScan(StoreFile file, FileName name) throws IOException {
        this.file = file;
        this.name = name;
        this.size = file.size();
    }

    /**
     * Moves to the next record.
     *
     * @return false behind the seal, and where no valid record follows: {@link #trouble} says why
     */
    boolean next() throws IOException {
        if (sealed()) {
            return false;
        }
        RecordHeader candidate = fill(RecordHeader.BYTES)
                ? RecordHeader.read(window, (int) (offset - windowStart), name.id(), offset)
                : null;
        if (candidate == null) {
            trouble = "there is no valid record header";
            return false;
        }
        if (!fill(candidate.length())) {
            trouble = "a record of " + candidate.length() + " bytes does not fit into the file";
            return false;
        }
        int at = (int) (offset - windowStart) + RecordHeader.BYTES;
        ByteBuffer candidateFrames =
                window.slice(at, candidate.length() - RecordHeader.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        try {
            FrameCursor cursor = FrameCursor.salted(candidateFrames, name.id(), offset + RecordHeader.BYTES);
            int count = 0;
            while (cursor.next()) {
                count++;
            }
            if (count != candidate.frames()) {
                trouble = "a record has " + count + " frames and should have " + candidate.frames();
                return false;
            }
        } catch (CorruptionException e) {
            trouble = e.reason() + " (at offset " + e.offset() + ")";
            return false;
        }
        header = candidate;
        frames = candidateFrames;
        recordOffset = offset;
        durable = Math.max(durable, candidate.durableOffset());
        offset += candidate.length();
        return true;
    }

    private boolean fill(int bytes) throws IOException {
        if (windowStart + window.limit() - offset >= bytes) {
            return true;
        }
        if (bytes > size - offset) {
            return false;
        }
        if (bytes > window.capacity()) {
            window = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
        window.clear();
        windowStart = offset;
        window.limit(file.read(window, offset)).position(0);
        return window.limit() >= bytes;
    }

    /** The header of the current record. */
    RecordHeader header() {
        if (header == null) {
            throw new IllegalStateException("the scan stands before the first record");
        }
        return header;
    }

    /** The frames of the current record, verified. */
    FrameCursor frames() {
        return FrameCursor.trusted(frames);
    }

    /** Where the current record stands. */
    int recordOffset() {
        return recordOffset;
    }

    /** Where the next record stands, or should stand. */
    int offset() {
        return offset;
    }

    /** Up to where the records that were read say that the segment was durable. */
    int durable() {
        return durable;
    }

    boolean sealed() {
        return header != null && header.type() == RecordType.SEAL;
    }

    /** The segment in which the log goes on, as the seal says. */
    long successor() throws IOException {
        FrameCursor cursor = frames();
        if (!sealed() || !cursor.next() || cursor.valueLength() != Long.BYTES) {
            throw new CorruptionException(name.toString(), recordOffset, "the seal does not name a successor");
        }
        return ByteBuffer.wrap(cursor.value()).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    String trouble() {
        return trouble;
    }

    /**
     * Looks at what follows the last valid record.
     *
     * @return -1 if it is only zeroes; otherwise the largest offset that a valid record header further behind says was
     *     durable, 0 if there is none
     */
    long provenBehind() throws IOException {
        ByteBuffer chunk = ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        boolean zeroes = true;
        long proven = 0;
        for (long start = offset; start < size; start += WINDOW_BYTES - RecordHeader.BYTES) {
            int read = file.read(chunk.clear(), start);
            for (int at = 0; at < read; at++) {
                if (chunk.get(at) == 0) {
                    continue;
                }
                zeroes = false;
                // A header begins with its checksum, of which a byte may be zero: look from four bytes before.
                for (int from = Math.max(0, at - 3); from <= at && from + RecordHeader.BYTES <= read; from++) {
                    RecordHeader later = chunk.getInt(from + 4) < RecordHeader.BYTES
                            ? null
                            : RecordHeader.read(chunk, from, name.id(), (int) (start + from));
                    if (later != null) {
                        proven = Math.max(proven, later.durableOffset());
                    }
                }
            }
        }
        return zeroes ? -1 : proven;
    }

    /**
     * Reads and verifies one frame of a segment.
     *
     * @return a cursor that stands on it
     * @throws CorruptionException if no valid frame stands there
     */
    static FrameCursor frame(StoreFile file, FileName name, long at, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        if (file.read(bytes, at) < length || Frames.length(bytes, 0) != length) {
            throw new CorruptionException(name.toString(), at, "no frame of " + length + " bytes stands here");
        }
        FrameCursor cursor = FrameCursor.stored(bytes.flip(), name, Math.toIntExact(at));
        cursor.next();
        return cursor;
    }
}
