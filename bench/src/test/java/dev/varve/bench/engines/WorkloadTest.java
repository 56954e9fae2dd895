package dev.varve.bench.engines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.bench.harness.Series;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkloadTest {

    @Test
    void aStageThatNobodyChoseIsLeftOut() {
        assertThat(Workload.of(Stage.LARGE, List.of(Workload.READ_100))).isEmpty();
    }

    @Test
    void aStoreIsFilledBeforeItIsRead() {
        assertThat(Workload.of(Stage.LARGE, List.of(Workload.SCAN_1K)))
                .containsExactly(Workload.FILL_1K, Workload.SCAN_1K);
        assertThat(Workload.of(Stage.DURABLE, List.of(Workload.DURABLE_8))).containsExactly(Workload.DURABLE_8);
    }

    @Test
    void aStageEndsWithItsLastWorkload() {
        assertThat(Workload.LIMITED_OVERWRITE.isLastOfStage()).isTrue();
        assertThat(Workload.LIMITED_SCAN.isLastOfStage()).isFalse();
    }

    @Test
    void namesAreThoseOfTheCommandLine() {
        assertThat(Workload.LIMITED_READ.id()).isEqualTo("limited-read");
    }

    @Test
    void everyTargetIsAFigureOfVarveBesideOthersOfTheSameWorkload() {
        List<String> ids = Arrays.stream(Workload.values()).map(Workload::id).toList();
        List<String> peers = Contender.peers().stream().map(Contender::title).toList();
        assertThat(EngineTargets.ALL).allSatisfy(target -> {
            assertThat(target.measured().contender()).isEqualTo("Varve");
            assertThat(target.measured().workload()).isIn(ids);
            assertThat(target.baselines()).extracting(Series::contender).isSubsetOf(peers);
            assertThat(target.baselines())
                    .extracting(Series::workload)
                    .allMatch(target.measured().workload()::equals);
        });
    }
}
