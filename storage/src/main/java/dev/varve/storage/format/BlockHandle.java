package dev.varve.storage.format;

import java.nio.ByteBuffer;

/**
 * Where a block stands.
 *
 * @param offset its offset in the file
 * @param length its length in bytes, trailer included
 */
public record BlockHandle(long offset, int length) {

    /** Writes the handle as two varints. */
    public void put(ByteBuffer target) {
        VarInt.put(target, offset);
        VarInt.put(target, length);
    }

    /**
     * Reads a handle.
     *
     * @throws IllegalArgumentException or {@link java.nio.BufferUnderflowException} if there is none
     */
    public static BlockHandle get(ByteBuffer source) {
        return new BlockHandle(VarInt.get(source), VarInt.getInt(source, Integer.MAX_VALUE));
    }

    /** True if the block lies between the file's header and {@code end}. */
    public boolean fits(long end) {
        return offset >= FileHeader.BYTES && length >= BlockBuilder.TRAILER_BYTES && offset <= end - length;
    }
}
