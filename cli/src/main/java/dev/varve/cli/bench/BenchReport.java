package dev.varve.cli.bench;

import dev.varve.cli.Console;
import dev.varve.cli.OutputFormat;
import dev.varve.cli.Sizes;
import dev.varve.client.EntryJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/** Prints what was measured, and what it was measured with. */
final class BenchReport {

    private BenchReport() {}

    /**
     * Prints the report.
     *
     * @param settings the options, in the order in which they are shown
     */
    static void print(Console console, OutputFormat format, Map<String, String> settings, Measurement measurement)
            throws IOException {
        if (format == OutputFormat.JSON) {
            console.println(json(settings, measurement));
            return;
        }
        StringBuilder options = new StringBuilder();
        settings.forEach(
                (name, value) -> options.append("  ").append(name).append(' ').append(value));
        console.println(options.toString().strip());
        console.println(String.format(
                Locale.ROOT,
                "%,d requests in %.1f s: %,.0f a second%s, %d errors",
                measurement.successCount(),
                measurement.seconds(),
                measurement.rate(),
                measurement.bodyBytes() == 0
                        ? ""
                        : ", " + Sizes.show((long) (measurement.bodyBytes() / measurement.seconds())) + "/s received",
                measurement.errorCount()));
        for (Map.Entry<String, Long> error : measurement.errors().entrySet()) {
            console.println(String.format(Locale.ROOT, "%,10d  %s", error.getValue(), error.getKey()));
        }
        if (measurement.unsent() > 0) {
            console.println(String.format(
                    Locale.ROOT,
                    "%,10d  requests were due but never sent: the server does not keep up with this rate",
                    measurement.unsent()));
        }
        if (format == OutputFormat.TABLE) {
            for (Map.Entry<Operation, Histogram> latency :
                    measurement.latencies().entrySet()) {
                console.println("");
                console.println(String.format(
                        Locale.ROOT,
                        "%s: %,d, mean %s",
                        latency.getKey(),
                        latency.getValue().getTotalCount(),
                        LatencyChart.show((long) latency.getValue().getMean())));
                for (String line : LatencyChart.lines(latency.getValue())) {
                    console.println(line);
                }
            }
        }
    }

    private static String json(Map<String, String> settings, Measurement measurement) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartObject();
            json.writeObjectPropertyStart("settings");
            settings.forEach(json::writeStringProperty);
            json.writeEndObject();
            json.writeNumberProperty("seconds", measurement.seconds());
            json.writeNumberProperty("requests", measurement.successCount());
            json.writeNumberProperty("requestsPerSecond", measurement.rate());
            json.writeNumberProperty("bodyBytes", measurement.bodyBytes());
            json.writeNumberProperty("unsent", measurement.unsent());
            json.writeObjectPropertyStart("errors");
            measurement.errors().forEach(json::writeNumberProperty);
            json.writeEndObject();
            json.writeObjectPropertyStart("latencyMicros");
            measurement.latencies().forEach((operation, latency) -> latency(json, operation.toString(), latency));
            json.writeEndObject();
            json.writeEndObject();
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static void latency(JsonGenerator json, String operation, Histogram latency) {
        json.writeObjectPropertyStart(operation);
        json.writeNumberProperty("count", latency.getTotalCount());
        json.writeNumberProperty("mean", latency.getMean() / 1e3);
        for (double percentile : LatencyChart.PERCENTILES) {
            json.writeNumberProperty(LatencyChart.name(percentile), latency.getValueAtPercentile(percentile) / 1e3);
        }
        json.writeEndObject();
    }
}
