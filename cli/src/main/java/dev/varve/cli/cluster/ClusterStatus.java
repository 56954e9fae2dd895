package dev.varve.cli.cluster;

import dev.varve.client.EntryJson;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;

/**
 * What {@code /v1/cluster} says.
 *
 * @param cluster null if the store is served alone
 * @param node who was asked
 * @param leader who leads, or null
 */
record ClusterStatus(
        @Nullable String cluster, String node, @Nullable String leader, long term, List<Member> members) {

    /** One node. */
    record Member(
            String id,
            String http,
            String role,
            boolean voter,
            boolean learner,
            boolean reachable,
            long appliedIndex,
            long lag,
            String trouble) {}

    /** True if somebody leads, and all nodes are reachable members. */
    boolean isWhole() {
        return leader != null
                && members.stream().allMatch(member -> member.reachable() && (member.voter() || member.learner()));
    }

    static ClusterStatus parse(String json) {
        Map<String, String> fields = new HashMap<>();
        List<Member> members = new ArrayList<>();
        try (JsonParser parser = EntryJson.FACTORY.createParser(ObjectReadContext.empty(), json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = parser.currentName();
                if (parser.nextToken() == JsonToken.START_ARRAY) {
                    while (parser.nextToken() == JsonToken.START_OBJECT) {
                        members.add(member(parser));
                    }
                } else if (parser.currentToken() != JsonToken.VALUE_NULL) {
                    fields.put(name, parser.getString());
                }
            }
        }
        return new ClusterStatus(
                fields.get("cluster"),
                fields.getOrDefault("node", ""),
                fields.get("leader"),
                Long.parseLong(fields.getOrDefault("term", "0")),
                members);
    }

    private static Member member(JsonParser parser) {
        Map<String, String> fields = new HashMap<>();
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            if (parser.nextToken() != JsonToken.VALUE_NULL) {
                fields.put(name, parser.getString());
            }
        }
        return new Member(
                fields.getOrDefault("id", ""),
                fields.getOrDefault("http", ""),
                fields.getOrDefault("role", ""),
                Boolean.parseBoolean(fields.get("voter")),
                Boolean.parseBoolean(fields.get("learner")),
                Boolean.parseBoolean(fields.get("reachable")),
                Long.parseLong(fields.getOrDefault("appliedIndex", "0")),
                Long.parseLong(fields.getOrDefault("lag", "0")),
                fields.getOrDefault("trouble", ""));
    }
}
