package dev.varve.storage.format;

import java.nio.ByteBuffer;

/**
 * The layout of a frame: one mutation, self-contained, so that one value can be read and verified by itself.
 *
 * <pre>
 *  0  u32  CRC32C of all that follows to the end of the frame; salted with segment id and offset on disk, plain elsewhere
 *  4  u8   kind: see {@link FrameKind}
 *  5  u8   flags: 1 first frame of a client write, 2 expiry present, 4 and 8 codec (0 none, 1 LZ4, 2 zstd)
 *  6  u16  keyspace: 0 user data, 1 system data
 *  8  u16  length of the key
 * 10  u32  length of the value as stored
 * 14 [u64] expiry in microseconds of cluster time, if flag 2
 *    [u32] length of the value before compression, if it is compressed
 *         key
 *         value
 * </pre>
 */
public final class Frames {

    /** Size of the fixed part in bytes. */
    public static final int HEADER_BYTES = 14;
    /** Flag: the first frame of a client write. */
    public static final int FIRST = 1;
    /** Flag: an expiry stands behind the fixed part. */
    public static final int EXPIRES = 2;
    /** Mask of the codec. */
    public static final int CODEC_MASK = 12;
    /** The codec of a value that is not compressed. */
    public static final int NO_CODEC = 0;
    /** The codec LZ4, as it stands in the flags. */
    public static final int LZ4 = 4;
    /** The flags that this version applies; a frame of the log with another one is refused. */
    public static final int SUPPORTED_FLAGS = FIRST;
    /** The flags that a frame of a value segment may have. */
    public static final int STORED_FLAGS = FIRST | LZ4;

    /** The keyspace of user data. */
    public static final int USER = 0;
    /** The keyspace of system data. */
    public static final int SYSTEM = 1;

    private Frames() {}

    /** Bytes between the fixed part and the key. */
    public static int extraBytes(int flags) {
        return ((flags & EXPIRES) != 0 ? 8 : 0) + ((flags & CODEC_MASK) != 0 ? 4 : 0);
    }

    /** Length of the whole frame at {@code at}; may be nonsense, even negative, if the bytes are not a frame. */
    public static long length(ByteBuffer source, int at) {
        return HEADER_BYTES
                + extraBytes(source.get(at + 5))
                + Short.toUnsignedInt(source.getShort(at + 8))
                + (long) source.getInt(at + 10);
    }
}
