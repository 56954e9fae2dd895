package dev.varve.cli.cluster;

import dev.varve.cli.ConnectionOptions;
import dev.varve.cli.Console;
import dev.varve.cli.ExitCode;
import dev.varve.cli.OutputFormat;
import dev.varve.client.EntryJson;
import dev.varve.client.VarveClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/** Compares the replicas. */
@Command(
        name = "verify",
        description = {
            "Compares what all members hold as of one revision, by digests of their keys, revisions and checksums of values. Reads and"
                    + " writes go on. Many keys take longer than a minute: give a longer --timeout then, up to 10m.",
            "Exit code 1: they differ, or one of them could not be asked."
        })
public final class ClusterVerifyCommand implements Callable<Integer> {

    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FORMAT",
            defaultValue = "table",
            description =
                    "table, or json (raw is the same): the answer of /v1/cluster/digests. Default: ${DEFAULT-VALUE}.")
    private OutputFormat format = OutputFormat.TABLE;

    public ClusterVerifyCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        String page;
        try (VarveClient client = connection.connect()) {
            client.change(
                    "POST",
                    "/v1/cluster/compare?timeout=" + connection.timeout().toMillis() + "ms");
            page = ConnectionOptions.page(client, "/v1/cluster/digests");
        }
        boolean equal = print(page);
        return equal ? ExitCode.OK : ExitCode.FAILED;
    }

    private boolean print(String json) throws IOException {
        Map<String, String> fields = new HashMap<>();
        List<Map<String, String>> nodes = new ArrayList<>();
        List<Map<String, String>> differences = new ArrayList<>();
        try (JsonParser parser = EntryJson.FACTORY.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.START_ARRAY) {
                    while (parser.nextToken() == JsonToken.START_OBJECT) {
                        (name.equals("nodes") ? nodes : differences).add(object(parser));
                    }
                } else if (parser.currentToken() != JsonToken.VALUE_NULL) {
                    fields.put(name, parser.getString());
                }
            }
        }
        if (format != OutputFormat.TABLE) {
            console.println(json.strip());
        } else {
            printTable(fields.getOrDefault("revision", "unknown"), nodes, differences);
        }
        return Boolean.parseBoolean(fields.get("equal"));
    }

    private void printTable(String revision, List<Map<String, String>> nodes, List<Map<String, String>> differences)
            throws IOException {
        console.println("as of revision " + revision);
        for (Map<String, String> node : nodes) {
            console.println(String.format(
                    Locale.ROOT,
                    "  %-12s %s, %s entries%s",
                    node.get("id"),
                    node.get("digest"),
                    node.get("entries"),
                    node.containsKey("trouble") ? "; NOT READ: " + node.get("trouble") : ""));
        }
        for (Map<String, String> difference : differences) {
            console.println("DIFFERS  " + difference.get("id") + " from key " + difference.get("start") + " up to "
                    + difference.get("end") + " (hexadecimal, behind the keyspace)");
        }
    }

    private static Map<String, String> object(JsonParser parser) {
        Map<String, String> fields = new HashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            if (parser.nextToken() != JsonToken.VALUE_NULL) {
                fields.put(name, parser.getString());
            }
        }
        return fields;
    }
}
