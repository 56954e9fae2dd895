package dev.varve.storage.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class MergePacerTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long CALM = TimeUnit.MICROSECONDS.toNanos(200);
    private static final int STEP = 64 << 10;

    private long now = 5 * SECOND;
    private final MergePacer pacer = new MergePacer(() -> now);

    /** Bytes that a merge reads in a second that takes no time itself, while the log is forced all the time. */
    private double bytesInASecond(long forceNanos, double urgency) {
        long end = now + SECOND;
        long nextForce = now;
        double bytes = 0;
        while (now < end) {
            for (; nextForce <= now; nextForce += forceNanos) {
                pacer.forced(forceNanos);
            }
            now += 1_000 + pacer.delayNanos(STEP, urgency);
            bytes += STEP;
        }
        return bytes;
    }

    @Test
    void mergesAreNotSlowedWhileForcesAreAsFastAsEver() {
        bytesInASecond(CALM, 0);
        assertThat(bytesInASecond(CALM, 0)).isGreaterThan(0.95 * MergePacer.FASTEST);
    }

    @Test
    void mergesGiveWayWhileForcesSufferAndComeBackAfterwards() {
        bytesInASecond(CALM, 0);
        bytesInASecond(10 * CALM, 0);
        assertThat(bytesInASecond(10 * CALM, 0)).isBetween(0.9 * MergePacer.SLOWEST, 1.5 * MergePacer.SLOWEST);
        bytesInASecond(CALM, 0);
        assertThat(bytesInASecond(CALM, 0)).isGreaterThan(0.9 * MergePacer.FASTEST);
    }

    @Test
    void theMoreUrgentAMergeIsTheLessItGivesWay() {
        bytesInASecond(CALM, 0);
        bytesInASecond(10 * CALM, 0);
        double before = bytesInASecond(10 * CALM, 0);
        for (double urgency = 0.1; urgency < 0.95; urgency += 0.1) {
            double bytes = bytesInASecond(10 * CALM, urgency);
            assertThat(bytes).as("urgency " + urgency).isBetween(1.05 * before, 2 * before);
            before = bytes;
        }
        assertThat(pacer.delayNanos(1 << 30, 1)).as("what must not wait").isZero();
    }

    @Test
    void withoutForcesNobodyWaits() {
        assertThat(pacer.delayNanos(1 << 30, 0)).isZero();
        bytesInASecond(CALM, 0);
        bytesInASecond(10 * CALM, 0);
        assertThat(pacer.delayNanos(STEP, 0)).isPositive();
        now += SECOND;
        assertThat(pacer.delayNanos(1 << 30, 0)).isZero();
    }
}
