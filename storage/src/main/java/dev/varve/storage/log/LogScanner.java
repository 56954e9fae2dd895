package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.RecordHeader;
import dev.varve.storage.format.RecordType;
import dev.varve.storage.format.UnsupportedVersionException;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Reads a segment's records in order, verifying each wholly: its header, that its frames fill it, and every checksum.
 *
 * <p>Memory: one window of 1 MiB, or of one record if that is larger; a record's length is believed only after its header's
 * checksum has matched, and is bounded by the file. Not thread-safe.
 */
public final class LogScanner {

    private static final int WINDOW_BYTES = 1 << 20;

    private final Segment segment;
    private final int limit;
    private ByteBuffer window;
    private int windowStart;
    private int offset;
    private @Nullable RecordHeader header;
    private int recordOffset;
    private int writes;
    private ByteBuffer payload = ByteBuffer.allocate(0);
    private String trouble = "";
    private boolean ahead;

    /**
     * @param segment what to read
     * @param from offset of the first record to read, at least {@link FileHeader#BYTES}
     */
    public LogScanner(Segment segment, int from) throws IOException {
        this(segment, from, WINDOW_BYTES);
    }

    /** The same, with a window of another size. */
    LogScanner(Segment segment, int from, int windowBytes) throws IOException {
        this.segment = segment;
        this.limit = (int) Math.min(Integer.MAX_VALUE, segment.file().size());
        this.window = allocate(windowBytes).limit(0);
        this.windowStart = from;
        this.offset = from;
    }

    /** Has the system read on while what it has read is looked at: for a scan of what is worth its place in memory. */
    LogScanner readingAhead() {
        ahead = true;
        return this;
    }

    private static ByteBuffer allocate(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Moves to the next record.
     *
     * @return false if at {@link #offset} there is no valid record: the end of the log, or damage; or if the segment's seal
     *     has been passed
     * @throws UnsupportedVersionException if the record is valid but of a kind that this version must not skip
     */
    public boolean next() throws IOException, UnsupportedVersionException {
        if (header != null && header.type() == RecordType.SEAL) {
            return false;
        }
        if (!fill(RecordHeader.BYTES)) {
            trouble = "the file ends";
            return false;
        }
        RecordHeader candidate = RecordHeader.read(window, offset - windowStart, segment.id(), offset);
        if (candidate == null) {
            trouble = "there is no valid record header";
            return false;
        }
        if (!fill(candidate.length())) {
            trouble = "a record of " + candidate.length() + " bytes does not fit into the file";
            return false;
        }
        int at = offset - windowStart;
        ByteBuffer frames = window.slice(at + RecordHeader.BYTES, candidate.length() - RecordHeader.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        int begun = 0;
        try {
            FrameCursor cursor = FrameCursor.salted(frames, segment.id(), offset + RecordHeader.BYTES);
            int count = 0;
            while (cursor.next()) {
                count++;
                begun += cursor.first() ? 1 : 0;
            }
            if (count != candidate.frames()) {
                trouble = "a record holds " + count + " frames and should hold " + candidate.frames();
                return false;
            }
        } catch (CorruptionException e) {
            trouble = e.reason();
            return false;
        }
        writes = begun;
        header = candidate;
        recordOffset = offset;
        payload = frames;
        offset += candidate.length();
        return true;
    }

    /** Makes {@code bytes} bytes from {@link #offset} available in the window; false if the file has fewer. */
    private boolean fill(int bytes) throws IOException {
        int have = windowStart + window.limit() - offset;
        if (have >= bytes) {
            return true;
        }
        if (bytes > limit - offset) {
            return false;
        }
        if (bytes > window.capacity()) {
            window = allocate(bytes);
        }
        window.clear();
        windowStart = offset;
        if (ahead) {
            segment.file().readAhead(offset + (long) window.capacity(), WINDOW_BYTES);
        }
        int read = segment.file().read(window, offset);
        window.limit(read).position(0);
        return read >= bytes;
    }

    /** The header of the current record. */
    public RecordHeader header() {
        if (header == null) {
            throw new IllegalStateException("next() has not returned true yet");
        }
        return header;
    }

    /** The frames of the current record with their salted checksums, from index 0 to the limit; valid until the next move. */
    public ByteBuffer payload() {
        return payload;
    }

    /** How many client writes the current record holds. */
    public int writes() {
        return writes;
    }

    /** Where the current record begins. */
    public int recordOffset() {
        return recordOffset;
    }

    /** Where the next record begins or should begin. */
    public int offset() {
        return offset;
    }

    /** True if the segment's seal was the last record read. */
    public boolean sealed() {
        return header != null && header.type() == RecordType.SEAL;
    }

    /** Why {@link #next} returned false. */
    public String trouble() {
        return trouble;
    }

    /** True if nothing but zeroes stands from {@link #offset} to the end of the file. */
    public boolean onlyZeroesFollow() throws IOException {
        StoreFile file = segment.file();
        ByteBuffer chunk =
                ByteBuffer.allocateDirect(WINDOW_BYTES); // The system writes into it, without a copy to the heap.
        ByteBuffer zeroes = ByteBuffer.allocateDirect(WINDOW_BYTES);
        for (long at = file.nextData(offset); at < limit; at = file.nextData(at + chunk.limit())) {
            int read = file.read(chunk.clear(), at);
            if (read == 0) {
                return true;
            }
            if (chunk.flip().mismatch(zeroes.clear().limit(read)) >= 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Looks behind the bad place for later record headers that are valid, and returns the largest offset that one of them
     * says was durable when it was written; 0 if there is none. A checksum is computed only where the fields fit a segment,
     * which few bytes do that are no header: otherwise a tail of binary values would take seconds.
     */
    public int durabilityProvenBehind() throws IOException {
        int proven = 0;
        ByteBuffer chunk = allocate(WINDOW_BYTES);
        for (long start = offset; start < limit; start += WINDOW_BYTES - RecordHeader.BYTES) {
            int read = segment.file().read(chunk.clear(), start);
            for (int at = 0; at + RecordHeader.BYTES <= read; at++) {
                int place = (int) (start + at);
                int length = chunk.getInt(at + 4);
                int durable = chunk.getInt(at + 48);
                if (length < RecordHeader.BYTES || durable < FileHeader.BYTES || durable > place) {
                    continue;
                }
                RecordHeader later = RecordHeader.read(chunk, at, segment.id(), place);
                if (later != null) {
                    proven = Math.max(proven, later.durableOffset());
                }
            }
            if (read < WINDOW_BYTES) {
                break;
            }
        }
        return proven;
    }
}
