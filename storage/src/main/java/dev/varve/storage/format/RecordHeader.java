package dev.varve.storage.format;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The head of a record of the log, followed by the record's frames without a gap.
 *
 * <pre>
 *  0  u32  salted CRC32C of bytes 4 to 55; the salt is that of the segment's id and the record's offset
 *  4  u32  length of the record in bytes, header and frames
 *  8  u32  Raft group
 * 12  u8   type: see {@link RecordType}
 * 13  u8   flags; none is defined
 * 14  u16  zero
 * 16  u64  index of the entry (for a truncation or reset: see {@link RecordType})
 * 24  u64  term of the entry
 * 32  u64  cluster time, in microseconds since 1970
 * 40  u64  revision of the first client write in the record; of the next one to come, if there is none in it
 * 48  u32  offset up to which this segment was known to be durable when the record was appended
 * 52  u32  number of frames
 * </pre>
 *
 * <p>The header has a checksum of its own, so that its length can be trusted before the frames are read, and each frame has
 * one of its own, so that it can be read by itself. The count of frames and the length bind them together. A reader refuses a
 * valid header whose type or flags it does not know, rather than take it for the torn end of the log.
 *
 * @param length length of the record in bytes
 * @param group Raft group
 * @param type what it is
 * @param index index of the entry
 * @param term term of the entry
 * @param timeMicros cluster time
 * @param firstRevision revision of its first client write
 * @param durableOffset what was known to be durable of this segment
 * @param frames number of frames
 */
public record RecordHeader(
        int length,
        int group,
        RecordType type,
        long index,
        long term,
        long timeMicros,
        long firstRevision,
        int durableOffset,
        int frames) {

    /** Size in bytes. */
    public static final int BYTES = 56;

    /**
     * Writes the header at the absolute index {@code at} of {@code target} (little-endian).
     *
     * @param segmentId the segment it goes to
     * @param offset where in that segment it will stand
     */
    public void write(ByteBuffer target, int at, long segmentId, int offset) {
        target.putInt(at + 4, length)
                .putInt(at + 8, group)
                .putInt(at + 12, type.code())
                .putLong(at + 16, index)
                .putLong(at + 24, term)
                .putLong(at + 32, timeMicros)
                .putLong(at + 40, firstRevision)
                .putInt(at + 48, durableOffset)
                .putInt(at + 52, frames);
        target.putInt(at, Checksum.of(target, at + 4, BYTES - 4) ^ Checksum.salt(segmentId, offset));
    }

    /**
     * Reads the header at the absolute index {@code at} of {@code source} (little-endian), which must hold 56 bytes from there.
     *
     * @param segmentId the segment it was read from
     * @param offset where in that segment it stands
     * @return the header, or null if these bytes are no valid header of this place
     * @throws UnsupportedVersionException if they are one, of a type or with flags that this version does not know
     */
    public static @Nullable RecordHeader read(ByteBuffer source, int at, long segmentId, int offset)
            throws UnsupportedVersionException {
        int length = source.getInt(at + 4);
        if (length < BYTES
                || source.getShort(at + 14) != 0
                || source.getInt(at) != (Checksum.of(source, at + 4, BYTES - 4) ^ Checksum.salt(segmentId, offset))) {
            return null;
        }
        RecordType type = RecordType.of(source.getInt(at + 12));
        if (type == null) {
            throw new UnsupportedVersionException(
                    new FileName(FileKind.LOG, segmentId) + " needs a newer Varve: at offset " + offset
                            + " stands a record of type " + Byte.toUnsignedInt(source.get(at + 12)) + " with flags "
                            + Byte.toUnsignedInt(source.get(at + 13)));
        }
        return new RecordHeader(
                length,
                source.getInt(at + 8),
                type,
                source.getLong(at + 16),
                source.getLong(at + 24),
                source.getLong(at + 32),
                source.getLong(at + 40),
                source.getInt(at + 48),
                source.getInt(at + 52));
    }
}
