package dev.varve.bench.soak;

import dev.varve.bench.harness.LineChart;
import dev.varve.client.EntryJson;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/**
 * Tells how a soak went: in Markdown, as JSON with every sample, and as charts.
 *
 * @param facts machine and settings, in the order in which they are shown
 * @param samples of every second
 * @param events restarts, a sentence each
 * @param errors what was wrong, as far as it was kept
 * @param checks the verdict
 */
record SoakReport(
        Map<String, String> facts, List<Sample> samples, List<String> events, List<String> errors, List<Check> checks) {

    boolean holds() {
        return checks.stream().allMatch(Check::holds);
    }

    /** Line by line. */
    List<String> markdown() {
        List<String> lines = new ArrayList<>();
        facts.forEach((name, value) -> lines.add("- " + name + ": " + value));
        lines.add("- restarts: " + events.size());
        errors.forEach(error -> lines.add("- error: " + error));
        lines.add("");
        lines.add("| what | limit | found | |");
        lines.add("|---|---|---|---|");
        checks.forEach(check -> lines.add(check.line()));
        return lines;
    }

    /** Everything. */
    String json() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeObjectPropertyStart("facts");
            facts.forEach(json::writeStringProperty);
            json.writeEndObject();
            json.writeArrayPropertyStart("checks");
            for (Check check : checks) {
                json.writeStartObject();
                json.writeStringProperty("title", check.title());
                json.writeNumberProperty("value", check.value());
                json.writeNumberProperty("limit", check.limit());
                json.writeBooleanProperty("holds", check.holds());
                json.writeEndObject();
            }
            json.writeEndArray();
            strings(json, "events", events);
            strings(json, "errors", errors);
            json.writeArrayPropertyStart("samples");
            for (Sample sample : samples) {
                json.writeStartObject();
                json.writeNumberProperty("seconds", sample.seconds());
                sample.figures().forEach((name, value) -> {
                    if (!Double.isNaN(value)) {
                        json.writeNumberProperty(name, value);
                    }
                });
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static void strings(JsonGenerator json, String name, List<String> values) {
        json.writeArrayPropertyStart(name);
        values.forEach(json::writeString);
        json.writeEndArray();
    }

    /** The charts by the names of their files. */
    Map<String, String> charts() {
        Map<String, String> charts = new LinkedHashMap<>();
        charts.put(
                "soak-space.svg",
                LineChart.draw(
                        "Space",
                        "MiB",
                        List.of(
                                line("on the disk", SoakFigures.DISK_MEBIBYTES, 1),
                                line("live", SoakFigures.LIVE_MEBIBYTES, 1))));
        charts.put(
                "soak-memory.svg",
                LineChart.draw(
                        "Memory",
                        "MiB",
                        List.of(
                                line("process", SoakFigures.MEMORY_MEBIBYTES, 1),
                                line("heap", SoakFigures.HEAP_MEBIBYTES, 1))));
        charts.put(
                "soak-reads.svg",
                LineChart.draw(
                        "Latency of reads and ranges, each second",
                        "ms",
                        List.of(
                                line("p50", SoakFigures.READ_P50_MICROS, 1e-3),
                                line("p99", SoakFigures.READ_P99_MICROS, 1e-3),
                                line("p99.9", SoakFigures.READ_P999_MICROS, 1e-3))));
        charts.put(
                "soak-writes.svg",
                LineChart.draw(
                        "Latency of writes, each second",
                        "ms",
                        List.of(
                                line("p50", SoakFigures.WRITE_P50_MICROS, 1e-3),
                                line("p99", SoakFigures.WRITE_P99_MICROS, 1e-3),
                                line("p99.9", SoakFigures.WRITE_P999_MICROS, 1e-3))));
        charts.put(
                "soak-delays.svg",
                LineChart.draw(
                        "For how long the store held writers back, each second",
                        "ms",
                        List.of(
                                line("flushing is behind", SoakFigures.FLUSH_DELAY_MILLIS, 1),
                                line("merging is behind", SoakFigures.MERGE_DELAY_MILLIS, 1),
                                line("collecting is behind", SoakFigures.SPACE_DELAY_MILLIS, 1))));
        return charts;
    }

    private LineChart.Line line(String name, String figure, double factor) {
        return new LineChart.Line(
                name,
                samples.stream()
                        .map(sample -> new LineChart.Point(sample.seconds(), factor * sample.figure(figure)))
                        .toList());
    }
}
