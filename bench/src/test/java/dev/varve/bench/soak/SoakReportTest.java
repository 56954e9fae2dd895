package dev.varve.bench.soak;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SoakReportTest {

    private static final SoakReport REPORT = new SoakReport(
            Map.of("soak", "1 minute"),
            List.of(new Sample(1, Map.of(SoakFigures.DISK_MEBIBYTES, 70.0, SoakFigures.READ_P50_MICROS, Double.NaN))),
            List.of("killed after 1 s"),
            List.of("key 3 is missing"),
            List.of(new Check("errors", 1, 0)));

    @Test
    void theVerdictAndWhatWasWrongAreSaid() {
        assertThat(REPORT.holds()).isFalse();
        assertThat(REPORT.markdown())
                .contains("- restarts: 1", "- error: key 3 is missing", "| errors | ≤ 0 | 1 | **does not hold** |");
    }

    @Test
    void theJsonHasEverySampleWithoutWhatWasNotMeasured() {
        assertThat(REPORT.json())
                .contains(
                        "\"samples\":[{\"seconds\":1.0,\"diskMebibytes\":70.0}]", "\"events\":[\"killed after 1 s\"]");
    }

    @Test
    void spaceMemoryLatenciesAndWhatHeldWritersBackAreDrawn() {
        assertThat(REPORT.charts())
                .containsOnlyKeys(
                        "soak-space.svg", "soak-memory.svg", "soak-reads.svg", "soak-writes.svg", "soak-delays.svg")
                .allSatisfy((name, svg) -> assertThat(svg).startsWith("<svg").endsWith("</svg>\n"));
    }
}
