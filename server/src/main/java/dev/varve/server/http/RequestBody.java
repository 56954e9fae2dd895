package dev.varve.server.http;

import dev.varve.protocol.ProblemException;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.function.LongFunction;

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

    private long receivedBytes;
    private byte[] bytes;

    /**
     * A body that is to come.
     *
     * @param contentLength its length, for which memory is reserved already; -1 if it is chunked
     * @param kept false if it is thrown away
     * @param limitBytes more is refused; at least the content length
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
        this.bytes = new byte[kept ? (int) Math.max(contentLength, 0) : 0];
    }

    /**
     * Takes the next piece, all that is readable of it.
     *
     * @throws ProblemException if the body is too large, or memory is not to be had
     */
    void take(ByteBuf piece) {
        int count = piece.readableBytes();
        if (receivedBytes + count > limitBytes) {
            throw tooLarge.apply(-1);
        }
        if (kept) {
            ensureRoom(count);
            piece.readBytes(bytes, (int) receivedBytes, count);
        }
        receivedBytes += count;
    }

    /** How many bytes have come. */
    long receivedBytes() {
        return receivedBytes;
    }

    /** The whole body; the array is the caller's. */
    byte[] bytes() {
        return bytes.length == receivedBytes ? bytes : Arrays.copyOf(bytes, (int) receivedBytes);
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
