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

    /** The polynomial, the coefficient of the highest power in the lowest bit. */
    private static final int POLYNOMIAL = 0x82F63B78;

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
     * Which single bit, flipped, explains a checksum that is wrong: each bit has a difference of its own, as the order of the polynomial is
     * 2^31 - 1 (Castagnoli, Bräuer, Herrmann, "Optimization of cyclic redundancy-check codes with 24 and 32 parity bits", 1993). Any other
     * damage is taken for one bit with a probability of the number of bits in 2^32.
     *
     * @param difference the checksum that there should be XOR the one that there is, not 0
     * @param length of the bytes of which it is, 0 to 128 MiB
     * @return how many bits stand before the flipped one, the lowest of each byte first; -1 if it is not one bit
     */
    public static int flippedBit(int difference, int length) {
        int remainder = 1;
        for (int behind = 0; behind < Byte.SIZE * length; behind++) { // From the highest bit of the last byte on.
            remainder = (remainder >>> 1) ^ (-(remainder & 1) & POLYNOMIAL);
            if (remainder == difference) {
                return Byte.SIZE * length - 1 - behind;
            }
        }
        return -1;
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
