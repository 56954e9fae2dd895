package dev.varve.systemtests.chaos;

import java.util.SplittableRandom;

/** The bytes that stand for a value of a history: its name and a filling that follows from the name, so that damage is seen. */
final class Payload {

    /** The names of values that begin so stand for long ones. */
    static final String LONG = "long";

    private static final int SHORT_BYTES = 300;
    private static final int MIDDLE_BYTES = 4 << 10;
    private static final int LONG_BYTES = 32 << 10;

    private Payload() {}

    /** The whole value of a name; most are short, and a few are long. All are ASCII without anything that JSON would escape. */
    static String of(String name) {
        SplittableRandom random = new SplittableRandom(name.hashCode());
        int kind = name.startsWith(LONG) ? 0 : random.nextInt(20);
        int bound = kind == 0 ? LONG_BYTES : kind < 5 ? MIDDLE_BYTES : SHORT_BYTES;
        StringBuilder text = new StringBuilder(name).append('|');
        for (int left = random.nextInt(bound); left > 0; left -= 10) {
            text.append("%010d".formatted(random.nextInt(1_000_000_000)));
        }
        return text.toString();
    }

    /** The name of a value, or the value itself with a mark if it is none of ours. */
    static String name(String payload) {
        int end = payload.indexOf('|');
        String name = end < 0 ? "" : payload.substring(0, end);
        return end >= 0 && of(name).equals(payload) ? name : "DAMAGED " + payload;
    }
}
