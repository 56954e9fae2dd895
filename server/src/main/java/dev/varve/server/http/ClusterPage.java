package dev.varve.server.http;

import dev.varve.protocol.JsonText;
import dev.varve.replication.cluster.ClusterView;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The answer of {@code /v1/cluster}. */
final class ClusterPage {

    static final String MEDIA_TYPE = "application/json";

    private ClusterPage() {}

    static byte[] of(ClusterView view) {
        StringBuilder json = new StringBuilder(512);
        json.append("{\"cluster\":");
        text(json, view.cluster());
        json.append(",\"node\":");
        text(json, view.node());
        json.append(",\"leader\":");
        text(json, view.leader());
        json.append(",\"term\":").append(view.term()).append(",\"members\":[");
        String separator = "";
        for (ClusterView.MemberView member : view.members()) {
            json.append(separator);
            member(json, member);
            separator = ",";
        }
        return json.append("]}\n").toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void member(StringBuilder json, ClusterView.MemberView member) {
        json.append("{\"id\":");
        text(json, member.name());
        json.append(",\"http\":");
        text(json, member.http());
        json.append(",\"role\":");
        text(json, member.role());
        json.append(",\"voter\":").append(member.voter());
        json.append(",\"learner\":").append(member.learner());
        json.append(",\"reachable\":").append(member.reachable());
        json.append(",\"commitIndex\":").append(member.commitIndex());
        json.append(",\"appliedIndex\":").append(member.appliedIndex());
        json.append(",\"lag\":").append(member.lag());
        json.append(",\"trouble\":");
        text(json, member.trouble().isEmpty() ? null : member.trouble());
        json.append('}');
    }

    private static void text(StringBuilder json, @Nullable String text) {
        if (text == null) {
            json.append("null");
        } else {
            JsonText.quote(json, text);
        }
    }
}
