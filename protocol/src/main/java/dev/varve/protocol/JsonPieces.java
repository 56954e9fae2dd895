package dev.varve.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * JSON on its way into buffers: what is added here is written as far as there is room, and goes on in the next buffer.
 * Values are encoded while they are written, so that a value of many megabytes never stands in memory as JSON.
 *
 * <p>Not thread-safe. Holds the arrays it was given until they are written.
 */
final class JsonPieces {

    /** Room that a buffer must have for {@link #drain} to get on: the longest escape is shorter. */
    static final int ROOM_BYTES_MIN = 8;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final byte[] NOTHING = new byte[0];
    private static final byte[] @Nullable [] ESCAPES = escapes();

    /** How a piece becomes JSON. */
    private enum Coding {
        LITERAL,
        TEXT,
        BASE64
    }

    /** An entry has seven pieces; the bounds of its array come on top. A power of two. */
    private static final int PIECES_MAX = 16;

    // A ring of pieces rather than a queue of objects: a long range has millions of them.
    private final Coding[] codings = new Coding[PIECES_MAX];
    private final byte[][] contents = new byte[PIECES_MAX][];
    private int first;
    private int count;

    /** How much of the first piece is written. */
    private int position;

    /** Adds bytes that are JSON already. */
    void literal(byte[] json) {
        add(Coding.LITERAL, json);
    }

    /**
     * Adds a member: {@code text} names it if the bytes are UTF-8, and it is a JSON string; otherwise {@code binary} does,
     * and it is a string in base64.
     *
     * @param text such as {@code "key":"} as bytes
     * @param binary such as {@code "key64":"}
     */
    void member(byte[] text, byte[] binary, byte[] bytes) {
        boolean isText = Utf8.isValid(bytes);
        literal(isText ? text : binary);
        add(isText ? Coding.TEXT : Coding.BASE64, bytes);
    }

    /**
     * Writes what there is room for.
     *
     * @return true if everything is written; false if the buffer is full, or nearly so
     */
    boolean drain(ByteBuffer out) {
        while (count > 0) {
            byte[] bytes = contents[first];
            switch (codings[first]) {
                case LITERAL -> drainLiteral(bytes, bytes.length, out);
                case TEXT -> drainText(bytes, out);
                case BASE64 -> drainBase64(bytes, out);
            }
            if (position < bytes.length) {
                return false;
            }
            contents[first] = NOTHING;
            first = (first + 1) % PIECES_MAX;
            count--;
            position = 0;
        }
        return true;
    }

    private void add(Coding coding, byte[] bytes) {
        if (count == PIECES_MAX) {
            throw new IllegalStateException("more is added than an entry has before it is drained");
        }
        int last = (first + count) % PIECES_MAX;
        codings[last] = coding;
        contents[last] = bytes;
        count++;
    }

    private void drainLiteral(byte[] bytes, int end, ByteBuffer out) {
        int length = Math.min(end - position, out.remaining());
        out.put(bytes, position, length);
        position += length;
    }

    private void drainText(byte[] bytes, ByteBuffer out) {
        while (position < bytes.length) {
            int plainEnd = plainEnd(bytes, position, Math.min(bytes.length, position + out.remaining()));
            drainLiteral(bytes, plainEnd, out);
            byte[] escape = position < bytes.length ? ESCAPES[bytes[position] & 0xff] : null;
            if (escape == null || escape.length > out.remaining()) {
                return;
            }
            out.put(escape);
            position++;
        }
    }

    /** Where the bytes from {@code from} on that need no escape end; at most {@code to}. */
    private static int plainEnd(byte[] bytes, int from, int to) {
        int at = from;
        while (at <= to - Long.BYTES && isPlain((long) LONGS.get(bytes, at))) {
            at += Long.BYTES;
        }
        while (at < to && ESCAPES[bytes[at] & 0xff] == null) {
            at++;
        }
        return at;
    }

    /** True only if none of eight bytes is a control character, a quotation mark or a backslash. */
    private static boolean isPlain(long eight) {
        long quote = eight ^ (ONES * '"');
        long backslash = eight ^ (ONES * '\\');
        long control = (eight - ONES * 0x20) & ~eight;
        return ((control | ((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash)) & HIGH_BITS) == 0;
    }

    private void drainBase64(byte[] bytes, ByteBuffer out) {
        int end = Math.min(bytes.length, position + out.remaining() / 4 * 3);
        if (end > position) {
            out.put(Base64.getEncoder().encode(Arrays.copyOfRange(bytes, position, end)));
            position = end;
        }
    }

    private static byte[] @Nullable [] escapes() {
        byte[] @Nullable [] escapes = new byte[256][];
        for (int c = 0; c < 0x20; c++) {
            escapes[c] = ascii("\\u%04x".formatted(c));
        }
        escapes['\b'] = ascii("\\b");
        escapes['\f'] = ascii("\\f");
        escapes['\n'] = ascii("\\n");
        escapes['\r'] = ascii("\\r");
        escapes['\t'] = ascii("\\t");
        escapes['"'] = ascii("\\\"");
        escapes['\\'] = ascii("\\\\");
        return escapes;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
