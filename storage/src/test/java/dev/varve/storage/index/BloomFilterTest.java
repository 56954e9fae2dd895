package dev.varve.storage.index;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BloomFilterTest {

    private static long[] hashes(int count, String prefix) {
        long[] hashes = new long[count];
        for (int i = 0; i < count; i++) {
            byte[] key = (prefix + i).getBytes(US_ASCII);
            hashes[i] = BloomFilter.hash(key, key.length);
        }
        return hashes;
    }

    private static double shareThatMayBeThere(BloomFilter filter, long[] hashes) {
        int there = 0;
        for (long hash : hashes) {
            there += filter.mayContain(hash) ? 1 : 0;
        }
        return (double) there / hashes.length;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 51, 52, 1_000, 100_000})
    void everyKeyOfTheTableMayBeThere(int count) {
        long[] hashes = hashes(count, "key");
        BloomFilter filter = BloomFilter.read(BloomFilter.build(hashes, count));
        assertThat(shareThatMayBeThere(filter, hashes)).isEqualTo(1);
    }

    @Test
    void atMostOneAndAHalfPercentOfTheAbsentKeysAreNotRecognised() {
        BloomFilter filter = BloomFilter.read(BloomFilter.build(hashes(100_000, "key"), 100_000));
        assertThat(shareThatMayBeThere(filter, hashes(100_000, "absent"))).isBetween(0.005, 0.015);
    }

    @Test
    void aTableWithoutKeysHasNone() {
        ByteBuffer bytes = BloomFilter.build(new long[0], 0);
        assertThat(bytes.remaining()).isEqualTo(65);
        assertThat(shareThatMayBeThere(BloomFilter.read(bytes), hashes(100, "key")))
                .isZero();
    }

    @Test
    void onlyTheFirstHashesCount() {
        long[] hashes = hashes(2, "key");
        BloomFilter filter = BloomFilter.read(BloomFilter.build(hashes, 1));
        assertThat(filter.mayContain(hashes[0])).isTrue();
        assertThat(filter.mayContain(hashes[1])).isFalse();
    }

    @Test
    void theHashIsXxh3() {
        assertThat(BloomFilter.hash(new byte[0], 0)).isEqualTo(0x2D06800538D394C2L);
        byte[] key = "key".getBytes(US_ASCII);
        assertThat(BloomFilter.hash("key and more".getBytes(US_ASCII), 3)).isEqualTo(BloomFilter.hash(key, 3));
    }

    /** What the class comment says, once more. */
    @Test
    void theBitsAreThoseOfTheDescription() {
        int count = 1_000;
        int blocks = (count * 10 + 511) / 512;
        long[] hashes = new SplittableRandom(1).longs(count).toArray();
        BitSet expected = new BitSet();
        for (long hash : hashes) {
            long block = ((hash >>> 32) * blocks) >>> 32;
            long a = hash & 0xffff_ffffL;
            long step = (hash >>> 16 & 0xffff_ffffL) | 1;
            for (int probe = 0; probe < 6; probe++) {
                expected.set((int) (512 * block + (a >>> 23)));
                a = (a + step) & 0xffff_ffffL;
            }
        }
        ByteBuffer bytes = BloomFilter.build(hashes, count);
        assertThat(bytes.remaining()).isEqualTo(64 * blocks + 1);
        assertThat(bytes.get(64 * blocks)).isEqualTo((byte) 6);
        assertThat(BitSet.valueOf(bytes.limit(64 * blocks))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 63, 64, 66, 128, 130})
    void bytesOfAnotherLengthAreNoFilter(int length) {
        assertThatThrownBy(() -> BloomFilter.read(ByteBuffer.allocate(length)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a Bloom filter of " + length + " bytes");
    }
}
