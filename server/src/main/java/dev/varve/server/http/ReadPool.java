package dev.varve.server.http;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Runs what may wait for the disk, away from the event loops. New work is refused when much is waiting already; work that
 * goes on, the next piece of a range, is always taken, because its answer has begun. Thread-safe.
 */
final class ReadPool {

    private final Executor threads;
    private final int queuedMax;
    private final AtomicInteger queued = new AtomicInteger();

    /**
     * A pool on threads that somebody else starts and stops.
     *
     * @param threads takes any amount of work until it is shut down
     * @param queuedMax new work that may wait at once
     */
    ReadPool(Executor threads, int queuedMax) {
        this.threads = threads;
        this.queuedMax = queuedMax;
    }

    /** Runs new work, unless too much waits already or the server closes: then returns false. */
    boolean begin(Runnable work) {
        if (queued.incrementAndGet() > queuedMax) {
            queued.decrementAndGet();
            return false;
        }
        boolean taken = goOn(() -> {
            queued.decrementAndGet();
            work.run();
        });
        if (!taken) {
            queued.decrementAndGet();
        }
        return taken;
    }

    /** Runs the next piece of work that has begun, unless the server closes: then returns false. */
    boolean goOn(Runnable work) {
        try {
            threads.execute(work);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** New work that waits for a thread. */
    int queued() {
        return queued.get();
    }
}
