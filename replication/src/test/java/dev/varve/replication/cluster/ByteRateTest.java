package dev.varve.replication.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ByteRateTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @Test
    void piecesWaitForThoseBeforeThem() {
        ByteRate rate = new ByteRate(1000, 5);
        assertThat(rate.reserve(500, 5)).isZero();
        assertThat(rate.reserve(250, 5)).isEqualTo(SECOND / 2);
        assertThat(rate.reserve(250, 5 + SECOND / 4)).isEqualTo(SECOND / 2);
        assertThat(rate.reserve(1, 5 + SECOND)).isZero();
    }

    @Test
    void timeInWhichNothingWentIsNotMadeUpFor() {
        ByteRate rate = new ByteRate(1000, 0);
        assertThat(rate.reserve(1000, 60 * SECOND)).isZero();
        assertThat(rate.reserve(1000, 60 * SECOND)).isEqualTo(SECOND);
    }
}
