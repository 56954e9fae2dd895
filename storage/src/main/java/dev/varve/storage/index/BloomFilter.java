package dev.varve.storage.index;

import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.ByteBuffer;

/**
 * Tells which keys are certainly not in a table: a blocked Bloom filter (Putze, Sanders, Singler, "Cache-, hash- and
 * space-efficient Bloom filters", 2007). All bits of a key lie in one block of 64 bytes, so that a question costs one cache miss.
 * With 10 bits and 6 probes a key, about 1.2 % of the absent keys are not recognised.
 *
 * <pre>
 * filter := block{n} u8 probes        (n > 0 blocks of 64 bytes)
 * </pre>
 *
 * Block: high 32 bits of the key's XXH3 hash, scaled to n. Bits: the top 9 bits of {@code a}, where {@code a} begins as the low
 * 32 bits and grows by the hash's middle 32 bits, made odd, for each probe. Immutable.
 */
public final class BloomFilter {

    private static final int BITS_PER_KEY = 10;
    private static final int PROBES = 6;
    private static final int BLOCK_BYTES = 64;
    private static final Hasher64 HASHER = Hashing.xxh3_64();

    private final byte[] blocks;
    private final int blockCount;
    private final int probes;

    private BloomFilter(byte[] blocks, int probes) {
        this.blocks = blocks;
        this.blockCount = blocks.length / BLOCK_BYTES;
        this.probes = probes;
    }

    /** The hash of a key, for {@link #build} and {@link #mayContain}. */
    public static long hash(byte[] indexKey, int length) {
        return HASHER.hashBytesToLong(indexKey, 0, length);
    }

    /** Builds the filter over the keys with these hashes, as bytes. */
    public static ByteBuffer build(long[] hashes, int count) {
        int blockCount = (int) Math.max(1, ((long) count * BITS_PER_KEY + 8 * BLOCK_BYTES - 1) / (8 * BLOCK_BYTES));
        BloomFilter filter = new BloomFilter(new byte[blockCount * BLOCK_BYTES], PROBES);
        for (int i = 0; i < count; i++) {
            int block = filter.block(hashes[i]);
            int a = (int) hashes[i];
            int step = step(hashes[i]);
            for (int probe = 0; probe < PROBES; probe++, a += step) {
                int bit = a >>> 23;
                filter.blocks[block + (bit >>> 3)] |= (byte) (1 << (bit & 7));
            }
        }
        return ByteBuffer.allocate(filter.blocks.length + 1)
                .put(filter.blocks)
                .put((byte) PROBES)
                .flip();
    }

    /**
     * Reads a filter.
     *
     * @throws IllegalArgumentException if these bytes are none
     */
    public static BloomFilter read(ByteBuffer bytes) {
        int length = bytes.remaining() - 1;
        if (length < BLOCK_BYTES || length % BLOCK_BYTES != 0) {
            throw new IllegalArgumentException("a Bloom filter of " + (length + 1) + " bytes");
        }
        byte[] blocks = new byte[length];
        bytes.get(blocks);
        return new BloomFilter(blocks, Byte.toUnsignedInt(bytes.get()));
    }

    private int block(long hash) {
        return (int) (((hash >>> 32) * blockCount) >>> 32) * BLOCK_BYTES;
    }

    private static int step(long hash) {
        return (int) (hash >>> 16) | 1;
    }

    /** False if no key with this hash is there. */
    public boolean mayContain(long hash) {
        int block = block(hash);
        int a = (int) hash;
        int step = step(hash);
        for (int probe = 0; probe < probes; probe++, a += step) {
            int bit = a >>> 23;
            if ((blocks[block + (bit >>> 3)] & (1 << (bit & 7))) == 0) {
                return false;
            }
        }
        return true;
    }
}
