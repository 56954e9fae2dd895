package dev.varve.protocol;

import java.nio.ByteBuffer;

/**
 * Entries as JSON, written into buffers of any size: an array for a range, or one object for a single value. A key or value
 * that is UTF-8 stands there as a string under {@code key} or {@code value}; any other stands under {@code key64} or
 * {@code value64} in base64.
 *
 * <p>Use: {@link #beginArray}, {@link #entry} for each entry, {@link #endArray}; behind each of them {@link #drain} until it
 * says true. Not thread-safe.
 */
public final class EntriesJson {

    /** Room that a buffer must have for {@link #drain} to get on. */
    public static final int ROOM_BYTES_MIN = JsonPieces.ROOM_BYTES_MIN;

    private static final byte[] ARRAY_BEGIN = JsonPieces.ascii("[");
    private static final byte[] ARRAY_END = JsonPieces.ascii("]");
    private static final byte[] OBJECT_BEGIN = JsonPieces.ascii("{");
    private static final byte[] NEXT_OBJECT_BEGIN = JsonPieces.ascii(",{");
    private static final byte[] OBJECT_END = JsonPieces.ascii("\"}");
    private static final byte[] KEY = JsonPieces.ascii("\"key\":\"");
    private static final byte[] KEY64 = JsonPieces.ascii("\"key64\":\"");
    private static final byte[] MEMBER_END = JsonPieces.ascii("\",");
    private static final byte[] VALUE = JsonPieces.ascii("\"value\":\"");
    private static final byte[] VALUE64 = JsonPieces.ascii("\"value64\":\"");

    private final JsonPieces pieces = new JsonPieces();
    private boolean first = true;

    /** Adds the beginning of an array. */
    public void beginArray() {
        pieces.literal(ARRAY_BEGIN);
    }

    /** Adds one entry of the array. */
    public void entry(byte[] key, byte[] value) {
        pieces.literal(first ? OBJECT_BEGIN : NEXT_OBJECT_BEGIN);
        first = false;
        pieces.member(KEY, KEY64, key);
        pieces.literal(MEMBER_END);
        pieces.member(VALUE, VALUE64, value);
        pieces.literal(OBJECT_END);
    }

    /** Adds the end of the array. */
    public void endArray() {
        pieces.literal(ARRAY_END);
    }

    /** Adds an object with a value alone. */
    public void value(byte[] value) {
        pieces.literal(OBJECT_BEGIN);
        pieces.member(VALUE, VALUE64, value);
        pieces.literal(OBJECT_END);
    }

    /**
     * Writes as much of what was added as there is room for.
     *
     * @return true if all of it is written; false if there is no room left
     */
    public boolean drain(ByteBuffer out) {
        return pieces.drain(out);
    }
}
