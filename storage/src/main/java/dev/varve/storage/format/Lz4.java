package dev.varve.storage.format;

import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;

/** The LZ4 block format, where it pays: something is stored compressed only if that saves at least an eighth. Thread-safe. */
public final class Lz4 {

    /** No byte of a compressed block stands for more bytes than this. */
    private static final int MAX_RATIO = 255;

    private static final int LEAST_SAVING = 8;

    private static final LZ4Compressor COMPRESSOR = LZ4Factory.fastestInstance().fastCompressor();
    private static final LZ4SafeDecompressor DECOMPRESSOR =
            LZ4Factory.fastestInstance().safeDecompressor();

    private Lz4() {}

    /** Room that {@link #compress} needs in its target for so many bytes. */
    public static int maxCompressedBytes(int length) {
        return COMPRESSOR.maxCompressedLength(length);
    }

    /**
     * Compresses bytes.
     *
     * @param at where the result begins in the target, which has {@link #maxCompressedBytes} from there on
     * @return the length of the result; 0 if it does not pay, with the contents of the target unspecified
     */
    public static int compress(byte[] source, int from, int length, byte[] target, int at) {
        int compressed = COMPRESSOR.compress(source, from, length, target, at, maxCompressedBytes(length));
        return compressed <= length - Math.ceilDiv(length, LEAST_SAVING) ? compressed : 0;
    }

    /**
     * Restores what was compressed. Allocates no more than the compressed bytes can stand for, whatever the length says.
     *
     * @param originalLength how many bytes there must be
     * @throws IllegalArgumentException if the bytes do not stand for as many
     */
    public static byte[] decompress(byte[] source, int from, int length, int originalLength) {
        byte[] original = new byte[checkedLength(length, originalLength)];
        try {
            int restored = DECOMPRESSOR.decompress(source, from, length, original, 0, originalLength);
            if (restored != originalLength) {
                throw new IllegalArgumentException("they stand for " + restored + " bytes, not " + originalLength);
            }
            return original;
        } catch (LZ4Exception e) {
            throw new IllegalArgumentException("they are not in the LZ4 format", e);
        }
    }

    /**
     * Checks that so many compressed bytes can stand for as many as they say.
     *
     * @return the original length
     * @throws IllegalArgumentException if they cannot
     */
    static int checkedLength(int length, int originalLength) {
        if (originalLength < 0 || originalLength > (long) MAX_RATIO * length) {
            throw new IllegalArgumentException(length + " bytes cannot stand for " + originalLength);
        }
        return originalLength;
    }

    /**
     * Restores what was compressed. Arrays are handed over as arrays: an older library of the same package names, which may come first on
     * the class path of an application, does not look at the array offset of a buffer.
     *
     * @param target is filled from index 0 to the limit
     * @throws IllegalArgumentException if the bytes do not stand for as many
     */
    static void decompress(ByteBuffer source, int from, int length, ByteBuffer target) {
        int originalLength = target.limit();
        try {
            int restored = source.hasArray() && target.hasArray()
                    ? DECOMPRESSOR.decompress(
                            source.array(),
                            source.arrayOffset() + from,
                            length,
                            target.array(),
                            target.arrayOffset(),
                            originalLength)
                    : DECOMPRESSOR.decompress(source, from, length, target, 0, originalLength);
            if (restored != originalLength) {
                throw new IllegalArgumentException("they stand for " + restored + " bytes, not " + originalLength);
            }
        } catch (LZ4Exception e) {
            throw new IllegalArgumentException("they are not in the LZ4 format", e);
        }
    }
}
