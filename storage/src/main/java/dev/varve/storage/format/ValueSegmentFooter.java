package dev.varve.storage.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The last 32 bytes of a value segment.
 *
 * <pre>
 *  0  u64  number of frames
 *  8  u64  size of the file
 * 16  u32  zero
 * 20  u32  CRC32C of bytes 0 to 19, salted with file id and offset of the footer
 * 24  u64  magic "VARVEEND"
 * </pre>
 *
 * @param frames number of frames
 */
public record ValueSegmentFooter(long frames) {

    /** Size in bytes. */
    public static final int BYTES = 32;

    private static final long MAGIC = 0x444e454556524156L;
    private static final int CRC = 20;

    /** The footer as bytes, for the end of a file of this size. */
    public ByteBuffer encode(long fileId, long fileSize) {
        ByteBuffer b = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        b.putLong(0, frames).putLong(8, fileSize).putLong(24, MAGIC);
        return b.putInt(CRC, Checksum.of(b, 0, CRC) ^ Checksum.salt(fileId, fileSize - BYTES));
    }

    /** Reads a footer from index 0; the file it ends has the given size. */
    public static ValueSegmentFooter decode(ByteBuffer bytes, FileName name, long fileSize) throws CorruptionException {
        ByteBuffer b = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
        long at = fileSize - BYTES;
        if (b.limit() < BYTES || b.getLong(24) != MAGIC) {
            throw new CorruptionException(name.toString(), at, "the value segment has no footer: it was not finished");
        }
        if (b.getInt(CRC) != (Checksum.of(b, 0, CRC) ^ Checksum.salt(name.id(), at))
                || b.getLong(8) != fileSize
                || b.getLong(0) < 0) {
            throw new CorruptionException(name.toString(), at, "the footer's checksum or size does not match");
        }
        return new ValueSegmentFooter(b.getLong(0));
    }
}
