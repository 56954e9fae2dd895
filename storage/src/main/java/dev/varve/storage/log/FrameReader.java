package dev.varve.storage.log;

import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.CorruptionException;
import dev.varve.storage.format.FrameKind;
import dev.varve.storage.format.Frames;
import dev.varve.storage.format.Lz4;
import dev.varve.storage.format.UnsupportedVersionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads single values, each verified, and makes nothing but the value itself. Reused from one reading to the next; not thread-safe.
 *
 * <p>A value comes from the file's mapping, if it has one, in two pieces: what stands before it and itself. Else the frame is read by one
 * system call.
 */
public final class FrameReader {

    private static final int LARGEST_KEPT = 64 << 10;

    private final CRC32C crc = new CRC32C();
    private ByteBuffer whole = ByteBuffer.allocate(2 << 10);
    private byte[] head = new byte[256];
    private ByteBuffer headView = view(head);

    private static ByteBuffer view(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Reads the value of the put that stands at a place.
     *
     * @param key the key that it must have
     * @param codec how the value must be compressed: see {@link Frames}
     * @param storedLength length of the value as it stands there
     * @param originalLength length of the value
     * @param reach how far the read may go
     * @return null if that is not far enough
     * @throws CorruptionException if there is no such frame at this place
     */
    public byte @Nullable [] value(
            Segment segment, int offset, byte[] key, int codec, int storedLength, int originalLength, Reach reach)
            throws IOException {
        int headLength = prepareHead(codec, key);
        segment.requireBytes(offset, (long) headLength + storedLength);
        byte[] stored = new byte[storedLength];
        try {
            return read(segment, offset, headLength, stored, reach)
                    ? checked(segment, offset, key, codec, headLength, stored, originalLength)
                    : null;
        } catch (InternalError e) {
            throw new IOException(segment.name() + " cannot be read at offset " + offset + ": " + e.getMessage(), e);
        }
    }

    /**
     * Like {@link #value}, of a frame that has been read already.
     *
     * @param bytes has the frame from index {@code at} on
     */
    public byte[] valueIn(
            byte[] bytes,
            int at,
            Segment segment,
            int offset,
            byte[] key,
            int codec,
            int storedLength,
            int originalLength)
            throws IOException {
        int headLength = prepareHead(codec, key);
        System.arraycopy(bytes, at, head, 0, headLength);
        byte[] stored = Arrays.copyOfRange(bytes, at + headLength, at + headLength + storedLength);
        return checked(segment, offset, key, codec, headLength, stored, originalLength);
    }

    private int prepareHead(int codec, byte[] key) {
        int length = Frames.HEADER_BYTES + Frames.extraBytes(codec) + key.length;
        if (head.length < length) {
            head = new byte[2 * length];
            headView = view(head);
        }
        return length;
    }

    private byte[] checked(
            Segment segment, int offset, byte[] key, int codec, int headLength, byte[] stored, int originalLength)
            throws IOException {
        verify(segment, offset, headLength, stored);
        if (headView.get(4) != FrameKind.PUT
                || (headView.get(5) & Frames.CODEC_MASK) != codec
                || (codec != Frames.NO_CODEC && headView.getInt(Frames.HEADER_BYTES) != originalLength)
                || !Arrays.equals(head, headLength - key.length, headLength, key, 0, key.length)) {
            throw damaged(segment, offset, "here stands another change than the index says");
        }
        if (codec == Frames.NO_CODEC) {
            return stored;
        }
        try {
            return Lz4.decompress(stored, 0, stored.length, originalLength);
        } catch (IllegalArgumentException e) {
            throw damaged(segment, offset, "a value cannot be decompressed: " + e.getMessage());
        }
    }

    private boolean read(Segment segment, int offset, int headLength, byte[] stored, Reach reach) throws IOException {
        if (reach != Reach.MEMORY
                && segment.file().readMapped(head, 0, headLength, offset)
                && segment.file().readMapped(stored, 0, stored.length, (long) offset + headLength)) {
            return true;
        }
        if (reach == Reach.MAPPING) {
            return false;
        }
        int length = headLength + stored.length;
        ByteBuffer frame = room(length);
        if (reach == Reach.MEMORY) {
            if (!segment.file().readResident(frame, offset)) {
                return false;
            }
        } else if (segment.file().read(frame, offset) < length) {
            throw damaged(segment, offset, "the file ends within a value");
        }
        frame.get(0, head, 0, headLength).get(headLength, stored);
        return true;
    }

    private ByteBuffer room(int length) {
        if (length > LARGEST_KEPT) {
            return ByteBuffer.allocate(length);
        }
        if (length > whole.capacity()) {
            whole = ByteBuffer.allocate(Math.min(LARGEST_KEPT, 2 * length));
        }
        return whole.clear().limit(length);
    }

    private void verify(Segment segment, int offset, int headLength, byte[] stored) throws IOException {
        int flags = Byte.toUnsignedInt(headView.get(5));
        if (Frames.length(headView, 0) != (long) headLength + stored.length) {
            throw damaged(
                    segment, offset, "here should stand a frame of " + ((long) headLength + stored.length) + " bytes");
        }
        crc.reset();
        crc.update(head, Integer.BYTES, headLength - Integer.BYTES);
        crc.update(stored, 0, stored.length);
        if (headView.getInt(0) != ((int) crc.getValue() ^ Checksum.salt(segment.id(), offset))) {
            throw damaged(segment, offset, "a frame's checksum does not match");
        }
        if (FrameKind.isUnsupported(headView.get(4)) || (flags & ~Frames.STORED_FLAGS) != 0) {
            throw new UnsupportedVersionException(segment.name() + " needs a newer Varve: at offset " + offset
                    + " stands a frame of kind " + Byte.toUnsignedInt(headView.get(4)) + " with flags " + flags);
        }
    }

    private static CorruptionException damaged(Segment segment, int offset, String reason) {
        return new CorruptionException(segment.name().toString(), offset, reason);
    }
}
