package dev.varve.replication.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ByteRateTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long MILLI = TimeUnit.MILLISECONDS.toNanos(1);

    private long now = 5;
    private final ByteRate rate = new ByteRate(() -> now, 1000);

    @Test
    void piecesWaitForThoseBeforeThem() {
        assertThat(rate.reserve(500)).isZero();
        assertThat(rate.reserve(250)).isEqualTo(SECOND / 2);
        now += SECOND / 4;
        assertThat(rate.reserve(250)).isEqualTo(SECOND / 2);
        now += 3 * SECOND / 4;
        assertThat(rate.reserve(1)).isZero();
    }

    @Test
    void timeInWhichNothingWentIsNotMadeUpFor() {
        now += 60 * SECOND;
        assertThat(rate.reserve(1000)).isZero();
        assertThat(rate.reserve(1000)).isEqualTo(SECOND);
    }

    @Test
    void piecesWaitLongerWhileWritesTakeLongerThanInCalmButNotMoreThanFourTimes() {
        writes(4 * MILLI);
        assertThat(secondsOf1000Bytes()).isEqualTo(1);
        writes(12 * MILLI);
        assertThat(secondsOf1000Bytes()).isEqualTo(1 / ByteRate.LEAST);
        writes(4 * MILLI);
        assertThat(secondsOf1000Bytes()).isEqualTo(1);
    }

    @Test
    void withoutWritesNothingHasToGiveWay() {
        writes(4 * MILLI);
        writes(12 * MILLI);
        now += SECOND;
        assertThat(secondsOf1000Bytes()).isEqualTo(1);
    }

    @Test
    void whileAWriteDoesNotEndTheRateStaysWhereItWas() {
        writes(4 * MILLI);
        writes(12 * MILLI);
        rate.proposed();
        now += SECOND;
        assertThat(secondsOf1000Bytes()).isEqualTo(1 / ByteRate.LEAST);
    }

    @Test
    void longWritesDoNotBecomeWhatIsExpectedWhileACheckpointIsSent() {
        writes(4 * MILLI);
        for (int i = 0; i < 3000; i++) {
            writes(12 * MILLI);
        }
        assertThat(now).isGreaterThan(600 * SECOND);
        assertThat(secondsOf1000Bytes()).isEqualTo(1 / ByteRate.LEAST);
    }

    private void writes(long nanos) {
        for (int i = 0; i < 100; i++) {
            now += 2 * MILLI;
            rate.proposed();
            rate.ended(nanos);
        }
    }

    private double secondsOf1000Bytes() {
        long begin = rate.reserve(1000);
        return (rate.reserve(0) - begin) / (double) SECOND;
    }
}
