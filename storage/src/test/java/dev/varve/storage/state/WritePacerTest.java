package dev.varve.storage.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WritePacerTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final int WRITE = 200;

    private long now = 5 * SECOND;
    private double flushDebt;
    private double mergeDebt;
    private double spaceDebt;
    private final WritePacer pacer = new WritePacer(() -> now, () -> flushDebt, () -> mergeDebt, () -> spaceDebt);

    /** Writes in a second of one writer that does nothing else, each of 200 bytes of log and taking 4 microseconds. */
    private int writesInASecond(double debt) {
        long end = now + SECOND;
        int writes = 0;
        while (now < end) {
            now += 4_000 + pacer.delayNanos(WRITE, debt);
            writes++;
        }
        return writes;
    }

    @Test
    void theRateOfWritersFallsSmoothlyAsTheDebtRises() {
        int before = writesInASecond(0.001);
        assertThat(before).as("hardly any debt").isBetween(230_000, 250_001);
        for (double debt = 0.05; debt <= 1.01; debt += 0.05) {
            int writes = writesInASecond(debt);
            assertThat(writes)
                    .as("at a debt of " + debt)
                    .isLessThanOrEqualTo(before)
                    .isGreaterThan(before * 6 / 10);
            before = writes;
        }
        assertThat(before).as("at full debt, a mebibyte a second").isBetween(5_000, 5_300);
    }

    @Test
    void theLatencyOfAWriteRisesSmoothlyWithTheDebt() {
        long before = 0;
        for (double debt = 0.05; debt <= 1.01; debt += 0.05) {
            now += SECOND;
            long delay = pacer.delayNanos(64 << 10, debt);
            assertThat(delay).as("at a debt of " + debt).isGreaterThan(before);
            assertThat(before == 0 || delay < 1.5 * before)
                    .as(delay + " ns after " + before)
                    .isTrue();
            before = delay;
        }
        assertThat(before).isBetween(SECOND / 20, SECOND / 10);
    }

    @Test
    void writersShareOneRate() {
        for (int i = 1; i <= 8; i++) {
            assertThat(pacer.delayNanos(1 << 10, 1)).isBetween(i * SECOND / 1024 - i, i * SECOND / 1024);
        }
    }

    @Test
    void nobodyWaitsLongerThanASecondForOneWrite() {
        assertThat(pacer.delayNanos(64 << 20, 1)).isEqualTo(SECOND);
        assertThat(pacer.delayNanos(1, 1)).isEqualTo(SECOND);
        assertThat(pacer.delayNanos(1, 1000)).as("any debt").isEqualTo(SECOND);
        now += SECOND;
        assertThat(pacer.delayNanos(1, 1)).isZero();
    }

    @Test
    void withoutDebtNobodyWaitsAndTheReasonOfEveryWaitIsCounted() {
        pacer.pace(64 << 20);
        assertThat(pacer.flushNanos() + pacer.mergeNanos() + pacer.spaceNanos()).isZero();
        spaceDebt = 1;
        pacer.pace(1 << 10);
        assertThat(pacer.spaceNanos()).isEqualTo(SECOND / 1024);
        now += SECOND;
        spaceDebt = 0.5;
        mergeDebt = 1;
        pacer.pace(1 << 10);
        assertThat(pacer.mergeNanos()).isEqualTo(SECOND / 1024);
        assertThat(pacer.flushNanos()).isZero();
        now += SECOND;
        flushDebt = 1;
        pacer.pace(1 << 10);
        assertThat(pacer.flushNanos()).isEqualTo(SECOND / 1024);
        assertThat(pacer.mergeNanos()).isEqualTo(SECOND / 1024);
        assertThat(pacer.spaceNanos()).isEqualTo(SECOND / 1024);
    }
}
