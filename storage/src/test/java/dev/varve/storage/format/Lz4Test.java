package dev.varve.storage.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Lz4Test {

    private static byte[] halfRandom(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        Arrays.fill(bytes, 0, length / 2, (byte) 7);
        return bytes;
    }

    private static byte[] compressed(byte[] source) {
        byte[] target = new byte[3 + Lz4.maxCompressedBytes(source.length)];
        int length = Lz4.compress(source, 0, source.length, target, 3);
        return Arrays.copyOfRange(target, 3, 3 + length);
    }

    @Test
    void whatIsCompressedComesBack() {
        for (int length : new int[] {100, 1024, 100_000}) {
            byte[] source = halfRandom(length);
            byte[] compressed = compressed(source);
            assertThat(compressed.length).isBetween(length / 2, length * 7 / 8);
            assertThat(Lz4.decompress(compressed, 0, compressed.length, length)).isEqualTo(source);
        }
    }

    @Test
    void buffersThatBeginWithinAnArrayAreRestoredWhereTheyBegin() {
        byte[] source = halfRandom(1024);
        byte[] compressed = compressed(source);
        ByteBuffer stored = ByteBuffer.allocate(7 + compressed.length).put(7, compressed);
        ByteBuffer target = ByteBuffer.allocate(5 + source.length);
        Lz4.decompress(stored.slice(4, 3 + compressed.length), 3, compressed.length, target.slice(5, source.length));
        assertThat(Arrays.copyOfRange(target.array(), 5, target.capacity())).isEqualTo(source);
    }

    @Test
    void memoryOutsideTheHeapIsRestoredLikeArrays() {
        byte[] source = halfRandom(1024);
        byte[] compressed = compressed(source);
        ByteBuffer stored = ByteBuffer.allocateDirect(3 + compressed.length).put(3, compressed);
        ByteBuffer target = ByteBuffer.allocateDirect(source.length);
        Lz4.decompress(stored, 3, compressed.length, target);
        byte[] restored = new byte[source.length];
        target.get(0, restored);
        assertThat(restored).isEqualTo(source);
    }

    @Test
    void whatSavesLessThanAnEighthIsLeftAlone() {
        byte[] random = new byte[1000];
        new Random(1).nextBytes(random);
        assertThat(compressed(random)).isEmpty();
        assertThat(compressed(new byte[0])).isEmpty();
        Arrays.fill(random, 0, 100, (byte) 0);
        assertThat(compressed(random)).as("a tenth").isEmpty();
        Arrays.fill(random, 0, 200, (byte) 0);
        assertThat(compressed(random)).as("a fifth").isNotEmpty();
    }

    @Test
    void bytesThatStandForAnotherLengthAreRefused() {
        byte[] compressed = compressed(halfRandom(1024));
        for (int length : new int[] {-1, 0, 1023, 1025, 100_000}) {
            assertThatThrownBy(() -> Lz4.decompress(compressed, 0, compressed.length, length))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void aWildLengthAllocatesNothing() {
        byte[] compressed = compressed(halfRandom(1024));
        assertThatThrownBy(() -> Lz4.decompress(compressed, 0, compressed.length, Integer.MAX_VALUE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot stand for");
    }

    @Test
    void arbitraryBytesAreRefusedOrStandForAsManyAsWereAskedFor() {
        Random random = new Random(5);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[1 + random.nextInt(60)];
            random.nextBytes(bytes);
            int length = random.nextInt(300);
            try {
                assertThat(Lz4.decompress(bytes, 0, bytes.length, length)).hasSize(length);
            } catch (IllegalArgumentException e) {
                assertThat(e).hasMessageNotContaining("null");
            }
        }
    }
}
