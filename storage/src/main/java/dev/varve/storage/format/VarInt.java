package dev.varve.storage.format;

import java.nio.ByteBuffer;

/**
 * Unsigned integers in seven-bit groups, lowest first, the high bit set on all but the last byte (LEB128). At most ten bytes.
 */
public final class VarInt {

    /** Where the tenth byte, of which only the lowest bit fits, stands in the value. */
    private static final int LAST_SHIFT = 63;

    private VarInt() {}

    /** Writes a value at the target's position. */
    public static void put(ByteBuffer target, long value) {
        long v = value;
        while ((v & ~0x7fL) != 0) {
            target.put((byte) (v | 0x80));
            v >>>= 7;
        }
        target.put((byte) v);
    }

    /**
     * Reads a value at the source's position.
     *
     * @throws java.nio.BufferUnderflowException if the source ends within it
     * @throws IllegalArgumentException if it is longer than 64 bits
     */
    public static long get(ByteBuffer source) {
        long value = 0;
        for (int shift = 0; shift < LAST_SHIFT; shift += 7) {
            byte b = source.get();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
        byte last = source.get();
        if ((last & ~1) != 0) {
            throw new IllegalArgumentException("an integer is longer than 64 bits");
        }
        return value | (long) last << LAST_SHIFT;
    }

    /**
     * Reads a value that is a length or count.
     *
     * @throws IllegalArgumentException if it is larger than {@code max}
     */
    public static int getInt(ByteBuffer source, int max) {
        long value = get(source);
        if (value < 0 || value > max) {
            throw new IllegalArgumentException(
                    "a length is " + Long.toUnsignedString(value) + ", at most " + max + " are possible");
        }
        return (int) value;
    }
}
