package dev.varve.storage.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Walks the frames of a record's payload. Lengths are checked against the payload, so that arbitrary bytes cannot make it
 * read outside. Not thread-safe.
 */
public final class FrameCursor {

    private final ByteBuffer payload;
    /** Where the frames come from, for messages alone: to make a name out of it for each record would cost more than to walk it. */
    private final @Nullable FileName file;

    private final long segmentId;
    private final int base;
    private final boolean verify;
    private final boolean salted;
    private final int supportedFlags;
    private int next;
    private int at;
    private int end;

    private FrameCursor(
            ByteBuffer payload,
            @Nullable FileName file,
            long segmentId,
            int base,
            boolean verify,
            boolean salted,
            int supportedFlags) {
        this.payload = payload.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        this.file = file;
        this.segmentId = segmentId;
        this.base = base;
        this.verify = verify;
        this.salted = salted;
        this.supportedFlags = supportedFlags;
    }

    /** Walks a payload, from index 0 to the limit, whose checksums have been verified or have just been computed. */
    public static FrameCursor trusted(ByteBuffer payload) {
        return new FrameCursor(payload, null, 0, 0, false, false, Frames.SUPPORTED_FLAGS);
    }

    /** Walks a payload with plain checksums, which are verified. */
    public static FrameCursor plain(ByteBuffer payload) {
        return new FrameCursor(payload, null, 0, 0, true, false, Frames.SUPPORTED_FLAGS);
    }

    /**
     * Walks a payload as it stands in a segment; its salted checksums are verified.
     *
     * @param payload frames from index 0 to the limit
     * @param segmentId the segment it was read from
     * @param base where in that segment it begins
     */
    public static FrameCursor salted(ByteBuffer payload, long segmentId, int base) {
        FileName file = new FileName(FileKind.LOG, segmentId);
        return new FrameCursor(payload, file, segmentId, base, true, true, Frames.SUPPORTED_FLAGS);
    }

    /**
     * Walks frames as a file holds them for reading their values, which may be compressed; their salted checksums are verified.
     *
     * @param payload frames from index 0 to the limit
     * @param file the file they were read from
     * @param base where in that file they begin
     */
    public static FrameCursor stored(ByteBuffer payload, FileName file, int base) {
        return new FrameCursor(payload, file, file.id(), base, true, true, Frames.STORED_FLAGS);
    }

    /**
     * Moves to the next frame.
     *
     * @return false at the end of the payload
     * @throws CorruptionException if the rest of the payload does not begin with a frame, or its checksum does not match
     * @throws UnsupportedVersionException if the frame is one that this version must not skip
     */
    public boolean next() throws CorruptionException, UnsupportedVersionException {
        at = next;
        if (at == payload.limit()) {
            return false;
        }
        int left = payload.limit() - at;
        long length = left < Frames.HEADER_BYTES ? -1 : Frames.length(payload, at);
        if (length < Frames.HEADER_BYTES || length > left || payload.getInt(at + 10) < 0) {
            throw new CorruptionException(source(), (long) base + at, "a frame does not fit its record");
        }
        end = at + (int) length;
        next = end;
        if (verify) {
            if (plainChecksum() != Checksum.of(payload, at + 4, end - at - 4)) {
                throw new CorruptionException(source(), (long) base + at, "a frame's checksum does not match");
            }
        }
        if (FrameKind.isUnsupported(kind()) || (flags() & ~supportedFlags) != 0) {
            throw new UnsupportedVersionException(source() + " needs a newer Varve: at offset " + (base + at)
                    + " stands a frame of kind " + Byte.toUnsignedInt(kind()) + " with flags " + flags());
        }
        return true;
    }

    private String source() {
        return file == null ? "a log entry" : file.toString();
    }

    /** True if no other frame follows. */
    public boolean isLast() {
        return next == payload.limit();
    }

    /** Where in the payload the frame begins. */
    public int offset() {
        return at;
    }

    /** Length of the frame in bytes. */
    public int length() {
        return end - at;
    }

    /** The checksum of the frame without the salt of its place. */
    public int plainChecksum() {
        return payload.getInt(at) ^ (salted ? Checksum.salt(segmentId, base + at) : 0);
    }

    /** See {@link FrameKind}. */
    public byte kind() {
        return payload.get(at + 4);
    }

    /** See {@link Frames}. */
    public int flags() {
        return Byte.toUnsignedInt(payload.get(at + 5));
    }

    /** True if the frame begins a client write. */
    public boolean first() {
        return (flags() & Frames.FIRST) != 0;
    }

    /** The keyspace. */
    public int keyspace() {
        return Short.toUnsignedInt(payload.getShort(at + 6));
    }

    /** Length of the key. */
    public int keyLength() {
        return Short.toUnsignedInt(payload.getShort(at + 8));
    }

    /** Length of the value as stored. */
    public int valueLength() {
        return payload.getInt(at + 10);
    }

    /** Where in the payload the key begins. */
    public int keyOffset() {
        return at + Frames.HEADER_BYTES + Frames.extraBytes(flags());
    }

    /** Where in the payload the value begins. */
    public int valueOffset() {
        return keyOffset() + keyLength();
    }

    /** A copy of the key. */
    public byte[] key() {
        byte[] key = new byte[keyLength()];
        payload.get(keyOffset(), key);
        return key;
    }

    /** A copy of the value as stored. */
    public byte[] value() {
        byte[] value = new byte[valueLength()];
        payload.get(valueOffset(), value);
        return value;
    }

    /** The codec of the value: see {@link Frames}. */
    public int codec() {
        return flags() & Frames.CODEC_MASK;
    }

    /** Length of the value before it was compressed. */
    public int originalLength() {
        return codec() == Frames.NO_CODEC ? valueLength() : payload.getInt(keyOffset() - Integer.BYTES);
    }

    /**
     * A copy of the value, decompressed.
     *
     * @throws CorruptionException if its bytes are not what codec and length say
     */
    public byte[] originalValue() throws CorruptionException {
        if (codec() == Frames.NO_CODEC) {
            return value();
        }
        boolean inArray = payload.hasArray();
        byte[] bytes = inArray ? payload.array() : value();
        int from = inArray ? payload.arrayOffset() + valueOffset() : 0;
        try {
            return Lz4.decompress(bytes, from, valueLength(), originalLength());
        } catch (IllegalArgumentException e) {
            throw new CorruptionException(
                    source(), (long) base + at, "a value cannot be decompressed: " + e.getMessage());
        }
    }

    /** The payload that is walked (little-endian). */
    public ByteBuffer payload() {
        return payload;
    }
}
