package dev.varve.bench.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class ReportTest {

    private static final Target TWICE = new Target(
            "gets / a",
            new Series("get", "Varve", Series.PER_SECOND),
            List.of(new Series("get", "a", Series.PER_SECOND)),
            Bound.AT_LEAST,
            2);

    @Test
    void aTargetIsJudgedByTheMedianOfTheRounds() {
        assertThat(report(0, 30, 25, 10).targets())
                .last(InstanceOfAssertFactories.STRING)
                .isEqualTo("| gets / a | ≥ 2.00 | 2.50 (1.00 to 3.00) | reached |");
        assertThat(report(0, 30, 15, 10).targets())
                .last(InstanceOfAssertFactories.STRING)
                .endsWith("| 1.50 (1.00 to 3.00) | **missed** |");
    }

    @Test
    void nothingIsJudgedOnABusyMachine() {
        assertThat(report(0.5, 30).targets())
                .last(InstanceOfAssertFactories.STRING)
                .endsWith("| not judged: the machine was busy |");
        assertThat(report(0.5, 30).json()).contains("\"judged\":false", "\"reached\":false");
    }

    @Test
    void whatWasNotMeasuredIsNoTarget() {
        assertThat(report(0).targets()).hasSize(2);
    }

    @Test
    void theJsonHasEveryRound() {
        assertThat(report(0, 30, 15).json())
                .isEqualTo("{\"facts\":{\"disk\":\"vda\"},\"rounds\":["
                        + "{\"busyShare\":0.0,\"get\":{\"Varve\":{\"perSecond\":30.0},\"a\":{\"perSecond\":10.0}}},"
                        + "{\"busyShare\":0.0,\"get\":{\"Varve\":{\"perSecond\":15.0},\"a\":{\"perSecond\":10.0}}}],"
                        + "\"targets\":[{\"title\":\"gets / a\",\"bound\":\"AT_LEAST\",\"limit\":2.0,\"median\":2.25,"
                        + "\"reached\":true,\"judged\":true}]}");
    }

    private static Report report(double busyShare, double... rates) {
        Results results = new Results();
        for (double rate : rates) {
            Results.Round round = new Results.Round(busyShare);
            round.add("get", "Varve", Map.of(Series.PER_SECOND, rate));
            round.add("get", "a", Map.of(Series.PER_SECOND, 10.0));
            results.add(round);
        }
        return new Report(Map.of("disk", "vda"), results, List.of(TWICE));
    }
}
