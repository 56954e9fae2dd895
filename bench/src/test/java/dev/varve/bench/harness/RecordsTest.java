package dev.varve.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class RecordsTest {

    private static final int COUNT = 10_000;

    private final Records records = new Records(COUNT, 100, 1000);

    @Test
    void keysAreInTheOrderOfTheirRanks() {
        for (int rank = 1; rank < COUNT; rank++) {
            assertThat(Arrays.compareUnsigned(records.key(rank - 1), records.key(rank)))
                    .isNegative();
            assertThat(records.rank(records.key(rank))).isEqualTo(rank);
        }
    }

    @Test
    void keysHaveSixteenToTwentyFourBytes() {
        int[] lengths = new int[30];
        for (int rank = 0; rank < COUNT; rank++) {
            lengths[records.key(rank).length]++;
        }
        assertThat(Arrays.stream(lengths, 16, 25)).allSatisfy(n -> assertThat(n).isBetween(900, 1300));
        assertThat(Arrays.stream(lengths).sum() - Arrays.stream(lengths, 16, 25).sum())
                .isZero();
    }

    @Test
    void absentKeysAreNoKeys() {
        for (int rank = 0; rank < COUNT; rank++) {
            byte[] absent = records.absentKey(rank);
            assertThat(records.rank(absent)).isEqualTo(rank);
            assertThat(absent).isNotEqualTo(records.key(rank));
        }
    }

    @Test
    void aValueIsKnownByItsRankAndTellsItsVersion() {
        byte[] value = records.value(7, 3);
        assertThat(value).hasSize(records.valueBytes(7, 3)).hasSizeBetween(100, 1000);
        assertThat(records.isValue(7, value)).isTrue();
        assertThat(records.isValue(8, value)).isFalse();
        assertThat(Records.version(value)).isEqualTo(3);
    }

    @Test
    void aValueWithAnyByteChangedIsNone() {
        byte[] value = records.value(7, 3);
        for (int at = 0; at < value.length; at++) {
            byte[] changed = value.clone();
            changed[at] ^= 1;
            assertThat(records.isValue(7, changed)).as("byte %d", at).isFalse();
        }
        assertThat(records.isValue(7, Arrays.copyOf(value, value.length - 1))).isFalse();
        assertThat(records.isValue(7, new byte[3])).isFalse();
    }

    @Test
    void aCompressorHalvesValues() {
        Records large = new Records(COUNT, 1024, 1024);
        byte[] values = new byte[100 * 1024];
        for (int rank = 0; rank < 100; rank++) {
            System.arraycopy(large.value(rank, 1), 0, values, rank * 1024, 1024);
        }
        Deflater deflater = new Deflater();
        deflater.setInput(values);
        deflater.finish();
        int compressed = deflater.deflate(new byte[values.length * 2]);
        deflater.end();
        assertThat((double) compressed / values.length).isBetween(0.48, 0.6);
    }
}
