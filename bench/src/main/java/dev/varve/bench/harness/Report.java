package dev.varve.bench.harness;

import dev.varve.client.EntryJson;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/** The parts of a report that all commands have: in Markdown, which can be read as it is, and as JSON with every round. */
public final class Report {

    private final Map<String, String> facts;
    private final Results results;
    private final List<Target> targets;

    /**
     * @param facts machine and settings, in the order in which they are shown
     * @param targets what is judged, as far as it was measured
     */
    public Report(Map<String, String> facts, Results results, List<Target> targets) {
        this.facts = facts;
        this.results = results;
        this.targets = targets;
    }

    /** What it was measured with, line by line. */
    public List<String> facts() {
        List<String> lines = new ArrayList<>();
        facts.forEach((name, value) -> lines.add("- " + name + ": " + value));
        lines.add("- processors busy with other work before each round: "
                + results.rounds().stream()
                        .map(round -> count(100 * round.busyShare()) + " %")
                        .collect(Collectors.joining(", ")));
        return lines;
    }

    /** The table of the targets, line by line. */
    public List<String> targets() {
        List<String> lines = new ArrayList<>();
        lines.add("| target | | median (rounds) | |");
        lines.add("|---|---|---|---|");
        for (Target target : targets) {
            double[] values = results.values(target);
            if (values.length > 0) {
                lines.add("| %s | %s %s | %s (%s to %s) | %s |"
                        .formatted(
                                target.title(),
                                target.bound().sign(),
                                decimal(target.limit()),
                                decimal(Results.median(values)),
                                decimal(values[0]),
                                decimal(values[values.length - 1]),
                                verdict(target.isReached(Results.median(values)))));
            }
        }
        return lines;
    }

    private String verdict(boolean reached) {
        if (results.disturbed()) {
            return "not judged: the machine was busy";
        }
        return reached ? "reached" : "**missed**";
    }

    /** A whole number for people. */
    public static String count(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    /** A number with two decimals for people. */
    public static String decimal(double value) {
        return String.format(Locale.ROOT, "%,.2f", value);
    }

    /** Everything that was measured. */
    public String json() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeObjectPropertyStart("facts");
            facts.forEach(json::writeStringProperty);
            json.writeEndObject();
            json.writeArrayPropertyStart("rounds");
            results.rounds().forEach(round -> write(json, round));
            json.writeEndArray();
            json.writeArrayPropertyStart("targets");
            targets.forEach(target -> write(json, target));
            json.writeEndArray();
            json.writeEndObject();
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static void write(JsonGenerator json, Results.Round round) {
        json.writeStartObject();
        json.writeNumberProperty("busyShare", round.busyShare());
        round.figures().forEach((workload, contenders) -> {
            json.writeObjectPropertyStart(workload);
            contenders.forEach((contender, figures) -> {
                json.writeObjectPropertyStart(contender);
                figures.forEach(json::writeNumberProperty);
                json.writeEndObject();
            });
            json.writeEndObject();
        });
        json.writeEndObject();
    }

    private void write(JsonGenerator json, Target target) {
        double[] values = results.values(target);
        if (values.length > 0) {
            json.writeStartObject();
            json.writeStringProperty("title", target.title());
            json.writeStringProperty("bound", target.bound().name());
            json.writeNumberProperty("limit", target.limit());
            json.writeNumberProperty("median", Results.median(values));
            json.writeBooleanProperty("reached", !results.disturbed() && target.isReached(Results.median(values)));
            json.writeBooleanProperty("judged", !results.disturbed());
            json.writeEndObject();
        }
    }
}
