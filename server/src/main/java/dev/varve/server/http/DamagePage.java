package dev.varve.server.http;

import dev.varve.protocol.JsonText;
import dev.varve.storage.ScrubStatus;
import java.nio.charset.StandardCharsets;

/** The answer of {@code /v1/admin/damage} and {@code /v1/admin/scrub}. */
final class DamagePage {

    static final String MEDIA_TYPE = "application/json";

    private DamagePage() {}

    static byte[] of(ScrubStatus status) {
        StringBuilder json = new StringBuilder(256);
        json.append("{\"running\":").append(status.running());
        json.append(",\"passes\":").append(status.passes());
        json.append(",\"files\":").append(status.files());
        json.append(",\"bytes\":").append(status.bytes());
        json.append(",\"found\":").append(status.found());
        json.append(",\"repaired\":").append(status.repaired());
        json.append(",\"damages\":[");
        String separator = "";
        for (ScrubStatus.Damage damage : status.damages()) {
            json.append(separator).append("{\"file\":");
            JsonText.quote(json, damage.file());
            json.append(",\"offset\":").append(damage.offset()).append(",\"reason\":");
            JsonText.quote(json, damage.reason());
            json.append('}');
            separator = ",";
        }
        return json.append("]}\n").toString().getBytes(StandardCharsets.UTF_8);
    }
}
