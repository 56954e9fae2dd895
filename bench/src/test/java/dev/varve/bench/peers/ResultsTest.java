package dev.varve.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResultsTest {

    private static final Workload PUTS = new Workload(Operation.PUT, 64);

    @Test
    void aRatioIsThatOfOneRoundToItsFastestBaseline() {
        Results results = new Results();
        results.add(round(100, 50, 25));
        results.add(round(300, 75, 100));
        results.add(round(90, 10, 5));
        assertThat(results.ratios(PUTS, List.of("a", "b"))).containsExactly(2, 3, 9);
        assertThat(results.ratios(PUTS, List.of("c"))).isEmpty();
    }

    @Test
    void theDiskIsABaseline() {
        Results results = new Results();
        Results.Round round = round(80, 1, 1);
        round.add(DiskYardstick.PREALLOCATED, 160);
        results.add(round);
        assertThat(results.ratios(PUTS, List.of(DiskYardstick.PREALLOCATED.title())))
                .containsExactly(0.5);
    }

    @Test
    void eachTargetNamesWhatIsMeasured() {
        assertThat(Target.ALL).allSatisfy(target -> {
            assertThat(Workload.ALL).contains(target.workload());
            assertThat(target.baselines())
                    .isSubsetOf(
                            Contender.ETCD_GRPC,
                            Contender.ETCD_JSON,
                            Contender.NETTY,
                            DiskYardstick.PREALLOCATED.title());
        });
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
    void theMedianIsTheMiddle() {
        assertThat(Results.median(3, 1, 2)).isEqualTo(2);
        assertThat(Results.median(4, 1, 2, 3)).isEqualTo(2.5);
    }

    private static Results.Round round(double varve, double a, double b) {
        Results.Round round = new Results.Round(0);
        round.add(PUTS, Contender.VARVE, new Sample(varve, 1, 1));
        round.add(PUTS, "a", new Sample(a, 1, 1));
        round.add(PUTS, "b", new Sample(b, 1, 1));
        return round;
    }
}
