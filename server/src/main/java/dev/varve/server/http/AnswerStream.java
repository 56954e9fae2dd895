package dev.varve.server.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An answer that is produced while the client takes it: one piece is made, written, and the next is made only when the
 * socket takes more. So a slow client holds one or two pieces and no thread.
 *
 * <p>Pieces that may wait for the disk are made on the pool of reads, others on the event loop. The first piece decides the
 * head: if it is all, the answer has a {@code Content-Length}, otherwise it is chunked. A failure before the first piece is
 * an error answer; behind it the connection is reset, so that what was sent can never pass for the whole.
 *
 * <p>Thread safety: everything happens on the loop, except that {@link #produce} runs on the pool; while it does, the loop
 * leaves the source alone.
 */
final class AnswerStream {

    /** What a client that takes nothing holds besides what is in its socket. */
    static final int PIECE_BYTES = 60 << 10;

    /** Room in front of a piece for its size: four digits, CR, LF. */
    private static final int CHUNK_PREFIX_BYTES = 6;

    private static final byte[] LINE_END = {'\r', '\n'};
    private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final HttpConnection connection;
    private final Request request;
    private final BodySource source;
    private final long rawBytes;
    private final boolean onPool;

    private boolean started;
    private boolean chunked;
    private boolean producing;
    private boolean cancelled;

    /**
     * A stream of one answer.
     *
     * @param rawBytes length of the body if it is the stored bytes; -1 if it is JSON
     * @param onPool true if making a piece may wait for the disk
     */
    AnswerStream(HttpConnection connection, Request request, BodySource source, long rawBytes, boolean onPool) {
        this.connection = connection;
        this.request = request;
        this.source = source;
        this.rawBytes = rawBytes;
        this.onPool = onPool;
    }

    /** Begins; returns false if the pool of reads has no room. */
    boolean start() {
        producing = true;
        if (!onPool) {
            produce();
            return true;
        }
        if (connection.server().readPool().begin(this::produce)) {
            return true;
        }
        producing = false;
        source.close();
        return false;
    }

    Request request() {
        return request;
    }

    /** True once the first bytes of the answer are written. */
    boolean started() {
        return started;
    }

    /** The socket takes more. */
    void writable() {
        if (started && !producing && !cancelled) {
            producing = true;
            if (onPool) {
                goOnOnPool();
            } else {
                // Not at once: others on this loop have their turn between two pieces.
                connection.loop().eventLoop().execute(this::produce);
            }
        }
    }

    private void goOnOnPool() {
        if (!connection.server().readPool().goOn(this::produce)) {
            producing = false;
            connection.abort();
        }
    }

    /** Gives up: nothing more is written. */
    void cancel() {
        if (!cancelled) {
            cancelled = true;
            if (!producing) {
                source.close();
            }
        }
    }

    private void produce() {
        ByteBuf piece = connection.channel().alloc().directBuffer(CHUNK_PREFIX_BYTES + PIECE_BYTES + 7);
        boolean ended = false;
        RuntimeException failure = null;
        try {
            ByteBuffer room = piece.nioBuffer(CHUNK_PREFIX_BYTES, PIECE_BYTES);
            ended = source.fill(room);
            piece.setIndex(CHUNK_PREFIX_BYTES, CHUNK_PREFIX_BYTES + room.position());
        } catch (RuntimeException e) {
            failure = e;
        }
        if (onPool) {
            deliverOnLoop(piece, ended, failure);
        } else {
            deliver(piece, ended, failure);
        }
    }

    private void deliverOnLoop(ByteBuf piece, boolean ended, @Nullable RuntimeException failure) {
        try {
            connection.loop().eventLoop().execute(() -> deliver(piece, ended, failure));
        } catch (RejectedExecutionException e) {
            // The server has closed its loops, and the connection with them: nobody else will let these go.
            piece.release();
            source.close();
        }
    }

    private void deliver(ByteBuf piece, boolean ended, @Nullable RuntimeException failure) {
        producing = false;
        if (cancelled || failure != null) {
            piece.release();
            source.close();
            if (failure != null && !cancelled) {
                connection.streamFailed(this, failure);
            }
            return;
        }
        if (!started) {
            started = true;
            writeHead(ended ? piece.readableBytes() : -1);
        }
        if (chunked) {
            frame(piece, ended);
        }
        connection.write(piece);
        if (ended) {
            source.close();
            connection.streamEnded(this);
            return;
        }
        Channel channel = connection.channel();
        channel.flush();
        if (channel.isWritable()) {
            writable();
        }
    }

    private void writeHead(long wholeBytes) {
        AnswerWriter answers = connection.loop().answers();
        boolean close = connection.closesAfterThis() || (request.http10() && wholeBytes < 0 && rawBytes < 0);
        long revision = source.revision();
        if (rawBytes >= 0) {
            connection.write(answers.valueStart(connection.channel().alloc(), request, close, revision, rawBytes));
        } else {
            chunked = wholeBytes < 0 && !request.http10();
            connection.write(answers.jsonStart(connection.channel().alloc(), request, close, revision, wholeBytes));
        }
        if (close) {
            connection.takeNoMore();
        }
    }

    /** Puts the size in front of the piece, and the end behind it. */
    private static void frame(ByteBuf piece, boolean ended) {
        int size = piece.readableBytes();
        if (size > 0) {
            for (int i = 0; i < 4; i++) {
                piece.setByte(i, Character.forDigit(size >> (12 - 4 * i) & 0xf, 16));
            }
            piece.setBytes(4, LINE_END);
            piece.readerIndex(0);
            piece.writeBytes(LINE_END);
        }
        if (ended) {
            piece.writeBytes(LAST_CHUNK);
        }
    }
}
