package dev.varve.bench.peers;

import dev.varve.client.EntryJson;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/** Tells the results: as tables in Markdown, which can be read as they are, and as JSON with every round. */
final class Report {

    private static final List<String> CONTENDERS =
            List.of(Contender.VARVE, Contender.ETCD_GRPC, Contender.ETCD_JSON, Contender.NETTY);
    private static final List<String> ETCD = List.of(Contender.ETCD_GRPC, Contender.ETCD_JSON);

    private final Map<String, String> facts;
    private final List<Workload> workloads;
    private final Results results;

    /**
     * @param facts machine and settings, in the order in which they are shown
     * @param workloads what was run
     */
    Report(Map<String, String> facts, List<Workload> workloads, Results results) {
        this.facts = facts;
        this.workloads = workloads;
        this.results = results;
    }

    /** The tables, line by line. */
    List<String> markdown() {
        List<String> lines = new ArrayList<>();
        facts.forEach((name, value) -> lines.add("- " + name + ": " + value));
        lines.add("- processors busy with other work before each round: "
                + results.rounds().stream()
                        .map(round -> count(100 * round.busyShare()) + " %")
                        .collect(Collectors.joining(", ")));
        lines.add("");
        lines.add("| requests/s (p50 / p99 in ms) | " + String.join(" | ", CONTENDERS) + " | Varve / etcd |");
        lines.add("|---|" + "---|".repeat(CONTENDERS.size() + 1));
        for (Workload workload : workloads) {
            StringBuilder row = new StringBuilder("| ").append(workload.title());
            for (String contender : CONTENDERS) {
                row.append(" | ").append(cell(results.median(workload, contender)));
            }
            double[] ratios = results.ratios(workload, ETCD);
            lines.add(row + " | " + (ratios.length == 0 ? "" : ratio(Results.median(ratios))) + " |");
        }
        lines.add("");
        lines.add("| append + fdatasync | per second |");
        lines.add("|---|---|");
        for (DiskYardstick yardstick : DiskYardstick.values()) {
            lines.add("| %s | %s |".formatted(yardstick.title(), count(results.median(yardstick))));
        }
        lines.add("");
        lines.add("| target | least | median (rounds) | |");
        lines.add("|---|---|---|---|");
        for (Target target : Target.ALL) {
            double[] ratios = results.ratios(target.workload(), target.baselines());
            if (ratios.length > 0) {
                lines.add("| %s | %s | %s (%s to %s) | %s |"
                        .formatted(
                                target.title(),
                                ratio(target.least()),
                                ratio(Results.median(ratios)),
                                ratio(ratios[0]),
                                ratio(ratios[ratios.length - 1]),
                                verdict(Results.median(ratios) >= target.least())));
            }
        }
        return lines;
    }

    private static String cell(@Nullable Sample sample) {
        return sample == null
                ? ""
                : String.format(
                        Locale.ROOT,
                        "%,.0f (%.2f / %.1f)",
                        sample.ratePerSecond(),
                        sample.p50Micros() / 1e3,
                        sample.p99Micros() / 1e3);
    }

    private String verdict(boolean reached) {
        if (results.disturbed()) {
            return "not judged: the machine was busy";
        }
        return reached ? "reached" : "**missed**";
    }

    private static String count(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    /** Everything that was measured. */
    String json() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeObjectPropertyStart("facts");
            facts.forEach(json::writeStringProperty);
            json.writeEndObject();
            json.writeArrayPropertyStart("rounds");
            results.rounds().forEach(round -> write(json, round));
            json.writeEndArray();
            json.writeEndObject();
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static void write(JsonGenerator json, Results.Round round) {
        json.writeStartObject();
        json.writeNumberProperty("busyShare", round.busyShare());
        json.writeObjectPropertyStart("appendsPerSecond");
        round.disk().forEach((yardstick, rate) -> json.writeNumberProperty(yardstick.title(), rate));
        json.writeEndObject();
        round.samples().forEach((workload, samples) -> {
            json.writeObjectPropertyStart(workload.id());
            samples.forEach((contender, sample) -> {
                json.writeObjectPropertyStart(contender);
                json.writeNumberProperty("requestsPerSecond", sample.ratePerSecond());
                json.writeNumberProperty("p50Micros", sample.p50Micros());
                json.writeNumberProperty("p99Micros", sample.p99Micros());
                json.writeEndObject();
            });
            json.writeEndObject();
        });
        json.writeEndObject();
    }

    /** Bars of the rates, a group for each workload with a scale of its own. */
    String svg() {
        List<BarChart.Group> groups = new ArrayList<>();
        for (Workload workload : workloads) {
            List<BarChart.Bar> bars = new ArrayList<>();
            for (String contender : CONTENDERS) {
                Sample sample = results.median(workload, contender);
                if (sample != null) {
                    bars.add(new BarChart.Bar(contender, sample.ratePerSecond()));
                }
            }
            groups.add(new BarChart.Group(workload.title(), bars));
        }
        return BarChart.draw("Requests a second", CONTENDERS, groups);
    }
}
