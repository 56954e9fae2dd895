package dev.varve.testkit;

import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The bytes of a file as text: 16 a line, after their offset, with the characters that they are in ASCII. Lines begin anew where a
 * part was named; lines of nothing but zeroes are left out, where there are many. Not thread-safe.
 */
final class HexDump {

    private static final int LINE_BYTES = 16;

    private final byte[] bytes;
    private final NavigableMap<Integer, String> parts = new TreeMap<>();

    HexDump(byte[] bytes) {
        this.bytes = bytes;
    }

    /** Names what begins at an offset. */
    HexDump part(long offset, String name) {
        parts.merge(Math.toIntExact(offset), name, (a, b) -> a + "; " + b);
        return this;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        boolean zeroes = false;
        int at = 0;
        while (at < bytes.length) {
            String part = parts.get(at);
            if (part != null) {
                text.append("-- ").append(part).append('\n');
            }
            Integer next = parts.higherKey(at);
            int end = Math.min(at + LINE_BYTES, next == null ? bytes.length : next);
            boolean empty = end - at == LINE_BYTES && isZero(at, end);
            if (empty && zeroes && part == null) {
                text.append(text.toString().endsWith("*\n") ? "" : "*\n");
            } else {
                appendLine(text, at, end);
            }
            zeroes = empty;
            at = end;
        }
        return text.append("-- end at %06x\n".formatted(bytes.length)).toString();
    }

    private boolean isZero(int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private void appendLine(StringBuilder text, int from, int to) {
        StringBuilder characters = new StringBuilder();
        text.append("%06x ".formatted(from));
        for (int i = from; i < to; i++) {
            text.append(" %02x".formatted(bytes[i]));
            characters.append(bytes[i] > ' ' && bytes[i] < 0x7f ? (char) bytes[i] : '.');
        }
        text.append("   ".repeat(from + LINE_BYTES - to))
                .append("  ")
                .append(characters)
                .append('\n');
    }
}
