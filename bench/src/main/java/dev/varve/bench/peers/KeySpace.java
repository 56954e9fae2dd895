package dev.varve.bench.peers;

import java.util.Locale;
import java.util.SplittableRandom;

/** The keys and values that every server holds; {@code requests.lua} makes the same ones. */
final class KeySpace {

    static final int KEYS = 100_000;
    static final int VALUE_BYTES = 256;

    /** Keys of a range and of a batch. */
    static final int GROUP_KEYS = 100;

    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    private KeySpace() {}

    static String key(int number) {
        return String.format(Locale.ROOT, "key-%08d", number);
    }

    /** A value of {@value #VALUE_BYTES} bytes. */
    static String value(int number) {
        return value(number, VALUE_BYTES);
    }

    /** Random letters, six bits each, the same for the same number. */
    static String value(int number, int bytes) {
        SplittableRandom random = new SplittableRandom(number);
        StringBuilder value = new StringBuilder(bytes);
        for (int i = 0; i < bytes; i++) {
            value.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return value.toString();
    }
}
