package dev.varve.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.util.AsciiString;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Netty's decoder of HTTP/1.1 requests, which decodes only as much as its connection has room for: what nobody wants yet
 * stays in the buffer as bytes. It asks before each piece, and a piece is the head of a request or some bytes of a body; so a
 * hundred pipelined requests are a hundred heads only one after the other.
 *
 * <p>Strict whatever the system properties of Netty say. What Netty lets through and this server must not is refused here, if
 * only the lines of the header section show it, and otherwise by {@link RequestHead}.
 *
 * <p>Must be the first handler of its channel. Belongs to one event loop.
 */
final class RequestDecoder extends HttpRequestDecoder {

    /** More header lines than this are refused, with those behind a chunked body. */
    static final int HEADER_LINES_MAX = 100;

    /** Bytes of a body are passed on as they come, in pieces of up to this size. */
    private static final int PIECE_BYTES_MAX = 1 << 20;

    /** Who takes what is decoded. */
    interface Intake {

        /** So many bytes have come from the socket; they are decoded next. */
        void arrived(int bytes);

        /** True if the next piece is wanted now. Whoever says no calls {@link #resume} when it is. */
        boolean wantsInput();

        /** True if nothing is wanted any more: whatever comes is thrown away. */
        boolean dropsInput();

        /** All that is wanted of the bytes that are held has been passed on. */
        void decoded();

        /** The connection is gone, and nothing more is passed on. */
        void closed();
    }

    private final Intake intake;
    private @Nullable ChannelHandlerContext context;
    private boolean decoding;
    private int headerLines;
    private boolean lengthSeen;

    /**
     * A decoder for one connection.
     *
     * @param lineBytesMax longest request line, without its end
     * @param headerBytesMax largest header section, without the ends of its lines
     */
    RequestDecoder(Intake intake, int lineBytesMax, int headerBytesMax) {
        super(new HttpDecoderConfig()
                .setMaxInitialLineLength(lineBytesMax)
                .setMaxHeaderSize(headerBytesMax)
                .setMaxChunkSize(PIECE_BYTES_MAX)
                .setStrictLineParsing(true)
                .setUseRfc9112TransferEncoding(true));
        this.intake = intake;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    /** Bytes that have come and are not decoded yet. */
    int heldBytes() {
        return actualReadableBytes();
    }

    /** Goes on with the bytes that are held, as if they came just now. While bytes are being decoded it does nothing. */
    void resume() {
        if (decoding) {
            return;
        }
        if (context == null || heldBytes() == 0) {
            intake.decoded();
            return;
        }
        ChannelPipeline pipeline = context.pipeline();
        pipeline.fireChannelRead(Unpooled.EMPTY_BUFFER);
        pipeline.fireChannelReadComplete();
    }

    @Override
    public void channelRead(ChannelHandlerContext reading, Object bytes) throws Exception {
        intake.arrived(((ByteBuf) bytes).readableBytes());
        decoding = true;
        try {
            super.channelRead(reading, bytes);
        } finally {
            decoding = false;
        }
        intake.decoded();
    }

    @Override
    protected void decode(ChannelHandlerContext reading, ByteBuf in, List<Object> out) throws Exception {
        if (intake.dropsInput()) {
            in.skipBytes(in.readableBytes());
        } else if (intake.wantsInput()) {
            super.decode(reading, in, out);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext reading) {
        // Netty would read on here while it has not found a message. Whether the socket is read is the connection's to
        // say.
        discardSomeReadBytes();
        reading.fireChannelReadComplete();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext reading, Object event) {
        // At the end of the input Netty would decode the rest at once: but that is still wanted, one piece after the
        // other.
        reading.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext closing) throws Exception {
        intake.closed();
        super.channelInactive(closing);
    }

    @Override
    protected void decodeLast(ChannelHandlerContext reading, ByteBuf in, List<Object> out) {
        // What has not come whole when the connection goes is nothing.
    }

    @Override
    protected HttpMessage createMessage(String[] requestLine) throws Exception {
        headerLines = 0;
        lengthSeen = false;
        return super.createMessage(requestLine);
    }

    /** Called for each line of a header section. */
    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        if (++headerLines > HEADER_LINES_MAX) {
            throw new TooLongHttpHeaderException("There are more than " + HEADER_LINES_MAX + " header lines.");
        }
        AsciiString name = super.splitHeaderName(line, start, length);
        if (HttpHeaderNames.CONTENT_LENGTH.contentEqualsIgnoreCase(name)) {
            // Of HTTP/1.0 Netty takes the first of several, and forgets the others.
            if (lengthSeen) {
                throw new IllegalArgumentException("There is more than one Content-Length.");
            }
            lengthSeen = true;
        }
        return name;
    }

    @Override
    protected boolean isContentAlwaysEmpty(HttpMessage request) {
        // Without either there is no body (RFC 9112, 6.3). Netty takes 8 bytes for one behind the headers of an old
        // WebSocket.
        return !request.headers().contains(HttpHeaderNames.CONTENT_LENGTH)
                && !request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING);
    }
}
