package dev.varve.server.http;

import dev.varve.protocol.JsonText;
import dev.varve.replication.cluster.ReplicaDigests;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** The answer of {@code /v1/cluster/digests} and {@code /v1/cluster/compare}. */
final class DigestsPage {

    static final String MEDIA_TYPE = "application/json";

    private DigestsPage() {}

    static byte[] of(@Nullable ReplicaDigests digests) {
        StringBuilder json = new StringBuilder(256);
        if (digests == null) {
            return "{\"equal\":null,\"revision\":null,\"nodes\":[],\"differences\":[]}\n"
                    .getBytes(StandardCharsets.UTF_8);
        }
        json.append("{\"equal\":").append(digests.equal());
        json.append(",\"revision\":").append(digests.revision()).append(",\"nodes\":[");
        String separator = "";
        for (ReplicaDigests.NodeDigest node : digests.nodes()) {
            json.append(separator).append("{\"id\":");
            JsonText.quote(json, node.node());
            json.append(",\"entries\":").append(node.entries());
            json.append(",\"digest\":\"")
                    .append(HexFormat.of().toHexDigits(node.digest()))
                    .append("\",\"trouble\":");
            String trouble = node.trouble();
            if (trouble == null) {
                json.append("null");
            } else {
                JsonText.quote(json, trouble);
            }
            json.append('}');
            separator = ",";
        }
        json.append("],\"differences\":[");
        separator = "";
        for (ReplicaDigests.Difference difference : digests.differences()) {
            json.append(separator).append("{\"id\":");
            JsonText.quote(json, difference.node());
            json.append(",\"start\":\"").append(HexFormat.of().formatHex(difference.start()));
            json.append("\",\"end\":\"")
                    .append(HexFormat.of().formatHex(difference.end()))
                    .append("\"}");
            separator = ",";
        }
        return json.append("]}\n").toString().getBytes(StandardCharsets.UTF_8);
    }
}
