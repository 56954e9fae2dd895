package dev.varve.storage.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * CRC32C (Castagnoli; RFC 3720, section 12.1), plain and salted.
 *
 * <p>A salted checksum is the plain one XORed with a hash of the file's id and the offset at which the bytes stand. A block
 * of an older file, or one that a device put in another place, therefore never passes. Since the salt is only mixed in at
 * the end, a writer computes the plain checksum before it knows where its bytes will stand.
 */
public final class Checksum {

    private Checksum() {}

    /** The plain checksum of {@code length} bytes of {@code bytes} from {@code from}. */
    public static int of(byte[] bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, length);
        return (int) crc.getValue();
    }

    /** The plain checksum of {@code length} bytes of {@code bytes} from the absolute index {@code from}. */
    public static int of(ByteBuffer bytes, int from, int length) {
        CRC32C crc = new CRC32C();
        if (bytes.hasArray()) {
            crc.update(bytes.array(), bytes.arrayOffset() + from, length);
        } else {
            crc.update(bytes.duplicate().limit(from + length).position(from));
        }
        return (int) crc.getValue();
    }

    /**
     * What a checksum at this place is XORed with: the high half of a 64-bit finalizer (David Stafford's variant 13 of
     * MurmurHash3's) over file id and offset.
     */
    public static int salt(long fileId, long offset) {
        long z = fileId + offset * 0x9E3779B97F4A7C15L + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return (int) ((z ^ (z >>> 31)) >>> 32);
    }
}
