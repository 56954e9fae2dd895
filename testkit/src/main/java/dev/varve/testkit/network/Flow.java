package dev.varve.testkit.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/** One direction of all connections through a proxy. Thread-safe. */
public final class Flow {

    private static final int PIECE_BYTES = 64 << 10;
    private static final int LENGTH_BYTES = 4;
    private static final int FRAME_BYTES_MAX = 256 << 20;

    private final Framing framing;
    private final RandomGenerator random;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Conditions conditions = Conditions.GOOD;
    private boolean closed;
    private long repeated;

    /** @param random shared with nobody who does not hold this flow's lock */
    Flow(Framing framing, RandomGenerator random) {
        this.framing = framing;
        this.random = random;
    }

    /** Changes the conditions, at once, for what is on its way as well. */
    public void set(Conditions next) {
        lock.lock();
        try {
            conditions = next;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** How many frames were sent twice. */
    public long repeated() {
        lock.lock();
        try {
            return repeated;
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The end of a connection that the conditions demand. */
    static final class ResetException extends IOException {
        private static final long serialVersionUID = 1;

        ResetException() {
            super("the link resets the connection");
        }
    }

    /**
     * Passes on all that comes, until its end.
     *
     * @param silent once true, everything is thrown away
     * @throws ResetException if the connection is to be reset
     */
    void pass(InputStream in, OutputStream out, BooleanSupplier silent) throws IOException, InterruptedException {
        byte[] buffer = new byte[PIECE_BYTES];
        boolean first = true;
        while (true) {
            byte[] piece = framing == Framing.NONE ? piece(in, buffer) : frame(in);
            if (piece.length == 0) {
                return;
            }
            // The first frame says who speaks: to say so twice is no repetition of a message.
            boolean twice = admit(piece.length, !first);
            if (silent.getAsBoolean()) {
                continue;
            }
            out.write(piece);
            if (twice) {
                out.write(piece);
            }
            out.flush();
            first = false;
        }
    }

    private static byte[] piece(InputStream in, byte[] buffer) throws IOException {
        int length = in.read(buffer);
        return length <= 0 ? new byte[0] : Arrays.copyOf(buffer, length);
    }

    private static byte[] frame(InputStream in) throws IOException {
        byte[] prefix = in.readNBytes(LENGTH_BYTES);
        if (prefix.length < LENGTH_BYTES) {
            return new byte[0];
        }
        int length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getInt();
        if (length < 0 || length > FRAME_BYTES_MAX) {
            throw new IOException("a frame of " + length + " bytes");
        }
        byte[] frame = Arrays.copyOf(prefix, LENGTH_BYTES + length);
        int read = in.readNBytes(frame, LENGTH_BYTES, length);
        return read < length ? new byte[0] : frame;
    }

    /** Waits until a piece may pass; true if it is to be sent twice. */
    private boolean admit(int bytes, boolean repeatable) throws ResetException, InterruptedException {
        lock.lock();
        try {
            if (conditions.resetShare() > 0 && random.nextDouble() < conditions.resetShare()) {
                throw new ResetException();
            }
            Conditions waitedFor = null;
            while (!closed && !conditions.equals(waitedFor)) {
                waitedFor = conditions;
                awaitChange(waitedFor, waitedFor.cut() ? Long.MAX_VALUE : nanos(waitedFor, bytes));
            }
            boolean twice = repeatable
                    && framing != Framing.NONE
                    && conditions.repeatShare() > 0
                    && random.nextDouble() < conditions.repeatShare();
            repeated += twice ? 1 : 0;
            return twice;
        } finally {
            lock.unlock();
        }
    }

    private long nanos(Conditions now, int bytes) {
        long jitter = now.jitterNanos() > 0 ? random.nextLong(now.jitterNanos()) : 0;
        long transfer = now.bytesPerSecond() > 0 ? TimeUnit.SECONDS.toNanos(bytes) / now.bytesPerSecond() : 0;
        return now.delayNanos() + jitter + transfer;
    }

    /** Waits for other conditions, but only so long. */
    private void awaitChange(Conditions expected, long nanos) throws InterruptedException {
        long left = nanos;
        while (left > 0 && conditions.equals(expected) && !closed) {
            left = changed.awaitNanos(left);
        }
    }
}
