package dev.varve.protocol;

import java.time.Duration;

/** Reads the values of parameters that are numbers or durations. */
public final class ParameterText {

    /** The longest deadline that a request may ask for. */
    public static final Duration TIMEOUT_MAX = Duration.ofMinutes(10);

    private static final int DIGITS_MAX = 18;

    private ParameterText() {}

    /**
     * Reads a duration such as {@code 500ms}, {@code 10s} or {@code 2m}: a whole number above 0 with its unit, at most
     * {@link #TIMEOUT_MAX}.
     *
     * @throws ProblemException if it is not one
     */
    public static Duration timeout(String name, String text) {
        int digits = leadingDigits(text);
        long millisPerUnit = switch (text.substring(digits)) {
            case "ms" -> 1;
            case "s" -> 1_000;
            case "m" -> 60_000;
            default -> 0;
        };
        long count = digits > 0 && digits <= DIGITS_MAX ? Long.parseLong(text.substring(0, digits)) : 0;
        if (millisPerUnit == 0 || count == 0 || count > TIMEOUT_MAX.toMillis() / millisPerUnit) {
            throw malformed(
                    name,
                    text,
                    "Give a whole number with the unit ms, s or m, from 1ms to " + TIMEOUT_MAX.toMinutes()
                            + "m, such as " + name + "=10s.");
        }
        return Duration.ofMillis(count * millisPerUnit);
    }

    /**
     * Reads a whole number from 1 to 10^18 - 1.
     *
     * @throws ProblemException if it is not one
     */
    public static long count(String name, String text) {
        int digits = leadingDigits(text);
        long count = digits == text.length() && digits > 0 && digits <= DIGITS_MAX ? Long.parseLong(text) : 0;
        if (count == 0) {
            throw malformed(name, text, "Give a whole number of at least 1, such as " + name + "=100.");
        }
        return count;
    }

    private static int leadingDigits(String text) {
        int digits = 0;
        while (digits < text.length() && text.charAt(digits) >= '0' && text.charAt(digits) <= '9') {
            digits++;
        }
        return digits;
    }

    private static ProblemException malformed(String name, String text, String remedy) {
        String shown = text.length() <= 40 ? text : text.substring(0, 40) + "...";
        return new ProblemException(
                ErrorCode.MALFORMED_PARAMETER,
                "The query parameter \"" + name + "\" cannot be understood: \"" + shown + "\".",
                remedy);
    }
}
