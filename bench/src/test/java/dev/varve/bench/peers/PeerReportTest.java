package dev.varve.bench.peers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.varve.bench.harness.Results;
import dev.varve.bench.harness.Series;
import java.util.HashMap;
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
        List<String> lines = new PeerReport(new LinkedHashMap<>(), 1, Workload.ALL, results).markdown();
        assertThat(lines)
                .contains(
                        "| durable put, 1 client / append + fdatasync, a preallocated file | ≥ 0.90 | 0.90 (0.90 to 0.90) | reached |",
                        "| durable put, 64 clients / etcd | ≥ 2.00 | 1.00 (1.00 to 1.00) | **missed** |",
                        "| get, 64 clients / bare Netty | ≥ 0.50 | 0.10 (0.10 to 0.10) | **missed** |",
                        "| get, 64 clients | 9 (0.10 / 0.2) | 9 (0.10 / 0.2) | 9 (0.10 / 0.2) | 90 (0.01 / 0.0) | 1.00 |");
    }

    @Test
    void aClusterIsJudgedByWhatItsPeerDoesAndByWhatItWrites() {
        Results.Round round = new Results.Round(0);
        for (Workload workload : Workload.ALL) {
            for (String contender : List.of(Contender.VARVE, Contender.ETCD_GRPC, Contender.ETCD_JSON)) {
                Map<String, Double> figures =
                        new HashMap<>(new Sample(contender.equals(Contender.VARVE) ? 40 : 10, 100, 200).figures());
                figures.put(Sample.DEVICE_BYTES, 1.25);
                round.add(workload.id(), contender, figures);
            }
        }
        Results results = new Results();
        results.add(round);
        List<String> lines = new PeerReport(new LinkedHashMap<>(), 3, Workload.ALL, results).markdown();
        assertThat(lines)
                .contains(
                        "| get, 64 clients / etcd | ≥ 5.00 | 4.00 (4.00 to 4.00) | **missed** |",
                        "| durable batch of 100, 64 clients / etcd | ≥ 3.00 | 4.00 (4.00 to 4.00) | reached |",
                        "| durable put of 1024 bytes, 256 clients | 1.25 | 1.25 | 1.25 |",
                        "| durable put of 1024 bytes, 256 clients, bytes to the device for each byte and node | ≤ 1.30 | 1.25 (1.25 to 1.25) | reached |");
    }

    @Test
    void theLeaderOfEtcdIsKnownByItsNumber() {
        String header = "{\"header\":{\"cluster_id\":\"1\",\"member_id\":\"23\",\"revision\":\"1\"},\"leader\":";
        assertThat(Servers.leads(header + "\"23\"}")).isTrue();
        assertThat(Servers.leads(header + "\"2\"}")).isFalse();
        assertThat(Servers.leads("{}")).isFalse();
    }

    @Test
    void theMembersThatVoteAreCounted() {
        String page = """
                {"cluster":"c","node":"n1","leader":"n1","term":4,"members":[
                 {"id":"n1","http":"h:1","role":"leader","voter":true,"learner":false,"reachable":true,"lag":0,"trouble":null},
                 {"id":"n2","http":"h:2","role":"follower","voter":true,"learner":false,"reachable":false,"lag":12,"trouble":null},
                 {"id":"n3","http":"h:3","role":"follower","voter":false,"learner":true,"reachable":true,"lag":12,"trouble":null}]}
                """;
        assertThat(Servers.voters(page)).isEqualTo(1);
        assertThat(Servers.voters(page.replace("\"reachable\":false", "\"reachable\":true")))
                .isEqualTo(2);
    }

    @Test
    void aSampleNamesItsFigures() {
        assertThat(new Sample(1, 2, 3).figures())
                .isEqualTo(Map.of(Series.PER_SECOND, 1.0, Series.P50_MICROS, 2.0, Series.P99_MICROS, 3.0));
    }
}
