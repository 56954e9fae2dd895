package dev.varve.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.bench.harness.Results;
import dev.varve.bench.harness.Series;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PeerReportTest {

    @Test
    void everyTargetIsJudgedOnceEverythingIsMeasured() {
        Results.Round round = new Results.Round(0);
        for (DiskYardstick yardstick : DiskYardstick.values()) {
            PeerReport.add(round, yardstick, 10);
        }
        for (Workload workload : Workload.ALL) {
            for (String contender : List.of(Contender.VARVE, Contender.ETCD_GRPC, Contender.ETCD_JSON)) {
                round.add(workload.id(), contender, new Sample(9, 100, 200).figures());
            }
        }
        round.add("get-64", Contender.NETTY, new Sample(90, 10, 20).figures());
        Results results = new Results();
        results.add(round);
        List<String> lines = new PeerReport(new LinkedHashMap<>(), Workload.ALL, results).markdown();
        assertThat(lines)
                .contains(
                        "| durable put, 1 client / append + fdatasync, a preallocated file | ≥ 0.90 | 0.90 (0.90 to 0.90) | reached |",
                        "| durable put, 64 clients / etcd | ≥ 2.00 | 1.00 (1.00 to 1.00) | **missed** |",
                        "| get, 64 clients / bare Netty | ≥ 0.50 | 0.10 (0.10 to 0.10) | **missed** |",
                        "| get, 64 clients | 9 (0.10 / 0.2) | 9 (0.10 / 0.2) | 9 (0.10 / 0.2) | 90 (0.01 / 0.0) | 1.00 |");
    }

    @Test
    void aSampleNamesItsFigures() {
        assertThat(new Sample(1, 2, 3).figures())
                .isEqualTo(Map.of(Series.PER_SECOND, 1.0, Series.P50_MICROS, 2.0, Series.P99_MICROS, 3.0));
    }
}
