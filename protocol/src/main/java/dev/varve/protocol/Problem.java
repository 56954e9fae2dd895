package dev.varve.protocol;

import java.nio.charset.StandardCharsets;

/**
 * An error as it is told to a client: {@code application/problem+json} of RFC 9457 with the members {@code code} and
 * {@code remedy} besides the registered ones.
 *
 * @param code which error it is
 * @param detail a sentence: what was wrong, with the limit and the actual value where there is one
 * @param remedy a sentence: what to do about it
 */
public record Problem(ErrorCode code, String detail, String remedy) {

    /** The media type of {@link #toJson}. */
    public static final String MEDIA_TYPE = "application/problem+json";

    /** The problem as JSON in UTF-8, with a line end behind it. */
    public byte[] toJson() {
        StringBuilder json = new StringBuilder(256);
        json.append("{\"type\":\"urn:varve:error:").append(code.code());
        json.append("\",\"title\":\"").append(code.title());
        json.append("\",\"status\":").append(code.status());
        json.append(",\"code\":\"").append(code.code());
        json.append("\",\"detail\":");
        JsonText.quote(json, detail);
        json.append(",\"remedy\":");
        JsonText.quote(json, remedy);
        return json.append("}\n").toString().getBytes(StandardCharsets.UTF_8);
    }
}
