package dev.varve.protocol;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The query of a request: names with values of any bytes. Percent-escapes are decoded, {@code +} is a space, and every
 * other byte stands for itself, so that a value need not be UTF-8. Parameters that nobody asks for are ignored. Immutable.
 */
public final class QueryParameters {

    private static final QueryParameters NONE = new QueryParameters(List.of());

    private record Parameter(byte[] name, byte[] value) {}

    private final List<Parameter> parameters;

    private QueryParameters(List<Parameter> parameters) {
        this.parameters = parameters;
    }

    /**
     * Reads the query that lies between {@code from} (inclusive) and {@code to} (exclusive), without its question mark.
     *
     * @throws ProblemException if an escape is not a percent sign with two hexadecimal digits
     */
    public static QueryParameters parse(byte[] source, int from, int to) {
        if (from >= to) {
            return NONE;
        }
        List<Parameter> parameters = new ArrayList<>(4);
        int at = from;
        while (at < to) {
            int end = indexOf(source, at, to, '&');
            if (end > at) {
                int equals = indexOf(source, at, end, '=');
                byte[] name = decode(source, at, equals);
                byte[] value = equals < end ? decode(source, equals + 1, end) : new byte[0];
                parameters.add(new Parameter(name, value));
            }
            at = end + 1;
        }
        return new QueryParameters(parameters);
    }

    /** Reads a query that is given as a string of single bytes (ISO 8859-1). */
    public static QueryParameters parse(String query) {
        byte[] bytes = query.getBytes(StandardCharsets.ISO_8859_1);
        return parse(bytes, 0, bytes.length);
    }

    /**
     * The value of a parameter that must be given once and not be empty.
     *
     * @throws ProblemException if it is missing, empty or repeated
     */
    public byte[] required(String name) {
        byte[] value = optional(name);
        if (value == null) {
            throw new ProblemException(
                    ErrorCode.MISSING_PARAMETER,
                    "The query parameter \"" + name + "\" is missing.",
                    "Give it in the query, percent-encoded: ?" + name + "=...");
        }
        return value;
    }

    /**
     * The value of a parameter, or null if it is not given.
     *
     * @throws ProblemException if it is empty or repeated
     */
    public byte @Nullable [] optional(String name) {
        byte[] found = null;
        for (Parameter parameter : parameters) {
            if (isNamed(parameter, name)) {
                if (found != null) {
                    throw new ProblemException(
                            ErrorCode.REPEATED_PARAMETER,
                            "The query parameter \"" + name + "\" is given more than once.",
                            "Give it once; write a literal & in a value as %26.");
                }
                found = parameter.value();
            }
        }
        if (found != null && found.length == 0) {
            throw new ProblemException(
                    ErrorCode.EMPTY_PARAMETER,
                    "The query parameter \"" + name + "\" is empty.",
                    "Give at least one byte; write a literal & as %26 and = as it is.");
        }
        return found;
    }

    /** The value of a parameter as text of single bytes (ISO 8859-1), or null if it is not given; as {@link #optional}. */
    public @Nullable String optionalText(String name) {
        byte[] value = optional(name);
        return value == null ? null : new String(value, StandardCharsets.ISO_8859_1);
    }

    private static boolean isNamed(Parameter parameter, String name) {
        byte[] bytes = parameter.name();
        if (bytes.length != name.length()) {
            return false;
        }
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static int indexOf(byte[] source, int from, int to, char wanted) {
        int at = from;
        while (at < to && source[at] != wanted) {
            at++;
        }
        return at;
    }

    private static byte[] decode(byte[] source, int from, int to) {
        byte[] decoded = new byte[to - from];
        int length = 0;
        for (int at = from; at < to; at++) {
            byte b = source[at];
            if (b == '+') {
                b = ' ';
            } else if (b == '%') {
                b = unescape(source, at, to);
                at += 2;
            }
            decoded[length++] = b;
        }
        return length == decoded.length ? decoded : Arrays.copyOf(decoded, length);
    }

    private static byte unescape(byte[] source, int at, int to) {
        int high = at + 1 < to ? Character.digit(source[at + 1], 16) : -1;
        int low = at + 2 < to ? Character.digit(source[at + 2], 16) : -1;
        if (high < 0 || low < 0) {
            throw new ProblemException(
                    ErrorCode.MALFORMED_PARAMETER,
                    "The query has a percent sign that two hexadecimal digits do not follow.",
                    "Write a literal percent sign as %25.");
        }
        return (byte) (high << 4 | low);
    }
}
