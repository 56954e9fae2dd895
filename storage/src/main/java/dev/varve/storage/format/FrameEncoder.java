package dev.varve.storage.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Builds the frames of a record, with plain checksums: the salt is mixed in when it is known where they go. Not thread-safe.
 */
public final class FrameEncoder {

    private static final int U16_MAX = 0xffff;

    private ByteBuffer bytes;
    private int[] offsets = new int[1];
    private int frames;
    private int writes;
    private boolean addsData;

    /** @param expectedBytes room to begin with; it grows as needed */
    public FrameEncoder(int expectedBytes) {
        bytes = allocate(Math.max(64, expectedBytes));
    }

    private static ByteBuffer allocate(int size) {
        return ByteBuffer.wrap(new byte[size]).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Adds a frame.
     *
     * @param kind see {@link FrameKind}
     * @param first true if it begins a client write
     * @param keyspace 0 to 65,535
     * @param key at most 65,535 bytes
     * @param value the value, or an empty array
     * @throws IllegalArgumentException if keyspace or key do not fit; then nothing was added
     */
    public FrameEncoder add(byte kind, boolean first, int keyspace, byte[] key, byte[] value) {
        if (keyspace < 0 || keyspace > U16_MAX) {
            throw new IllegalArgumentException(
                    "a frame's keyspace is " + keyspace + ", 0 to " + U16_MAX + " are possible");
        }
        if (key.length > U16_MAX) {
            throw new IllegalArgumentException(
                    "a frame's key has " + key.length + " bytes, at most " + U16_MAX + " are possible");
        }
        int at = bytes.position();
        int length = Math.addExact(Frames.HEADER_BYTES + key.length, value.length);
        reserve(length);
        if (frames == offsets.length) {
            offsets = Arrays.copyOf(offsets, frames * 4);
        }
        offsets[frames++] = at;
        writes += first ? 1 : 0;
        addsData |= kind == FrameKind.PUT && keyspace == Frames.USER;
        bytes.putInt(0)
                .put(kind)
                .put((byte) (first ? Frames.FIRST : 0))
                .putShort((short) keyspace)
                .putShort((short) key.length)
                .putInt(value.length)
                .put(key)
                .put(value);
        bytes.putInt(at, Checksum.of(bytes, at + 4, length - 4));
        return this;
    }

    private void reserve(int more) {
        int needed = Math.addExact(bytes.position(), more);
        if (needed > bytes.capacity()) {
            ByteBuffer larger =
                    allocate(Math.max(needed, (int) Math.min(Integer.MAX_VALUE - 16, 2L * bytes.capacity())));
            larger.put(bytes.flip());
            bytes = larger;
        }
    }

    /** The frames so far, backed by an array, from position 0 to the limit; further calls of {@link #add} do not change it. */
    public ByteBuffer payload() {
        return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN).flip();
    }

    /** Where the i-th frame begins in the payload. */
    public int offset(int i) {
        return offsets[i];
    }

    /** How many frames there are. */
    public int frames() {
        return frames;
    }

    /** How many client writes there are. */
    public int writes() {
        return writes;
    }

    /** True if a value of a user's is among them, so that they make the store larger. */
    public boolean addsData() {
        return addsData;
    }
}
