package dev.varve.cli.status;

import dev.varve.cli.ConnectionOptions;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.OutputFormat;
import dev.varve.client.ClientOptions;
import dev.varve.client.EntryJson;
import dev.varve.client.VarveClient;
import dev.varve.client.VarveException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/** Tells how servers are. */
@Command(
        name = "status",
        description = "Tells of each server of --url whether it is ready and how it is. Exit code 1: one is not ready.")
public final class StatusCommand implements Callable<Integer> {

    private static final int OK = 200;

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description = "table, json, or raw (the page of metrics as it is). Default: ${DEFAULT-VALUE}.")
    private OutputFormat format = OutputFormat.TABLE;

    public StatusCommand(Console console) {
        this.console = console;
    }

    /**
     * What one server said.
     *
     * @param ready whether it takes requests
     * @param message what it says of that, or why it said nothing
     * @param metrics its page of metrics; null if there is none
     */
    private record Status(
            String url,
            boolean ready,
            String message,
            @Nullable String metrics) {}

    @Override
    public Integer call() throws IOException {
        List<Status> statuses = new ArrayList<>();
        for (URI server : servers()) {
            statuses.add(ask(server.toString()));
        }
        switch (format) {
            case TABLE -> printTable(statuses);
            case JSON -> console.println(json(statuses));
            case RAW -> {
                for (Status status : statuses) {
                    console.out()
                            .write((status.metrics() == null ? "" : status.metrics()).getBytes(StandardCharsets.UTF_8));
                }
            }
        }
        return statuses.stream().allMatch(Status::ready) ? ExitCode.OK : ExitCode.FAILED;
    }

    private List<URI> servers() {
        try (VarveClient client = connection.connect()) {
            return client.servers();
        }
    }

    private Status ask(String url) {
        try (VarveClient client = connection.connect(url, ClientOptions.defaults())) {
            VarveClient.Page ready = client.page("/readyz");
            VarveClient.Page metrics = client.page("/metrics");
            return new Status(
                    url, ready.status() == OK, ready.text().strip(), metrics.status() == OK ? metrics.text() : null);
        } catch (VarveException e) {
            return new Status(url, false, String.valueOf(e.getMessage()), null);
        }
    }

    private void printTable(List<Status> statuses) throws IOException {
        for (Status status : statuses) {
            console.println(status.url() + "  " + (status.ready() ? "ready" : "NOT READY: " + status.message()));
            if (status.metrics() != null) {
                for (String line : Summary.lines(Samples.parse(status.metrics()))) {
                    console.println("  " + line);
                }
            }
        }
    }

    private static String json(List<Status> statuses) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = EntryJson.FACTORY.createGenerator(ObjectWriteContext.empty(), out)) {
            json.writeStartArray();
            for (Status status : statuses) {
                json.writeStartObject();
                json.writeStringProperty("url", status.url());
                json.writeBooleanProperty("ready", status.ready());
                json.writeStringProperty("message", status.message());
                json.writeArrayPropertyStart("metrics");
                for (Samples.Sample sample : Samples.parse(status.metrics() == null ? "" : status.metrics())
                        .all()) {
                    json.writeStartObject();
                    json.writeStringProperty("name", sample.name());
                    json.writeObjectPropertyStart("labels");
                    sample.labels().forEach(json::writeStringProperty);
                    json.writeEndObject();
                    if (Double.isFinite(sample.value())) {
                        json.writeNumberProperty("value", sample.value());
                    } else {
                        json.writeStringProperty("value", Double.toString(sample.value()));
                    }
                    json.writeEndObject();
                }
                json.writeEndArray();
                json.writeEndObject();
            }
            json.writeEndArray();
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
