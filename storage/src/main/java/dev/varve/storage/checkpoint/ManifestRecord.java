package dev.varve.storage.checkpoint;

import dev.varve.storage.format.Checksum;
import dev.varve.storage.format.FileName;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of a record of a {@link Manifest}, and which one they were if a single bit of them has flipped. Methods that read take the whole
 * file, in little-endian order, and the offset of the record.
 *
 * <pre>
 * record := u32 length of the edits, u32 CRC32C of number and edits (salted with file id and offset), u64 number, edits
 * </pre>
 */
final class ManifestRecord {

    static final int HEADER_BYTES = 16;

    /** Of as many bits as a longer record has, one would explain other damage too often: of these, once in 8,000 times. */
    private static final int LONGEST_PUT_RIGHT = 64 << 10;

    private ManifestRecord() {}

    /**
     * Makes a record.
     *
     * @param name of the file
     * @param offset where it will stand
     * @param edits from position to limit; not changed
     */
    static ByteBuffer encode(FileName name, long offset, long number, ByteBuffer edits) {
        int length = edits.remaining();
        ByteBuffer record = ByteBuffer.allocate(HEADER_BYTES + length).order(ByteOrder.LITTLE_ENDIAN);
        record.putInt(0, length).putLong(8, number);
        record.put(HEADER_BYTES, edits, edits.position(), length);
        return record.putInt(4, Checksum.of(record, 8, 8 + length) ^ Checksum.salt(name.id(), offset));
    }

    /** The number of a record that is valid. */
    static long number(ByteBuffer bytes, int at) {
        return bytes.getLong(at + 8);
    }

    /** The edits of a record that is valid, from index 0 to the limit. */
    static ByteBuffer edits(ByteBuffer bytes, int at) {
        return bytes.slice(at + HEADER_BYTES, bytes.getInt(at));
    }

    /** True if a record stands at this offset. */
    static boolean isValid(ByteBuffer bytes, FileName name, int at) {
        if (bytes.limit() - at < HEADER_BYTES) {
            return false;
        }
        int length = bytes.getInt(at);
        return length > 0
                && length <= bytes.limit() - at - HEADER_BYTES
                && bytes.getInt(at + 4) == (Checksum.of(bytes, at + 8, 8 + length) ^ Checksum.salt(name.id(), at));
    }

    /** Flips back a bit of a record, if that makes it valid; else nothing is changed. */
    static boolean putRight(ByteBuffer bytes, FileName name, int at) {
        if (bytes.limit() - at < HEADER_BYTES) {
            return false;
        }
        int length = bytes.getInt(at);
        for (int bit = 0; bit < Integer.SIZE; bit++) {
            bytes.putInt(at, length ^ 1 << bit);
            if (isValid(bytes, name, at)) {
                return true;
            }
        }
        bytes.putInt(at, length);
        if (length <= 0 || length > bytes.limit() - at - HEADER_BYTES) {
            return false;
        }
        int checksum = bytes.getInt(at + 4);
        int difference = checksum ^ Checksum.of(bytes, at + 8, 8 + length) ^ Checksum.salt(name.id(), at);
        if (Integer.bitCount(difference) == 1) {
            bytes.putInt(at + 4, checksum ^ difference);
            return true;
        }
        int bit = length > LONGEST_PUT_RIGHT ? -1 : Checksum.flippedBit(difference, 8 + length);
        if (bit >= 0) {
            int flipped = at + 8 + bit / Byte.SIZE;
            bytes.put(flipped, (byte) (bytes.get(flipped) ^ 1 << bit % Byte.SIZE));
        }
        return bit >= 0;
    }
}
