package dev.varve.server.http;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts the bytes of requests and large answers that are in memory, over all connections, against one bound. Bytes are
 * reserved <em>before</em> they are read from a socket, so that what does not fit waits there and slows its sender down.
 *
 * <p>Who cannot be served at once waits in line, and nobody overtakes: otherwise small requests would starve a large one.
 * A holder never waits for more, so the line always moves on. Thread-safe.
 */
final class MemoryBudget {

    /** One who waits in line. */
    static final class Waiter {
        private final long bytes;
        private final Runnable granted;

        private Waiter(long bytes, Runnable granted) {
            this.bytes = bytes;
            this.granted = granted;
        }
    }

    private final long capacityBytes;
    private final AtomicLong usedBytes = new AtomicLong();
    private final AtomicInteger waiting = new AtomicInteger();

    /** Guarded by itself. */
    private final Deque<Waiter> line = new ArrayDeque<>();

    MemoryBudget(long capacityBytes) {
        this.capacityBytes = capacityBytes;
    }

    long capacityBytes() {
        return capacityBytes;
    }

    long usedBytes() {
        return usedBytes.get();
    }

    int waiting() {
        return waiting.get();
    }

    /** Reserves bytes if there is room and nobody waits; otherwise nothing. */
    boolean tryReserve(long bytes) {
        return waiting.get() == 0 && take(bytes);
    }

    /**
     * Gets in line for bytes, at most the capacity. {@code granted} is run once they are reserved, perhaps within this call,
     * on whatever thread gave them back; it must be quick.
     */
    Waiter await(long bytes, Runnable granted) {
        Waiter waiter = new Waiter(bytes, granted);
        synchronized (line) {
            line.add(waiter);
            waiting.incrementAndGet();
        }
        serveLine();
        return waiter;
    }

    /** Leaves the line. Who has been granted the bytes meanwhile is told so, and has to release them. */
    void cancel(Waiter waiter) {
        synchronized (line) {
            if (line.remove(waiter)) {
                waiting.decrementAndGet();
            }
        }
        serveLine();
    }

    /** Gives bytes back. */
    void release(long bytes) {
        long left = usedBytes.addAndGet(-bytes);
        if (left < 0) {
            throw new IllegalStateException("more was released than reserved: " + left);
        }
        if (waiting.get() > 0) {
            serveLine();
        }
    }

    private boolean take(long bytes) {
        long used;
        do {
            used = usedBytes.get();
            if (used + bytes > capacityBytes) {
                return false;
            }
        } while (!usedBytes.compareAndSet(used, used + bytes));
        return true;
    }

    private void serveLine() {
        while (true) {
            Waiter next;
            synchronized (line) {
                next = line.peek();
                if (next == null || !take(next.bytes)) {
                    return;
                }
                line.remove();
                waiting.decrementAndGet();
            }
            next.granted.run();
        }
    }
}
