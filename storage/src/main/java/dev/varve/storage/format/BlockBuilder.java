package dev.varve.storage.format;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Builds a block of a table: sorted keys, each with a payload of bytes.
 *
 * <pre>
 * block    := entry* restart* u32 count-of-restarts
 * entry    := varint shared, varint unshared, varint payload-length, unshared bytes of the key, payload
 * restart  := u32 offset of an entry that shares nothing
 * </pre>
 *
 * A key shares its first bytes with the key before it, but for every 16th, which is written out so that a reader can search
 * the block by halving. On disk a trailer follows: {@code u8 codec (0 none)}, {@code u32 CRC32C of block and codec, salted with
 * table id and offset}. Not thread-safe.
 */
public final class BlockBuilder {

    /** What follows a block on disk. */
    public static final int TRAILER_BYTES = 5;

    private static final int RESTART_INTERVAL = 16;

    private ByteBuffer bytes = ByteBuffer.allocate(8 << 10).order(ByteOrder.LITTLE_ENDIAN);
    private int[] restarts = new int[64];
    private int restartCount;
    private int entries;
    private byte[] lastKey = new byte[64];
    private int lastKeyLength;

    /** Adds an entry behind the last one. */
    public void add(byte[] key, int keyLength, ByteBuffer payload) {
        int shared = 0;
        if (entries % RESTART_INTERVAL == 0) {
            if (restartCount == restarts.length) {
                restarts = Arrays.copyOf(restarts, 2 * restartCount);
            }
            restarts[restartCount++] = bytes.position();
        } else {
            int mismatch = Arrays.mismatch(lastKey, 0, lastKeyLength, key, 0, keyLength);
            shared = mismatch < 0 ? keyLength : mismatch;
        }
        reserve(30 + keyLength - shared + payload.remaining());
        VarInt.put(bytes, shared);
        VarInt.put(bytes, keyLength - shared);
        VarInt.put(bytes, payload.remaining());
        bytes.put(key, shared, keyLength - shared).put(payload);
        if (keyLength > lastKey.length) {
            lastKey = new byte[2 * keyLength];
        }
        System.arraycopy(key, 0, lastKey, 0, keyLength);
        lastKeyLength = keyLength;
        entries++;
    }

    private void reserve(int more) {
        if (bytes.remaining() < more) {
            int needed = Math.addExact(bytes.position(), more);
            ByteBuffer larger =
                    ByteBuffer.allocate(Math.max(needed, 2 * bytes.capacity())).order(ByteOrder.LITTLE_ENDIAN);
            bytes = larger.put(bytes.flip());
        }
    }

    /** Size of the block if it were finished now, without the trailer. */
    public int sizeBytes() {
        return bytes.position() + 4 * restartCount + 4;
    }

    /** How many entries were added. */
    public int entries() {
        return entries;
    }

    /** The key that was added last. */
    public byte[] lastKey() {
        return Arrays.copyOf(lastKey, lastKeyLength);
    }

    /**
     * Finishes the block with its trailer and begins a new one.
     *
     * @param fileId the table it goes to
     * @param offset where in the table it will stand
     * @return block and trailer, valid until the next call of {@link #add}
     */
    public ByteBuffer finish(long fileId, long offset) {
        reserve(4 * restartCount + 4 + TRAILER_BYTES);
        for (int i = 0; i < restartCount; i++) {
            bytes.putInt(restarts[i]);
        }
        bytes.putInt(restartCount);
        ByteBuffer finished = seal(bytes, fileId, offset);
        bytes = ByteBuffer.wrap(bytes.array()).order(ByteOrder.LITTLE_ENDIAN);
        restartCount = 0;
        entries = 0;
        lastKeyLength = 0;
        return finished;
    }

    /** Adds the trailer of a block at the buffer's position and flips it. */
    public static ByteBuffer seal(ByteBuffer block, long fileId, long offset) {
        block.put((byte) 0);
        block.putInt(Checksum.of(block, 0, block.position()) ^ Checksum.salt(fileId, offset));
        return block.flip();
    }

    /**
     * Checks the trailer of a block that was read, and takes it off.
     *
     * @param block block and trailer from index 0 to the limit
     * @throws CorruptionException if the checksum does not match
     */
    public static ByteBuffer open(ByteBuffer block, FileName name, long offset)
            throws CorruptionException, UnsupportedVersionException {
        ByteBuffer b = block.order(ByteOrder.LITTLE_ENDIAN);
        int end = b.limit() - TRAILER_BYTES;
        if (end < 0 || b.getInt(end + 1) != (Checksum.of(b, 0, end + 1) ^ Checksum.salt(name.id(), offset))) {
            throw new CorruptionException(name.toString(), offset, "a block's checksum does not match");
        }
        if (b.get(end) != 0) {
            throw new UnsupportedVersionException(
                    name + " needs a newer Varve: a block at offset " + offset + " has codec " + b.get(end));
        }
        return b.limit(end).position(0);
    }
}
