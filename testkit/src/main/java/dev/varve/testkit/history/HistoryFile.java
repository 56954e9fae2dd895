package dev.varve.testkit.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** A history as a file: one JSON object a line for each call. Thread-safe for writing. */
public final class HistoryFile implements AutoCloseable {

    private static final JsonFactory JSON = new JsonFactory();

    private final Writer out;

    /** Begins a file anew. */
    public HistoryFile(Path file) throws IOException {
        this.out = Files.newBufferedWriter(file, UTF_8);
    }

    /** Appends calls. */
    public synchronized void write(List<Call> calls) throws IOException {
        for (Call call : calls) {
            out.write(line(call));
            out.write('\n');
        }
        out.flush();
    }

    @Override
    public synchronized void close() throws IOException {
        out.close();
    }

    private static String line(Call call) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(ObjectWriteContext.empty(), text)) {
            json.writeStartObject();
            json.writeNumberProperty("client", call.client());
            json.writeNumberProperty("begin", call.beginNanos());
            json.writeNumberProperty("end", call.endNanos());
            json.writeStringProperty("operation", name(call.operation().kind()));
            json.writeArrayPropertyStart("keys");
            call.operation().keys().forEach(json::writeString);
            json.writeEndArray();
            if (call.operation().value() != null) {
                json.writeStringProperty("value", call.operation().value());
            }
            json.writeStringProperty("outcome", name(call.outcome().kind()));
            if (!call.outcome().found().isEmpty()) {
                json.writeArrayPropertyStart("found");
                call.outcome().found().forEach(value -> writeNullable(json, value));
                json.writeEndArray();
            }
            json.writeNumberProperty("revision", call.revision());
            json.writeEndObject();
        }
        return text.toString();
    }

    private static void writeNullable(JsonGenerator json, @Nullable String value) {
        if (value == null) {
            json.writeNull();
        } else {
            json.writeString(value);
        }
    }

    private static String name(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String constant(String name) {
        return name.toUpperCase(Locale.ROOT).replace('-', '_');
    }

    /**
     * All calls of a file.
     *
     * @throws IOException if it cannot be read, or is no history; then it names the line
     */
    public static List<Call> read(Path file) throws IOException {
        List<Call> calls = new ArrayList<>();
        try (BufferedReader in = Files.newBufferedReader(file, UTF_8)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), line)) {
                    calls.add(new Fields(json).call());
                } catch (JacksonException | IllegalArgumentException e) {
                    throw new IOException(file + ", line " + (calls.size() + 1) + ": " + e.getMessage(), e);
                }
            }
        }
        return calls;
    }

    /** The fields of a line. */
    private static final class Fields {

        private int client;
        private long begin;
        private long end;
        private long revision;
        private String operation = "";
        private String outcome = "";
        private @Nullable String value;
        private List<@Nullable String> keys = List.of();
        private List<@Nullable String> found = List.of();

        Fields(JsonParser json) {
            json.nextToken();
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                json.nextToken();
                switch (name) {
                    case "client" -> client = json.getIntValue();
                    case "begin" -> begin = json.getLongValue();
                    case "end" -> end = json.getLongValue();
                    case "revision" -> revision = json.getLongValue();
                    case "operation" -> operation = json.getString();
                    case "outcome" -> outcome = json.getString();
                    case "value" -> value = json.getString();
                    case "keys" -> keys = texts(json);
                    case "found" -> found = texts(json);
                    default -> throw new IllegalArgumentException("an unknown field: " + name);
                }
            }
        }

        private static List<@Nullable String> texts(JsonParser json) {
            List<@Nullable String> texts = new ArrayList<>();
            for (JsonToken token = json.nextToken(); token != JsonToken.END_ARRAY; token = json.nextToken()) {
                texts.add(token == JsonToken.VALUE_NULL ? null : json.getString());
            }
            return texts;
        }

        Call call() {
            List<String> present = new ArrayList<>();
            for (String key : keys) {
                if (key == null) {
                    throw new IllegalArgumentException("a key that is null");
                }
                present.add(key);
            }
            return new Call(
                    client,
                    new Operation(Operation.Kind.valueOf(constant(operation)), present, value),
                    new Outcome(Outcome.Kind.valueOf(constant(outcome)), found),
                    begin,
                    end,
                    revision);
        }
    }
}
