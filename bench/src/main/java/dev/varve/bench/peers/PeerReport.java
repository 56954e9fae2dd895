package dev.varve.bench.peers;

import dev.varve.bench.harness.BarChart;
import dev.varve.bench.harness.Bound;
import dev.varve.bench.harness.Report;
import dev.varve.bench.harness.Results;
import dev.varve.bench.harness.Series;
import dev.varve.bench.harness.Target;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Tells the results of the servers: tables in Markdown, JSON, and a chart. */
final class PeerReport {

    private static final List<String> CONTENDERS =
            List.of(Contender.VARVE, Contender.ETCD_GRPC, Contender.ETCD_JSON, Contender.NETTY);
    private static final String DISK = "appends";

    private static final Workload ONE_PUT = new Workload(Operation.PUT, 1);
    private static final Workload PUTS = new Workload(Operation.PUT, 64);
    private static final Workload MANY_PUTS = new Workload(Operation.PUT, 256);
    private static final Workload LARGER_PUTS = new Workload(Operation.PUT, 256, 1024);
    private static final Workload GETS = new Workload(Operation.GET, 64);

    /** Of a server that is alone. */
    static final List<Target> TARGETS = List.of(
            target(
                    ONE_PUT,
                    "append + fdatasync, " + DiskYardstick.PREALLOCATED.title(),
                    List.of(disk(DiskYardstick.PREALLOCATED)),
                    0.9),
            toEtcd(PUTS, 2),
            target(GETS, "bare Netty", List.of(rate(GETS, Contender.NETTY)), 0.5));

    /** Of a cluster. */
    static final List<Target> CLUSTER_TARGETS = List.of(
            toEtcd(ONE_PUT, 2),
            toEtcd(PUTS, 3),
            toEtcd(MANY_PUTS, 3),
            toEtcd(GETS, 5),
            toEtcd(new Workload(Operation.RANGE, 64), 2),
            toEtcd(new Workload(Operation.BATCH, 64), 3),
            new Target(
                    LARGER_PUTS.title() + ", bytes to the device for each byte and node",
                    new Series(LARGER_PUTS.id(), Contender.VARVE, Sample.DEVICE_BYTES),
                    List.of(),
                    Bound.AT_MOST,
                    1.3));

    private final Report report;
    private final List<String> contenders;
    private final List<Workload> workloads;
    private final Results results;

    /**
     * @param facts machine and settings, in the order in which they are shown
     * @param nodes of each server
     * @param workloads what was run
     */
    PeerReport(Map<String, String> facts, int nodes, List<Workload> workloads, Results results) {
        this.report = new Report(facts, results, nodes == 1 ? TARGETS : CLUSTER_TARGETS);
        this.contenders = nodes == 1 ? CONTENDERS : CONTENDERS.subList(0, 3);
        this.workloads = workloads;
        this.results = results;
    }

    private static Target target(Workload workload, String yardstick, List<Series> baselines, double least) {
        return new Target(
                workload.title() + " / " + yardstick,
                rate(workload, Contender.VARVE),
                baselines,
                Bound.AT_LEAST,
                least);
    }

    private static Target toEtcd(Workload workload, double least) {
        return target(
                workload,
                "etcd",
                List.of(rate(workload, Contender.ETCD_GRPC), rate(workload, Contender.ETCD_JSON)),
                least);
    }

    private static Series rate(Workload workload, String contender) {
        return new Series(workload.id(), contender, Series.PER_SECOND);
    }

    private static Series disk(DiskYardstick yardstick) {
        return new Series(DISK, yardstick.title(), Series.PER_SECOND);
    }

    /** Adds what the disk did to a round. */
    static void add(Results.Round round, DiskYardstick yardstick, double appendsPerSecond) {
        round.add(DISK, yardstick.title(), Map.of(Series.PER_SECOND, appendsPerSecond));
    }

    /** The tables, line by line. */
    List<String> markdown() {
        List<String> lines = new ArrayList<>(report.facts());
        lines.add("");
        lines.add("| requests/s (p50 / p99 in ms) | " + String.join(" | ", contenders) + " | Varve / etcd |");
        lines.add("|---|" + "---|".repeat(contenders.size() + 1));
        for (Workload workload : workloads) {
            StringBuilder row = new StringBuilder("| ").append(workload.title());
            for (String contender : contenders) {
                row.append(" | ").append(cell(workload, contender));
            }
            double[] ratios = results.values(toEtcd(workload, 0));
            lines.add(row + " | " + (ratios.length == 0 ? "" : Report.decimal(Results.median(ratios))) + " |");
        }
        lines.add("");
        lines.add("| bytes to the device for each byte and node | " + String.join(" | ", contenders) + " |");
        lines.add("|---|" + "---|".repeat(contenders.size()));
        workloads.stream()
                .filter(workload -> workload.operation().writes())
                .forEach(workload -> lines.add("| "
                        + workload.title()
                        + contenders.stream()
                                .map(contender ->
                                        results.median(new Series(workload.id(), contender, Sample.DEVICE_BYTES)))
                                .map(bytes -> " | " + (Double.isNaN(bytes) ? "" : Report.decimal(bytes)))
                                .collect(Collectors.joining())
                        + " |"));
        lines.add("");
        lines.add("| append + fdatasync | per second |");
        lines.add("|---|---|");
        Arrays.stream(DiskYardstick.values())
                .map(y -> "| %s | %s |".formatted(y.title(), Report.count(results.median(disk(y)))))
                .forEach(lines::add);
        lines.add("");
        lines.addAll(report.targets());
        return lines;
    }

    private String cell(Workload workload, String contender) {
        double perSecond = results.median(rate(workload, contender));
        return Double.isNaN(perSecond)
                ? ""
                : String.format(
                        Locale.ROOT,
                        "%,.0f (%.2f / %.1f)",
                        perSecond,
                        results.median(new Series(workload.id(), contender, Series.P50_MICROS)) / 1e3,
                        results.median(new Series(workload.id(), contender, Series.P99_MICROS)) / 1e3);
    }

    /** Everything that was measured. */
    String json() {
        return report.json();
    }

    /** Bars of the rates, a group for each workload with a scale of its own. */
    String svg() {
        List<BarChart.Group> groups = new ArrayList<>();
        for (Workload workload : workloads) {
            List<BarChart.Bar> bars = contenders.stream()
                    .map(contender -> new BarChart.Bar(contender, results.median(rate(workload, contender))))
                    .filter(bar -> !Double.isNaN(bar.value()))
                    .toList();
            groups.add(new BarChart.Group(workload.title(), bars));
        }
        return BarChart.draw("Requests a second", contenders, groups);
    }
}
