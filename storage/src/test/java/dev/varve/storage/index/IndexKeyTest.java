package dev.varve.storage.index;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IndexKeyTest {

    private static final int[] KEYSPACES = {0, 1, 126, 127, 128, 129, 255, 256, 32_767, 32_768, 65_534, 65_535};

    private static final List<byte[]> KEYS = List.of(
            new byte[0],
            new byte[] {0},
            new byte[] {0, 0},
            new byte[] {1},
            new byte[] {0x7f},
            new byte[] {(byte) 0x80},
            new byte[] {(byte) 0xff},
            new byte[] {(byte) 0xff, (byte) 0xff},
            filled(65_535));

    private static byte[] filled(int length) {
        byte[] key = new byte[length];
        Arrays.fill(key, (byte) 0xff);
        return key;
    }

    @ParameterizedTest
    @CsvSource({"0, 006b", "1, 016b", "127, 7f6b", "128, 8000806b", "256, 8001006b", "65535, 80ffff6b"})
    void aSmallKeyspaceTakesOneByteAndALargeOneThree(int keyspace, String bytes) {
        assertThat(HexFormat.of().formatHex(IndexKey.of(keyspace, new byte[] {'k'})))
                .isEqualTo(bytes);
    }

    @Test
    void keyspaceAndKeyComeBack() {
        for (int keyspace : KEYSPACES) {
            for (byte[] key : KEYS) {
                byte[] indexKey = IndexKey.of(keyspace, key);
                assertThat(IndexKey.keyspace(indexKey)).isEqualTo(keyspace);
                assertThat(IndexKey.prefixLength(indexKey)).isEqualTo(IndexKey.prefixLength(keyspace));
                assertThat(IndexKey.key(indexKey, indexKey.length)).isEqualTo(key);
                assertThat(IndexKey.key(Arrays.copyOf(indexKey, indexKey.length + 5), indexKey.length))
                        .isEqualTo(key);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "abc, abc",
        "abc abd, ab",
        "ab abc, ab",
        "a b, ''",
        "a km1 km2 z, km",
        "a b km1 km2 km3 km4 y z, km",
        "a b km1 km2 y z, ''"
    })
    void theUsualPrefixIsThatOfTheMiddleHalf(String sorted, String prefix) {
        List<byte[]> keys =
                Stream.of(sorted.split(" ")).map(key -> key.getBytes(US_ASCII)).toList();
        assertThat(new String(IndexKey.usualPrefix(keys, keys), US_ASCII)).isEqualTo(prefix);
    }

    @Test
    void theOrderIsByKeyspaceAndThenByKeyWithoutASign() {
        byte[] last = {};
        for (int keyspace : KEYSPACES) {
            for (byte[] key : KEYS) {
                byte[] indexKey = IndexKey.of(keyspace, key);
                assertThat(Arrays.compareUnsigned(last, indexKey)).isNegative();
                last = indexKey;
            }
        }
    }

    @Test
    void theEndOfAKeyspaceLiesAboveItsKeysAndNotAboveThoseOfTheNext() {
        for (int keyspace : KEYSPACES) {
            byte[] end = IndexKey.endOf(keyspace);
            assertThat(Arrays.compareUnsigned(end, IndexKey.of(keyspace, filled(65_535))))
                    .isPositive();
            if (keyspace < 65_535) {
                assertThat(Arrays.compareUnsigned(end, IndexKey.of(keyspace + 1, new byte[0])))
                        .isNotPositive();
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536, Integer.MIN_VALUE, Integer.MAX_VALUE})
    void thereIsNoOtherKeyspace(int keyspace) {
        assertThatThrownBy(() -> IndexKey.of(keyspace, new byte[1]))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the keyspace is " + keyspace + ", 0 to 65535 are possible");
        assertThatThrownBy(() -> IndexKey.endOf(keyspace)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void headsCompareAsTheirKeysDoOrAreEqual() {
        for (int keyspace : KEYSPACES) {
            for (byte[] a : KEYS) {
                for (byte[] b : KEYS) {
                    byte[] left = IndexKey.of(keyspace, a);
                    byte[] right = IndexKey.of(keyspace, b);
                    int byHead =
                            Long.compareUnsigned(IndexKey.head(left, left.length), IndexKey.head(right, right.length));
                    assertThat(byHead == 0 || byHead < 0 == Arrays.compareUnsigned(left, right) < 0)
                            .isTrue();
                }
            }
        }
        assertThat(IndexKey.head(new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, 9)).isEqualTo(0x0102_0304_0506_0708L);
        assertThat(IndexKey.head(new byte[] {1, 2, 3, 4}, 2)).isEqualTo(0x0102_0000_0000_0000L);
    }
}
