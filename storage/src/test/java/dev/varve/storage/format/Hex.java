package dev.varve.storage.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** Bytes as hexadecimal digits. */
public final class Hex {

    private Hex() {}

    /** The bytes of a buffer between two indexes, as digits. */
    public static String of(ByteBuffer bytes, int from, int to) {
        byte[] copy = new byte[to - from];
        bytes.get(from, copy);
        return HexFormat.of().formatHex(copy);
    }

    /** The bytes of a buffer from its position to its limit, as digits. */
    public static String of(ByteBuffer bytes) {
        return of(bytes, bytes.position(), bytes.limit());
    }

    /** A buffer (little-endian) of the bytes with these digits. */
    public static ByteBuffer bytes(String digits) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(digits)).order(ByteOrder.LITTLE_ENDIAN);
    }
}
