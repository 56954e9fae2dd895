package dev.varve.cli.transfer;

import dev.varve.client.EntryJson;
import dev.varve.client.PercentEncoding;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Between keys and paths of files. A key is the bytes of the relative path, with {@code /} between its parts. The bytes go
 * by way of file URIs, since a path as text depends on the locale.
 */
final class PathKeys {

    private static final int PART_BYTES_MAX = 255;

    private PathKeys() {}

    /** The key of a file below a directory. */
    static byte[] key(Path directory, Path file) {
        String base = directory.toUri().getRawPath();
        String path = file.toUri().getRawPath();
        return decode(path.substring(base.endsWith("/") ? base.length() : base.length() + 1));
    }

    /** The file below a directory that a key names; {@link #refusal} must have let it pass. */
    static Path file(Path directory, byte[] key) {
        String base = directory.toUri().getRawPath();
        // Slashes are parts' ends in a path, so they stay; no key that passed holds one anywhere else.
        String path = PercentEncoding.encode(key).replace("%2F", "/");
        return Path.of(URI.create("file://" + base + (base.endsWith("/") ? "" : "/") + path));
    }

    /**
     * Why a key cannot be the name of a file below a directory; null if it can. Nothing that passes leads out of the
     * directory.
     */
    static @Nullable String refusal(byte[] key) {
        if (key.length == 0) {
            return "nothing is left of it without the prefix";
        }
        if (key[0] == '/') {
            return "it is an absolute path";
        }
        if (key[key.length - 1] == '/') {
            return "it names a directory";
        }
        int start = 0;
        for (int i = 0; i <= key.length; i++) {
            if (i == key.length || key[i] == '/') {
                String part = new String(key, start, i - start, StandardCharsets.ISO_8859_1);
                String refusal = refusal(part);
                if (refusal != null) {
                    return refusal;
                }
                start = i + 1;
            }
        }
        return null;
    }

    private static @Nullable String refusal(String part) {
        if (part.isEmpty() || part.equals(".") || part.equals("..")) {
            return "it has the part '" + part + "'";
        }
        if (part.indexOf(0) >= 0) {
            return "it holds a zero byte";
        }
        return part.length() > PART_BYTES_MAX ? "a part of it is longer than " + PART_BYTES_MAX + " bytes" : null;
    }

    /** Why a key cannot be the name of an entry of a zip file that is safe to unpack; null if it can. */
    static @Nullable String zipRefusal(byte[] key) {
        String refusal = refusal(key);
        return refusal == null && EntryJson.utf8(key) == null ? "it is no valid UTF-8" : refusal;
    }

    private static byte[] decode(String rawPath) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(rawPath.length());
        for (int i = 0; i < rawPath.length(); i++) {
            char c = rawPath.charAt(i);
            if (c == '%') {
                bytes.write(Integer.parseInt(rawPath, i + 1, i + 3, 16));
                i += 2;
            } else {
                bytes.write(c);
            }
        }
        return bytes.toByteArray();
    }
}
