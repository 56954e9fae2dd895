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
 * A key shares its first bytes with the key before it, but for some at equal distances, which are written out so that a reader can
 * search the block by halving. On disk
 * it may be compressed, and a trailer follows:
 *
 * <pre>
 * stored  := block | LZ4 bytes, u32 length of the block        codec 0 | codec 1
 * trailer := u8 codec, u32 CRC32C of stored and codec, salted with table id and offset
 * </pre>
 *
 * Not thread-safe.
 */
public final class BlockBuilder {

    /** What follows a block on disk. */
    public static final int TRAILER_BYTES = 5;

    private static final byte NO_CODEC = 0;
    private static final byte LZ4 = 1;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
    private static final int RESTART_INTERVAL = 16;

    /** Lengths below 16 KiB in two bytes each, and a restart. */
    private static final int MAX_ENTRY_OVERHEAD = 3 * 2 + 4;

    private final int restartInterval;
    private ByteBuffer bytes = ByteBuffer.allocate(8 << 10).order(ByteOrder.LITTLE_ENDIAN);
    private ByteBuffer compressed = NOTHING;
    private int[] restarts = new int[64];
    private int restartCount;
    private int entries;
    private byte[] lastKey = new byte[64];
    private int lastKeyLength;

    /** Builds blocks of few entries, or such as are walked over rather than searched: every 16th key is written out. */
    public BlockBuilder() {
        this(RESTART_INTERVAL);
    }

    /** @param restartInterval how many entries there are from one key that is written out to the next */
    public BlockBuilder(int restartInterval) {
        this.restartInterval = restartInterval;
    }

    /** Adds an entry behind the last one. */
    public void add(byte[] key, int keyLength, ByteBuffer payload) {
        int shared = 0;
        if (entries % restartInterval == 0) {
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

    /** True if the block, with one more entry, would not be larger than {@code most}; true also of the first one. */
    public boolean hasRoom(int keyLength, int payloadLength, int most) {
        return entries == 0 || sizeBytes() + MAX_ENTRY_OVERHEAD + keyLength + payloadLength <= most;
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

    /** Like {@link #finish}, but the block is compressed where that pays: see {@link Lz4}. */
    public ByteBuffer finishCompressed(long fileId, long offset) {
        int length = sizeBytes();
        ByteBuffer finished = finish(fileId, offset);
        int needed = Lz4.maxCompressedBytes(length) + Integer.BYTES + TRAILER_BYTES;
        if (compressed.capacity() < needed) {
            compressed = ByteBuffer.allocate(needed).order(ByteOrder.LITTLE_ENDIAN);
        }
        int stored = Lz4.compress(
                finished.array(), finished.arrayOffset(), length, compressed.array(), compressed.arrayOffset());
        return stored == 0 ? finished : seal(compressed.clear().position(stored).putInt(length), LZ4, fileId, offset);
    }

    /** Adds the trailer of a block at the buffer's position and flips it. */
    public static ByteBuffer seal(ByteBuffer block, long fileId, long offset) {
        return seal(block, NO_CODEC, fileId, offset);
    }

    private static ByteBuffer seal(ByteBuffer block, byte codec, long fileId, long offset) {
        block.put(codec);
        block.putInt(Checksum.of(block, 0, block.position()) ^ Checksum.salt(fileId, offset));
        return block.flip();
    }

    /**
     * Checks the trailer of a block that was read, takes it off, and decompresses the block if need be.
     *
     * @param stored block and trailer from index 0 to the limit
     * @return the block, little-endian, from position 0 to the limit: in {@code stored} if it is not compressed
     * @throws CorruptionException if the checksum does not match
     */
    public static ByteBuffer open(ByteBuffer stored, FileName name, long offset)
            throws CorruptionException, UnsupportedVersionException {
        return open(stored, name, offset, NOTHING);
    }

    /** Like the other {@code open}; a block that has to be decompressed goes to {@code spare} if there is room. */
    public static ByteBuffer open(ByteBuffer stored, FileName name, long offset, ByteBuffer spare)
            throws CorruptionException, UnsupportedVersionException {
        ByteBuffer b = stored.order(ByteOrder.LITTLE_ENDIAN);
        int end = b.limit() - TRAILER_BYTES;
        if (end < 0 || b.getInt(end + 1) != (Checksum.of(b, 0, end + 1) ^ Checksum.salt(name.id(), offset))) {
            throw new CorruptionException(name.toString(), offset, "a block's checksum does not match");
        }
        return switch (b.get(end)) {
            case NO_CODEC -> b.limit(end).position(0);
            case LZ4 -> decompressed(b, end, name, offset, spare);
            default ->
                throw new UnsupportedVersionException(
                        name + " needs a newer Varve: a block at offset " + offset + " has codec " + b.get(end));
        };
    }

    private static ByteBuffer decompressed(ByteBuffer stored, int end, FileName name, long offset, ByteBuffer spare)
            throws CorruptionException {
        int length = end - Integer.BYTES;
        try {
            int original = Lz4.checkedLength(length, length < 0 ? -1 : stored.getInt(length));
            ByteBuffer block = original <= spare.capacity() ? spare.clear() : ByteBuffer.allocate(original);
            Lz4.decompress(stored, 0, length, block.limit(original));
            return block.order(ByteOrder.LITTLE_ENDIAN);
        } catch (IllegalArgumentException e) {
            throw new CorruptionException(name.toString(), offset, "a block cannot be decompressed: " + e.getMessage());
        }
    }
}
