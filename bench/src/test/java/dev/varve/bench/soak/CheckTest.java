package dev.varve.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CheckTest {

    private static List<Sample> samples(double disk, double lastReadMicros) {
        List<Sample> samples = new ArrayList<>();
        for (int second = 0; second < 30; second++) {
            samples.add(new Sample(
                    second,
                    Map.of(
                            SoakFigures.DISK_MEBIBYTES,
                            second < 20 ? 10_000 : disk,
                            SoakFigures.LIVE_MEBIBYTES,
                            1000.0,
                            SoakFigures.MEMORY_MEBIBYTES,
                            700.0 + second,
                            SoakFigures.READ_P99_MICROS,
                            second < 20 ? 900 : lastReadMicros,
                            SoakFigures.WRITE_P99_MICROS,
                            100.0 + 10 * second)));
        }
        return samples;
    }

    private static List<Boolean> holds(long errors, List<Sample> samples) {
        return Check.all(errors, samples).stream().map(Check::holds).toList();
    }

    @Test
    void aGoodSoakHolds() {
        assertThat(holds(0, samples(1700, 1700))).containsOnly(true);
    }

    @Test
    void oneErrorIsTooMany() {
        assertThat(holds(1, samples(1700, 1700))).containsExactly(false, true, true, true, true);
    }

    @Test
    void spaceIsJudgedByTheLastThird() {
        assertThat(holds(0, samples(1757, 1700))).containsExactly(true, false, true, true, true);
    }

    @Test
    void latenciesThatRiseAreSeen() {
        assertThat(holds(0, samples(1700, 1801))).containsExactly(true, true, false, true, true);
    }

    @Test
    void whatWasNotMeasuredDoesNotHold() {
        assertThat(holds(0, List.of())).containsExactly(true, false, false, false, false);
    }

    @Test
    void aLineSaysWhatWasFound() {
        assertThat(new Check("errors", 2, 0).line()).isEqualTo("| errors | ≤ 0 | 2 | **does not hold** |");
    }
}
