package dev.varve.bench.engines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.bench.harness.Results;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EngineReportTest {

    private static final List<Contender> CONTENDERS = List.of(Contender.VARVE, Contender.ROCKSDB);

    private static List<String> report() {
        Results.Round round = new Results.Round(0);
        for (Workload workload : Workload.values()) {
            add(round, workload, "Varve", 200);
            add(round, workload, "RocksDB", 100);
        }
        round.add("reopen", "Varve", Map.of("openMillis", 499.0));
        Results results = new Results();
        results.add(round);
        return new EngineReport(new LinkedHashMap<>(), CONTENDERS, results, List.of("LMDB, large: failed")).markdown();
    }

    private static void add(Results.Round round, Workload workload, String contender, double value) {
        round.add(
                workload.id(),
                contender,
                Map.of("perSecond", value, "p50Micros", 10.0, "p99Micros", 20.0, "p999Micros", value));
    }

    @Test
    void ratesStandBesideEachOtherWithTheirLatencies() {
        assertThat(report())
                .contains("| operations/s (p50 / p99 / p99.9 in ms) | Varve | RocksDB |")
                .contains("| missing key | 200 (0.010 / 0.020 / 0.20) | 100 (0.010 / 0.020 / 0.10) |");
    }

    @Test
    void everyTargetThatWasMeasuredIsJudged() {
        assertThat(report())
                .contains("| scan of 100 x 100 B, in memory / RocksDB | ≥ 2.00 | 2.00 (2.00 to 2.00) | reached |")
                .contains("| durable put, 64 writers / the best | ≥ 3.00 | 2.00 (2.00 to 2.00) | **missed** |")
                .contains("| reopen after kill -9, milliseconds | ≤ 500.00 | 499.00 (499.00 to 499.00) | reached |")
                .contains("| read beside a writer that overwrites, 1 KiB, p99.9 of reads / RocksDB | ≤ 1.00"
                        + " | 2.00 (2.00 to 2.00) | **missed** |")
                .noneMatch(line -> line.startsWith("| scan of 100 x 1 KiB, in memory / RocksDB blob"));
    }

    @Test
    void whatFailedIsSaid() {
        assertThat(report()).contains("- LMDB, large: failed");
    }
}
