package dev.varve.server.http;

import dev.varve.protocol.ChunkedBody;
import dev.varve.protocol.ProblemException;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * A body while it arrives. One with a {@code Content-Length} goes straight into the array that the store will keep; a
 * chunked one into an array that grows, for which memory is asked as it does. A body that nobody wants is counted and
 * thrown away. Belongs to one event loop.
 */
final class RequestBody {

    private static final int GROWTH_BYTES_MIN = 4096;

    /** Grants memory for the growth of a chunked body, or throws. */
    @FunctionalInterface
    interface Reservation {
        void reserve(long moreBytes);
    }

    private final boolean kept;
    private final long limitBytes;
    private final LongFunction<ProblemException> tooLarge;
    private final Reservation reservation;
    private final @Nullable ChunkedBody chunks;

    private long remaining;
    private long receivedBytes;
    private byte[] bytes;

    /**
     * A body that is to come.
     *
     * @param contentLength its length, for which memory is reserved already; -1 if it is chunked
     * @param kept false if it is thrown away
     * @param limitBytes more is refused
     * @param tooLarge makes the refusal, of the actual length or -1
     */
    RequestBody(
            long contentLength,
            boolean kept,
            long limitBytes,
            LongFunction<ProblemException> tooLarge,
            Reservation reservation) {
        this.kept = kept;
        this.limitBytes = limitBytes;
        this.tooLarge = tooLarge;
        this.reservation = reservation;
        this.chunks = contentLength < 0 ? new ChunkedBody() : null;
        this.remaining = Math.max(contentLength, 0);
        this.bytes = new byte[kept ? (int) remaining : 0];
    }

    /**
     * Takes what there is of the body and leaves what is behind it.
     *
     * @return true if the body is complete
     * @throws ProblemException if it is too large, malformed, or memory is not to be had
     */
    boolean read(ByteBuf in) {
        if (chunks == null) {
            remaining -= take(in, (int) Math.min(remaining, in.readableBytes()));
            return remaining == 0;
        }
        while (in.isReadable() && !chunks.ended()) {
            int data = Math.min(chunks.dataBytes(), in.readableBytes());
            if (data > 0) {
                chunks.tookData(take(in, data));
            } else {
                chunks.take(in.readByte());
            }
        }
        return chunks.ended();
    }

    /** How many bytes of data have come. */
    long receivedBytes() {
        return receivedBytes;
    }

    /** The whole body; the array is the caller's. */
    byte[] bytes() {
        return bytes.length == receivedBytes ? bytes : Arrays.copyOf(bytes, (int) receivedBytes);
    }

    private int take(ByteBuf in, int count) {
        if (receivedBytes + count > limitBytes) {
            throw tooLarge.apply(-1);
        }
        if (!kept) {
            in.skipBytes(count);
        } else {
            ensureRoom(count);
            in.readBytes(bytes, (int) receivedBytes, count);
        }
        receivedBytes += count;
        return count;
    }

    private void ensureRoom(int count) {
        long needed = receivedBytes + count;
        if (needed > bytes.length) {
            long grown = Math.min(limitBytes, Math.max(Math.max(needed, GROWTH_BYTES_MIN), 2L * bytes.length));
            reservation.reserve(grown - bytes.length);
            bytes = Arrays.copyOf(bytes, (int) grown);
        }
    }
}
