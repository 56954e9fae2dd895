package dev.varve.storage.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ClusterClockTest {

    @Test
    void itGoesOnFromTheLastLoggedTimeByWhatHasPassedSince() {
        AtomicLong nanos = new AtomicLong(-5_000_000);
        ClusterClock clock = new ClusterClock(nanos::get, 1_700_000_000_000_000L);
        assertThat(clock.micros()).isEqualTo(1_700_000_000_000_000L);
        nanos.addAndGet(3_999);
        assertThat(clock.micros()).isEqualTo(1_700_000_000_000_003L);
        nanos.addAndGet(3_600_000_000_000L);
        assertThat(clock.micros()).isEqualTo(1_700_003_600_000_003L);
    }

    @Test
    void aTickerThatWrapsAroundDoesNotTurnItBack() {
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE);
        ClusterClock clock = new ClusterClock(nanos::get, 10);
        nanos.addAndGet(2_000);
        assertThat(clock.micros()).isEqualTo(12);
    }
}
