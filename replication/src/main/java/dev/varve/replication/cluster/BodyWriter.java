package dev.varve.replication.cluster;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes the body of a message between nodes, little-endian. Not thread-safe. */
final class BodyWriter {

    private ByteBuffer out;

    BodyWriter(int expectedBytes) {
        out = ByteBuffer.allocate(expectedBytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    BodyWriter u8(int value) {
        room(1).put((byte) value);
        return this;
    }

    BodyWriter u16(int value) {
        room(2).putShort((short) value);
        return this;
    }

    BodyWriter i32(int value) {
        room(4).putInt(value);
        return this;
    }

    BodyWriter i64(long value) {
        room(8).putLong(value);
        return this;
    }

    BodyWriter shortBytes(byte[] bytes) {
        if (bytes.length > 0xffff) {
            throw new IllegalArgumentException("a key or text of " + bytes.length + " bytes is too long for a message");
        }
        u16(bytes.length);
        room(bytes.length).put(bytes);
        return this;
    }

    BodyWriter longBytes(byte[] bytes) {
        i32(bytes.length);
        room(bytes.length).put(bytes);
        return this;
    }

    BodyWriter text(String text) {
        return shortBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** What was written; the array is the caller's. For the end. */
    byte[] bytes() {
        return out.hasRemaining() ? Arrays.copyOf(out.array(), out.position()) : out.array();
    }

    private ByteBuffer room(int more) {
        if (out.remaining() < more) {
            int capacity = Math.max(Math.addExact(out.position(), more), 2 * out.capacity());
            out = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN).put(out.flip());
        }
        return out;
    }
}
