package dev.varve.storage.log;

import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileName;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.ValueSegmentFooter;
import dev.varve.storage.io.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Walks over the frames of a value segment: see docs/formats/values.md. Verifies each. For one thread. */
public final class ValueSegmentScanner {

    private static final int WINDOW_BYTES = 1 << 20;

    private final StoreFile file;
    private final FileName name;
    private final long end;
    private final ValueSegmentFooter footer;
    private ByteBuffer window =
            ByteBuffer.allocate(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long windowStart = FileHeader.BYTES;
    private long offset = FileHeader.BYTES;
    private long frames;
    private FrameCursor frame = FrameCursor.trusted(ByteBuffer.allocate(0));
    private long frameOffset;

    /**
     * A scan from the first frame. The file's header has been checked.
     *
     * @throws CorruptionException if the footer is damaged
     */
    public ValueSegmentScanner(StoreFile file, FileName name) throws IOException {
        this.file = file;
        this.name = name;
        long size = file.size();
        ByteBuffer bytes = ByteBuffer.allocate(ValueSegmentFooter.BYTES);
        file.read(bytes, Math.max(0, size - ValueSegmentFooter.BYTES));
        this.footer = ValueSegmentFooter.decode(bytes.flip(), name, size);
        this.end = size - ValueSegmentFooter.BYTES;
    }

    /**
     * The next frame, verified.
     *
     * @return false at the end
     * @throws CorruptionException if no valid frame stands there, so that nothing behind can be found, or there are too few or too many
     */
    public boolean next() throws IOException {
        if (offset == end) {
            if (frames != footer.frames()) {
                throw new CorruptionException(
                        name.toString(), end, "it has " + frames + " frames and should have " + footer.frames());
            }
            return false;
        }
        fill(Frames.HEADER_BYTES);
        long length = Frames.length(window, at());
        if (length < Frames.HEADER_BYTES || length > end - offset) {
            throw new CorruptionException(name.toString(), offset, "no frame stands here");
        }
        fill((int) length);
        ByteBuffer bytes = window.slice(at(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
        frame = FrameCursor.stored(bytes, name, (int) offset);
        frame.next();
        frameOffset = offset;
        offset += length;
        frames++;
        return true;
    }

    private int at() {
        return (int) (offset - windowStart);
    }

    private void fill(int bytes) throws IOException {
        if (windowStart + window.limit() - offset >= bytes) {
            return;
        }
        if (bytes > end - offset) {
            throw new CorruptionException(name.toString(), offset, "the file ends within a frame");
        }
        if (bytes > window.capacity()) {
            window = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }
        window.clear();
        windowStart = offset;
        window.limit(file.read(window, offset)).position(0);
    }

    /** The current frame. */
    public FrameCursor frame() {
        return frame;
    }

    /** Where the current frame stands. */
    public long frameOffset() {
        return frameOffset;
    }

    /** Where the next frame stands. */
    public long offset() {
        return offset;
    }
}
