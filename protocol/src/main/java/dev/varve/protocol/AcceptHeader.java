package dev.varve.protocol;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a client says it can read (RFC 9110, 12.5.1). */
public final class AcceptHeader {

    private AcceptHeader() {}

    /**
     * True if JSON is to be sent rather than raw bytes: {@code application/json} is named, and nothing that covers raw bytes
     * is wanted as much. So a client that accepts everything besides JSON, as many libraries say without being asked, gets
     * the stored bytes.
     */
    public static boolean prefersJson(@Nullable String accept) {
        if (accept == null || !accept.toLowerCase(Locale.ROOT).contains("application/json")) {
            return false;
        }
        double json = 0;
        double bytes = 0;
        for (String range : accept.toLowerCase(Locale.ROOT).split(",", -1)) {
            String[] parts = range.split(";", -1);
            double quality = quality(parts);
            switch (parts[0].strip()) {
                case "application/json" -> json = Math.max(json, quality);
                case "application/octet-stream", "application/*", "*/*" -> bytes = Math.max(bytes, quality);
                default -> {}
            }
        }
        return json > bytes;
    }

    /** True if the media type is named with a quality above 0. */
    public static boolean names(@Nullable String accept, String mediaType) {
        if (accept == null) {
            return false;
        }
        for (String range : accept.toLowerCase(Locale.ROOT).split(",", -1)) {
            String[] parts = range.split(";", -1);
            if (parts[0].strip().equals(mediaType) && quality(parts) > 0) {
                return true;
            }
        }
        return false;
    }

    private static double quality(String[] parts) {
        for (int i = 1; i < parts.length; i++) {
            String parameter = parts[i].strip();
            if (parameter.startsWith("q=")) {
                try {
                    return Double.parseDouble(parameter.substring(2));
                } catch (NumberFormatException e) {
                    return 0;
                }
            }
        }
        return 1;
    }
}
