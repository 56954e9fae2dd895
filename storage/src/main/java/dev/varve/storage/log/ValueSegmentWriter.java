package dev.varve.storage.log;

import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.FileHeader;
import dev.varve.storage.format.FileKind;
import dev.varve.storage.format.FrameCursor;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.Lz4;
import dev.varve.storage.format.StoreId;
import dev.varve.storage.format.ValueSegmentFooter;
import dev.varve.storage.io.Spares;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes a value segment: header, frames, footer. A value that is not compressed yet is, where that pays. Not thread-safe. */
final class ValueSegmentWriter {

    private final Segment segment;
    private final Spares<ByteBuffer> buffers;
    private final ByteBuffer buffer;
    private ByteBuffer compressed = ByteBuffer.allocate(0);
    private int offset;
    private final ByteBuffer checksum = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private long frames;
    private long originalBytes;

    /**
     * @param segment a new one
     * @param buffers what gathers frames
     */
    ValueSegmentWriter(Segment segment, StoreId storeId, Spares<ByteBuffer> buffers) throws IOException {
        this.segment = segment;
        this.buffers = buffers;
        this.buffer = buffers.take().clear();
        write(new FileHeader(FileKind.VALUES, storeId, segment.id()).encode());
    }

    Segment segment() {
        return segment;
    }

    /** How large the file is so far. */
    int sizeBytes() {
        return offset;
    }

    /** True if a frame of this length still fits, as far as offsets in a file can go. */
    boolean fits(int frameBytes) {
        return frameBytes <= Integer.MAX_VALUE - ValueSegmentFooter.BYTES - offset;
    }

    /**
     * Adds the frame on which a cursor stands, whose bytes are in an array and have been verified.
     *
     * @return where it stands now, and how
     */
    MovedValue add(FrameCursor frame) throws IOException {
        int at = offset;
        int salt = Checksum.salt(segment.id(), at);
        frames++;
        originalBytes += Frames.HEADER_BYTES + frame.keyLength() + frame.originalLength();
        int stored = frame.codec() == Frames.NO_CODEC ? compress(frame) : 0;
        if (stored > 0) {
            int length = compressed.limit();
            compressed.putInt(0, Checksum.of(compressed, Integer.BYTES, length - Integer.BYTES) ^ salt);
            write(compressed);
            return new MovedValue(LogPosition.of(segment.number(), at), Frames.LZ4, stored);
        }
        // The checksum is taken over, not computed anew: so it goes on proving what was logged.
        write(checksum.clear().putInt(frame.plainChecksum() ^ salt).flip());
        write(frame.payload().slice(frame.offset() + Integer.BYTES, frame.length() - Integer.BYTES));
        return new MovedValue(LogPosition.of(segment.number(), at), frame.codec(), frame.valueLength());
    }

    /** Makes the frame with its value compressed, but for the checksum; returns the length of that value, 0 if it does not pay. */
    private int compress(FrameCursor frame) {
        int before = Frames.HEADER_BYTES + Integer.BYTES + frame.keyLength();
        int room = before + Lz4.maxCompressedBytes(frame.valueLength());
        if (compressed.capacity() < room) {
            compressed = ByteBuffer.allocate(room).order(ByteOrder.LITTLE_ENDIAN);
        }
        ByteBuffer source = frame.payload();
        int stored = Lz4.compress(
                source.array(),
                source.arrayOffset() + frame.valueOffset(),
                frame.valueLength(),
                compressed.array(),
                before);
        if (stored > 0) {
            compressed.clear().limit(before + stored);
            compressed
                    .put(4, frame.kind())
                    .put(5, (byte) (frame.flags() | Frames.LZ4))
                    .putShort(6, (short) frame.keyspace())
                    .putShort(8, (short) frame.keyLength())
                    .putInt(10, stored)
                    .putInt(Frames.HEADER_BYTES, frame.valueLength())
                    .put(Frames.HEADER_BYTES + Integer.BYTES, source, frame.keyOffset(), frame.keyLength());
        }
        return stored;
    }

    private void write(ByteBuffer bytes) throws IOException {
        if (bytes.remaining() > buffer.remaining()) {
            drain();
        }
        int length = bytes.remaining();
        if (length > buffer.capacity()) {
            segment.file().write(bytes, offset);
        } else {
            buffer.put(bytes);
        }
        offset += length;
    }

    private void drain() throws IOException {
        buffer.flip();
        segment.file().write(buffer, offset - buffer.remaining());
        buffer.clear();
    }

    /** Writes what is left and syncs the file; its name must still be made durable. Called once, the last call. */
    ValueSegmentInfo finish() throws IOException {
        int size = offset + ValueSegmentFooter.BYTES;
        write(new ValueSegmentFooter(frames).encode(segment.id(), size));
        drain();
        buffers.giveBack(buffer);
        segment.file().sync();
        segment.finish(size);
        return new ValueSegmentInfo(segment.id(), size, originalBytes);
    }
}
