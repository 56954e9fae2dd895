package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LogPositionTest {

    @Test
    void segmentAndOffsetComeBackAtTheirLimits() {
        for (int segment : new int[] {0, 1, 0xffff, Integer.MAX_VALUE}) {
            for (int offset : new int[] {0, 64, 1 << 30, Integer.MAX_VALUE}) {
                long position = LogPosition.of(segment, offset);
                assertThat(LogPosition.segmentNumber(position)).isEqualTo(segment);
                assertThat(LogPosition.offset(position)).isEqualTo(offset);
            }
        }
    }

    @Test
    void aLargeOffsetDoesNotReachIntoTheSegmentsNumber() {
        assertThat(LogPosition.segmentNumber(LogPosition.of(5, -1))).isEqualTo(5);
    }

    @Test
    void positionsAreInTheOrderOfTheLog() {
        assertThat(LogPosition.of(1, Integer.MAX_VALUE))
                .isLessThan(LogPosition.of(2, 64))
                .isGreaterThan(LogPosition.of(1, 64));
    }
}
