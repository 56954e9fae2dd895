package dev.varve.replication.cluster;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads the body of a message between nodes. Whatever is no such body ends in an {@link IllegalArgumentException}. */
final class BodyReader {

    private final ByteBuffer in;

    BodyReader(byte[] body) {
        this.in = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
    }

    int u8() {
        try {
            return Byte.toUnsignedInt(in.get());
        } catch (BufferUnderflowException e) {
            throw tooShort(e);
        }
    }

    int u16() {
        try {
            return Short.toUnsignedInt(in.getShort());
        } catch (BufferUnderflowException e) {
            throw tooShort(e);
        }
    }

    int i32() {
        try {
            return in.getInt();
        } catch (BufferUnderflowException e) {
            throw tooShort(e);
        }
    }

    long i64() {
        try {
            return in.getLong();
        } catch (BufferUnderflowException e) {
            throw tooShort(e);
        }
    }

    /** Bytes behind their length in 16 bits. */
    byte[] shortBytes() {
        return bytes(u16());
    }

    /** Bytes behind their length in 32 bits. */
    byte[] longBytes() {
        return bytes(i32());
    }

    /** Bytes behind their length in 32 bits, where they stand: the buffer shares them with the message. */
    ByteBuffer longSlice() {
        int length = checked(i32());
        ByteBuffer slice = in.slice(in.position(), length);
        in.position(in.position() + length);
        return slice;
    }

    String text() {
        return new String(shortBytes(), StandardCharsets.UTF_8);
    }

    private int checked(int length) {
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException("a message is shorter than it says");
        }
        return length;
    }

    private byte[] bytes(int length) {
        byte[] bytes = new byte[checked(length)];
        in.get(bytes);
        return bytes;
    }

    private static IllegalArgumentException tooShort(BufferUnderflowException cause) {
        return new IllegalArgumentException("a message is too short", cause);
    }
}
