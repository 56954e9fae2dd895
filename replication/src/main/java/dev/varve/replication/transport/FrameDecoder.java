package dev.varve.replication.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.TooLongFrameException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what comes in into frames. Whatever is no frame is an exception, upon which the connection is closed: behind it
 * nothing could be trusted. Confined to its event loop.
 */
final class FrameDecoder extends ByteToMessageDecoder {

    private static final int TLS_ALERT = 21;
    private static final int TLS_HANDSHAKE = 22;

    private final int maxFrameBytes;
    private int limitBytes = FrameFormat.MAX_HELLO_BYTES;
    private boolean broken;

    FrameDecoder(int maxFrameBytes) {
        this.maxFrameBytes = maxFrameBytes;
    }

    /** From now on frames may have their full size: the other side has said who it is. */
    void trust() {
        limitBytes = maxFrameBytes;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (broken) {
            in.skipBytes(in.readableBytes());
            return;
        }
        broken = true;
        Frame frame = next(in);
        broken = false;
        if (frame != null) {
            out.add(frame);
        }
    }

    /** The next frame, or null if it is not there in full. Throws at the first thing that cannot be. */
    private @Nullable Frame next(ByteBuf in) {
        if (in.readableBytes() < FrameFormat.LENGTH_BYTES) {
            return null;
        }
        long length = in.getUnsignedIntLE(in.readerIndex());
        if (length < FrameFormat.MIN_LENGTH) {
            throw new CorruptedFrameException("a frame of " + length + " bytes has no room for its header");
        }
        if (length + FrameFormat.LENGTH_BYTES > limitBytes) {
            if (limitBytes == FrameFormat.MAX_HELLO_BYTES && isTls(in)) {
                throw new CorruptedFrameException(
                        "the other side speaks TLS, this node does not: give all nodes" + " --raft-tls-cert, or none");
            }
            throw new TooLongFrameException("a frame of " + (length + FrameFormat.LENGTH_BYTES)
                    + " bytes exceeds the limit of " + limitBytes + " (maxFrameBytes)");
        }
        if (in.readableBytes() < FrameFormat.LENGTH_BYTES + length) {
            return null;
        }
        in.skipBytes(FrameFormat.LENGTH_BYTES);
        int expected = in.readIntLE();
        byte[] head = new byte[FrameFormat.HEADER_BYTES - 8];
        in.readBytes(head);
        byte[] body = new byte[(int) length - FrameFormat.MIN_LENGTH];
        in.readBytes(body);
        CRC32C crc = new CRC32C();
        crc.update(head);
        crc.update(body);
        if (expected != (int) crc.getValue()) {
            throw new CorruptedFrameException("the checksum of a frame of " + length + " bytes does not match");
        }
        return frame(ByteBuffer.wrap(head).order(ByteOrder.LITTLE_ENDIAN), body);
    }

    /** True if a record of TLS begins here, a handshake or an alert: no frame of a stranger has a byte at its third place. */
    private static boolean isTls(ByteBuf in) {
        int at = in.readerIndex();
        return (in.getByte(at) == TLS_HANDSHAKE || in.getByte(at) == TLS_ALERT)
                && in.getByte(at + 1) == 3
                && in.getByte(at + 2) != 0;
    }

    private static Frame frame(ByteBuffer head, byte[] body) {
        FrameKind kind = FrameKind.of(head.get(8));
        if (kind == null || head.get(9) != 0) {
            throw new CorruptedFrameException("a frame of unknown kind " + head.get(8) + " with flags " + head.get(9));
        }
        return new Frame(kind, head.getLong(0), Short.toUnsignedInt(head.getShort(10)), body);
    }
}
