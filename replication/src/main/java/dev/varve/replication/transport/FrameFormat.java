package dev.varve.replication.transport;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import dev.varve.storage.format.Checksum;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * The layout of a frame, little-endian.
 *
 * <pre>
 *  0  u32  length of all that follows this field, 16 or more
 *  4  u32  CRC32C of all that follows
 *  8  u64  number of the call
 * 16  u8   kind: see {@link FrameKind}
 * 17  u8   zero
 * 18  u16  number of the message, 0 if the body is none
 * 20  ...  body
 * </pre>
 *
 * <p>TCP's own checksum misses one damaged segment in some ten thousand, and a vote or a term that changed on its way could
 * break what Raft promises: hence the CRC.
 */
final class FrameFormat {

    static final int HEADER_BYTES = 20;
    static final int LENGTH_BYTES = 4;
    /** The least that the length field may say. */
    static final int MIN_LENGTH = HEADER_BYTES - LENGTH_BYTES;
    /** What a frame may be long before the other side has said who it is. */
    static final int MAX_HELLO_BYTES = 1024;

    private static final int MAX_FAILURE_BYTES = 2048;

    private FrameFormat() {}

    /** A frame whose body is a message. */
    static ByteBuf encode(ByteBufAllocator allocator, FrameKind kind, long call, int number, Message message) {
        int size = message.getSerializedSize();
        ByteBuf frame = allocator.heapBuffer(HEADER_BYTES + size);
        try {
            CodedOutputStream out =
                    CodedOutputStream.newInstance(frame.array(), frame.arrayOffset() + HEADER_BYTES, size);
            message.writeTo(out);
            out.checkNoSpaceLeft();
        } catch (IOException e) {
            frame.release();
            throw new UncheckedIOException("a message did not take the bytes that it said", e);
        }
        return finish(frame, kind, call, number, size);
    }

    /** A frame with any other body. */
    static ByteBuf encode(ByteBufAllocator allocator, FrameKind kind, long call, byte[] body) {
        return encode(allocator, kind, call, 0, body);
    }

    /** A frame with a body of our own. */
    static ByteBuf encode(ByteBufAllocator allocator, FrameKind kind, long call, int number, byte[] body) {
        ByteBuf frame = allocator.heapBuffer(HEADER_BYTES + body.length);
        frame.setBytes(HEADER_BYTES, body);
        return finish(frame, kind, call, number, body.length);
    }

    /** True if the checksum in a frame's header is that of the rest. */
    static boolean isIntact(byte[] header, byte[] body) {
        CRC32C crc = new CRC32C();
        crc.update(header, 8, HEADER_BYTES - 8);
        crc.update(body);
        return ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(4) == (int) crc.getValue();
    }

    /** The number of the call in a frame. */
    static long call(ByteBuf frame) {
        return frame.getLongLE(8);
    }

    /** A frame that says in words what is wrong. */
    static ByteBuf encodeFailure(ByteBufAllocator allocator, long call, String words) {
        String shortened = words.length() > MAX_FAILURE_BYTES / 4 ? words.substring(0, MAX_FAILURE_BYTES / 4) : words;
        return encode(allocator, FrameKind.FAILURE, call, shortened.getBytes(StandardCharsets.UTF_8));
    }

    private static ByteBuf finish(ByteBuf frame, FrameKind kind, long call, int number, int bodyBytes) {
        int length = MIN_LENGTH + bodyBytes;
        frame.setIntLE(0, length);
        frame.setLongLE(8, call);
        frame.setByte(16, kind.code());
        frame.setByte(17, 0);
        frame.setShortLE(18, number);
        frame.setIntLE(4, Checksum.of(frame.array(), frame.arrayOffset() + 8, length - 4));
        return frame.writerIndex(LENGTH_BYTES + length);
    }
}
