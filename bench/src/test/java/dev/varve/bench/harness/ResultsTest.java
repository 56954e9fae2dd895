package dev.varve.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResultsTest {

    private static final String PUTS = "put-64";

    @Test
    void aRatioIsThatOfOneRoundToItsBestBaseline() {
        Results results = new Results();
        results.add(round(100, 50, 25));
        results.add(round(300, 75, 100));
        results.add(round(90, 10, 5));
        assertThat(results.values(atLeast(2, rate("a"), rate("b")))).containsExactly(2, 3, 9);
        assertThat(results.values(atLeast(2, rate("c")))).isEmpty();
        assertThat(results.values(atLeast(2, rate("a"), rate("c")))).containsExactly(2, 4, 9);
    }

    @Test
    void whereLessIsBetterTheBestBaselineIsTheSmallest() {
        Results results = new Results();
        results.add(round(30, 50, 25));
        Target target = new Target("", rate("Varve"), List.of(rate("a"), rate("b")), Bound.AT_MOST, 1);
        assertThat(results.values(target)).containsExactly(1.2);
        assertThat(target.isReached(1.2)).isFalse();
        assertThat(target.isReached(1)).isTrue();
    }

    @Test
    void withoutBaselinesTheFigureItselfIsJudged() {
        Results results = new Results();
        results.add(round(30, 1, 1));
        assertThat(results.values(atLeast(20))).containsExactly(30);
        assertThat(atLeast(20).isReached(30)).isTrue();
        assertThat(atLeast(20).isReached(19)).isFalse();
    }

    @Test
    void oneRoundOnABusyMachineDisturbsTheWhole() {
        Results results = new Results();
        results.add(new Results.Round(0.05));
        assertThat(results.disturbed()).isFalse();
        results.add(new Results.Round(0.9));
        assertThat(results.disturbed()).isTrue();
    }

    @Test
    void waitingForTheDiskIsRest() {
        long[] before = {100, 0, 100, 1000, 100, 0, 0, 0};
        long[] after = {110, 0, 110, 1060, 120, 0, 0, 0};
        assertThat(Machine.busyShare(before, after)).isCloseTo(0.2, within(1e-9));
    }

    @Test
    void theMedianIsTheMiddleOfWhatWasMeasured() {
        assertThat(Results.median(3, 1, 2)).isEqualTo(2);
        assertThat(Results.median(4, 1, 2, 3)).isEqualTo(2.5);
        assertThat(Results.median()).isNaN();
        Results results = new Results();
        results.add(round(5, 1, 1));
        results.add(new Results.Round(0));
        results.add(round(7, 1, 1));
        assertThat(results.median(rate("Varve"))).isEqualTo(6);
    }

    private static Target atLeast(double limit, Series... baselines) {
        return new Target("", rate("Varve"), List.of(baselines), Bound.AT_LEAST, limit);
    }

    private static Series rate(String contender) {
        return new Series(PUTS, contender, Series.PER_SECOND);
    }

    private static Results.Round round(double varve, double a, double b) {
        Results.Round round = new Results.Round(0);
        round.add(PUTS, "Varve", Map.of(Series.PER_SECOND, varve));
        round.add(PUTS, "a", Map.of(Series.PER_SECOND, a));
        round.add(PUTS, "b", Map.of(Series.PER_SECOND, b));
        return round;
    }
}
