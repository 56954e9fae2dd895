package dev.varve.cli.status;

import dev.varve.client.EntryJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * What {@code /v1/admin/damage} says.
 *
 * @param running true while the files are being read
 * @param files how many were read
 * @param bytes the same in bytes
 * @param found damaged places that were met since the server was started
 * @param repaired how many of them were repaired
 * @param damages those that are damaged now
 */
record DamageReport(boolean running, long files, long bytes, long found, long repaired, List<String> damages) {

    static DamageReport parse(String json) {
        Map<String, String> fields = new HashMap<>();
        List<String> damages = new ArrayList<>();
        try (JsonParser parser = EntryJson.FACTORY.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.START_ARRAY) {
                    while (parser.nextToken() == JsonToken.START_OBJECT) {
                        Map<String, String> damage = fields(parser);
                        damages.add(damage.get("file") + " at offset " + damage.get("offset") + ": "
                                + damage.get("reason"));
                    }
                } else {
                    fields.put(name, parser.getString());
                }
            }
        }
        return new DamageReport(
                Boolean.parseBoolean(fields.get("running")),
                Long.parseLong(fields.getOrDefault("files", "0")),
                Long.parseLong(fields.getOrDefault("bytes", "0")),
                Long.parseLong(fields.getOrDefault("found", "0")),
                Long.parseLong(fields.getOrDefault("repaired", "0")),
                damages);
    }

    private static Map<String, String> fields(JsonParser parser) {
        Map<String, String> fields = new HashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            parser.nextToken();
            fields.put(name, parser.getString());
        }
        return fields;
    }
}
